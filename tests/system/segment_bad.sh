#!/usr/bin/env bash
# What cannot be fitted ends with one line that says what and where; what can be is said; nothing hangs or is left over.
. "$TIERCEL_SOURCE/tests/system/common.sh"

/usr/bin/python3 - <<'EOF'
import h5py, numpy as np
rng = np.random.default_rng(4)
x = rng.normal(0, 1, (200, 3))
with h5py.File("x.h5", "w") as f:
    f["data"] = x
    f["same"] = np.ones((200, 3))
    f["dull"] = np.c_[x[:, 0], np.full(200, 7.0), x[:, 1]]
    f["empty column"] = np.c_[x[:, 0], np.full(200, np.nan)]
    f["two"] = np.repeat(x[:2], 100, axis=0)
    f["holes"] = np.where(rng.random((200, 3)) < 0.99, np.nan, x)
    y = x.copy()
    y[17, 2] = np.inf
    f["infinite"] = y
    f["huge"] = x * 1e300
    f["tiny"] = x * 1e-100
    f["wide"] = np.zeros((10, 65))
    f["none"] = np.zeros((0, 3))
    f["cube"] = np.zeros((3, 3, 3))
    f["text"] = np.array([b"a"] * 200)
    f["minus"] = np.linspace(-1, 1, 200)
    f["zero"] = np.zeros(200)
    f["short"] = np.ones(199)
    f["weight"] = np.where(np.arange(200) < 198, 0.0, 1.0)
    f["infinite weight"] = np.where(np.arange(200) < 1, np.inf, 1.0)
    f["great"] = np.full(200, 1e15) + np.arange(200)
    f["start"] = x[:4, :2]
    f["start3"] = np.where(np.arange(12).reshape(4, 3) == 5, np.nan, x[:4])
    f["v1"], f["v2"] = x[:, 0], x[:150, 0]
open("text.h5", "w").write("no HDF5\n")
open("cut.h5", "wb").write(open("x.h5", "rb").read()[:3000])
EOF

# bad CODE WORDS OPTIONS...
bad() {
    local code=$1 words=$2 ranks
    shift 2
    for ranks in 1 3; do
        LIMIT=60 expect "$code" "$words" $ranks segment --output out.h5 "$@"
    done
    [ ! -e out.h5 ] || fail "'$*' left a file"
    no_leftovers .
}
x=(--input x.h5 --dataset data)
bad 64 "--k 0; allowed are whole numbers from 1 to 254" "${x[@]}" --k 0
bad 64 "--k 255" "${x[@]}" --k 255
bad 64 "--k 2.5" "${x[@]}" --k 2.5
bad 64 "--k nan" "${x[@]}" --k nan
bad 64 "--k is missing" "${x[@]}"
bad 64 "--input is missing" --dataset data --k 2
bad 64 "either --dataset" --input x.h5 --k 2
bad 64 "either --dataset" "${x[@]}" --features v1 --k 2
bad 64 "unknown option --kk" "${x[@]}" --kk 2
bad 64 "needs a value" "${x[@]}" --k
bad 64 "--scale log; allowed are none, zscore, minmax" "${x[@]}" --k 2 --scale log
bad 64 "--missing no" "${x[@]}" --k 2 --missing no
bad 64 "--tol -1" "${x[@]}" --k 2 --tol -1
bad 64 "--silhouette 16385" "${x[@]}" --k 2 --silhouette 16385
bad 64 "twice" --input x.h5 --features v1,v1 --k 2
bad 66 "nowhere.h5" --input nowhere.h5 --dataset data --k 2
bad 65 "text.h5" --input text.h5 --dataset data --k 2
bad 65 "cut.h5" --input cut.h5 --dataset data --k 2
bad 65 "'nothing' is not there" --input x.h5 --dataset nothing --k 2
bad 65 "65 features; allowed are 1 to 64" --input x.h5 --dataset wide --k 2
bad 65 "no rows" --input x.h5 --dataset none --k 2
bad 65 "wrong shape" --input x.h5 --dataset cube --k 2
bad 65 "holds no numbers" --input x.h5 --dataset text --k 2
bad 65 "'v2' has 150 rows, but those before it have 200" --input x.h5 --features v1,v2 --k 2
bad 65 "every feature is the same for all 200 rows" --input x.h5 --dataset same --k 2
bad 65 "k = 3, but only 2 different rows" --input x.h5 --dataset two --k 3
bad 65 "k = 201, but only 200 of 200 rows" "${x[@]}" --k 201
bad 65 "feature infinite[2] has an infinite value (1 of 200 rows)" --input x.h5 --dataset infinite --k 2
bad 65 "values beyond 2^480" --input x.h5 --dataset huge --k 2
bad 65 "values beyond 2^57" --input x.h5 --dataset huge --k 2 --scale zscore
bad 65 "are missing (NaN); give --missing" --input x.h5 --dataset holes --k 2
bad 65 "lack a value" --input x.h5 --dataset holes --k 9 --missing drop
bad 65 "weights minus: 100 of 200 rows have a weight that is negative" "${x[@]}" --k 2 --weight minus
bad 65 "all 200 rows have weight 0" "${x[@]}" --k 2 --weight zero
bad 65 "infinite or beyond" "${x[@]}" --k 2 --weight "infinite weight"
bad 65 "'short' has 199 rows" "${x[@]}" --k 2 --weight short
bad 65 "k = 3, but only 2 of 200" "${x[@]}" --k 3 --weight weight
bad 65 "4 centres of 2 features; there must be 4 of 3" "${x[@]}" --k 4 --init x.h5 --init-dataset start
bad 65 "centre 1 of 'start3' is not finite" "${x[@]}" --k 4 --init x.h5 --init-dataset start3
bad 65 "there must be 5 of 3" "${x[@]}" --k 5 --init x.h5 --init-dataset start3
bad 66 "nowhere.h5" "${x[@]}" --k 4 --init nowhere.h5
bad 65 "cluster_centers" "${x[@]}" --k 4 --init x.h5
LIMIT=60 expect 64 "is the input itself" 2 segment "${x[@]}" --k 2 --output ./x.h5
LIMIT=60 expect 74 "nowhere" 2 segment "${x[@]}" --k 2 --output nowhere/out.h5

# said, and done
good() {
    local words=$1
    shift
    LIMIT=60 expect 0 "" 3 segment --output out.h5 "$@"
    grep -qF -- "$words" err.txt || fail "'$words' is missing in: $(cat err.txt)"
    /usr/bin/python3 - <<'EOF' || fail "'$*' gave numbers that are none"
import h5py, numpy as np
f = h5py.File("out.h5")
for n in f:
    if f[n].dtype.kind == "f":
        assert np.isfinite(f[n][()]).all(), n
assert np.isfinite(f.attrs["inertia"]) and f["labels"][()].min() >= 0
EOF
    rm out.h5
}
good "feature dull[1] is the same for all rows and is left out" --input x.h5 --dataset dull --k 3
good "feature empty column[1] has no value for any of the rows" --input x.h5 --dataset "empty column" --k 3 --missing impute
good "over 3 features" --input x.h5 --dataset tiny --k 3
good "2 clusters" --input x.h5 --dataset two --k 2
good "1 clusters" "${x[@]}" --k 1
good "2 clusters" "${x[@]}" --k 2 --weight weight
good "3 clusters" "${x[@]}" --k 3 --weight great
good "200 clusters" "${x[@]}" --k 200

# sites of faults that no run of the pipeline reaches
for site in labels.open labels.read labels.write segment.read segment.fold; do
    for rank in 0 1 2; do
        export TIERCEL_FAULT="$site:$rank:1"
        LIMIT=60 expect 74 "fault injected at $site" 3 segment "${x[@]}" --k 2 --output out.h5
        unset TIERCEL_FAULT
        [ ! -e out.h5 ] || fail "$site on rank $rank left a file"
        no_leftovers .
    done
done

# the stage: weights and policies of a configuration
tiercel 2 synth --customers 400 --files 2 --output input
tiercel 2 run input/config.yaml -q --set run.directory="$work/r" >/dev/null
stage() {
    local code=$1 words=$2
    shift 2
    LIMIT=60 expect "$code" "$words" 3 segment input/config.yaml --set run.directory="$work/r" "$@"
}
stage 78 "segment.weight: no feature is called 'nothing'" --set segment.weight=nothing
stage 78 "visits_90d needs interactions.files" --set segment.weight=visits_90d
stage 78 "allowed: catalogue, impute, drop, category" --set 'segment.features=[{feature: net_amount, missing: ignore}]'
