"""Splits the ids of a transaction file at random into channel ids, and writes the map that joins them again.

usage: split_customers.py OUT ID_COLUMN TRANSACTIONS.csv...

OUT/<name>.csv: the rows with their channel ids; OUT/map-0.csv, map-1.csv, hierarchy.csv: chains of several hops that
lead back to the ids of the input, by the map and behind it by the hierarchy, with repeated rows, rows that say nothing,
rows that cannot be used, and ids that are nowhere in the log. OUT/truth.csv: channel id, id. A function of the input.
"""

import csv
import hashlib
import sys
from pathlib import Path

MALFORMED, MISSING, LONG, SELF = 1, 2, 1, 3


def draw(text, n):
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") % n


def alias(customer, number):
    return customer if number == 0 else f"{customer}~{number}"


def edges_of(customer):
    """Each of 1 to 4 ids counts as one with a smaller number: by the map, or, if it stands for nothing else, by
    the hierarchy. A hierarchy row may be said of an id that the map replaces."""
    n = 1 + draw(customer, 4)
    for k in range(1, n):
        to = draw(f"{customer}/{k}", k)
        kind = draw(f"{customer}:{k}", 5)
        if kind == 0:
            yield "hierarchy", alias(customer, k), alias(customer, to)
        elif kind == 1:  # k -> k.a -> k.b by the map, and the hierarchy row of k stands for that of k.b
            yield "map", alias(customer, k), alias(customer, k) + "a"
            yield "map", alias(customer, k) + "a", alias(customer, k) + "b"
            yield "hierarchy", alias(customer, k), alias(customer, to)
        else:
            yield "map", alias(customer, k), alias(customer, to)


def split(path, out, column, customers):
    with open(path, newline="") as source, open(out / path.name, "w", newline="") as sink:
        rows, target = csv.reader(source), csv.writer(sink, lineterminator="\n")
        header = next(rows)
        at = header.index(column)
        target.writerow(header)
        for row in rows:
            if len(row) == len(header) and row[at].strip():
                customer = row[at].strip()
                customers.add(customer)
                row[at] = alias(customer, draw("|".join(row), 1 + draw(customer, 4)))
            target.writerow(row)


def main():
    out, column = Path(sys.argv[1]), sys.argv[2]
    out.mkdir()
    customers, maps, tree, truth = set(), [], [], []
    for name in sys.argv[3:]:
        split(Path(name), out, column, customers)
    for customer in sorted(customers):
        for kind, child, parent in edges_of(customer):
            (maps if kind == "map" else tree).append((child, parent))
            truth.append((child, customer))
            if kind == "map" and parent != customer:
                truth.append((parent, customer))  # may be replaced by a hierarchy row of another id
    maps += [("nobody", "nowhere"), ("nowhere", "never")]
    maps += maps[:7]  # said twice
    tree += tree[:5]
    maps += [("same", "same")] * SELF
    maps.sort(key=lambda e: draw("/".join(e), 1 << 60))
    bad = [("", "x"), ("y", " "), ("z" * 129, "x")]
    for k in range(2):
        with open(out / f"map-{k}.csv", "w", newline="") as file:
            file.write("channel id,note,master id\n" if k == 0 else "master id,channel id\n")
            for child, parent in maps[k::2] + (bad if k == 0 else []):
                file.write(f"{child},,{parent}\n" if k == 0 else f"{parent},{child}\n")
            if k == 1:
                file.write("a field too many,x,y\n")
    with open(out / "hierarchy.csv", "w", newline="") as file:
        file.write("child,parent\n")
        file.writelines(f"{child},{parent}\n" for child, parent in tree)
    with open(out / "truth.csv", "w", newline="") as file:
        file.writelines(f"{child},{customer}\n" for child, customer in sorted(set(truth)))


main()
