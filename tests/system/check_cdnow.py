#!/usr/bin/env python3
"""Compares runs on CDNOW with the figures of the data set's own documentation and of its customers one by one."""
import csv
import sys

import h5py
import numpy as np

folder = sys.argv[1]
errors = 0


def check(what, found, wanted, tolerance=0.0):
    global errors
    good = found == wanted if tolerance == 0 else abs(found - wanted) <= tolerance
    errors += bool(not good)
    print(f"{'ok  ' if good else 'BAD '} {what}: {found} (wanted {wanted})")


def rows(name, first):
    """The file again by other means: customer, day, CDs, cents of each row."""
    with open(f"{folder}/{name}", newline="") as f:
        for line in f.read().split("\r\n"):
            fields = line.split()
            if fields and fields[0] != "customer_id":
                dollars, cents = fields[first + 3].split(".")
                yield fields[first], fields[first + 1], int(fields[first + 2]), int(dollars) * 100 + int(cents)


class Run:
    def __init__(self, name):
        with h5py.File(f"{folder}/{name}/events.h5") as f:
            self.attrs = dict(f.attrs)
            self.customers = int(f.attrs["n_rows"])
            self.amount = f["events/amount"][:]
            self.time = f["events/time"][:]
            self.first = f["customers/first_event"][:]
            self.ids = [i.decode() for i in f["customers/id"][:]]

    def features(self, name):
        with h5py.File(f"{folder}/{name}/features.h5") as f:
            def at(day, feature):
                return f[f"at/{day}/{feature}"][:].astype(float)
            self.x = at("1997-10-01", "purchase_days") - 1
            self.t_x = at("1997-10-01", "first_to_last_days")
            self.T = at("1997-10-01", "tenure_days") - 1
            self.mbar = at("1997-10-01", "repeat_day_amount")
            self.holdout = at("1998-07-01", "purchase_days") - at("1997-10-01", "purchase_days")
            self.spend = at("1997-10-01", "later_amount")
            self.days = at("1998-07-01", "purchase_days")
            self.label = f["at/1997-10-01/label"][:]
        return self


def check_counts(what, run, cds, file, first, figures):
    a, again = run.attrs, list(rows(file, first))
    check(f"{what}: rows", (a["rows_read"], a["rows_used"]), (figures["rows"], figures["rows"]))
    check(f"{what}: customers", run.customers, figures["customers"])
    check(f"{what}: rows of value 0", int((run.amount == 0).sum()), figures["zeros"])
    check(f"{what}: negative rows", int((run.amount < 0).sum()), 0)
    check(f"{what}: exact duplicates", a["duplicate_rows"], figures["duplicates"])
    check(f"{what}: rows beyond the first of a customer and day", int(a["rows_read"] - run.days.sum()),
          figures["same_day"])
    check(f"{what}: sum in 1/10,000", int(a["amount_net"]), figures["cents"] * 100)
    check(f"{what}: CDs", int(cds.attrs["amount_net"]), figures["cds"] * 10000)
    check(f"{what}: repeaters until 1997-09-30", int((run.x > 0).sum()), figures["repeaters"])
    check(f"{what}: sum x", int(run.x.sum()), figures["x"])
    check(f"{what}: holdout purchases", int(run.holdout.sum()), figures["holdout"])
    check(f"{what}: repeaters whose mbar is 0", int(((run.x > 0) & (run.mbar == 0)).sum()), figures["free"])
    # an independent reader of the same file
    check(f"{what}: rows, another reader", len(again), figures["rows"])
    check(f"{what}: sum of cents, another reader", sum(r[3] for r in again), figures["cents"])
    check(f"{what}: days, another reader", len({r[:2] for r in again}), int(run.days.sum()))
    check(f"{what}: customers, another reader", {r[0] for r in again} == set(run.ids), True)
    owner = np.repeat(np.arange(run.customers), np.diff(run.first))
    mine = sorted((run.ids[c], str(np.datetime64(int(t), "s"))[:10].replace("-", ""), int(v))
                  for c, t, v in zip(owner, run.time, run.amount))
    check(f"{what}: all events", mine == sorted((r[0], r[1], r[3] * 100) for r in again), True)


master, sample = Run("master").features("master"), Run("sample").features("sample")
check_counts("master", master, Run("master-cds"), "CDNOW_master.txt", 0, {
    "rows": 69659, "customers": 23570, "zeros": 80, "duplicates": 255, "same_day": 2068, "cents": 250031563,
    "cds": 167881, "repeaters": 9451, "x": 24337, "holdout": 19684, "free": 1})
check_counts("sample", sample, Run("sample-cds"), "CDNOW_sample.txt", 1, {
    "rows": 6919, "customers": 2357, "zeros": 8, "duplicates": 21, "same_day": 223, "cents": 24409194,
    "cds": 16479, "repeaters": 946, "x": 2457, "holdout": 1882, "free": 0})
check("sample: sum t_x in weeks", sample.t_x.sum() / 7, 16135.5714, 1e-4)
check("sample: sum T in weeks", sample.T.sum() / 7, 77111.2857, 1e-4)
check("sample: holdout spend", round(sample.spend.sum(), 2), 70976.39)
check("sample: nobody bought anything in the holdout", int((sample.label == 1).sum()), 1673)
dropped = Run("sample-drop")
check("sample: rows without duplicates", (dropped.attrs["rows_used"], dropped.attrs["duplicates_dropped"]), (6898, 21))

row = {int(c): i for i, c in enumerate(sample.ids)}
bad = n = 0
with open(f"{folder}/sample_expected.csv", newline="") as f:
    for line in csv.DictReader(f):
        i = row[int(line["sample_id"])]
        n += 1
        bad += not (sample.x[i] == float(line["x"])
                    and abs(sample.t_x[i] / 7 - float(line["t_x_weeks"])) < 1e-6
                    and abs(sample.T[i] / 7 - float(line["T_weeks"])) < 1e-6
                    and abs(sample.mbar[i] - float(line["mbar"])) < 1e-4
                    and sample.holdout[i] == float(line["x_holdout"])
                    and abs(sample.spend[i] - float(line["spend_holdout"])) < 1e-6)
check("sample: customers compared one by one", n, 2357)
check("sample: customers that differ", bad, 0)
bad = n = 0
with open(f"{folder}/cdnow_customers_summary_with_transactions.csv", newline="") as f:
    for line in csv.DictReader(f):
        i = row[int(line["ID"])]
        n += 1
        bad += not (sample.x[i] == float(line["x"])
                    and abs(sample.t_x[i] / 7 - float(line["t_x"])) < 0.0051
                    and abs(sample.T[i] / 7 - float(line["T"])) < 0.0051
                    and abs(sample.mbar[i] - float(line["zbar"])) < 0.0051)
check("sample: customers of the spreadsheet", n, 2357)
check("sample: customers that differ from the spreadsheet", bad, 0)
sys.exit(int(errors != 0))
