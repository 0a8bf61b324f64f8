#!/usr/bin/env python3
"""Table of scripts/bench_scaling from run-RANKS-CUSTOMERS-RUN.json in a folder: best of all runs by stage."""
import glob
import json
import sys

ORDER = ["ingest", "profiles", "features", "segment", "churn", "assign", "report"]


def best(folder: str, ranks: int, customers: int) -> tuple[dict[str, float], dict[str, dict]]:
    seconds: dict[str, float] = {}
    entry: dict[str, dict] = {}
    for path in glob.glob(f"{folder}/run-{ranks}-{customers}-*.json"):
        with open(path, encoding="utf-8") as file:
            for name, stage in json.load(file)["stages"].items():
                if "seconds" in stage and stage["seconds"] < seconds.get(name, float("inf")):
                    seconds[name], entry[name] = stage["seconds"], stage
    return seconds, entry


def communication(stage: dict) -> str:
    return ", ".join(f"{name} {stage[name]:,}" for name in ("collectives", "collective_bytes", "messages", "message_bytes")
                     if name in stage)


def main() -> None:
    folder, customers = sys.argv[1], int(sys.argv[2])
    one, _ = best(folder, 1, customers)
    two, entry = best(folder, 2, customers)
    double, _ = best(folder, 2, 2 * customers)
    print("| stage | 1 rank, s | 2 ranks, s | strong | 2 ranks, twice the customers, s | weak | communication of 2 ranks |")
    print("|---|---|---|---|---|---|---|")
    for name in [stage for stage in ORDER if stage in one and stage in two and stage in double]:
        strong, weak = one[name] / (2 * two[name]), one[name] / double[name]
        print(f"| {name} | {one[name]:.2f} | {two[name]:.2f} | {strong:.0%} | {double[name]:.2f} | {weak:.0%} | "
              f"{communication(entry[name])} |")
    total = [sum(part.values()) for part in (one, two, double)]
    print(f"| all | {total[0]:.2f} | {total[1]:.2f} | {total[0] / (2 * total[1]):.0%} | {total[2]:.2f} | {total[0] / total[2]:.0%} | |")


if __name__ == "__main__":
    main()
