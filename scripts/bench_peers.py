#!/usr/bin/env python3
"""The bare R, F, M aggregation of a folder of CSV files by one reader: a customer's last date, number of different
orders, and sum of quantity times price; dates parsed as timestamps.

    bench_peers.py duckdb|polars|pandas|polars-features FOLDER THREADS

polars-features is nearer to what the stages ingest and features do: 33 features a customer at the three dates of the bench, into
Parquet, from one scan if memory allows, else from three. It leaves out their order by customer, exact sums, data quality, rejects, and checksums.

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


def scan_polars(pl):
    return pl.scan_csv(files, schema_overrides={"customer_id": pl.String, "order_id": pl.String, "order_date": pl.String,
                                                "quantity": pl.Int64, "unit_price": pl.Float64})


def run_polars():
    import polars as pl

    started = time.monotonic()
    rfm = (
        scan_polars(pl)
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


def run_polars_features():
    import shutil
    import tempfile
    from datetime import datetime, timedelta

    import polars as pl

    def features_at(events, end):
        """Orders first, whose number per customer is small; then sums of columns, which Polars does fastest."""
        past = events.filter(pl.col("time") < end)
        seen = past.group_by("customer_id").agg(distinct_channels=pl.col("channel").n_unique(),
                                                distinct_categories=pl.col("category").n_unique())
        age, amount = pl.col("age"), pl.col("amount")
        spans = [(f"{days}d{word}", (age >= first) & (age < first + days)) for days in (30, 90, 180, 365)
                 for word, first in (("", 0), ("_before", days))]
        columns = {f"orders_{name}": when.cast(pl.UInt32) for name, when in spans}
        columns |= {f"amount_{name}": pl.when(when).then(amount).otherwise(0.0) for name, when in spans}
        orders = past.group_by("customer_id", "order_id").agg(
            pl.col("time").min(), pl.col("amount").sum(), gross=pl.col("amount").clip(lower_bound=0).sum())
        orders = orders.with_columns(age=(pl.lit(end) - pl.col("time")).dt.total_days(), day=pl.col("time").dt.date(),
                                     month=pl.col("time").dt.truncate("1mo")).with_columns(**columns)
        customers = orders.group_by("customer_id").agg(
            order_count=pl.len(), purchase_days=pl.col("day").n_unique(), active_months=pl.col("month").n_unique(),
            recency_days=age.min(), tenure_days=age.max(), gross_amount=pl.col("gross").sum(), net_amount=amount.sum(),
            largest=amount.max(), returns=(amount < 0).sum(), **{name: pl.col(name).sum() for name in columns})
        return customers.join(seen, on="customer_id", nulls_equal=True).with_columns(
            first_to_last_days=pl.col("tenure_days") - pl.col("recency_days"),
            average_order=pl.col("net_amount") / pl.col("order_count"),
            return_rate=pl.col("returns") / pl.col("order_count"), largest_share=pl.col("largest") / pl.col("net_amount"),
            gap_mean_days=(pl.col("tenure_days") - pl.col("recency_days")) / (pl.col("purchase_days") - 1),
            spend_3m_ratio=pl.col("amount_90d") / pl.col("amount_90d_before"))

    # the scratch folder lies beside the input, as our results do
    target = tempfile.mkdtemp(prefix="polars-", dir=os.path.dirname(os.path.abspath(folder)))
    started = time.monotonic()
    events = scan_polars(pl).select(
        "customer_id", "order_id", "channel", "category", time=pl.col("order_date").str.to_datetime("%Y-%m-%d %H:%M:%S"),
        amount=pl.col("quantity") * pl.col("unit_price"))
    if 12 * size < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"):
        events = events.collect(engine="streaming").lazy()  # one scan for the three dates
    last = datetime(2026, 1, 1)
    for back in (0, 90, 180):
        at = features_at(events, last - timedelta(days=back))
        at.sink_parquet(f"{target}/{back}.parquet", engine="streaming")
    seconds = time.monotonic() - started
    known = pl.scan_parquet(f"{target}/0.parquet").filter(pl.col("customer_id").is_not_null()).select(
        pl.len(), pl.col("order_count").sum(), pl.col("net_amount").sum()).collect().row(0)
    shutil.rmtree(target)
    return seconds, known, pl.__version__, "33 features, 3 dates, to Parquet"


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


seconds, sums, version, how = {"duckdb": run_duckdb, "polars": run_polars, "pandas": run_pandas,
                               "polars-features": run_polars_features}[name]()
print(json.dumps({"name": name, "seconds": seconds, "version": version, "how": how,
                  "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                  "customers": int(sums[0]), "orders": int(sums[1]), "amount": round(float(sums[2]), 2)}))
