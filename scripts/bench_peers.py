#!/usr/bin/env python3
"""The bare R, F, M aggregation of a folder of CSV files by one reader: a customer's last date, number of different
orders, and sum of quantity times price; dates parsed as timestamps.

    bench_peers.py duckdb|polars|pandas FOLDER THREADS

Prints one line of JSON: seconds (without the start of Python and imports), peak memory, version, how it was run, and
customers, orders and amount, so that a reader that gets something else is seen."""
import glob
import json
import os
import resource
import sys
import time

name, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
files = sorted(glob.glob(f"{folder}/*.csv"))
size = sum(os.path.getsize(f) for f in files)
os.environ["POLARS_MAX_THREADS"] = str(threads)


def run_duckdb():
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    started = time.monotonic()
    connection.execute(
        f"""CREATE TABLE rfm AS
            SELECT customer_id, max(order_date) AS last, count(DISTINCT order_id) AS orders,
                   sum(quantity * unit_price) AS amount
            FROM read_csv('{folder}/*.csv', header = true,
                          types = {{'customer_id': 'VARCHAR', 'order_id': 'VARCHAR', 'order_date': 'TIMESTAMP',
                                    'unit_price': 'DECIMAL(18,4)'}})
            GROUP BY customer_id""")
    seconds = time.monotonic() - started
    sums = connection.execute("SELECT count(customer_id), sum(orders), sum(amount) FROM rfm "
                              "WHERE customer_id IS NOT NULL").fetchone()
    return seconds, sums, duckdb.__version__, "read_csv with types"


def run_polars():
    import polars as pl

    started = time.monotonic()
    rfm = (
        pl.scan_csv(files, schema_overrides={"customer_id": pl.String, "order_id": pl.String,
                                             "order_date": pl.String, "quantity": pl.Int64,
                                             "unit_price": pl.Float64})
        # twice as fast as try_parse_dates and as a schema with Datetime
        .select("customer_id", "order_id", pl.col("order_date").str.to_datetime("%Y-%m-%d %H:%M:%S"),
                (pl.col("quantity") * pl.col("unit_price")).alias("amount"))
        .group_by("customer_id")
        .agg(pl.col("order_date").max().alias("last"), pl.col("order_id").n_unique().alias("orders"),
             pl.col("amount").sum())
        .collect(engine="streaming"))
    seconds = time.monotonic() - started
    known = rfm.filter(pl.col("customer_id").is_not_null())
    return seconds, (known.height, known["orders"].sum(), known["amount"].sum()), pl.__version__, "scan_csv, streaming"


def run_pandas():
    import pandas as pd
    import pyarrow as pa

    pa.set_cpu_count(threads)
    # read whole, a set needs about four times its size; beyond a third of the memory it goes file by file
    with open("/proc/meminfo") as facts:
        available = next(int(line.split()[1]) for line in facts if line.startswith("MemAvailable")) * 1024
    whole = 4 * size < available / 3

    def read(path):
        data = pd.read_csv(path, engine="pyarrow", dtype_backend="pyarrow",
                           usecols=["order_id", "customer_id", "order_date", "quantity", "unit_price"],
                           dtype={"customer_id": "string[pyarrow]", "order_id": "string[pyarrow]"})
        data["amount"] = data["quantity"] * data["unit_price"]
        return data

    started = time.monotonic()
    if whole:
        data = pd.concat([read(path) for path in files], ignore_index=True)
        group = data.groupby("customer_id", sort=False)
        rfm = pd.DataFrame({"last": group["order_date"].max(), "amount": group["amount"].sum()})
        pairs = data[["customer_id", "order_id"]].drop_duplicates()
    else:
        parts, pairs = [], []
        for path in files:
            data = read(path)
            group = data.groupby("customer_id", sort=False)
            parts.append(pd.DataFrame({"last": group["order_date"].max(), "amount": group["amount"].sum()}))
            pairs.append(data[["customer_id", "order_id"]].drop_duplicates())
        group = pd.concat(parts).groupby(level=0, sort=False)
        rfm = pd.DataFrame({"last": group["last"].max(), "amount": group["amount"].sum()})
        del parts, data
        pairs = pd.concat(pairs, ignore_index=True).drop_duplicates()
    rfm["orders"] = pairs.groupby("customer_id", sort=False).size()
    seconds = time.monotonic() - started
    how = "read_csv by pyarrow" + ("" if whole else ", file by file")
    return seconds, (len(rfm), rfm["orders"].sum(), rfm["amount"].sum()), pd.__version__, how


seconds, sums, version, how = {"duckdb": run_duckdb, "polars": run_polars, "pandas": run_pandas}[name]()
print(json.dumps({"name": name, "seconds": seconds, "version": version, "how": how,
                  "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                  "customers": int(sums[0]), "orders": int(sums[1]), "amount": round(float(sums[2]), 2)}))
