#!/usr/bin/python3
"""Recomputes every feature of features.h5 from events.h5 and compares.

Independent of the program: plain Python and numpy, by the formulas of include/tiercel/feature_list.h,
from the full list of events of each customer, one as-of date at a time. Slow on purpose (about
50 microseconds an event and date); for small data.

usage: check_features.py DIRECTORY      (with events.h5 and features.h5 in it)
Exit code 0 if all agree, 1 with a list of differences if not.
"""
import datetime
import sys

import h5py
import numpy

EPOCH = datetime.date(1970, 1, 1)
DAY = 86400
MONEY = 10000
NAN = float("nan")
COUNTED_WINDOWS = (30, 90, 180, 365)
SUMMARY = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def day_number(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def month_of(day):
    date = EPOCH + datetime.timedelta(days=day)
    return date.year, date.month


def ratio(a, b):
    return a / b if b else NAN


class Customer:
    """Events as lists of (time, day, amount, order, is_return, channel, category)."""

    def __init__(self, events):
        self.events = events
        self.purchases = [e for e in events if not e[4]]

    def net(self, begin, end):
        return sum(e[2] for e in self.events if begin <= e[1] < end)

    def orders(self):
        """order -> [time of the first line, amount], in the order of time."""
        found = {}
        for e in self.purchases:
            entry = found.setdefault(e[3], [e[0], 0])
            entry[0] = min(entry[0], e[0])
            entry[1] += e[2]
        return sorted(found.values())


def falling_months(customer, day):
    w = [customer.net(day - 30 * (k + 1), day - 30 * k) for k in range(13)]
    k = 0
    while k < 12 and w[k] < w[k + 1]:
        k += 1
    return k


def gap_features(orders, recency):
    if len(orders) < 2:
        return NAN, NAN, NAN
    times = numpy.array([o[0] for o in orders], dtype=numpy.float64)
    gaps = numpy.diff(times) / DAY
    mean = gaps.mean()
    cv = gaps.std() / mean if len(gaps) > 1 and mean > 0 else NAN
    return mean, cv, recency / mean if mean > 0 else NAN


def features(events, day):
    """name -> value at one date; None if the customer has no event before it."""
    before = [e for e in events if e[0] < day * DAY]
    if not before:
        return None
    c = Customer(before)
    orders = c.orders()
    days = sorted({e[1] for e in c.purchases})
    net = sum(e[2] for e in before)
    gross = sum(e[2] for e in c.purchases)
    recency = day - days[-1] if days else NAN
    f = {
        "recency_days": recency,
        "order_count": len(orders),
        "net_amount": net / MONEY,
        "gross_amount": gross / MONEY,
        "tenure_days": day - days[0] if days else NAN,
        "average_order": ratio(gross / MONEY, len(orders)),
        "return_rate": (gross - net) / gross if gross > 0 else NAN,
        "largest_order_share": max(o[1] for o in orders) / gross if gross > 0 else NAN,
        "distinct_categories": len({e[6] for e in c.purchases} - {0}),
        "distinct_channels": len({e[5] for e in c.purchases} - {0}),
        "active_months": len({month_of(d) for d in days}),
        "falling_months": falling_months(c, day),
        "purchase_days": len(days),
        "first_to_last_days": days[-1] - days[0] if days else NAN,
        "repeat_day_amount": 0.0,
    }
    if len(days) > 1:
        later = sum(e[2] for e in c.purchases if e[1] > days[0])
        f["repeat_day_amount"] = later / MONEY / (len(days) - 1)
    f["gap_mean_days"], f["gap_cv"], f["recency_gap_ratio"] = gap_features(orders, recency)
    order_days = [o[0] // DAY for o in orders]
    for w in COUNTED_WINDOWS:
        for name, end in (("", day), ("_before", day - w)):
            f[f"orders_{w}d{name}"] = sum(end - w <= d < end for d in order_days)
            f[f"amount_{w}d{name}"] = c.net(end - w, end) / MONEY
    quarter = f["amount_90d_before"]
    f["spend_3m_ratio"] = f["amount_90d"] / quarter if quarter > 0 else NAN
    return f


def label(events, day, horizon, active_days):
    """(label, net amount in the horizon)."""
    later = [e for e in events if day <= e[1] < day + horizon]
    amount = sum(e[2] for e in later) / MONEY
    start = day - active_days if active_days > 0 else -(10**9)
    if not any(start <= e[1] < day and not e[4] for e in events):
        return -1, amount
    return int(all(e[4] for e in later)), amount


def read_customers(path):
    with h5py.File(path, "r") as f:
        first = f["customers/first_event"][:]
        e = f["events"]
        columns = [e[n][:].tolist() for n in ("time", "amount", "order", "kind", "channel", "category")]
        names = h5py.check_enum_dtype(e["kind"].dtype)
    if names and names != {"purchase": 0, "return": 1}:
        raise SystemExit(f"events/kind has other names than expected: {names}")
    rows = [(t, t // DAY, a, o, k == 1, ch, ca) for t, a, o, k, ch, ca in zip(*columns)]
    return [rows[first[i]:first[i + 1]] for i in range(len(first) - 1)], rows


class Differences:
    def __init__(self):
        self.n_compared = 0
        self.lines = []

    def compare(self, name, found, expected, tolerance):
        found = numpy.asarray(found, dtype=numpy.float64)
        expected = numpy.asarray(expected, dtype=numpy.float64)
        self.n_compared += expected.size
        if found.shape != expected.shape:
            self.lines.append(f"{name}: shape {found.shape}, expected {expected.shape}")
            return
        with numpy.errstate(invalid="ignore"):
            close = numpy.abs(found - expected) <= tolerance * (1e-12 + numpy.abs(expected))
        wrong = ~(close | (found == expected) | (numpy.isnan(found) & numpy.isnan(expected)))
        if wrong.any():
            i = numpy.argwhere(wrong)[0]
            self.lines.append(f"{name}: {wrong.sum()} of {expected.size} differ, first at row {i}: "
                              f"{found[tuple(i)]!r}, expected {expected[tuple(i)]!r}")


def text_attribute(f, name):
    value = f.attrs[name]
    return value.decode() if isinstance(value, bytes) else str(value)


def check_date(f, customers, date, names, differences):
    day = day_number(date)
    rows = [features(events, day) for events in customers]
    for name in names:
        dataset = f[f"at/{date}/{name}"]
        expected = [NAN if r is None else r[name] for r in rows]
        tolerance = 1e-12 if dataset.dtype == numpy.float64 else 1e-6
        differences.compare(f"at/{date}/{name}", dataset[:], expected, tolerance)
    extra = set(f[f"at/{date}"]) - set(names) - {"label", "later_amount"}
    if extra or (rows and next((set(r) ^ set(names) for r in rows if r), None)):
        differences.lines.append(f"at/{date}: the names of the features differ: {sorted(extra)}")


def check_labels(f, customers, dates, differences):
    horizon, active = int(f.attrs["horizon_days"]), int(f.attrs["active_days"])
    for kind in ("train", "backtest"):
        date = dates[kind]
        pairs = [label(events, day_number(date), horizon, active) for events in customers]
        labels = numpy.array([p[0] for p in pairs])
        differences.compare(f"at/{date}/label", f[f"at/{date}/label"][:], labels, 0)
        differences.compare(f"at/{date}/later_amount", f[f"at/{date}/later_amount"][:],
                            [p[1] for p in pairs], 1e-12)
        differences.compare(f"{kind}_labelled", f.attrs[f"{kind}_labelled"], (labels >= 0).sum(), 0)
        differences.compare(f"{kind}_churned", f.attrs[f"{kind}_churned"], (labels > 0).sum(), 0)


def check_summary(f, date, names, differences):
    at = f[f"at/{date}"]
    for i, name in enumerate(names):
        values = at[name][:].astype(numpy.float64)
        known = values[~numpy.isnan(values)]
        quantiles = numpy.quantile(known, SUMMARY) if known.size else [NAN] * len(SUMMARY)
        mean = known.mean() if known.size else NAN
        place = f"summary/{date}"
        differences.compare(f"{place}/quantile {name}", f[f"{place}/quantile"][i], quantiles, 1e-12)
        differences.compare(f"{place}/mean {name}", f[f"{place}/mean"][i], mean, 1e-11)
        differences.compare(f"{place}/missing {name}", f[f"{place}/missing"][i],
                            values.size - known.size, 0)


def main(directory):
    customers, _ = read_customers(f"{directory}/events.h5")
    differences = Differences()
    with h5py.File(f"{directory}/features.h5", "r") as f:
        names = text_attribute(f, "features").split(",")
        dates = {k: text_attribute(f, f"date_{k}") for k in ("score", "train", "backtest")}
        horizon = int(f.attrs["horizon_days"])
        if text_attribute(f, "as_of") != dates["score"]:
            differences.lines.append("as_of is not date_score")
        steps = [day_number(dates["score"]) - day_number(dates[k]) for k in ("train", "backtest")]
        if steps != [horizon, 2 * horizon]:
            differences.lines.append(f"dates lie {steps} days back, horizon is {horizon}")
        for date in dates.values():
            check_date(f, customers, date, names, differences)
        check_labels(f, customers, dates, differences)
        check_summary(f, dates["score"], names, differences)
    for line in differences.lines:
        print(line)
    print(f"{len(customers)} customers, {len(names)} features, {differences.n_compared} values "
          f"compared, {len(differences.lines)} datasets differ")
    return 1 if differences.lines else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(sys.argv[1]))
