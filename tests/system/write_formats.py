#!/usr/bin/env python3
"""Writes 3,000 sales in several formats, and behind them rows that are wrong in each."""
import random
import sys
from datetime import datetime, timedelta, timezone

folder = sys.argv[1]
draw = random.Random(20260101)
header = ["Käufer", "Zeit", "Betrag", "Beleg", "Kanal", "Art"]
sales = []
for i in range(3000):
    units = round(draw.choice([-1, 1, 1, 1]) * 10 ** draw.uniform(0, 10.5))
    sales.append((f"Kä-{draw.randrange(100)}", datetime(2010, 1, 1) + timedelta(seconds=draw.randrange(10**8)), units,
                  ("Ü" if units < 0 and draw.random() < 0.5 else "B") + str(draw.randrange(1000)),
                  draw.choice(["café", "Straße", "web", ""]), draw.choice(["Spaß", "£-Shop", "x"])))


def amount(units, point=".", mark="", places=4):
    text = f"{abs(units) // 10**4:,}".replace(",", mark)
    part = f"{abs(units) % 10**4:04d}".rstrip("0")
    return text + (point + part if part else "")


def minus(units, text):
    return "-" + text if units < 0 else text


def write(name, encoding, delimiter, time, money, wrong):
    """wrong: rows of a time and an amount as bytes or text; None stands for a good one."""
    def row(fields):
        return delimiter.encode().join(f if isinstance(f, bytes) else f.encode(encoding) for f in fields) + b"\n"
    with open(f"{folder}/{name}.csv", "wb") as f:
        f.write(row(header))
        for i, (customer, when, units, order, channel, kind) in enumerate(sales):
            f.write(row([customer, time(when, i), money(units, i), order, channel, kind]))
        for bad_time, bad_amount, *other in wrong:
            f.write(row([other[0] if other else "Kä-1", time(sales[0][1], 0) if bad_time is None else bad_time,
                         "1" if bad_amount is None else bad_amount, "B1", other[1] if len(other) > 1 else "web", "x"]))


def utc(when):
    return when.replace(tzinfo=timezone.utc).timestamp() - 3600


write("plain", "utf-8", ",", lambda t, i: f"{t:%Y-%m-%d %H:%M:%S}", lambda u, i: minus(u, amount(u)),
      [(None, "1.2.3"), (None, "£1"), (None, "99999999999999999999"), ("2011-02-30", None), ("2011-02-01 24:00:00", None),
       ("0000-01-01", None), (None, None, b"K\xE4-1"), (None, None, "Kä-1", b"\xC3")])
write("german", "cp1252", ";", lambda t, i: f"{t:%d.%m.%Y %H:%M:%S}",
      lambda u, i: minus(u, amount(u, ",", "." if i % 2 else "")) + ["", " €", "EUR"][i % 3],
      [(None, "1.23"), (None, "1,5.0"), (None, "0.123"), (None, "1,5 $"), (None, "(5)"), (None, "5-"), (None, "1 000"),
       ("12.31.2011", None), ("30.2.2011", None), ("1.2.11", None), (None, None, b"K\x81")])
write("american", "utf-8", ",", lambda t, i: t.strftime("%m/%d/%Y %I:%M:%S %p") if i % 2 else f"{t:%m/%d/%Y %H:%M:%S}",
      lambda u, i: '"' + (f"({['$', ''][i % 2]}{amount(u, '.', ',')})" if u < 0 else f"US$ {amount(u, '.', ',')}") + '"',
      [(None, '"1,23"'), (None, '"(1"'), (None, '"-(1)"'), (None, "£1"), (None, "\uff11"), ("31/12/2011", None),
       ("2/30/2011", None), ("1/2/2011 13:00 PM", None)])
write("swiss", "latin-1", "\t", lambda t, i: f"{t:%Y%m%dT%H%M%S}" if i % 2 else f"{t:%Y%m%d %H:%M:%S}",
      lambda u, i: "Fr. " * (i % 2) + amount(u, ".", "'") + ("-" if u < 0 else ""),
      [(None, "-1-"), (None, "1'00"), (None, "CHF 1"), (None, "(1)"), ("19970230", None), ("19970101T2400", None)])
write("french", "utf-8", ",", lambda t, i: f"{t:%d %m %Y à %H:%M:%S}",
      lambda u, i: '"' + minus(u, amount(u, ",", ["\u202f", "\u00a0", " "][i % 3])) + ["\u00a0€", "€", ""][i % 3] + '"',
      [(None, "1.5"), (None, '"1 00"'), (None, '"1 000 $"'), (None, "NaN"), ("1 2 2011 a 10:00:00", None)])
write("offsets", "utf-8", ",",
      lambda t, i: (f"{t - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}Z", f"{t:%Y-%m-%d %H:%M:%S}.75+0100",
                    f"{t - timedelta(hours=4, minutes=30):%Y-%m-%dT%H:%M:%S}-03:30")[i % 3],
      lambda u, i: minus(u, amount(u, ".", "_")),
      [(None, "1__000"), (None, "0x10"), ("2011-02-01 10:00:00+15:00", None), ("2011-02-01 10:00:00 CET", None),
       ("2011-02-01 10:00:00+1", None)])
write("epoch", "utf-8", ",", lambda t, i: f"{utc(t):.0f}", lambda u, i: minus(u, amount(u)),
      [("1323435000000", None), ("1e9", None), ("2011-02-01", None)])
write("epoch-ms", "utf-8", ",", lambda t, i: f"{utc(t) * 1000 + i % 1000:.0f}", lambda u, i: minus(u, amount(u)),
      [("999999999999999", None), ("12:00", None)])
