#!/usr/bin/env python3
"""Prints the medians of the runs that scripts/bench left in a folder."""
import glob
import json
import os
import statistics
import sys

folder, source, ranks = sys.argv[1], sys.argv[2], int(sys.argv[3])
runs = [json.load(open(name)) for name in sorted(glob.glob(f"{folder}/run-*.json"))]
megabytes = sum(os.path.getsize(f) for f in glob.glob(f"{source}/*.csv")) / 1e6
rows = json.load(open(f"{folder}/result/report.json"))["input"]["rows_read"]
stages = ("ingest", "features", "segment", "churn", "assign", "report")


def median(values):
    return statistics.median(values)


print(f"{rows:,} rows, {megabytes:,.0f} MB of CSV, {ranks} ranks, median of {len(runs)} runs")
print(f"{'stage':<10}{'seconds':>9}{'MiB, largest rank':>20}{'MiB, all ranks':>16}")
total = 0.0
for stage in stages:
    entries = [run["stages"][stage] for run in runs]
    seconds = median([e["seconds"] for e in entries])
    total += seconds
    print(f"{stage:<10}{seconds:>9.2f}{median([e['peak_bytes_largest_rank'] for e in entries]) / 2**20:>20,.0f}"
          f"{median([e['peak_bytes_all_ranks'] for e in entries]) / 2**20:>16,.0f}")
whole = median([sum(run["stages"][s]["seconds"] for s in stages) for run in runs])
peak = median([max(run["stages"][s]["peak_bytes_all_ranks"] for s in stages) for run in runs]) / 2**20
ingest = median([run["stages"]["ingest"]["seconds"] for run in runs])
both = median([run["stages"]["ingest"]["seconds"] + run["stages"]["features"]["seconds"] for run in runs])
print(f"{'all':<10}{whole:>9.2f}{'':>20}{peak:>16,.0f}")
print(f"ingest: {rows / ingest:,.0f} rows/s, {megabytes / ingest:,.0f} MB/s; "
      f"whole job: {rows / whole:,.0f} rows/s, {megabytes / whole:,.0f} MB/s")
duck = [open(name).read().split() for name in sorted(glob.glob(f"{folder}/duckdb-*.txt"))]
if duck:
    seconds = median([float(d[0]) for d in duck])
    print(f"DuckDB {duck[0][2]}, {ranks} threads, bare R, F, M only: {seconds:.2f} s; "
          f"ingest + features / DuckDB = {both / seconds:.2f}, whole job / DuckDB = {whole / seconds:.2f}")
else:
    print("DuckDB could not be installed: no comparison")
