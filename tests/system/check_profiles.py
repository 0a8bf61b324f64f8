#!/usr/bin/env python3
"""Recounts profiles.h5 from the tables that profiles_data.py made, by other code.

usage: check_profiles.py TABLES_FOLDER PROFILES_H5 [FEATURES_H5]
"""
import csv
import glob
import re
import sys

import h5py
import numpy as np

tables, path = sys.argv[1:3]
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def rows(name):
    for file in sorted(glob.glob("%s/%s-*.csv" % (tables, name))):
        with open(file, newline="") as f:
            yield from csv.DictReader(f)


def number(text):
    if not NUMBER.fullmatch(text):
        return np.nan
    v = float(text)
    return v if np.isfinite(v) else np.nan


def flag(text):
    return {"": -1, "1": 1, "yes": 1, "true": 1, "y": 1, "0": 0, "no": 0, "off": 0, "n": 0}[text.lower()]


def same(what, found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    good = found.shape == expected.shape and np.array_equal(found, expected, equal_nan=found.dtype.kind == "f")
    if not good:
        sys.exit("FAILED: %s differs" % what)


f = h5py.File(path)
ids = [i.decode() for i in f["customers/id"][:]]
hashes = f["customers/hash"][:].tolist()
assert hashes == sorted(hashes) and len(set(ids)) == len(ids)
people, touches, wide = {}, {}, {}
for r in rows("customers"):
    if r["id"] and r["since"] != "2024-02-30" and r["consent"] != "maybe":
        people[r["id"]] = r
for r in rows("interactions"):
    id = r["customer"].strip()
    value, hours = number(r["value"]), number(r["hours"])
    bad = r["time"] == "not a time" or hours < 0 or (r["hours"] != "" and np.isnan(hours))
    bad |= r["kind"] == "csat" and np.isnan(value)
    bad |= r["kind"] == "nps" and not (0 <= value <= 10 and value == int(value))
    if not bad:
        kind = {"pageview": "visit", "csat": "survey", "chat": "other"}.get(r["kind"], r["kind"])
        fixed = -2**63 if np.isnan(value) else round(value * 10000)
        time = np.datetime64(r["time"].replace(" ", "T"), "s").astype(np.int64)
        touches.setdefault(id, []).append((int(time), kind, fixed, -2**63 if np.isnan(hours) else round(hours * 10000)))
for r in rows("wide"):
    wide[r["customer"]] = r
same("the customers", sorted(ids), sorted(set(people) | set(touches) | set(wide)))
same("source", f["customers/source"][:], [(i in people) + 2 * (i in touches) + 4 * (i in wide) for i in ids])

none = -2**31
days = [np.datetime64(people[i]["since"], "D").astype(int) if i in people and people[i]["since"] else none for i in ids]
same("signup", f["customers/signup"][:], days)
same("consent", f["customers/consent"][:], [flag(people[i]["consent"]) if i in people else -1 for i in ids])
same("protected", f["customers/protected"][:], [flag(people[i]["protected"]) if i in people else -1 for i in ids])
same("age", f["attributes/years"][:], [number(people[i]["age"]) if i in people else np.nan for i in ids])


def words(name, dictionary, expected):
    codes = f[name][:]
    levels = [w.decode() for w in f[dictionary][:]]
    assert levels == sorted(levels) and levels[0] == "" and len(set(levels)) == len(levels)
    same(name, [levels[c] for c in codes], expected)
    return levels


words("attributes/region", "dictionary/region", [people[i]["region"] if i in people else "" for i in ids])
known = {"gold": "gold", "silver": "silver", "unheard of": "other"}
levels = words("attributes/status", "dictionary/status", [known[people[i]["status"]] if i in people else "" for i in ids])
assert levels == ["", "gold", "iron", "other", "silver"], levels
words("wide/plan", "dictionary/plan", [wide[i]["plan"] if i in wide else "" for i in ids])
for j in range(30):
    name = "f%02d" % j
    same(name, f["wide/" + name][:], [number(wide[i][name]) if i in wide else np.nan for i in ids])

first = f["customers/first_interaction"][:]
names = {v: k for k, v in h5py.check_enum_dtype(f["interactions/kind"].dtype).items()}
order = {k: v for v, k in names.items()}
columns = [f["interactions/" + c][:] for c in ("time", "kind", "value", "response")]
assert first[0] == 0 and first[-1] == len(columns[0])
for n, id in enumerate(ids):
    mine = sorted((t, order[k], v if k in ("survey", "nps") else -2**63, h) for t, k, v, h in touches.get(id, []))
    part = slice(first[n], first[n + 1])
    same("interactions", np.array([c[part] for c in columns], dtype=np.int64).T.reshape(-1, 4),
         np.array(mine, dtype=np.int64).reshape(-1, 4))

a = dict(f.attrs)
n = {name: sum(1 for _ in rows(name)) for name in ("customers", "interactions", "wide")}
assert [a[t + "_rows"] for t in n] == list(n.values())
assert a["customers_duplicates"] == 20 and a["customers_rejected"] == 3 and a["customers_customers"] == len(people)
assert a["interactions_rejected"] == 6 and a["wide_rejected"] == 0 and a["wide_customers"] == len(wide)
reasons = dict(zip([r.decode() for r in f["rejects/reason_name"][:]], f["rejects/interactions"][:]))
assert reasons["time"] == 1 and reasons["value"] == 3 and reasons["response"] == 2, reasons
count = {k.decode(): (m, u, x, l) for k, m, u, x, l in zip(*(f["columns/" + c][:] for c in (
    "name", "missing", "unreadable", "unknown", "levels")))}
assert count["status"][2] == sum(r["status"] == "unheard of" for r in rows("customers") if r["id"] in people)
assert count["years"][1] == sum(r["age"] == "n/a" for r in rows("customers") if r["id"] in people)
assert count["years"][0] == sum(np.isnan(f["attributes/years"][:]))
assert sum(count["f%02d" % j][1] for j in range(30)) == 5
print("recounted: %d customers, %d interactions, %d columns" % (len(ids), first[-1], len(count)))

if len(sys.argv) > 3:
    g = h5py.File(sys.argv[3])
    known = {i.decode(): n for n, i in enumerate(g["customers/id"][:])}
    assert set(ids) <= set(known) and g["customers/hash"][:].tolist() == sorted(g["customers/hash"][:].tolist())
    everyone = list(known)

    def joined(values, missing):
        mine = dict(zip(ids, values))
        return [mine.get(i, missing) for i in everyone]

    same("user/consent", g["user/consent"][:], joined(f["customers/consent"][:], -1))
    same("user/protected", g["user/protected"][:], joined(f["customers/protected"][:], -1))
    for name in count:
        source = f["attributes/" + name] if "attributes/" + name in f else f["wide/" + name]
        missing = 0 if "dictionary/" + name in f else np.nan
        same("user/" + name, g["user/" + name][:], np.array(joined(source[:], missing), dtype=source.dtype))
        if "dictionary/" + name in f:
            same("words", g["dictionary/" + name][:].astype("S40"), f["dictionary/" + name][:].astype("S40"))
    active = sum(not np.isnan(v) for v in g["at/%s/order_count" % g.attrs["date_score"].decode()][:])
    assert g.attrs["profiles_without_events"] == sum(i.startswith("X") for i in ids) >= 1
    assert active <= len(everyone) - g.attrs["profiles_without_events"]
    assert g.attrs["profiles_wide_with_events"] == sum(not i.startswith("X") for i in wide)
    for which in ("date_score", "date_train", "date_backtest"):
        date = g.attrs[which].decode()
        day = int(np.datetime64(date, "D").astype(int))
        expected = {n: [] for n in ("days_since_login", "visits_90d", "complaints_90d", "tickets_90d",
                                    "mean_satisfaction", "last_nps", "mean_response_hours", "interaction_trend",
                                    "days_since_signup")}
        for id in everyone:
            past = sorted((t, order[k], k, v, h) for t, k, v, h in touches.get(id, []) if t < day * 86400)
            age = [day - t // 86400 for t, *_ in past]
            recent = [k for a, (_, _, k, _, _) in zip(age, past) if a <= 90]
            before = sum(90 < a <= 180 for a in age)
            year = [p for a, p in zip(age, past) if a <= 365]
            logins = [a for a, p in zip(age, past) if p[2] == "login"]
            nps = [p[3] for p in past if p[2] == "nps"]
            csat = [p[3] for p in year if p[2] == "survey"]
            hours = [p[4] for p in year if p[4] != -2**63]
            signup = dict(zip(ids, days)).get(id, none)
            row = (min(logins) if logins else np.nan, recent.count("visit"), recent.count("complaint"),
                   recent.count("ticket"), sum(csat) / (10000 * len(csat)) if csat else np.nan,
                   nps[-1] / 10000 if nps else np.nan, sum(hours) / (10000 * len(hours)) if hours else np.nan,
                   len(recent) / before if before else np.nan, day - signup if none < signup < day else np.nan)
            for n, v in zip(expected, row):
                expected[n].append(v)
        for n, v in expected.items():
            same("%s at %s" % (n, date), g["at/%s/%s" % (date, n)][:], np.array(v, dtype="f4"))
    print("recounted: the features of %d customers" % len(everyone))
