#!/usr/bin/env bash
# tiercel segment on files of numbers: against an independent Lloyd, published optima, weights against repeated rows, vectors
# against a matrix, missing values; the same bytes on any number of ranks.
. "$TIERCEL_SOURCE/tests/system/common.sh"

/usr/bin/python3 - <<'EOF'
import h5py, numpy as np
rng = np.random.default_rng(3)
c = rng.normal(0, 4, (6, 5))
x = (c[rng.integers(0, 6, 3000)] + rng.normal(0, 1, (3000, 5))).round(3)
w = rng.integers(0, 4, 3000)
holes = x.copy()
holes[rng.random(x.shape) < 0.02] = np.nan
with h5py.File("x.h5", "w") as f:
    f["data"] = x
    f.create_dataset("packed", data=x.astype("f4"), chunks=(512, 5), compression="gzip")
    f["start"] = x[:6]
    f["repeated"] = np.repeat(x, w, axis=0)
    f["w"] = w
    f["halves"] = w / 2
    f["holes"] = holes
    f["whole/counts"] = np.arange(40).reshape(20, 2) // 7
    for j in range(5):
        f["v/c%d" % j] = x[:, j]
    f["few"] = x[:5]
    f["zeros"] = np.concatenate([[-0.0], np.arange(1, 199), [0.0]]).reshape(200, 1)  # the least is zero of either sign
    f["rare"] = (np.arange(3000) % 100 == 0).astype("i4")  # one row in a hundred counts
    f["rare_only"] = x[::100]
EOF

k6=(--k 6 --init x.h5 --init-dataset start --tol 0)
for ranks in 1 2 3 7; do
    tiercel $ranks segment --input x.h5 --dataset data "${k6[@]}" --output "lloyd-$ranks.h5" -q
    tiercel $ranks segment --input x.h5 --dataset data --k 4 --scale zscore --winsorise 0.01 --weight w --output "z-$ranks.h5" -q
    tiercel $ranks segment --input x.h5 --dataset few --k 3 --output "few-$ranks.h5" -q # more ranks than rows
    tiercel $ranks segment --input x.h5 --dataset holes --k 4 --missing category --scale minmax --output "holes-$ranks.h5" -q
    tiercel $ranks segment --input x.h5 --dataset zeros --k 3 --output "zeros-$ranks.h5" -q
    tiercel $ranks segment --input x.h5 --dataset data --k 3 --weight rare --sample 254 --output "rare-$ranks.h5" -q
    for name in lloyd z few holes zeros rare; do
        cmp "$name-1.h5" "$name-$ranks.h5" || fail "$name differs on $ranks ranks"
    done
done
tiercel 2 segment --input x.h5 --dataset rare_only --k 3 --output rare_only.h5 -q
tiercel 2 segment --input x.h5 --features v/c0,v/c1,v/c2,v/c3,v/c4 "${k6[@]}" --output vectors.h5 -q
tiercel 2 segment --input x.h5 --dataset packed "${k6[@]}" --output packed.h5 -q
tiercel 2 segment --input x.h5 --dataset data "${k6[@]}" --weight w --output weighted.h5 -q
tiercel 2 segment --input x.h5 --dataset data "${k6[@]}" --weight halves --output halves.h5 -q
tiercel 2 segment --input x.h5 --dataset repeated "${k6[@]}" --output repeated.h5 -q
tiercel 2 segment --input x.h5 --dataset holes --k 4 --missing drop --output drop.h5 -q
tiercel 2 segment --input x.h5 --dataset holes --k 4 --missing impute --output impute.h5 -q
tiercel 2 segment --input x.h5 --dataset whole/counts --k 3 --output whole.h5 -q
tiercel 2 segment --input x.h5 --dataset data --k 6 --init lloyd-1.h5 --output again.h5 -q # from a result

cat >check.py <<'EOF'
import h5py, numpy as np
x = h5py.File("x.h5")
X, w, start = x["data"][()], x["w"][()], x["start"][()]

def lloyd(X, w, c):
    c, labels = c.copy(), None
    for passes in range(1, 301):
        new = ((X[:, None] - c[None]) ** 2).sum(2).argmin(1)
        done = labels is not None and (new == labels).all()
        labels = new
        for a in range(len(c)):
            c[a] = np.average(X[labels == a], axis=0, weights=w[labels == a])
        if done:
            break
    return labels, c, (w * ((X - c[labels]) ** 2).sum(1)).sum(), passes

def same(name, labels, centres, inertia, passes=None):
    f = h5py.File(name)
    assert (f["labels"][()] == labels).all(), name
    assert np.abs(f["cluster_centers"][()] - centres).max() < 1e-5, name
    assert abs(f.attrs["inertia"] / inertia - 1) < 1e-5, (name, f.attrs["inertia"], inertia)
    assert passes is None or f.attrs["n_iter"] == passes, (name, f.attrs["n_iter"], passes)
    assert f["labels"].dtype == np.int32

one = np.ones(len(X))
same("lloyd-1.h5", *lloyd(X, one, start))
for name in ("vectors.h5", "packed.h5"):
    same(name, *lloyd(X, one, start)[:3])
assert h5py.File("again.h5").attrs["n_iter"] <= 2
labels, centres, inertia, passes = lloyd(X, w, start)
same("weighted.h5", labels, centres, inertia)
same("halves.h5", labels, centres, inertia / 2)
f = h5py.File("repeated.h5")
assert (f["labels"][()] == np.repeat(labels, w)).all()
assert abs(f.attrs["inertia"] / inertia - 1) < 1e-5
H = x["holes"][()]
full = ~np.isnan(H).any(1)
f = h5py.File("drop.h5")
assert f.attrs["rows_fitted"] == full.sum() and f.attrs["rows_dropped"] == (~full).sum()
assert (f["missing"][()] == np.isnan(H).sum(0)).all()
c = f["cluster_centers"][()]
for a in range(4):  # centres are the means of the rows that count; the others get the centre next to them
    assert np.abs(c[a] - H[full & (f["labels"][()] == a)].mean(0)).max() < 1e-5
filled = np.where(np.isnan(H), np.nanmedian(H[full], axis=0), H)
assert (f["labels"][()] == ((filled[:, None] - c[None]) ** 2).sum(2).argmin(1)).all()
f = h5py.File("impute.h5")
filled = np.where(np.isnan(H), np.nanmedian(H, axis=0), H)
for a in range(4):
    assert np.abs(f["cluster_centers"][a] - filled[f["labels"][()] == a].mean(0)).max() < 1e-5
rare, only = h5py.File("rare-1.h5"), h5py.File("rare_only.h5")  # rows of weight 0 do not crowd out the others
assert abs(rare.attrs["inertia"] / only.attrs["inertia"] - 1) < 1e-5, (rare.attrs["inertia"], only.attrs["inertia"])
f = h5py.File("holes-1.h5")
assert list(f["feature_names"][5:8]) == [b"holes[0]=missing", b"holes[1]=missing", b"holes[2]=missing"]
for name in ("z-1", "few-1", "holes-1", "drop", "impute", "whole"):
    f = h5py.File(name + ".h5")
    for n in ("cluster_centers", "cluster_centers_scaled", "cluster_weight"):
        assert np.isfinite(f[n][()]).all(), name
    assert np.isfinite(f.attrs["inertia"])
    size = f["cluster_size"][()]
    assert (np.bincount(f["labels"][()], minlength=len(size)) == size).all()
    assert (np.diff(f["cluster_weight"][()]) <= 0).all(), name
EOF
/usr/bin/python3 check.py || fail "the results are not those of an independent Lloyd"

# published optima of iris
/usr/bin/python3 - "$TIERCEL_SOURCE/tests/golden/iris.csv" <<'EOF'
import h5py, numpy as np, sys
with h5py.File("iris.h5", "w") as f:
    f["data"] = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1, usecols=range(4))
EOF
for want in "2 152.347952" "3 78.851441" "5 46.446182" "10 25.834055"; do
    k=${want% *}
    tiercel 2 segment --input iris.h5 --dataset data --k "$k" --output "iris-$k.h5" -q
    /usr/bin/python3 -c "
import h5py
got = h5py.File('iris-$k.h5').attrs['inertia']
assert abs(got / ${want#* } - 1) < 1e-6, got" || fail "iris with k = $k is not the best known"
done
