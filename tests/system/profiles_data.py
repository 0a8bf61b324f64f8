#!/usr/bin/env python3
"""Tables for system.profiles: a customers table, interactions and a wide table for some of the customers of a
synthetic base and for some others.

usage: profiles_data.py TRANSACTIONS_FOLDER OUTPUT_FOLDER
"""
import csv
import datetime
import glob
import os
import random
import sys

import h5py
import numpy as np

source, out = sys.argv[1:3]
os.makedirs(out, exist_ok=True)
random.seed(11)

ids, last = set(), "0"
for name in glob.glob(source + "/*.csv"):
    with open(name, newline="") as file:
        for row in csv.DictReader(file):
            if row["customer_id"]:
                ids.add(row["customer_id"])
            last = max(last, row["order_date"][:10])
ids = sorted(ids)
last = datetime.date.fromisoformat(last)
outsiders = ["X%05d" % i for i in range(40)]


def write(name, header, rows, files):
    for f in range(files):
        with open("%s/%s-%d.csv" % (out, name, f), "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows[f::files])


REGIONS = ["north", "south", "east", "west", 'a "quoted", one', "ünïcode", ""]
people = random.sample(ids, len(ids) * 3 // 4) + outsiders[:25]
customers = []
for id in people:
    signup = last - datetime.timedelta(days=random.randrange(-30, 900))
    customers.append([
        id, signup.isoformat() if random.random() < 0.9 else "", random.choice(["1", "yes", "True", "0", "no", "off", ""]),
        random.choice(["y", "n", "N", "", "0"]),
        random.choice(["", "n/a", "%d" % random.randrange(18, 90), "%.3f" % random.uniform(-5, 5), "1e3"]),
        random.choice(REGIONS), random.choice(["gold", "silver", "unheard of"]), "note, with\nnewline"])
customers += random.sample(customers, 20)  # repeated word for word
customers.append(["bad1", "2024-02-30", "", "", "", "", "", ""])
customers.append(["bad2", "", "maybe", "", "", "", "", ""])
customers.append(["", "2020-01-01", "", "", "", "", "", ""])
random.shuffle(customers)
write("customers", ["id", "since", "consent", "protected", "age", "region", "status", "note"], customers, 2)

WORDS = ["pageview"] * 8 + ["login"] * 3 + ["complaint", "ticket", "csat", "nps", "chat"]
touches = []
for id in random.sample(ids, len(ids) * 2 // 3) + outsiders[20:]:
    for _ in range(random.randrange(0, 40)):
        when = datetime.datetime.combine(last, datetime.time()) - datetime.timedelta(
            seconds=random.randrange(-20 * 86400, 500 * 86400))
        word = random.choice(WORDS)
        value = {"csat": "%.2f" % random.uniform(1, 5), "nps": str(random.randrange(11))}.get(word, "")
        hours = "%.4f" % random.uniform(0, 72) if word in ("complaint", "ticket", "chat") and random.random() < 0.8 else ""
        touches.append([" %s " % id, when.strftime("%Y-%m-%d %H:%M:%S"), word, value, hours])
touches += [[ids[0], "not a time", "login", "", ""], [ids[0], "2024-01-01", "nps", "11", ""],
            [ids[0], "2024-01-01", "nps", "7.5", ""], [ids[0], "2024-01-01", "csat", "", ""],
            [ids[0], "2024-01-01", "ticket", "", "-1"], [ids[0], "2024-01-01", "ticket", "", "soon"]]
random.shuffle(touches)
write("interactions", ["customer", "time", "kind", "value", "hours"], touches, 3)

members = random.sample(ids, len(ids) // 2) + outsiders[30:]
columns = ["f%02d" % i for i in range(30)]
numbers = np.round(np.random.default_rng(5).normal(size=(len(members), 30)) * 10.0 ** np.arange(-8, 22), 12)
numbers[np.random.default_rng(6).random(numbers.shape) < 0.1] = np.nan
plans = [random.choice(["basic", "pro", "", "legacy"]) for _ in members]
cells = [["" if np.isnan(v) else repr(float(v)) for v in row] for row in numbers]
for bad in ("inf", "NaN", "0x10", "1e999", "1,5"):
    i, j = random.randrange(len(members)), random.randrange(30)
    cells[i][j], numbers[i][j] = bad, np.nan
write("wide", ["customer"] + columns + ["plan"], [[m] + c + [p] for m, c, p in zip(members, cells, plans)], 2)
with h5py.File(out + "/wide.h5", "w") as file:
    group = file.create_group("table")
    group["customer"] = np.array(members, dtype="S")
    for j in range(20):
        group[columns[j]] = numbers[:, j]
    group.create_dataset("plan", data=np.array(plans, dtype=object), dtype=h5py.string_dtype())
    file["more/x"] = numbers[:, 20:]
    file["more/names"] = np.array(columns[20:], dtype="S")
