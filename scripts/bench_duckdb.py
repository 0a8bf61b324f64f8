#!/usr/bin/env python3
"""The bare R, F, M aggregation of a folder of CSV files in DuckDB; prints the seconds and the number of customers."""
import sys
import time

import duckdb

folder, threads = sys.argv[1], int(sys.argv[2])
connection = duckdb.connect()
connection.execute(f"SET threads = {threads}")
started = time.monotonic()
connection.execute(
    f"""CREATE TABLE rfm AS
        SELECT customer_id, max(order_date) AS last, count(DISTINCT order_id) AS orders, sum(quantity * unit_price) AS amount
        FROM read_csv('{folder}/*.csv', header = true,
                      types = {{'customer_id': 'VARCHAR', 'order_id': 'VARCHAR', 'unit_price': 'DECIMAL(18,4)'}})
        GROUP BY customer_id""")
seconds = time.monotonic() - started
customers = connection.execute("SELECT count(*) FROM rfm").fetchone()[0]
print(f"{seconds:.3f} {customers} {duckdb.__version__}")
