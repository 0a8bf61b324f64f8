#!/usr/bin/env python3
"""Prints the medians of the runs that scripts/bench left in a folder as one table."""
import glob
import json
import os
import statistics
import sys

folder, source, ranks = sys.argv[1], sys.argv[2], int(sys.argv[3])
result = os.environ.get("RESULT", f"{folder}/result")
runs = [json.load(open(name)) for name in sorted(glob.glob(f"{folder}/run-*.json"))]
megabytes = sum(os.path.getsize(f) for f in glob.glob(f"{source}/*.csv")) / 1e6
walls = [float(b) - float(a) for a, b in (open(name).read().split() for name in sorted(glob.glob(f"{folder}/wall-*.txt")))]
peers = {}
for name in sorted(glob.glob(f"{folder}/peer-*.json")):
    entry = json.load(open(name))
    peers.setdefault(entry["name"], []).append(entry)


def median(values):
    return statistics.median(values)


def count_rows():
    rows = 0
    for name in glob.glob(f"{source}/*.csv"):
        with open(name, "rb") as file:
            rows += sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 22), b"")) - 1
    return rows


def line(what, seconds, memory, memory_all, ratio=""):
    print(f"{what:<42}{seconds:>9.2f}{rows / seconds:>14,.0f}{megabytes / seconds / ranks:>11,.0f}"
          f"{memory / 2**20:>14,.0f}{memory_all / 2**20:>12,.0f}{ratio:>9}")


rows = count_rows()
stages = [s for s in ("ingest", "features", "segment", "churn", "assign", "report") if s in runs[0]["stages"]]


def seconds_of(run, names):
    return sum(run["stages"][s]["seconds"] for s in names)


def peak_of(names, key):
    return median([max(run["stages"][s][key] for s in names) for run in runs])


both = ("ingest", "features")
ours = median([seconds_of(run, both) for run in runs])
print(f"{rows:,} rows, {megabytes:,.0f} MB of CSV, {ranks} ranks or threads, medians of {len(runs)} runs")
print(f"{'':<42}{'seconds':>9}{'rows/s':>14}{'MB/s rank':>11}{'MiB, a rank':>14}{'MiB, all':>12}{'ratio':>9}")
for names in [(s,) for s in stages] + [both, tuple(stages)]:
    what = "tiercel " + (names[0] if len(names) == 1 else "ingest + features" if names == both else "all stages")
    if names != both or len(stages) >= 2:
        line(what, median([seconds_of(run, names) for run in runs]), peak_of(names, "peak_bytes_largest_rank"),
             peak_of(names, "peak_bytes_all_ranks"))
    if names == both and len(stages) == 2:
        ours = median(walls)
        break
line("processes from start to end", median(walls), peak_of(stages, "peak_bytes_largest_rank"),
     peak_of(stages, "peak_bytes_all_ranks"))
for name, entries in sorted(peers.items(), key=lambda item: median([e["seconds"] for e in item[1]])):
    seconds, peak = median([e["seconds"] for e in entries]), median([e["peak_bytes"] for e in entries])
    line(f"{name} {entries[0]['version']} ({entries[0]['how']})", seconds, peak / ranks, peak, f"{ours / seconds:.2f}")
basis = "the processes of ingest and features" if len(stages) == 2 else "(tiercel ingest + features)"
print(f"ratio = {basis} / peer, which does the bare R, F, M aggregation, polars-features nearly all of our features; memory: peak")
print("of processes; processes from start to end:")
print("with the start of MPI and the reading of all input for its fingerprint")
print(open(f"{folder}/parse.txt").read().rstrip())
results = {(e["customers"], e["orders"], f"{e['amount']:.2f}") for entries in peers.values() for e in entries}
if os.path.exists(f"{result}/report.json"):
    net = json.load(open(f"{result}/report.json"))["input"]["money"]["net"]["exact"]
    print(f"tiercel: net amount {net}")
if len(results) == 1:
    print("the peers agree: {0:,} customers, {1:,} orders, amount {2}".format(*results.pop()))
elif results:
    print(f"THE PEERS DISAGREE: {sorted(results)}")
