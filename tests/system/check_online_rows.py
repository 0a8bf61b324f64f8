#!/usr/bin/env python3
"""Compares columns of UCI Online Retail, as ingest read them, with the counts of the data set's own documentation."""
import sys

import h5py
import numpy as np

folder = sys.argv[1]
errors = 0


def check(what, found, wanted):
    global errors
    errors += bool(found != wanted)
    print(f"{'ok  ' if found == wanted else 'BAD '} {what}: {found} (wanted {wanted})")


class Run:
    def __init__(self, name):
        with h5py.File(f"{folder}/{name}/events.h5") as f:
            self.a = dict(f.attrs)
            self.customers = int(f.attrs["n_rows"])
            self.amount = f["events/amount"][:]
            self.time = f["events/time"][:]
            self.category = f["events/category"][:]
            self.channel = f["events/channel"][:]
            self.categories = [c.decode() for c in f["dictionary/category"][:]]
            self.channels = [c.decode() for c in f["dictionary/channel"][:]]
            self.owner = np.repeat(np.arange(self.customers), np.diff(f["customers/first_event"][:]))
            self.reasons = {n.decode(): int(r) for n, r in zip(f["ingest/reason_name"][:], f["ingest/reason_rows"][:])}


quantity, price = Run("quantity"), Run("price")
check("rows", (quantity.a["rows_read"], quantity.a["rows_used"]), (541909, 541909))
check("invoices", quantity.customers, 25900)
check("invoices, as orders", (quantity.a["orders_all"], quantity.a["cancelled_orders"]), (25900, 3836))
check("cancelled rows", quantity.a["cancelled_rows"], 9288)
check("quantity < 0", int((quantity.amount < 0).sum()), 10624)
check("quantity < 0 is a return", quantity.a["return_rows"], 10624)
check("quantity < 0 and not cancelled", int(quantity.a["return_rows"] - quantity.a["cancelled_rows"]), 1336)
check("quantity = 0", int((quantity.amount == 0).sum()), 0)
check("range of quantity", (int(quantity.amount.min()), int(quantity.amount.max())), (-809950000, 809950000))
check("exact duplicates", quantity.a["duplicate_rows"], 5268)
check("countries", len([c for c in quantity.channels if c]), 38)
check("stock codes", len([c for c in quantity.categories if c]), 4070)
sold = dict(zip(quantity.categories, np.bincount(quantity.category, minlength=len(quantity.categories)).tolist()))
for code, rows in {"POST": 1256, "DOT": 710, "M": 571, "C2": 144, "D": 77, "S": 63, "BANK CHARGES": 37,
                   "AMAZONFEE": 34, "CRUK": 16}.items():
    check(f"not goods: {code}", sold[code], rows)
check("first and last time", [str(np.datetime64(int(quantity.a[t]), "s")) for t in ("first_time", "last_time")],
      ["2010-12-01T08:26:00", "2011-12-09T12:50:00"])
days = np.unique(quantity.time // 86400)
check("days with a sale", len(days), 305)
check("sales on Saturdays", int(((days + 3) % 7 == 5).sum()), 0)
check("times between minutes", int((quantity.time % 60 != 0).sum()), 0)

# two bad-debt adjustments are negative; the third is positive, against its prefix
check("rows of invoices A...", price.a["cancelled_rows"], 3)
check("rejected as positive returns", price.reasons["return_positive"], 1)
check("price = 0", int((price.amount == 0).sum()), 2515)
check("price < 0", int((price.amount < 0).sum()), 2)
check("range of prices", (int(price.amount.min()), int(price.amount.max())), (-110620600, 389700000))
decimals = [int((price.amount % m != 0).sum()) for m in (1, 10, 100)]
check("prices beyond 4, 3 and 2 decimals", decimals, [0, 0, 4])

check("stock codes as customers", Run("stock").customers, 4070)
check("stock codes, case folded", Run("stock-folded").customers, 3958)
description = Run("description")
check("rows without a description", description.reasons["customer_missing"], 1454)
country = Run("country")
check("customers", country.customers, 4372)
pairs = np.unique(country.owner.astype(np.int64) * 1000 + country.channel)
check("customers with two countries", int((np.bincount(pairs // 1000) == 2).sum()), 8)
check("customers with more", int((np.bincount(pairs // 1000) > 2).sum()), 0)
sys.exit(int(errors != 0))
