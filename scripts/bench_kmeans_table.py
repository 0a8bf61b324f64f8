#!/usr/bin/env python3
"""Prints the medians of what scripts/bench_kmeans measured for one shape; with a fifth argument the head of the table too. "Undisturbed" are
the fastest iteration and the fastest runs of the roofs: other work on the machine slows the one and the other by chance.

    bench_kmeans_table.py FILE D K RANKS [head]"""
import json
import statistics
import sys

path, d, k, ranks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
groups = {}
for text in open(path):
    entry = json.loads(text)
    groups.setdefault(entry["name"], []).append(entry)


def median(name, key):
    return statistics.median(entry[key] for entry in groups[name])


ours = {key: median("tiercel", key) for key in groups["tiercel"][0] if key != "name"}
shares = [max(e["roof_memory"], e["roof_arithmetic"]) / e["seconds"] for e in groups["tiercel"]]
least = {key: min(e[key] for e in groups["tiercel"]) for key in ("least", "least_memory", "least_arithmetic")}
undisturbed = max(least["least_memory"], least["least_arithmetic"]) / least["least"]
per_row = ours["seconds"] / ours["rows"]
if len(sys.argv) > 5 and sys.argv[5]:
    print(f"{int(ours['rows']):,} rows, {ranks} ranks or threads, medians; ms an iteration; ratio: time a row over ours")
    print("d, k    program              ms   ns a row    ratio   memory/matrix   roofs: memory  arithmetic   share of the lower: median, undisturbed")
for name in ("tiercel", "sklearnex", "sklearn", "heat"):
    if name not in groups:
        continue
    seconds, rows = median(name, "seconds"), groups[name][0]["rows"]
    memory = median(name, "peak_bytes") / groups[name][0]["matrix_bytes"]
    text = f"{d:>2}, {k:<3} {name:<13}{1e3 * seconds:>10.1f}{1e9 * seconds / rows:>11.2f}{seconds / rows / per_row:>9.2f}{memory:>16.2f}"
    if name == "tiercel":
        text += f"{1e3 * ours['roof_memory']:>16.1f}{1e3 * ours['roof_arithmetic']:>12.1f}{statistics.median(shares):>14.0%}{undisturbed:>7.0%}"
    elif name != "heat":
        text += f"   (sum of squares of the centres: {median(name, 'norm') / ours['norm'] - 1:+.1e} of ours)"
    else:
        text += f"   ({rows:,} rows)"
    print(text)
own = (ours["peak_bytes"] - ours["base_bytes"]) / ours["matrix_bytes"]
print(f"        tiercel without the {ours['base_bytes'] / 2**20:.0f} MiB of {ranks} idle ranks: {own:.2f} x the matrix; "
      f"{ours['moved']:.1%} of the rows moved in an iteration; undisturbed {1e3 * least['least']:.1f} ms, roofs "
      f"{1e3 * least['least_memory']:.1f} and {1e3 * least['least_arithmetic']:.1f} ms", flush=True)
