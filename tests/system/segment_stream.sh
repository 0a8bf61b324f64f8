#!/usr/bin/env bash
# Segments whose matrix does not fit in run.memory_per_rank: the same bytes as in memory, on any number of ranks; and what a
# fit takes in memory.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 4000 --files 2 --output input
tiercel 2 run input/config.yaml -q --set run.directory="$work/good" >/dev/null

# segment_with NAME RANKS OPTIONS...: segments.h5 of the same features on these ranks, in memory and streamed
segment_with() {
    local name=$1 ranks_all=$2 ranks memory
    shift 2
    for ranks in $ranks_all; do
        for memory in 0 1; do
            rm -rf r && cp -r good r && rm r/segments.h5
            tiercel "$ranks" segment input/config.yaml --set run.directory="$work/r" --set run.memory_per_rank=$memory "$@" 2>log.txt
            if [ $memory -eq 1 ]; then
                grep -q "does not fit in the memory of $ranks ranks" log.txt || fail "$name did not stream on $ranks ranks"
            elif grep -q "does not fit" log.txt; then
                fail "$name streamed without need"
            fi
            [ -e "$name.h5" ] || cp r/segments.h5 "$name.h5"
            cmp "$name.h5" r/segments.h5 || fail "$name differs on $ranks ranks with memory $memory"
        done
    done
}
segment_with plain "1 2 3 7"
segment_with weighted "1 3" --set segment.weight=order_count
segment_with missing "2 7" --set segment.weight=average_order --set \
    'segment.features=[{feature: gap_mean_days, missing: category}, {feature: net_amount}, {feature: recency_gap_ratio, missing: drop}]'
/usr/bin/python3 - <<'EOF' || fail "weights or policies are not honoured"
import h5py, numpy as np
f, s = h5py.File("good/features.h5"), h5py.File("missing.h5")
at = "at/" + f.attrs["date_score"].decode() + "/"
gap, ratio, size = (f[at + n][()] for n in ("gap_mean_days", "recency_gap_ratio", "order_count"))
known = ~np.isnan(size)
assert s.attrs["rows_dropped"] == (np.isnan(ratio) & known).sum() > 0
assert s["model/missing"][0] == (np.isnan(gap) & known).sum() > 0
assert s["model/feature_name"][3] == b"gap_mean_days=missing"
assert ((s["cluster"][()] > 0) == known).all()  # those that are dropped have a cluster too
assert s["model/size"][()].sum() == known.sum()
w, p = h5py.File("weighted.h5"), h5py.File("plain.h5")
assert w.attrs["weight"] == b"order_count" and w.attrs["weight_unit"] == 1
assert (w["cluster"][()] != p["cluster"][()]).any() and "weight" not in p.attrs
EOF

# a file of numbers, and what it takes
/usr/bin/python3 - <<'EOF'
import h5py, numpy as np
rng = np.random.default_rng(5)
with h5py.File("x.h5", "w") as f:
    f["data"] = rng.integers(-999, 999, (2000000, 8)).astype("f4")
EOF
matrix=$((2000000 * 8 * 4))
for memory in 0 1; do
    tiercel 1 segment --input x.h5 --dataset data --k 3 --max-iter 3 --n-init 1 --memory $memory --output "m$memory.h5" -v 2>log.txt
    bytes=$(sed -n 's/.*at most \([0-9]*\) bytes.*/\1/p' log.txt)
    echo "memory $memory: $bytes bytes; the matrix has $matrix"
    if [ $memory -eq 0 ]; then
        [ "$bytes" -le $((matrix * 13 / 10)) ] || fail "$bytes bytes are more than 1.3 matrices in float32"
    else
        [ "$bytes" -le $((matrix / 4)) ] || fail "$bytes bytes, and it was to stream"
    fi
done
cmp m0.h5 m1.h5 || fail "another file in little memory"
