#!/usr/bin/env python3
"""Communication and work of the model stages on many ranks: LogGP from counted calls and bytes (src/edge/comm/README.md).
usage: scripts/scaling_model.py [CUSTOMERS]     default: 1000000000
"""
import math
import sys

STEP = 6e-6  # s: L + 2 o of one step through a fat tree, fitted to the folds of tests/smpi/models.txt
GAP = 4 / 12.5e9  # s a byte: 12.5 GB/s a node, shared by 4 ranks
MESSAGE = 6e-6  # s: one partner of a pairwise exchange; 1e-6 (o + g) if messages to many partners overlap
# Of tests/smpi: collective calls and their bytes, exchanges; seconds a customer on one core (README: 2 ranks, 1,000,000)
PARTS = {
    "fold": (3, 1192, 0, 0.0),
    "order": (48, 4096, 6, 2.0e-7),
    "segment": (128, 400000, 0, 2 * 0.7e-6),
    "churn": (59, 1448080, 0, 2 * 1.7e-6),
}
KEPT = {("fold", 16): 0.000052671, ("segment", 16): 0.002773707, ("churn", 16): 0.003263085, ("fold", 256): 0.000131573,
        ("segment", 256): 0.007109923, ("churn", 256): 0.0081996, ("order", 256): 0.013260811, ("fold", 1024): 0.000184174,
        ("segment", 1024): 0.009721889, ("churn", 1024): 0.011458662}


def communication(part: str, ranks: int, customers: int) -> float:
    calls, size, exchanges, _ = PARTS[part]
    steps = math.ceil(math.log2(ranks)) if ranks > 1 else 0
    rows = customers / ranks
    splitters = ranks * 64 * 16 * GAP * 2 if exchanges else 0
    exchange = exchanges * ((ranks - 1) * MESSAGE) + (4 * rows * 16 * GAP if exchanges else 0)
    return calls * steps * STEP + size * steps * GAP + splitters + exchange


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000_000
    print("part      ranks   simulated s   model s")
    for (part, ranks), seconds in KEPT.items():
        print(f"{part:8} {ranks:6d} {seconds:13.6f} {communication(part, ranks, 65536):9.6f}")
    print(f"\n{customers:,} customers\npart      ranks     work s   communication s   share")
    for part, (_, _, _, work) in PARTS.items():
        for ranks in (64, 1024, 10_000):
            local, remote = customers * work / ranks, communication(part, ranks, customers)
            print(f"{part:8} {ranks:6d} {local:10.4f} {remote:17.6f} {remote / (local + remote):7.1%}")


if __name__ == "__main__":
    main()
