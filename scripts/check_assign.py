#!/usr/bin/env python3
"""Checks tiers.h5 of a run directory against an independent computation from features.h5 and churn.h5.

usage: check_assign.py RUN_DIRECTORY

Recomputes with numpy: R/F/M scores and their cut points, percentiles, composite score, tiers by quota,
distances, median types, named segments, concentration, Gini, and the backtest. Weights, shares and
rules are taken from report.json. Prints one line a check; ends with 1 if one fails. Needs numpy
and h5py.
"""

import json
import math
import sys
from pathlib import Path

import h5py
import numpy as np

TYPES = {
    (1, 1, 1): "important_value", (1, 0, 1): "important_development",
    (0, 1, 1): "important_keep", (0, 0, 1): "important_winback",
    (1, 1, 0): "general_value", (1, 0, 0): "general_development",
    (0, 1, 0): "general_keep", (0, 0, 0): "general_winback",
}  # fmt: skip
failures = 0


def check(name, ok):
    global failures
    failures += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {name}")


def same(a, b):
    return np.array_equal(np.asarray(a, float), np.asarray(b, float), equal_nan=True)


def near(a, b):
    return np.allclose(np.asarray(a, float), np.asarray(b, float), rtol=1e-12, atol=1e-9, equal_nan=True)


def ranks(values):
    """below and equal of each value, -0 equal to +0; no NaN may come in."""
    unique, where, count = np.unique(values + 0.0, return_inverse=True, return_counts=True)
    below = np.concatenate([[0], np.cumsum(count)[:-1]]) if len(unique) else np.zeros(0)
    return below[where].astype(np.int64), count[where].astype(np.int64)


def percentile(below, equal):
    return (2 * below + equal) / (2 * len(below))


def quota_cuts(score, shares):
    """Cuts by the written rule, on the sorted distinct scores."""
    n, cuts, taken, lowest = len(score), [0] * len(shares), 0, 65536
    groups = [(s, int(np.sum(score == s))) for s in sorted(set(score.tolist()), reverse=True)]
    at, above = 0, 0.0
    for tier in range(len(shares) - 1, 0, -1):
        above += shares[tier]
        quota = math.floor(2.0 * n * above + 1e-3)
        while at < len(groups) and (taken == 0 or 2 * taken + groups[at][1] <= quota):
            taken += groups[at][1]
            lowest = groups[at][0]
            at += 1
        cuts[tier] = lowest
    return cuts


class Run:
    def __init__(self, folder):
        self.report = json.loads((folder / "report.json").read_text())
        self.features = h5py.File(folder / "features.h5")
        self.churn = h5py.File(folder / "churn.h5")
        self.out = h5py.File(folder / "tiers.h5")
        assign = self.report["configuration"]["assign"]
        self.rules = assign["rules"]
        self.shares = [t["share"] for t in assign["tiers"]]
        w = assign["weights"]
        self.weights = [w["recency"], w["frequency"], w["monetary"], w["churn"]]

    def table(self, name):
        return self.out["tiers/" + name][:]


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def composite(run, date, churn_name):
    """Known rows, axes (recency reversed), ranks of each axis, score of the known rows."""
    at = run.features["at/" + date]
    value = [at[f][:].astype(float) for f in ("recency_days", "order_count", "net_amount")]
    known = ~np.isnan(value[1])
    axes = [-value[0][known], value[1][known], value[2][known]]
    axes = [np.where(np.isnan(v), -np.inf, v) for v in axes]
    weights = list(run.weights)
    if churn_name is None:
        weights[3] = 0.0
    else:
        axes.append(65535.0 - run.churn[churn_name][:][known])
    total = ((weights[0] + weights[1]) + weights[2]) + weights[3]
    rank = [ranks(a) for a in axes]
    blend = np.zeros(known.sum())
    for (below, equal), w in zip(rank, weights):
        blend += (w / total if total > 0 else 0.0) * percentile(below, equal)
    return known, value, rank, np.clip(np.floor(65536 * blend), 0, 65535).astype(int)


def check_scores(run, known, value, rank):
    out, n = run.out, int(known.sum())
    for a, letter in enumerate("rfm"):
        below, equal = rank[a]
        score = 1 + 5 * (2 * below + equal - 1) // (2 * n) if n else np.zeros(0)
        got = run.table(letter + "_score")
        check(f"{letter}_score", same(got[known], score) and not got[~known].any())
        v = value[a][known]
        cut = np.full((5, 2), np.nan)
        for s in range(1, 6):
            inside = v[(score == s) & ~np.isnan(v)]
            if len(inside):
                cut[s - 1] = inside.min(), inside.max()
        check(f"{letter}_cut, {letter}_size", same(out[f"model/{letter}_cut"], cut) and
              same(out[f"model/{letter}_size"], [np.sum(score == s) for s in range(1, 6)]))
        check(f"{letter}: equal values, equal scores", all(
            len(set(got[known][v == x])) == 1 for x in np.unique(v[~np.isnan(v)])[:200]))


def check_groups(run, known, value, rank):
    """Types by the values and their median; segments by the rules."""
    out, n = run.out, int(known.sum())
    medians = []
    high = []
    for a in range(3):
        v = np.where(np.isnan(value[a][known]), np.inf, value[a][known])
        median = np.median(v) if n else np.nan
        medians.append(median if np.isfinite(median) else np.nan)
        high.append(v < median if a == 0 else v > median)
    check("median", near(out["model/median"], medians))
    names = h5py.check_enum_dtype(out["tiers/rfm_type"].dtype)
    expected = [names[TYPES[tuple(int(h[i]) for h in high)]] for i in range(n)]
    check("rfm_type", same(run.table("rfm_type")[known], expected))
    names = h5py.check_enum_dtype(out["tiers/segment"].dtype)
    rfm = np.stack([run.table(x + "_score") for x in "rfm"], axis=1)[known]
    expected = np.zeros(n, int)
    hits = np.zeros(n, int)
    for rule in run.rules:
        inside = np.ones(n, bool)
        for a, letter in enumerate("rfm"):
            low, top = rule[letter]
            inside &= (rfm[:, a] >= low) & (rfm[:, a] <= top)
        expected[inside] = names[rule["name"]]
        hits += inside
    check("segment, just one rule each", same(run.table("segment")[known], expected) and (hits == 1).all())
    digits = ["".join(map(str, row)) for row in rfm]
    check("rfm text", [text(t) for t in run.table("rfm")[known]] == digits)
    size = [np.sum(run.table("segment") == names[text(s)]) for s in out["model/segment_name"][:]]
    check("segment_size", same(out["model/segment_size"], size))


def check_tiers(run, known, value, score):
    out, n = run.out, int(known.sum())
    cuts = quota_cuts(score, run.shares)
    got = run.table("tier_number")
    tier = np.array([sum(s >= c for c in cuts) for s in score], int)
    check("score", same(run.table("score")[known], score))
    check("tier_cut", same(out["model/tier_cut"], cuts))
    check("tier", same(got[known], tier) and not got[~known].any() and same(got, run.table("tier")))
    numbers = range(1, len(cuts) + 1)
    check("tier_size", same(out["model/tier_size"], [np.sum(tier == t) for t in numbers]))
    amount = [value[2][known][tier == t].sum() for t in numbers]
    check("tier_net_amount", near(out["model/tier_net_amount"], amount))
    up, down = run.table("score_to_next")[known], run.table("score_to_lower")[known]
    top = len(cuts)
    check("score_to_next", all(u == (cuts[t] - s if t < top else 0) for u, s, t in zip(up, score, tier)))
    check("score_to_lower", all(
        d == (s - cuts[t - 1] + 1 if cuts[t - 1] > 0 else 0) for d, s, t in zip(down, score, tier)))
    check("top tier not empty", n == 0 or (tier == top).any())


def check_concentration(run, known, value):
    v = np.sort(value[2][known])[::-1]
    n, total = len(v), value[2][known].sum()
    expected = []
    for thousandths in (10, 50, 100, 200, 500):
        top = -(-n * thousandths // 1000)
        expected.append((thousandths / 1000, top, v[:top].sum() / total if total > 0 else np.nan))
    check("concentration", near(run.out["model/concentration"], expected))
    i = np.arange(n, 0, -1)
    gini = ((2 * i - n - 1) * v).sum() / (n * total) if total > 0 else np.nan
    check("gini", near(run.out.attrs["gini"], gini))
    print("     shares", " ".join(f"{e[2]:.6f}" for e in expected), f"gini {gini:.6f}")


def check_backtest(run):
    date = text(run.features.attrs["date_train"])
    has = int(run.churn.attrs["has_backtest"]) == 1
    known, _, _, score = composite(run, date, "backtest/score" if has else None)
    cuts = quota_cuts(score, run.shares)
    tier = np.array([sum(s >= c for c in cuts) for s in score], int)
    later = run.features[f"at/{date}/later_amount"][:][known]
    label = run.features[f"at/{date}/label"][:][known]
    buyer = np.where(label >= 0, label == 0, later > 0)
    numbers = range(1, len(cuts) + 1)
    back = run.out["backtest"]
    check("backtest tier_size", same(back["tier_size"], [np.sum(tier == t) for t in numbers]))
    check("backtest later_amount", near(back["later_amount"], [later[tier == t].sum() for t in numbers]))
    check("backtest later_buyers", same(back["later_buyers"], [buyer[tier == t].sum() for t in numbers]))
    mean = [later[tier == t].mean() if (tier == t).any() else np.nan for t in numbers]
    check("backtest later_mean", near(back["later_mean"], mean))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run = Run(Path(sys.argv[1]))
    date = text(run.features.attrs["date_score"])
    has_model = int(run.churn.attrs["has_model"]) == 1
    known, value, rank, score = composite(run, date, "score" if has_model else None)
    print(f"{len(known)} customers, {int(known.sum())} of them scored at {date}")
    check_scores(run, known, value, rank)
    check_groups(run, known, value, rank)
    check_tiers(run, known, value, score)
    check_concentration(run, known, value)
    check_backtest(run)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
