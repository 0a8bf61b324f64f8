#!/usr/bin/env bash
# A range of k: the same bytes for any number of ranks and any memory, each fit as if it stood alone, the rule, bad input.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 6000 --files 2 --output input -q
tiercel 2 run input/config.yaml -q --set run.directory="$work/base" >/dev/null
range=(--set segment.k=2 --set segment.k_max=7 --set segment.gap_references=3)

# segments NAME RANKS OPTIONS...: the stage alone, on the features of base.
segments() {
    local name=$1 ranks=$2
    shift 2
    mkdir -p "$name"
    ln -sf "$work"/base/{events,features}.h5 "$name"/
    tiercel "$ranks" segment input/config.yaml -q --set run.directory="$work/$name" "$@" >/dev/null
}

# value NAME EXPRESSION: of the open file f and its attributes a.
value() {
    /usr/bin/python3 - "$1" "$2" <<'PYTHON'
import sys
import h5py
with h5py.File(sys.argv[1] + "/segments.h5") as f:
    a = f.attrs
    print(eval("(" + sys.argv[2] + ")"))
PYTHON
}

# ranks, memory, weights
for ranks in 1 2 3 7; do
    segments "r$ranks" "$ranks" "${range[@]}"
    same r1 "r$ranks" segments.h5
done
for ranks in 1 3; do
    segments "w$ranks" "$ranks" "${range[@]}" --set segment.weight=order_count
    same w1 "w$ranks" segments.h5
done
cmp -s r1/segments.h5 w1/segments.h5 && fail "weights changed nothing"
segments small 2 "${range[@]}" --set run.memory_per_rank=1
same r1 small segments.h5

# one of the range is chosen: the eligible one with the best index, or within 1 % of it
[ "$(value r1 'list(f["choice/k"][()]) == [2, 3, 4, 5, 6, 7]')" = True ] || fail "not the range"
[ "$(value r1 'sum(f["choice/chosen"][()])')" = 1 ] || fail "not one chosen"
[ "$(value r1 'int(f["choice/k"][()][f["choice/chosen"][()] == 1][0]) == a["k"]')" = True ] || fail "k is another"
[ "$(value r1 'f["choice/calinski_harabasz"][()][f["choice/chosen"][()] == 1][0] >=
    0.99 * max(f["choice/calinski_harabasz"][()][f["choice/eligible"][()] == 1])')" = True ] || fail "not the best"
[ "$(value r1 'bool((f["choice/inertia"][()][1:] < f["choice/inertia"][()][:-1]).all())')" = True ] ||
    fail "the inertia does not fall with k"
[ "$(value r1 'all(((f["choice/" + n][()] > 0) & (f["choice/" + n][()] <= 1)).all()
    for n in ("silhouette", "simplified_silhouette", "stability", "smallest_share"))')" = True ] || fail "out of limits"
[ "$(value r1 'bool((f["choice/gap_error"][()] > 0).all()) and a["choice_gap_references"] == 3')" = True ] || fail "no gap"

# a fit does not depend on its company
for k in 2 5; do
    segments "alone$k" 2 --set segment.k=$k
    [ "$(value "alone$k" 'f["choice/inertia"][0]')" = "$(value r1 "f['choice/inertia'][$k - 2]")" ] || fail "k = $k differs"
    [ "$(value "alone$k" 'f["choice/silhouette"][0]')" = "$(value r1 "f['choice/silhouette'][$k - 2]")" ] || fail "k = $k"
    [ "$(value "alone$k" 'a["choice_gap_references"] + a["choice_stability_pairs"]')" = 0 ] || fail "compared alone"
done

# the other criteria choose by their own index; a least share that none has leaves the first
for index in silhouette simplified_silhouette; do
    segments "$index" 2 "${range[@]}" --set segment.criterion=$index
    [ "$(value $index "f['choice/$index'][()][f['choice/chosen'][()] == 1][0] >=
        0.99 * max(f['choice/$index'][()][f['choice/eligible'][()] == 1])")" = True ] || fail "$index"
done
segments db 2 "${range[@]}" --set segment.criterion=davies_bouldin
[ "$(value db 'f["choice/davies_bouldin"][()][f["choice/chosen"][()] == 1][0] <=
    1.01 * min(f["choice/davies_bouldin"][()][f["choice/eligible"][()] == 1])')" = True ] || fail "davies_bouldin"
segments gap 2 "${range[@]}" --set segment.criterion=gap
segments none 2 "${range[@]}" --set segment.min_share=0.5
[ "$(value none 'a["k"], sum(f["choice/eligible"][()])')" = "(2, 0)" ] || fail "min_share"
segments cheap 2 --set segment.k=2 --set segment.k_max=4 --set segment.silhouette_rows=0 --set segment.stability=0 \
    --set segment.gap_references=0
[ "$(value cheap 'sum(f["choice/silhouette"][()]) + sum(f["choice/stability"][()]) + sum(f["choice/gap"][()])')" = 0.0 ] ||
    fail "computed although switched off"

# a sample that is too coarse: starts come from all customers, and are about as good
for ranks in 1 3; do
    segments "coarse$ranks" "$ranks" --set segment.k=12 --set segment.sample=512
    same coarse1 "coarse$ranks" segments.h5
done
segments fine 2 --set segment.k=12
[ "$(/usr/bin/python3 - <<'PYTHON'
import h5py
value = [h5py.File(n + "/segments.h5").attrs["inertia"] for n in ("coarse1", "fine")]
print(value[0] < 1.02 * value[1])
PYTHON
)" = True ] || fail "a coarse sample gives poor starts"

# the report has the table
tiercel 2 run input/config.yaml -q --set run.directory="$work/r2" "${range[@]}" >/dev/null
/usr/bin/python3 - <<'PYTHON'
import json, math
choice = json.load(open("r2/report.json"))["segments"]["choice"]
assert [c["k"] for c in choice["candidates"]] == [2, 3, 4, 5, 6, 7], choice
assert sum(c["chosen"] for c in choice["candidates"]) == 1 and choice["criterion"] == "calinski_harabasz"
assert all(math.isfinite(v) for c in choice["candidates"] for v in c.values())
PYTHON

# bad input
expect 78 "segment.k_max: 3 is less than segment.k" 1 segment input/config.yaml --set run.directory="$work/r1" \
    --set segment.k=5 --set segment.k_max=3
expect 78 "segment.criterion: the index is not computed; set segment.gap_references" 1 segment input/config.yaml \
    --set run.directory="$work/r1" "${range[@]}" --set segment.criterion=gap --set segment.gap_references=0

# fewer customers than the range wants, and fewer different ones
tiercel 1 synth --customers 100 --files 1 --output few -q
tiercel 2 run few/config.yaml -q --set run.directory="$work/few_run" --set segment.k=60 --set segment.k_max=200 >/dev/null
tiercel 3 run few/config.yaml -q --set run.directory="$work/few_run3" --set segment.k=60 --set segment.k_max=200 >/dev/null
same few_run few_run3 segments.h5
[ "$(value few_run 'f["choice/k"][()][-1] <= a["rows_fitted"]')" = True ] || fail "more clusters than customers"
