"""Checks a run on split ids with a map against the run on the ids before they were split.

usage: check_unify.py WHOLE SPLIT TRUTH.csv [IDS]

Customers, events, features and tiers must be equal; the aliases must be those of the truth; and the silo figures must
be those of an independent count over the events of each id alone. IDS: rows of the map that say something.
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import h5py
import numpy as np

DAY = 86400
failures = 0


def check(name, ok):
    global failures
    failures += not ok
    if not ok:
        print(f"FAIL {name}")


def datasets(file):
    names = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names


def compare(whole, split, name, ignored_sets, ignored_attributes):
    a, b = h5py.File(whole / name), h5py.File(split / name)
    left, right = set(datasets(a)), {d for d in datasets(b) if not d.startswith(ignored_sets)}
    check(f"{name}: datasets {left ^ right}", left - {d for d in left if d.startswith(ignored_sets)} == right)
    for d in sorted(right):
        check(f"{name}: {d}", a[d].shape == b[d].shape and a[d][...].tobytes() == b[d][...].tobytes())
    for key in a.attrs:
        if key not in ignored_attributes:
            check(f"{name}: attribute {key}: {a.attrs[key]} {b.attrs.get(key)}", a.attrs[key] == b.attrs.get(key))
    return a, b


def text(array):
    return [v.decode().rstrip("\0") for v in array]


def check_aliases(events, truth):
    """Which aliases a customer may have: one a channel id of the map."""
    ids = defaultdict(set)
    for line in Path(truth).read_text().splitlines():
        child, customer = line.split(",")
        ids[customer].add(child)
    first, alias = events["customers/first_event"][...], events["events/alias"][...]
    for i, customer in enumerate(text(events["customers/id"][...])):
        found = set(alias[first[i] : first[i + 1]].tolist())
        if not found <= set(range(len(ids[customer]) + 1)):
            check(f"aliases of customer {i}", False)
            return


def alone(events, i, score_day):
    """(recency, orders, net) of each id of a customer that has an event before the date, and of all together."""
    first = events["first"]
    rows = [r for r in range(first[i], first[i + 1]) if events["time"][r] < score_day * DAY]

    def figures(rows):
        bought = [r for r in rows if events["kind"][r] == 0]
        recency = score_day - max(events["time"][r] // DAY for r in bought) if bought else np.nan
        net = sum(int(events["amount"][r]) for r in rows) / 10000
        return np.float32(recency), np.float32(len({events["order"][r] for r in bought})), net

    ids = sorted({events["alias"][r] for r in rows})
    return {k: figures([r for r in rows if events["alias"][r] == k]) for k in ids}, figures(rows)


def scorer(tiers, axis):
    cut = tiers[f"model/{axis}_cut"][...]
    size = tiers[f"model/{axis}_size"][...]
    used = [e for e in range(5) if size[e] > 0]
    filled = [e for e in used if not np.isnan(cut[e][0])]

    def score(value):
        if np.isnan(value):
            return used[0] + 1
        if axis == "r":
            reached = [e for e in filled if value <= cut[e][1]]
        else:
            reached = [e for e in filled if value >= cut[e][0]]
        return (max(reached) if reached else filled[0]) + 1

    return score


def check_silo(split, features, tiers, events_file):
    score_day = int((np.datetime64(features.attrs["date_score"]) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D"))
    events = {k: events_file[f"events/{k}"][...].tolist() for k in ("time", "amount", "order", "kind", "alias")}
    events["first"] = events_file["customers/first_event"][...].tolist()
    score = {axis: scorer(tiers, axis) for axis in "rfm"}
    table, count = [], Counter()
    for i in range(len(events["first"]) - 1):
        ids, together = alone(events, i, score_day)
        if len(ids) < 2:
            continue
        count["customers"] += 1
        count["ids"] += len(ids)
        differs = ""
        for n, axis in enumerate("rfm"):
            whole = score[axis](together[n])
            check(f"score {axis} of customer {i}", whole == tiers[f"tiers/{axis}_score"][i])
            if any(score[axis](v[n]) != whole for v in ids.values()):
                count[axis] += 1
                differs = "yes"
        count["differ"] += differs == "yes"
        table += [(i, k, *v) for k, v in ids.items()]
    silo = [features[f"silo/{c}"][...] for c in ("customer_row", "alias", "recency_days", "order_count", "net_amount")]
    for n, column in enumerate(silo):
        wanted = np.array([row[n] for row in table], column.dtype)
        check(f"silo column {n}", np.array_equal(column, wanted, equal_nan=n >= 2))
    for key, wanted in (("silo_customers", "customers"), ("silo_ids", "ids"), ("silo_customers_differ", "differ"),
                        ("silo_recency_differs", "r"), ("silo_frequency_differs", "f"), ("silo_monetary_differs", "m")):
        check(f"{key}: {tiers.attrs[key]} {count[wanted]}", tiers.attrs[key] == count[wanted])
    report = json.loads((split / "report.json").read_text())["identity"]
    check("report: silo", report["silo"]["customers_differ"] == count["differ"])
    check("report: share", abs(report["silo"]["share_differ"] - count["differ"] / count["customers"]) < 1e-12)
    return count, report


def main():
    whole, split = Path(sys.argv[1]), Path(sys.argv[2])
    ids = {"run_id", "content_a", "content_b", "dropped_a", "dropped_b", "events_id", "identity_id"}
    _, events = compare(whole, split, "events.h5", ("events/alias", "events/row"), ids)
    _, features = compare(whole, split, "features.h5", ("silo/",), ids)
    _, tiers = compare(whole, split, "tiers.h5", ("none/",), ids)
    check_aliases(events, sys.argv[3])
    count, report = check_silo(split, features, tiers, events)
    if len(sys.argv) > 4:
        check("ids of the map", report["ids"] == int(sys.argv[4]))
    alias = events["events/alias"][...]
    owner = np.repeat(np.arange(len(events["customers/id"])), np.diff(events["customers/first_event"][...]))
    check("rows moved", report["rows_moved"] == int(np.sum(alias > 0)))
    check("ids merged", report["ids_merged"] == len({p for p in zip(owner.tolist(), alias.tolist()) if p[1] > 0}))
    check("customers merged", report["customers_merged"] == len(set(owner[alias > 0].tolist())))
    print(f"{report['rows_moved']} rows of {report['ids_merged']} ids moved to {report['customers_merged']} customers; of "
          f"{count['customers']} with several ids {count['differ']} had other scores alone: R {count['r']}, F {count['f']}, "
          f"M {count['m']}")
    sys.exit(failures > 0)


main()
