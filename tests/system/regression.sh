#!/usr/bin/env bash
# What was once wrong and must not come back.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 600 --files 2 --output input --seed 5
run() { # ranks, folder, further arguments
    local ranks=$1 folder=$2
    shift 2
    tiercel "$ranks" run input/config.yaml -q --set run.directory="$folder" "$@" >/dev/null
}

# customers who come after the as-of date change nothing for those who were there before
run 2 "$work/before" --set run.as_of=2025-10-01
for i in $(seq 1 200); do
    printf "9%d,NEW%d,2025-11-%02d 10:00:00,1,9.99,web,toys\n" "$i" "$i" "$((i % 28 + 1))"
done >>input/transactions-001.csv
run 2 "$work/after" --set run.as_of=2025-10-01
/usr/bin/python3 - <<'EOF'
import h5py
import numpy as np
with h5py.File("before/tiers.h5") as a, h5py.File("after/tiers.h5") as b:
    old = {i: k for k, i in enumerate(a["tiers/id"][:])}
    rows = [k for k, i in enumerate(b["tiers/id"][:]) if i in old]
    same = [old[b["tiers/id"][k]] for k in rows]
    assert len(rows) == len(old)
    for name in a["tiers"]:
        x, y = a["tiers"][name][:][same], b["tiers"][name][:][rows]
        assert np.array_equal(x, y) or np.array_equal(x, y, equal_nan=True), name
    new = [k for k, i in enumerate(b["tiers/id"][:]) if i.startswith(b"NEW")]
    assert len(new) == 200 and (b["tiers/tier_number"][:][new] == 0).all()
    assert np.isnan(b["tiers/churn_percentile"][:][new]).all()
print("ok: nothing after the as-of date matters")
EOF

# rejects.csv belongs to the results
rm after/rejects.csv
run 1 "$work/after" --set run.as_of=2025-10-01
[ -f after/rejects.csv ] || fail "rejects.csv was not made again"

# a run directory with a long name; one that is a file
long=$work/$(printf 'd%.0s' $(seq 1 200))/$(printf 'e%.0s' $(seq 1 200))
run 2 "$long" --set run.as_of=2025-10-01
same after "$long" tiers.h5 report.json
touch plain
expect 74 "is not a folder" 2 run input/config.yaml --set run.directory="$work/plain"

# rows without an order id are one order a customer and day
cat >orders.csv <<'EOF'
o,c,t,a
,x,2020-01-01,1
,y,2020-01-01,1
,x,2020-01-02,1
7,x,2020-01-02,1
,x,2020-01-02,2
EOF
cat >orders.yaml <<EOF
run: {directory: orders}
input:
  transactions: [orders.csv]
  columns: {customer: c, time: t, amount: a, order: o}
quality: {columns: [{column: order, completeness: none}]}
EOF
tiercel 2 ingest orders.yaml -q
/usr/bin/python3 -c 'import h5py; n = h5py.File("orders/events.h5").attrs["orders"]; assert n == 4, n'
echo "ok: rejects.csv, long folders, orders without id"
