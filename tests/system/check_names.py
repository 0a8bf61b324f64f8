"""Recounts names' grounds from features.h5: check_names.py RUN: sizes, shares, medians, differences, quadrants; and that
tiers.h5 and the report say the same."""
import json
import re
import sys

import h5py
import numpy as np

run = sys.argv[1]
features, f = h5py.File(run + "/features.h5"), h5py.File(run + "/segments.h5")
tiers = h5py.File(run + "/tiers.h5")
report = json.load(open(run + "/report.json"))
date = features.attrs["date_score"]
date = date.decode() if isinstance(date, bytes) else str(date)
at = features["at/" + date]
cluster = f["cluster"][:]
known = ~np.isnan(at["order_count"][:])
assert ((cluster > 0) == known).all()
assert (f["customers/hash"][:] == features["customers/hash"][:]).all()
number, name = f["model/number"][:], f["model/name"][:]
k = len(number)
net = at["net_amount"][:]


def texts(d):
    return [t.decode() for t in d[:]]


def raw_of(feature):
    if feature.endswith("=missing"):
        return np.isnan(raw_of(feature[:-8])).astype(float)
    if feature.startswith("user."):
        column, _, level = feature[5:].partition("=")
        value = features["user/" + column][:]
        if level:
            words = texts(features["dictionary/" + column])
            return (value == words.index(level)).astype(float)
        return value.astype(float)
    return at[feature][:].astype(float)


# sizes and shares
sizes = np.array([(cluster == n).sum() for n in number])
assert (f["model/customers"][:] == sizes).all()
assert np.allclose(f["model/customer_share"][:], sizes / known.sum())
sums = np.array([net[cluster == n].sum() for n in number])
assert np.allclose(f["model/net_share"][:], sums / sums.sum())

# medians, differences in model space
used = texts(f["model/feature_name"])
log = f["model/transform"][:] == 1
for j, feature in enumerate(used):
    raw = raw_of(feature)
    level = feature.endswith("=missing") or (feature.startswith("user.") and "=" in feature)
    def lower_median(x):
        x = np.sort(x[~np.isnan(x)])
        return x[(len(x) - 1) // 2] if len(x) else np.nan
    value = np.where(np.isnan(raw), f["model/impute"][j], raw)
    if log[j]:
        value = np.sign(value) * np.log1p(np.abs(value))
    value = np.clip(value, f["model/low"][j], f["model/high"][j])
    for p, n in enumerate(number):
        own = cluster == n
        typical = raw[own].mean() if level else lower_median(raw[own])
        assert np.isclose(f["model/typical"][p, j], typical, rtol=1e-5 if level else 0, atol=1e-5 if level else 0,
                          equal_nan=True), (feature, n, typical, f["model/typical"][p, j])
        spread = value[known].std()
        expected = (value[own].mean() - value[known].mean()) / spread if spread > 1e-12 else 0
        assert np.isclose(f["model/difference"][p, j], expected, rtol=1e-3, atol=1e-4), (feature, n, expected)
    base = raw[known].mean() if level else lower_median(raw[known])
    assert np.isclose(f["model/typical_base"][j], base, rtol=1e-5 if level else 0, atol=1e-5 if level else 0), feature

# words: each description tells the features of the largest differences, in their order, with these numbers
names, descriptions = texts(f["model/name"]), texts(f["model/description"])
assert len(set(names)) == k and all(names)
difference = f["model/difference"][:]
themes = {"net_amount": "m", "gross_amount": "m", "active_months": "f", "order_count": "f", "purchase_days": "f"}
for p in range(k):
    order, told = [], set()
    for j in np.argsort(-np.abs(difference[p]), kind="stable"):
        theme = themes.get(used[j], used[j])
        if abs(difference[p, j]) >= 0.25 and theme not in told and len(order) < 4:
            order.append(j)
            told.add(theme)
    quoted = re.findall(r"\(([^() ]+) [^()]*against [^()]*\)", descriptions[p])
    assert quoted == [used[j] for j in order], (descriptions[p], [used[j] for j in order])
    for j, piece in zip(order, re.findall(r"([^()]+) \([^()]+\)", descriptions[p])):
        word = piece.lstrip(", ")
        size = abs(difference[p, j])
        if "=" not in used[j]:
            assert word.startswith("very ") == (size >= 1.5) and word.startswith("fairly ") == (size < 0.5), (word, size)
    if not order:
        assert names[p].startswith("average")

# tiers.h5: the name of each customer's cluster
kind = h5py.check_enum_dtype(tiers["tiers/cluster_name"].dtype)
back = {v: n for n, v in kind.items()}
of_number = dict(zip(number.tolist(), names))
of_number[0] = "none"
assert (tiers["tiers/cluster"][:] == cluster).all()
assert [back[v] for v in tiers["tiers/cluster_name"][:]] == [of_number[n] for n in cluster]

# quadrants
rule = report["configuration"]["segment"]
sorted_net = np.sort(net[known])
def lower(p):
    return sorted_net[int(np.floor((len(sorted_net) - 1) * p))]
high = lower(1 - rule["high_share"])
middle = lower(1 - rule["high_share"] - rule["middle_share"])
assert f.attrs["spending_high_above"] == high and f.attrs["spending_middle_above"] == middle
power = np.where(net > high, "high", np.where(net > middle, "middle", "low"))
service = "tickets_90d" in at
if service:
    cases = at["tickets_90d"][:] + at["complaints_90d"][:]
    need = np.where(cases >= rule["complex_cases"], "complex", np.where(cases > 0, "standard", "basic"))
    needs = ["complex", "standard", "basic"]
else:
    cases = np.zeros(len(net))
    need, needs = np.full(len(net), "unknown"), ["unknown"]
code = {v: n for n, v in h5py.check_enum_dtype(f["quadrant"].dtype).items()}
found = np.array([code[v] for v in f["quadrant"][:]])
expected = np.where(known, np.char.add(np.char.add(power, ", "), need), "none")
assert (found == expected).all()
rows = [(p, n) for p in ("high", "middle", "low") for n in needs]
table = report["segments"]["quadrants"]["table"]
assert [(r["spending"], r["service"]) for r in table] == rows
profit = rule["margin"] * at["amount_90d"][:] - rule["case_cost"] * cases
for r, (p, n) in zip(table, rows):
    own = known & (power == p) & (need == n)
    assert r["customers"] == own.sum()
    assert r["cases_90d"] == cases[own].sum()
    assert np.isclose(r["customer_share"], own.sum() / known.sum())
    assert np.isclose(r["net_amount"], net[own].sum()) and np.isclose(r["net_share"], net[own].sum() / net[known].sum())
    assert np.isclose(r["profit_90d"], profit[own].sum(), atol=1e-6), (r, profit[own].sum())
    if profit[known].sum() > 0:
        assert np.isclose(r["profit_share"], profit[own].sum() / profit[known].sum())
    else:
        assert r["profit_share"] is None
    assert r["by_cluster"] == [int((own & (cluster == c)).sum()) for c in number]
assert len(table) == len(rows) and sum(r["customers"] for r in table) == known.sum()

# the report
clusters = report["segments"]["clusters"]
assert [c["name"] for c in clusters] == names and [c["description"] for c in clusters] == descriptions
assert [c["customers"] for c in clusters] == sizes.tolist()
assert [[None if np.isnan(v) else v for v in row] for row in f["model/typical"][:].tolist()] == [c["typical"] for c in clusters]
print("%s: %d clusters, %d quadrants agree; %s" % (run, k, len(rows), names[0]))
