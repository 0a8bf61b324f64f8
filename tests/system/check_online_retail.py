#!/usr/bin/env python3
"""Compares runs on UCI Online Retail with the figures of the data set's own documentation."""
import csv
import json
import sys

import h5py
import numpy as np

folder = sys.argv[1]
errors = 0


def check(what, found, wanted, tolerance=0.0):
    global errors
    good = found == wanted if tolerance == 0 else abs(found - wanted) <= tolerance * max(1.0, abs(wanted))
    errors += not good
    print(f"{'ok  ' if good else 'BAD '} {what}: {found} (wanted {wanted})")


def attributes(run):
    with h5py.File(f"{folder}/{run}/events.h5") as f:
        return {**f.attrs, "customers": int(f.attrs["n_rows"]),
                "reasons": {n.decode(): (int(r), int(a)) for n, r, a in zip(
                    f["ingest/reason_name"][:], f["ingest/reason_rows"][:], f["ingest/reason_amount"][:])}}


net, a, b = attributes("net"), attributes("a"), attributes("b")
a_drop, net_drop = attributes("a-drop"), attributes("net-drop")
check("rows", net["rows_read"], 541909)
check("rows without customer", net["reasons"]["customer_missing"][0], 135080)
check("exact duplicate rows", net["duplicate_rows"], 5268)
check("invoices, all rows", net["orders_all"], 25900)
check("money, all rows", net["amount_all"], 97477479340)
check("money of rows with a customer", net["amount_net"], 83000658140)
check("rows with a customer", net["rows_used"], 406829)
check("customers", net["customers"], 4372)
check("cancelled rows", net["cancelled_rows"], 9288)
check("cancelled invoices", net["cancelled_orders"], 3836)
check("cancelled rows with a customer", net["return_rows"], 8905)
for name, run, rows, customers, orders, money in (
        ("A", a, 397924, 4339, 18536, 89114079040), ("B", b, 397884, 4338, 18532, 89114079040),
        ("A without duplicates", a_drop, 392732, 4339, 18536, 88872088940)):
    check(f"filter {name}: rows", run["rows_used"], rows)
    check(f"filter {name}: customers", run["customers"], customers)
    check(f"filter {name}: invoices", run["orders"], orders)
    check(f"filter {name}: money", run["amount_net"], money)
check("all rows without duplicates: rows", net["rows_read"] - net["duplicate_rows"], 536641)
check("all rows without duplicates: money", net["amount_all"] - net["duplicate_amount"], 97260069540)
check("duplicates dropped are rejects", net_drop["reasons"]["duplicate"][0], net_drop["duplicates_dropped"])
for what, run in (("net", net), ("A", a)):
    check(f"{what}: used and rejected make all",
          run["rows_used"] + sum(r for n, (r, _) in run["reasons"].items() if n != "used"), 541909)
    with open(f"{folder}/{'net' if what == 'net' else 'a'}/rejects.csv", newline="") as f:
        check(f"{what}: lines of rejects.csv", sum(1 for _ in f) - 1, run["rows_rejected"])

with h5py.File(f"{folder}/net/features.h5") as f:
    amount = f["at/2011-12-10/net_amount"][:]
    # the data set's documentation says 42, in binary floating point; in exact decimals one of them is at 0.00
    check("customers below 0", int((amount < 0).sum()), 41)
    check("customers at 0.00", int((amount == 0).sum()), 14)

with h5py.File(f"{folder}/a/events.h5") as e, h5py.File(f"{folder}/a/features.h5") as f:
    ids = [i.decode() for i in e["customers/id"][:]]
    at = f["at/2011-12-10"]
    mine = {n: at[n][:] for n in ("recency_days", "order_count", "gross_amount", "purchase_days",
                                  "first_to_last_days", "tenure_days", "repeat_day_amount")}
    train = f["at/2011-06-09"]
    label = train["label"][:]
    known = train["purchase_days"][:] > 0
    train_days = np.where(known, train["purchase_days"][:], 0)
row = {c: i for i, c in enumerate(ids)}
bad = n = 0
with open(f"{folder}/customers_expected.csv", newline="") as f:
    for line in csv.DictReader(f):
        i = row[line["customer_id"].split(".")[0]]
        n += 1
        bad += not (mine["recency_days"][i] == float(line["recency_days"])
                    and mine["order_count"][i] == float(line["invoices"])
                    and abs(mine["gross_amount"][i] - float(line["revenue"])) < 5e-4
                    and mine["purchase_days"][i] - 1 == float(line["x"])
                    and mine["first_to_last_days"][i] == float(line["t_x"])
                    and mine["tenure_days"][i] - 1 == float(line["T"])
                    and abs(mine["repeat_day_amount"][i] - float(line["mbar"])) < 1e-3)
check("customers compared one by one", n, 4339)
check("customers that differ", bad, 0)
for what, found, wanted in (("recency", mine["recency_days"], 403707), ("invoices", mine["order_count"], 18536),
                            ("x", mine["purchase_days"] - 1, 12427), ("t_x", mine["first_to_last_days"], 567287),
                            ("T", mine["tenure_days"] - 1, 966655)):
    check(f"sum of {what}", int(found.astype(float).sum()), wanted)
check("customers with a repeat day", int((mine["purchase_days"] > 1).sum()), 2790)
for what, found, mean, sd in (("R", mine["recency_days"], 3.8569424, 1.3068625),
                              ("F", mine["order_count"], 1.3454782, 0.6830597),
                              ("M", mine["gross_amount"], 6.5921075, 1.2612652)):
    log = np.log1p(found.astype(float))
    check(f"mean of ln(1 + {what})", float(log.mean()), mean, 1e-7)
    check(f"standard deviation of ln(1 + {what})", float(log.std()), sd, 1e-7)
check("calibration until 2011-06-08: customers", int(known.sum()), 2787)
check("calibration: repeaters", int((train_days > 1).sum()), 1403)
check("calibration: sum x", int((train_days[known] - 1).sum()), 4296)
check("holdout purchases of them", int((mine["purchase_days"] - train_days)[known].sum()), 6867)
check("labelled customers", int((label >= 0).sum()), 2787)
check("churned customers", int((label == 1).sum()), 845)

for k, sse in ((2, 6485.816887), (3, 4869.435933), (4, 3938.429558), (5, 3282.378746), (6, 2854.285773),
               (8, 2339.786921)):
    with h5py.File(f"{folder}/ks/{k}.h5") as f:
        # the references are the best of 100 k-means++ starts: lower is better
        inertia = float(f.attrs["inertia"])
        check(f"k-means, k = {k}: {inertia:.6f}, not above {sse}", inertia <= sse * (1 + 1e-6), True)
        if k == 4:
            check("sizes of the four", sorted(f["model/size"][:].tolist()), [724, 890, 1176, 1549])
            means = sorted(tuple(round(float(f[f"model/mean_{n}"][c]), 2) for n in
                                 ("recency_days", "order_count", "net_amount")) for c in range(4))
            # the documentation says 65.74 and 7978.50; of its own partition (same inertia, same sizes) numpy gives
            # 65.7347 and 7978.4945
            check("mean R, F, M of the four", means, [(12.30, 13.60, 7978.49), (22.51, 1.92, 489.32),
                                                      (65.73, 4.17, 1819.13), (192.04, 1.35, 361.64)])

with h5py.File(f"{folder}/a/churn.h5") as f:
    check("null deviance", float(f.attrs["null_deviance"]), 3419.904455, 1e-9)
    check("deviance", float(f.attrs["deviance"]), 2967.530802, 1e-9)
    for name, found, wanted in zip(f["model/name"][:], f["model/coefficient"][:],
                                   (1.851894, 0.275039, -1.191570, -0.332891, -0.119511)):
        check(f"coefficient {name.decode()}", float(found), wanted, 2e-6)
    names = [m.decode() for m in f["quality/measure_name"][:]]
    value = dict(zip(names, f["quality/train/value"][:]))
    check("in-sample AUC of the published score", value["auc"], 0.735954, 2e-6)
    check("Brier", value["brier"], 0.181170, 1e-6)

with open(f"{folder}/a/report.json") as f:
    report = json.load(f)
concentration = report["concentration"]
for top, wanted in zip(concentration["tops"], (0.319989, 0.503781, 0.613751, 0.746171, 0.921753)):
    check(f"share of net amount of the best {top['top_share']:.0%}", top["net_share"], wanted, 1e-6)
check("Gini", concentration["gini"], 0.715205, 1e-6)
sys.exit(errors != 0)
