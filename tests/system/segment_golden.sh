#!/usr/bin/env bash
# k-means with default settings ends at the best known sum of squares of every benchmark set, on 1 and 3 ranks.
. "$TIERCEL_SOURCE/tests/system/common.sh"
need_data kmeans

/usr/bin/python3 - "$data" "$TIERCEL_SOURCE/tests/golden/iris.csv" <<'PYTHON'
import gzip, sys
import h5py, numpy as np

folder, iris = sys.argv[1:]
with h5py.File("sets.h5", "w") as out:
    for name in ("s1", "s2", "s3", "s4", "a1", "a2", "unbalance", "birch1"):
        out[name] = np.loadtxt(gzip.open(f"{folder}/{name}.data.gz"))
    out["ruspini"] = np.loadtxt(f"{folder}/ruspini.csv", delimiter=",", skiprows=1)
    out["iris"] = np.loadtxt(iris, delimiter=",", skiprows=1, usecols=range(4))
PYTHON

# best SET K VALUE: reached, by 1e-6 of it at most above, and the file says what its labels say.
best() {
    tiercel 1 segment --input sets.h5 --dataset "$1" --k "$2" --output one.h5 -q
    /usr/bin/python3 - "$@" <<'PYTHON' || fail "$1, k = $2"
import sys
import h5py, numpy as np

name, k, wanted = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
with h5py.File("one.h5") as f, h5py.File("sets.h5") as sets:
    x, label = sets[name][()], f["labels"][()]
    found = f["inertia"][()] if "inertia" in f else f.attrs["inertia"]
centre = np.array([x[label == a].mean(axis=0) for a in range(k)])
counted = ((x - centre[label]) ** 2).sum()
print(name, k, float(found), counted, "%.2g above" % (counted / wanted - 1))
assert counted <= wanted * (1 + 1e-6), (counted, wanted)
assert abs(float(found) / counted - 1) < 1e-5, (float(found), counted)
PYTHON
}

best s1 15 8.9176156169e12
best s2 15 1.3279109491e13
best s3 15 1.6889602517e13
best s4 15 1.5703754530e13
best a1 20 1.2146257522e10
best a2 35 2.0286736642e10
best unbalance 8 2.1449206285e11
best birch1 100 9.2772858282e13
mv one.h5 birch1.h5
tiercel 3 segment --input sets.h5 --dataset birch1 --k 100 --output one.h5 -q
cmp one.h5 birch1.h5 || fail "birch1 on 3 ranks differs"

# proved optima
k=2
for value in 152.3479517604 78.8514414261 57.2284732143 46.4461820513 39.0399872461 34.2982296651 29.9889439508 \
    27.7860924173 25.8340548; do
    best iris $k $value
    k=$((k + 1))
done
k=2
for value in 89337.832142857 51063.475045670 12881.051236147 10126.719788183 8575.406876457 7126.198543124 6149.639019314 \
    5181.651839827 4446.282142857; do
    best ruspini $k $value
    k=$((k + 1))
done
