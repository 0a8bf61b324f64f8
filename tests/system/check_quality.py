#!/usr/bin/env python3
"""Recounts the data quality of CSV files by other code and compares it with report.json.

check_quality.py RUN --columns key=column... [--prefix C] [--tolerance 0.01] [--not-before D] [--not-after D]
                 [--as-of D] [--gates] CSV...
With --gates it prints, for every gate, a limit that just passes and one that just fails, for the test of the gates."""
import argparse
import collections
import csv
import datetime
import json
import math
import os
import re
import statistics
import sys
from fractions import Fraction

errors = 0


def check(what, found, wanted):
    global errors
    good = found == wanted or (isinstance(found, float) and isinstance(wanted, float) and
                               math.isclose(found, wanted, rel_tol=1e-12))
    errors += not good
    if not good:
        print(f"BAD  {what}: {found} (wanted {wanted})")


def number(text):
    """Units of 1/10,000 as a fraction, or None."""
    return Fraction(text) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text) else None


def units(value):
    """To whole units, ties to even, as Python rounds fractions."""
    return round(value * 10000)


def day(text):
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None


def step(size):
    """The grid of 16 steps a doubling, from the mantissa of a binary float: exact below 2^53."""
    if size < 16:
        return size
    mantissa, exponent = math.frexp(size)
    return (exponent - 4) * 16 + int(mantissa * 32) - 16


def low_of(place):
    return place if place < 16 else (16 + place % 16) * 2 ** (place // 16 - 1)


def money(units_):
    return {"exact": None, "value": units_ / 10000}


class Recount:
    def __init__(self, options):
        self.o = options
        self.rows = self.shaped = self.unreadable = 0
        self.empty = collections.Counter()
        self.bad = collections.Counter()
        self.days = collections.Counter()
        self.net = collections.Counter()
        self.negative = collections.Counter()
        self.negative_rows = collections.Counter()
        self.amounts = []
        self.products = self.differ = self.cancelled = self.cancelled_positive = 0
        self.seen = collections.Counter()
        self.orders = collections.defaultdict(set)

    def read(self, path):
        with open(path, newline="", encoding="utf-8-sig") as f:
            reader = csv.reader(f)
            header = [name.strip() for name in next(reader)]
            index = {key: header.index(column) for key, column in self.o.map.items()}
            for fields in reader:
                if fields:
                    self.row(fields, len(header), index)

    def row(self, fields, width, index):
        self.rows += 1
        if len(fields) != width:
            self.unreadable += 1
            return
        self.shaped += 1
        text = {key: fields[i].strip(" \t") for key, i in index.items()}
        bad = set()
        when = day(text["time"])
        value = {key: number(text[key]) for key in ("amount", "quantity", "unit_price") if key in text}
        for key in text:
            self.empty[key] += text[key] == ""
            wrong = text[key] != "" and ((key == "time" and when is None) or value.get(key, 0) is None)
            self.bad[key] += wrong
            if wrong:
                bad.add(key)
        self.unreadable += bool(bad)
        product = None
        if value.get("quantity") is not None and value.get("unit_price") is not None:
            product = units(value["quantity"] * value["unit_price"])
        amount = product
        if "amount" in value:
            amount = None if value["amount"] is None else units(value["amount"])
            if amount is not None and product is not None:
                self.products += 1
                self.differ += abs(amount - product) > units(Fraction(self.o.tolerance))
        if when is None:
            return
        self.days[when] += 1
        if amount is not None:
            self.complete(fields, text, when, amount)

    def complete(self, fields, text, when, amount):
        cancelled = self.o.prefix != "" and text.get("order", "").startswith(self.o.prefix)
        self.cancelled += cancelled
        self.cancelled_positive += cancelled and amount > 0
        self.net[when] += amount
        if amount < 0:
            self.negative[when] += amount
            self.negative_rows[when] += 1
        self.amounts.append(amount)
        self.seen[tuple(fields)] += 1
        if text["customer"] != "" and text.get("order", "") != "" and not (cancelled and amount > 0):
            self.orders[text["order"]].add(text["customer"])


def months_of(r):
    first, last = min(r.days), max(r.days)
    table = collections.OrderedDict()
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        begin = datetime.date(year, month, 1)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        end = datetime.date(year, month, 1)
        inside = [d for d in r.days if begin <= d < end]
        covered = (min(end, last + datetime.timedelta(1)) - max(begin, first)).days
        table[begin.strftime("%Y-%m")] = {
            "rows": sum(r.days[d] for d in inside), "days": len(inside), "rate": sum(r.days[d] for d in inside) / covered,
            "net": sum(r.net[d] for d in inside), "negative": sum(r.negative[d] for d in inside),
            "negative_rows": sum(r.negative_rows[d] for d in inside)}
    values = list(table.values())
    for i, m in enumerate(values):
        near = [values[j]["rate"] for j in range(i - 2, i + 3) if j != i and 0 <= j < len(values)]
        m["thin"] = m["rows"] > 0 and bool(near) and m["rate"] < 0.25 * statistics.median(near)
    return table


def share(part, whole):
    return part / whole if whole else None


def compare_rows(q, r, rejected):
    rows = q["rows"]
    repeated = sum(n - 1 for n in r.seen.values())
    check("rows", rows["read"], r.rows)
    check("rows with all fields", rows["with_all_fields"], r.shaped)
    check("rows with a time", rows["with_time"], sum(r.days.values()))
    check("unreadable rows", rows["unreadable"], r.unreadable)
    check("validity", rows["validity"], share(r.rows - r.unreadable, r.rows))
    check("repeated rows", rows["repeated"], repeated)
    check("rejected rows", rows["rejected"], rejected)
    check("columns", sorted(c["key"] for c in q["columns"]), sorted(r.o.map))
    for c in q["columns"]:
        key = c["key"]
        check(f"{key}: name", c["column"], r.o.map[key])
        check(f"{key}: empty", c["empty"], r.empty[key])
        check(f"{key}: unreadable", c["unreadable"], r.bad[key])
        check(f"{key}: completeness", c["completeness"], share(r.shaped - r.empty[key], r.shaped))
        filled = r.shaped - r.empty[key]
        check(f"{key}: validity", c["validity"], share(filled - r.bad[key], filled))
    return repeated


def compare_checks(q, r):
    def one(name, checked, inconsistent):
        check(f"{name}: checked", q["consistency"][name]["checked"], checked)
        check(f"{name}: inconsistent", q["consistency"][name]["inconsistent"], inconsistent)

    timed = sum(r.days.values())
    mixed = sum(len(c) > 1 for c in r.orders.values())
    early = sum(n for d, n in r.days.items() if r.o.not_before and d < r.o.not_before)
    late = sum(n for d, n in r.days.items() if r.o.not_after and d >= r.o.not_after)
    checks = {"not_before": (early, timed), "not_after": (late, timed), "order_customer": (mixed, len(r.orders))}
    one("amount_product", r.products, r.differ)
    one("return_sign", r.cancelled, r.cancelled_positive)
    one("not_before", timed if r.o.not_before else 0, early)
    one("not_after", timed if r.o.not_after else 0, late)
    if not r.empty["order"]: # an empty one is an order of its customer and day
        one("order_customer", len(r.orders), mixed)
    else:
        check("order_customer: inconsistent", q["consistency"]["order_customer"]["inconsistent"], mixed)
    if r.o.as_of:
        check("rows from as_of on", q["consistency"]["rows_from_as_of_on"],
              sum(n for d, n in r.days.items() if d >= r.o.as_of))
    return checks


def compare_months(q, r):
    c = q["coverage"]
    table = months_of(r)
    ordered = sorted(r.days)
    gaps = [((b - a).days - 1, -i) for i, (a, b) in enumerate(zip(ordered, ordered[1:]))] or [(0, 0)]
    check("first day", c["first_day"], str(ordered[0]))
    check("last day", c["last_day"], str(ordered[-1]))
    check("days without rows", c["days_without_rows"], (ordered[-1] - ordered[0]).days + 1 - len(ordered))
    check("longest gap", c["longest_gap_days"], max(gaps)[0])
    if max(gaps)[0] > 0:
        check("longest gap from", c["longest_gap_from"], str(ordered[-max(gaps)[1]] + datetime.timedelta(1)))
    check("months", [m["month"] for m in c["months"]], [m for m, v in table.items() if v["rows"]])
    for m in c["months"]:
        v = table[m["month"]]
        check(f"{m['month']}", (m["rows"], m["days"], m["net"]["value"], m["negative_rows"], m["negative"]["value"],
                                m["thin"]),
              (v["rows"], v["days"], v["net"] / 1e4, v["negative_rows"], v["negative"] / 1e4, v["thin"]))
    missing = [m for m, v in table.items() if not v["rows"]]
    check("missing months", c["missing_months"], len(missing))
    check("thin months", c["thin_months"], sum(v["thin"] for v in table.values()))
    inside = [m for g in c["missing"] for m in table if g["first"] <= m <= g["last"]]
    check("the missing months", inside, missing)
    return len(missing), sum(v["thin"] for v in table.values())


def compare_amounts(q, r):
    a = q["amounts"]
    sizes = sorted(abs(x) for x in r.amounts if x != 0)
    at = [step(sizes[-(-len(sizes) * k // 4) - 1]) for k in (1, 2, 3)]
    reach = 3 * max(at[2] - at[0], 16)
    outliers = sum(step(s) > at[2] + reach for s in sizes)
    check("amounts", (a["rows"], a["zero_rows"]), (len(sizes), len(r.amounts) - len(sizes)))
    for name, place in zip(("lower_quartile", "median", "upper_quartile"), at):
        check(name, a[name]["value"], low_of(place) / 1e4)
    check("outliers from", a["outliers_from"]["value"], low_of(at[2] + reach + 1) / 1e4)
    check("outliers", (a["outlier_rows"], a["outlier_share"]), (outliers, outliers / len(sizes)))
    check("tiny amounts", a["tiny_rows"], sum(step(s) < at[0] - reach for s in sizes))
    check("largest, smallest", (a["largest"]["value"], a["smallest"]["value"]),
          (max(r.amounts) / 1e4, min(r.amounts) / 1e4))
    n = q["negative"]
    negative = -sum(x for x in r.amounts if x < 0)
    positive = sum(x for x in r.amounts if x > 0)
    check("negative", (n["rows"], n["amount"]["value"], n["positive_amount"]["value"], n["share"]),
          (sum(x < 0 for x in r.amounts), -negative / 1e4, positive / 1e4, negative / positive))
    if r.negative_rows:
        check("negative days", (n["first_day"], n["last_day"]), (str(min(r.negative_rows)), str(max(r.negative_rows))))
    return outliers / len(sizes), negative / positive


def gate(key, value, at_least, words=""):
    """key, a limit that just passes, one that just fails, words of the message."""
    tiny = 1e-7
    down, up = math.floor(value * 1e6) / 1e6 - tiny, math.ceil(value * 1e6) / 1e6 + tiny
    good, bad = (max(down, 0), min(up, 1)) if at_least else (up, down)
    print(f"{key} {good:.7f} {bad:.7f} {words}")


def print_gates(r, figures):
    worst = min(figures["completeness"], key=figures["completeness"].get)
    gate("completeness", figures["completeness"][worst], True, f"({worst})")
    gate("validity", figures["validity"], True, "rows that can be read")
    for name, (inconsistent, checked) in figures["checks"].items():
        gate(f"consistency:{name}", (checked - inconsistent) / checked, True, figures["words"][name])
    for name in ("duplicates", "rejected", "outliers", "negative_share"):
        gate(name, figures[name], False)
    for name in ("missing_months", "thin_months", "freshness_days", "negative_lag_days"):
        print(f"{name} {figures[name]} {figures[name] - 1}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--columns", nargs="+", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--tolerance", default="0.01")
    for name in ("--not-before", "--not-after", "--as-of"):
        parser.add_argument(name, type=datetime.date.fromisoformat)
    parser.add_argument("--gates", action="store_true")
    parser.add_argument("--csv", nargs="+", required=True)
    o = parser.parse_args()
    o.map = dict(c.split("=", 1) for c in o.columns)
    r = Recount(o)
    for path in o.csv:
        r.read(path)
    with open(os.path.join(o.run, "report.json")) as f:
        q = json.load(f)["data_quality"]
    with open(os.path.join(o.run, "rejects.csv"), newline="") as f:
        rejected = sum(1 for _ in csv.reader(f)) - 1
    repeated = compare_rows(q, r, rejected)
    checks = compare_checks(q, r)
    missing, thin = compare_months(q, r)
    outliers, negative = compare_amounts(q, r)
    if o.gates:
        checks["amount_product"] = (r.differ, r.products)
        checks["return_sign"] = (r.cancelled_positive, r.cancelled)
        print_gates(r, {
            "completeness": {k: (r.shaped - r.empty[k]) / r.shaped for k in o.map},
            "validity": (r.rows - r.unreadable) / r.rows, "checks": checks, "duplicates": repeated / r.rows,
            "rejected": rejected / r.rows, "outliers": outliers, "negative_share": negative,
            "missing_months": missing, "thin_months": thin,
            "freshness_days": (o.not_after - max(d for d in r.days if d < o.not_after)).days,
            "negative_lag_days": (max(r.days) - max(r.negative_rows)).days,
            "words": {"not_before": "rows on quality.not_before", "not_after": "rows before quality.not_after",
                      "order_customer": "order ids of one customer", "return_sign": "that are not positive",
                      "amount_product": "equal to quantity times"}})
    else:
        print(f"{r.rows} rows: every figure of data_quality is that of the recount" if errors == 0 else f"{errors} errors")
    sys.exit(errors != 0)


main()
