#!/usr/bin/python3
"""check_synth.py BASE [RUN] [--csv]: compares a synthetic base with its truth.

BASE  folder written by `tiercel synth`, or its truth.h5
RUN   folder of a run on it (default BASE/run, if it is there): customers, orders and amounts must be
      those of truth.h5; prints the adjusted Rand index of the clusters and the churn AUC against
      the best possible one
--csv reads the CSV files with Python and compares them with truth.h5 and dirt.txt (slow)

Exit code 1 if a count or an amount is not exact, else 0. Needs numpy and h5py, as Debian has them.
"""
import argparse
import csv
import datetime
import glob
import gzip
import os
import sys

import h5py
import numpy as np

EPOCH = datetime.datetime(1970, 1, 1)
failures = 0


def row(name, value, expected=None, exact=True):
    """One line of the table; counts a failure if two exact values differ."""
    global failures
    if expected is None:
        print(f"  {name:<44} {value:>20}")
        return
    same = value == expected
    failures += exact and not same
    print(f"  {name:<44} {value:>20} {expected:>20}  {'' if same else 'DIFFERS' if exact else ''}")


def real(value):
    return f"{value:.6f}"


# ---- statistics ---------------------------------------------------------------------------------


def adjusted_rand(a, b):
    """Hubert and Arabie 1985."""
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1), dtype=np.int64)
    np.add.at(table, (a, b), 1)

    def pairs(v):
        v = v.astype(np.float64)
        return float((v * (v - 1) / 2).sum())

    both, rows, columns = pairs(table.ravel()), pairs(table.sum(1)), pairs(table.sum(0))
    expected = rows * columns / pairs(np.array([len(a)]))
    return (both - expected) / ((rows + columns) / 2 - expected), table


def auc(score, label):
    """Mann and Whitney, ties count one half."""
    values, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(label.sum())
    negatives = len(label) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    return (rank[label == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def distinct_pairs(a, b, n):
    """Number of distinct b for each a in 0..n-1."""
    if len(a) == 0:
        return np.zeros(n, dtype=np.int64)
    order = np.lexsort((b, a))
    a, b = a[order], b[order]
    first = np.ones(len(a), dtype=bool)
    first[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return np.bincount(a[first], minlength=n)


# ---- the CSV files against the truth ------------------------------------------------------------


def cents(text):
    """Exact; raises ValueError for anything but a number with two decimals."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    whole, _, part = digits.partition(".")
    if not (whole.isdigit() and part.isdigit() and len(part) == 2):
        raise ValueError(text)
    return sign * (int(whole) * 100 + int(part))


def seconds(text):
    layout = "%Y-%m-%d %H:%M:%S" if text[4:5] == "-" else "%d/%m/%Y %H:%M:%S"
    return int((datetime.datetime.strptime(text, layout) - EPOCH).total_seconds())


def read_row(fields, header):
    """(kind of dirt, customer, amount in 1/10,000, seconds); what is not valid comes as None."""
    at = dict(zip(header, fields))
    kind = "none"
    amount = when = None
    try:
        if "amount" in at:
            amount = cents(at["amount"]) * 100
        else:
            amount = int(at["quantity"]) * cents(at["unit_price"]) * 100
    except ValueError:
        kind = "number"
    try:
        when = seconds(at["order_date"])
    except ValueError:
        kind = "date"
    if at["customer_id"] == "":
        kind = "missing_id"
    elif "\n" in at["category"]:
        kind = "newline"
    return kind, at["customer_id"], amount, when


def check_csv(base, truth):
    print("CSV files against truth.h5" + " " * 29 + "files                truth")
    index = {key: i for i, key in enumerate(truth["id"][:])}
    n = len(index)
    found = {k: np.zeros(n, dtype=np.int64) for k in ("rows", "net_amount", "gross_amount", "orders")}
    first, last = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    kinds, listed, orders = {}, [], set()
    records = 0
    for path in sorted(glob.glob(os.path.join(base, "transactions-*.csv*"))):
        if path.endswith(".tmp"):
            continue
        name = os.path.basename(path)
        previous = None
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", newline="") as file:
            reader = csv.reader(file)
            header = next(reader)
            line = reader.line_num + 1
            for record, fields in enumerate(reader, 1):
                records += 1
                kind, customer, amount, when = read_row(fields, header)
                if fields == previous:
                    kind = "duplicate"
                if kind == "duplicate":
                    listed.append((name, record - 1, previous_line, kind))
                elif kind != "none":
                    listed.append((name, record, line, kind))
                kinds[kind] = kinds.get(kind, 0) + 1
                previous, previous_line, line = fields, line, reader.line_num + 1
                if kind not in ("none", "newline"):
                    continue
                i = index[customer.encode()]
                first[i] = when if found["rows"][i] == 0 else min(first[i], when)
                last[i] = when if found["rows"][i] == 0 else max(last[i], when)
                found["rows"][i] += 1
                found["net_amount"][i] += amount
                if amount > 0:
                    found["gross_amount"][i] += amount
                    if fields[0] not in orders:
                        orders.add(fields[0])
                        found["orders"][i] += 1
    row("rows in files", records, int(truth.attrs["rows_in_files"]))
    for i, name in enumerate(truth["dirt/kind"][:]):
        if i > 0:
            row("  " + name.decode(), kinds.get(name.decode(), 0), int(truth["dirt/rows"][i]))
    for name, values in found.items():
        row(name, int(values.sum()), int(truth[name][:].sum()))
        row(f"  customers with other {name}", int((values != truth[name][:]).sum()), 0)
    row("  customers with other first_time", int((first != truth["first_time"][:]).sum()), 0)
    row("  customers with other last_time", int((last != truth["last_time"][:]).sum()), 0)
    check_dirt(base, listed)


def check_dirt(base, listed):
    path = os.path.join(base, "dirt.txt")
    planted = []
    if os.path.exists(path):
        with open(path, newline="") as file:
            reader = csv.reader(file)
            next(reader)
            planted = [(f, int(r), int(n), k) for f, r, n, k in reader]
    row("rows in dirt.txt", len(planted), len(listed))
    row("  rows at another place", len(set(planted) ^ set(listed)), 0)


# ---- a run against the truth --------------------------------------------------------------------


def check_events(truth, run):
    """Exact comparison; returns the truth's row of each customer of the run."""
    with h5py.File(os.path.join(run, "events.h5"), "r") as events:
        print("\nevents.h5 against truth.h5" + " " * 31 + "run                truth")
        ids = events["customers/id"][:]
        true_ids = truth["id"][:]
        at = np.minimum(np.searchsorted(true_ids, ids), len(true_ids) - 1)
        row("customers", len(ids), int(truth.attrs["customers_in_log"]))
        row("  unknown customers", int((true_ids[at] != ids).sum()), 0)
        row("  customers without a valid row", int((truth["in_log"][:][at] == 0).sum()), 0)
        dropped = int(events.attrs["duplicates_dropped"])
        planted = int(truth.attrs["rows_duplicate"])
        kept = planted > 0 and dropped == 0
        row("rows read", int(events.attrs["rows_read"]), int(truth.attrs["rows_in_files"]))
        row("duplicates dropped", dropped, 0 if kept else planted)
        starts = events["customers/first_event"][:]
        counts = np.diff(starts)
        owner = np.repeat(np.arange(len(ids)), counts)
        amount, kind = events["events/amount"][:], events["events/kind"][:]
        time, order = events["events/time"][:], events["events/order"][:]
        net = np.add.reduceat(amount, starts[:-1]) if len(ids) else amount
        extra = truth["duplicate_rows"][:][at] if kept else 0
        extra_amount = truth["duplicate_amount"][:][at] if kept else 0
        compare("rows", counts, truth["rows"][:][at] + extra)
        compare("net amount", net, truth["net_amount"][:][at] + extra_amount)
        if not kept:
            gross = np.zeros(len(ids), dtype=np.int64)
            np.add.at(gross, owner[amount > 0], amount[amount > 0])
            compare("gross amount", gross, truth["gross_amount"][:][at])
        bought = kind == 0
        compare("orders", distinct_pairs(owner[bought], order[bought], len(ids)),
                truth["orders"][:][at])
        compare("first time", time[starts[:-1]], truth["first_time"][:][at])
        compare("last time", time[starts[1:] - 1], truth["last_time"][:][at])
        return at, ids


def compare(name, found, expected):
    total = name not in ("first time", "last time")
    if total:
        row(name, int(found.sum()), int(expected.sum()))
    row(f"  customers with another {name}", int((found != expected).sum()), 0)


def check_segments(truth, run, at):
    path = os.path.join(run, "segments.h5")
    if not os.path.exists(path):
        return
    names = sorted(h5py.check_enum_dtype(truth["segment"].dtype).items(), key=lambda item: item[1])
    with h5py.File(path, "r") as segments:
        cluster = segments["cluster"][:].astype(np.int64)
    planted = truth["segment"][:][at].astype(np.int64)
    known = cluster > 0
    index, table = adjusted_rand(cluster[known], planted[known])
    print("\nsegments.h5: clusters (rows) and planted segments")
    print("  cluster " + " ".join(f"{name:>12}" for name, _ in names))
    for k in range(1, table.shape[0]):
        print(f"  {k:>7} " + " ".join(f"{count:>12}" for count in table[k]))
    row("adjusted Rand index", real(index))


def check_churn(truth, run, at):
    path = os.path.join(run, "churn.h5")
    if not os.path.exists(path):
        return
    with h5py.File(path, "r") as churn, h5py.File(os.path.join(run, "features.h5"), "r") as features:
        date = text(features.attrs["date_train"])
        label = features[f"at/{date}/label"][:]
        print(f"\nchurn.h5: out of time at {date}")
        group = f"churn_truth/{date}"
        if not churn.attrs.get("has_backtest", 0) or group not in truth:
            print("  no out-of-time score, or the truth has another date")
        else:
            known = label >= 0
            label = label[known].astype(np.int64)
            score = churn["backtest/score"][:][known]
            oracle = truth[group + "/no_purchase"][:][at][known]
            seen = truth[group + "/no_purchase_seen"][:][at][known]
            row("customers with a label", int(known.sum()))
            row("left", int(label.sum()))
            row("  expected from the truth", f"{np.nansum(oracle):.1f}")
            row("AUC of the model", real(auc(score, label)))
            row("AUC if each customer's rates were known", real(auc(seen, label)))
            row("AUC if the leaving too (best possible)", real(auc(oracle, label)))
        date = text(features.attrs["date_score"])
        group = f"churn_truth/{date}"
        if group in truth and churn.attrs.get("has_model", 0):
            true = truth[group + "/no_purchase"][:][at]
            bought = ~np.isnan(true) & ~np.isnan(features[f"at/{date}/recency_days"][:])
            row(f"mean chance to leave at {date}", real(float(churn["probability"][:][bought].mean())))
            row("  in the truth", real(float(true[bought].mean())))


def check_tiers(run, ids):
    path = os.path.join(run, "tiers.h5")
    if not os.path.exists(path):
        return
    with h5py.File(path, "r") as tiers:
        print("\ntiers.h5")
        row("customers", len(tiers["tiers/id"]), len(ids))
        row("  ids in another order", int((tiers["tiers/id"][:] != ids).sum()), 0)


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("run", nargs="?")
    parser.add_argument("--csv", action="store_true")
    options = parser.parse_args()
    base = os.path.dirname(options.base) or "." if options.base.endswith(".h5") else options.base
    run = options.run or os.path.join(base, "run")
    with h5py.File(os.path.join(base, "truth.h5"), "r") as truth:
        if truth.attrs.get("complete", 0) != 1:
            sys.exit("truth.h5 is not complete; make the base again")
        if options.csv:
            check_csv(base, truth)
        if os.path.exists(os.path.join(run, "events.h5")):
            at, ids = check_events(truth, run)
            check_segments(truth, run, at)
            check_churn(truth, run, at)
            check_tiers(run, ids)
        elif options.run or not options.csv:
            sys.exit(f"{run}/events.h5 is missing; run the job on this base first")
    print(f"\n{'exact' if failures == 0 else f'{failures} values differ'}")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
