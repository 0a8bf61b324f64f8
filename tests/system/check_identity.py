"""Recounts the map between two runs from their files: check_identity.py BEFORE AFTER same|equal|changed [OLDER...].

same: the method is the same; equal: the base is, too; changed: another method. OLDER: runs before, none of whose
vanished numbers may come back. Optimal assignment by scipy if it is there, else over all permutations."""
import itertools
import json
import sys

import h5py
import numpy as np


def read(folder):
    f = h5py.File(folder + "/segments.h5")
    run = {name: f["model/" + name][:] for name in ("number", "name", "customers", "cluster_centers", "mean", "scale",
                                                    "feature_name", "description")}
    run["cluster"] = f["cluster"][:]
    run["hash"] = [tuple(h) for h in f["customers/hash"][:].tolist()]
    run["file"] = f
    return run


def assign(cost):
    """Columns of the rows in the assignment of least cost, -1 = none."""
    try:
        from scipy.optimize import linear_sum_assignment
        rows, cols = linear_sum_assignment(cost)
        out = [-1] * len(cost)
        for r, c in zip(rows, cols):
            out[r] = c
        return out
    except ImportError:
        n, m = cost.shape
        if n > m:
            back = assign(cost.T)
            out = [-1] * n
            for c, r in enumerate(back):
                out[r] = c
            return out
        best = min(itertools.permutations(range(m), n), key=lambda p: sum(cost[i, c] for i, c in enumerate(p)))
        return list(best)


before, after, kind, older = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
a, b = read(before), read(after)
f = b["file"]
rows, cols = len(a["number"]), len(b["number"])
assert a["hash"] == sorted(a["hash"]) and b["hash"] == sorted(b["hash"])

# who went where
then = dict(zip(a["hash"], a["cluster"].tolist()))
now = dict(zip(b["hash"], b["cluster"].tolist()))
row = {int(n): i for i, n in enumerate(a["number"])}
col = {int(n): i for i, n in enumerate(b["number"])}
row[0], col[0] = rows, cols
flow = np.zeros((rows + 1, cols + 1), dtype=np.int64)
for h in set(then) | set(now):
    flow[row[then.get(h, 0)], col[now.get(h, 0)]] += 1
assert np.array_equal(np.delete(f["previous/flow"][:].ravel(), -1), np.delete(flow.ravel(), -1)), "flow"
inner = flow[:rows, :cols]

# the rule
same = kind != "changed"
assert f.attrs["method_changed"] == (not same), f.attrs["method_changes"]
assert (f.attrs["method_changes"] == b"") == same or (f.attrs["method_changes"] == "") == same
if same:
    assert (a["feature_name"] == b["feature_name"]).all()
    centre = b["cluster_centers"] * b["scale"] + b["mean"]
    use = a["scale"] > 0
    moved = ((centre - a["mean"]) / np.where(use, a["scale"], 1))[:, use]
    square = ((a["cluster_centers"][:, None, :][:, :, use] - moved[None, :, :]) ** 2).sum(axis=2)
    cost = square
else:
    square = np.full((rows, cols), np.nan)
    cost = -inner.astype(float)
match = [-1] * cols
for r, p in enumerate(assign(cost)):
    if p < 0:
        continue
    most_of_new = inner[:, p].max() > 0 and inner[:, p].argmax() == r
    most_of_old = inner[r].max() > 0 and inner[r].argmax() == p
    if (same and square[r, p] <= square[:, p].min()) or most_of_new or most_of_old:
        match[p] = r
last = int(a["file"].attrs["last_number"])
for p in range(cols):
    if match[p] >= 0:
        assert b["number"][p] == a["number"][match[p]], (p, b["number"], match)
        assert b["name"][p] == a["name"][match[p]]
    else:
        last += 1
        assert b["number"][p] == last, (p, b["number"], last)
        assert b["name"][p] not in set(a["name"])
assert f.attrs["last_number"] == last
assert len(set(b["name"])) == cols and len(set(b["number"])) == cols
status = f["model/status"][:]
assert [s == 1 for s in status] == [m >= 0 for m in match] and (status > 0).all()
for p in range(cols):
    expected = np.sqrt(square[match[p], p]) if match[p] >= 0 else np.nan
    assert np.isclose(f["model/distance"][p], expected, rtol=1e-9, atol=1e-9, equal_nan=True), p
    assert f["model/stayed"][p] == (inner[match[p], p] if match[p] >= 0 else 0)
    assert f["model/origin"][p] == (a["number"][inner[:, p].argmax()] if inner[:, p].max() > 0 else 0)
for r in range(rows):
    assert f["previous/fate"][r] == (r in match)
    assert f["previous/destination"][r] == (b["number"][inner[r].argmax()] if inner[r].max() > 0 else 0)
assert (f["previous/customers"][:] == a["customers"]).all() and (f["previous/name"][:] == a["name"]).all()

# counts
changed = int(inner.sum() - sum(inner[match[p], p] for p in range(cols) if match[p] >= 0))
for name, value in (("customers_in_both", inner.sum()), ("customers_changed", changed),
                    ("customers_joined", flow[rows, :cols].sum()), ("customers_left", flow[:rows, cols].sum())):
    assert f.attrs[name] == value, name
vanished = [int(n) for r, n in enumerate(a["number"]) if r not in match]
retired = f["retired/number"][:].tolist() if "retired" in f else []
former = a["file"]["retired/number"][:].tolist() if "retired" in a["file"] else []
assert retired == former + vanished, (retired, former, vanished)
assert not set(retired) & set(b["number"].tolist())
for folder in older:
    gone = set(read(folder)["number"].tolist()) - set(b["number"].tolist())
    assert gone <= set(retired), (gone, retired)

# the report says the same
report = json.load(open(after + "/report.json"))["segments"]
identity = report["identity"]
assert [c["cluster"] for c in report["clusters"]] == b["number"].tolist()
assert [c["name"].encode() for c in report["clusters"]] == b["name"].tolist()
assert identity["customers_changed"] == changed and identity["method_changed"] == (not same)
assert abs(identity["changed_share"] - changed / inner.sum()) < 1e-12
assert [c["cluster"] for c in identity["previous"] if c["fate"] == "vanished"] == vanished
assert [c["cluster"] for c in identity["retired"]] == retired

if kind == "equal":
    assert changed == 0 and (f["model/distance"][:] < 1e-9).all()
    assert (a["cluster"] == b["cluster"]).all() and (a["name"] == b["name"]).all()
if kind == "same" and rows == cols:
    assert match.count(-1) == 0 and changed < 0.3 * inner.sum(), (match, changed)
print("%s -> %s: %s, %d of %d customers changed cluster" % (before, after, b["number"].tolist(), changed, inner.sum()))
