#!/usr/bin/env bash
# One customer, many ids: a base whose ids are split at random and joined again by a map and a hierarchy gives the results of
# the base itself; the silo figures are those of an independent count; bad maps are refused with the lines to blame.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tests=$TIERCEL_SOURCE/tests/system
tiercel 2 synth --customers 1500 --files 2 --output base --dirt-missing-id 0.01 --dirt-duplicates 0.02 \
    --dirt-dates 0.005 --dirt-numbers 0.005 --dirt-newlines 0.01 >/dev/null
/usr/bin/python3 "$tests/split_customers.py" split customer_id base/transactions-00*.csv
ids=$(grep -c . split/truth.csv)

# run FOLDER RANKS ARGUMENTS...: on the base as it is, and on the split one with its map
whole() {
    local folder=$1 ranks=$2
    shift 2
    tiercel "$ranks" run base/config.yaml -q --set "run.directory=$work/$folder" "$@" >"$folder.txt" 2>"$folder.log"
}
map=(--set "input.transactions=[$work/split/transactions-*.csv]" --set "identity.map.files=[$work/split/map-*.csv]"
    --set "identity.map.columns={id: channel id, master: master id}" --set "identity.hierarchy.files=[$work/split/hierarchy.csv]")
joined() {
    local folder=$1 ranks=$2
    shift 2
    tiercel "$ranks" run base/config.yaml -q "${map[@]}" --set "run.directory=$work/$folder" "$@" >"$folder.txt" 2>"$folder.log"
}

# with an order column; without one, where a day of a customer is an order, also of the rows that are rejected
rules=(--set input.returns.policy=reject --set input.zero_amount=reject --set input.columns.order= --set input.returns.order_prefix=)
whole whole 2
joined one 1
/usr/bin/python3 "$tests/check_unify.py" whole one split/truth.csv $((ids + 2)) || fail "with orders"
whole whole-days 2 "${rules[@]}"
joined days 2 "${rules[@]}"
/usr/bin/python3 "$tests/check_unify.py" whole-days days split/truth.csv || fail "without orders"
whole whole-drop 2 --set input.duplicates=drop
joined drop 3 --set input.duplicates=drop
/usr/bin/python3 "$tests/check_unify.py" whole-drop drop split/truth.csv 2>&1 | tee drop.out | tail -1
grep -c FAIL drop.out >/dev/null && fail "$(cat drop.out)"
grep -q "ids merged into" one.txt || fail "the summary is silent about ids"

for ranks in 2 3 7; do
    joined "p$ranks" "$ranks"
    # shellcheck disable=SC2086
    same one "p$ranks" $outputs
done
joined small 3 --set input.batch_mib=1
# shellcheck disable=SC2086
same one small $outputs
echo "identical on 1, 2, 3 and 7 ranks, and with small batches"

# by instalments, with the rows of one customer in both: the same features; two maps in one list are refused
/usr/bin/python3 - <<'EOF'
import csv
rows = [r for k in (0, 1) for r in csv.reader(open(f"split/transactions-00{k}.csv", newline=""))]
for part in (0, 1):
    with open(f"part-{part}.csv", "w", newline="") as file:
        csv.writer(file).writerows([rows[0]] + [r for r in rows[1 + part :: 2] if r != rows[0]])
EOF
printf 'quality: {duplicates: 1, consistency: 0, completeness: 0}\n' >quality
cat base/config.yaml quality >parts.yaml
for part in 0 1; do
    tiercel 2 ingest parts.yaml -q "${map[@]}" --set "run.directory=$work/parts" --set "input.instalment=$part" \
        --set "input.transactions=[$work/part-$part.csv]" >/dev/null
done
tiercel 3 features parts.yaml -q "${map[@]}" --set "run.directory=$work/parts" --set "run.events=[events/*.h5]" >/dev/null
tiercel 2 run parts.yaml -q "${map[@]}" --set "run.directory=$work/once" --set "input.transactions=[$work/part-*.csv]" >/dev/null
same once parts features.h5
tiercel 1 ingest parts.yaml -q --set "run.directory=$work/parts" --set input.instalment=1 \
    --set "input.transactions=[$work/part-1.csv]" >/dev/null
expect 65 "different identity maps" 2 features parts.yaml --set "run.directory=$work/parts" \
    --set "run.events=[events/*.h5]" --set "input.transactions=[$work/part-1.csv]"
echo "identical by instalments"

# rows that cannot be used are named in the log, and counted
tiercel 1 ingest base/config.yaml "${map[@]}" --set "run.directory=$work/log" 2>log.txt
grep -q "map-0.csv line [0-9]* is not used: an id is missing" log.txt || fail "$(cat log.txt)"
grep -q "map-0.csv line [0-9]* is not used: an id is longer than 128 bytes" log.txt || fail "$(cat log.txt)"
grep -q "map-1.csv line [0-9]* is not used: malformed" log.txt || fail "$(cat log.txt)"
grep -q "~" log.txt && fail "an id stands in the log"
/usr/bin/python3 - <<'EOF'
import h5py, json
a = h5py.File("one/events.h5").attrs
found = [int(a["identity_rows_" + k]) for k in ("missing_id", "long_id", "malformed", "self")]
assert found == [2, 1, 1, 3], found
rows = json.load(open("one/report.json"))["identity"]["rows"]
assert [rows[k] for k in ("rejected_missing_id", "rejected_long_id", "rejected_malformed", "say_nothing")] == found, rows
EOF

# a map makes another run; the same map in other files, order and words makes the same
id_of() { /usr/bin/python3 -c 'import h5py, sys; f = h5py.File(sys.argv[1]); print(f.attrs[sys.argv[2]])' "$@"; }
mkdir other
{ head -1 split/map-0.csv; tail -n +2 split/map-0.csv | sort -u; } >other/map-0.csv
cp split/map-1.csv other/map-1.csv
sort -r split/hierarchy.csv | grep -v child >tree
{ echo child,parent; cat tree; } >other/hierarchy.csv
joined other 2 --set "identity.map.files=[$work/other/map-*.csv]" --set "identity.hierarchy.files=[$work/other/hierarchy.csv]"
[ "$(id_of one/events.h5 identity_id)" = "$(id_of other/events.h5 identity_id)" ] || fail "identity_id depends on the files"
[ "$(id_of one/features.h5 run_id)" = "$(id_of other/features.h5 run_id)" ] || fail "features depend on the files of the map"
same one other features.h5 tiers.h5
echo "id,master" >empty.csv
tiercel 2 run base/config.yaml -q --set "run.directory=$work/empty" --set "identity.map.files=[$work/empty.csv]" >/dev/null
[ "$(id_of whole/events.h5 run_id)" != "$(id_of empty/events.h5 run_id)" ] || fail "a map does not make another run"
/usr/bin/python3 - <<'EOF'
import h5py
a, b = h5py.File("whole/features.h5"), h5py.File("empty/features.h5")
names = []
a.visititems(lambda n, d: names.append(n) if isinstance(d, h5py.Dataset) else None)
assert all((a[n][...].tobytes() == b[n][...].tobytes()) for n in names)
assert len(b["silo/alias"]) == 0 and b.attrs["identity_ids"] == 0
EOF
echo "an empty map, and the same map in other files"

# a changed map makes ingest stale
cp -r split changed
sed -i '20d' changed/hierarchy.csv
joined one 2 --set "identity.hierarchy.files=[$work/changed/hierarchy.csv]"
[ "$(id_of one/events.h5 identity_id)" != "$(id_of other/events.h5 identity_id)" ] || fail "a changed map was not read again"

# bad maps
bad() { # code, words, map rows, hierarchy rows
    printf '%b' "$3" >bad-map.csv
    printf '%b' "$4" >bad-tree.csv
    expect "$1" "$2" 3 run base/config.yaml --set "run.directory=$work/bad" \
        --set "identity.map.files=[$work/bad-map.csv]" --set "identity.hierarchy.files=[$work/bad-tree.csv]"
    [ ! -e bad/events.h5 ] || fail "events.h5 was published"
}
tree="child,parent\n"
bad 65 "bad-map.csv line 3 -> line 4 -> back to the first" "id,master\nx,y\na,b\nb,a\n" "$tree"
bad 65 "line 2 -> line 3 -> line 4 -> line 5 -> line 6 -> back" "id,master\na,b\nb,c\nc,d\nd,e\ne,a\nf,a\n" "$tree"
bad 65 "bad-tree.csv line 2 -> $work/bad-map.csv line 2 -> back" "id,master\na,b\n" "${tree}b,a\n"
bad 65 "two masters: $work/bad-map.csv line 2, and $work/bad-map.csv line 4" "id,master\na,b\nc,d\na,e\n" "$tree"
bad 65 "two parents: $work/bad-tree.csv line 2, and $work/bad-tree.csv line 3" "id,master\n" "${tree}a,b\na,c\n"
bad 65 "column" "id,boss\na,b\n" "$tree"
bad 65 "bad-map.csv: is empty" "" "$tree"
expect 66 "nowhere.csv" 2 run base/config.yaml --set "run.directory=$work/bad" --set "identity.map.files=[nowhere.csv]"
awk 'BEGIN { print "id,master"; for (i = 0; i < 400000; i++) print "user-" i ",master-" i }' >great.csv
expect 71 "does not fit into memory" 2 run base/config.yaml --set "run.directory=$work/bad" \
    --set "identity.map.files=[$work/great.csv]" --set run.memory_per_rank=64
printf 'id,master\na,a\n a ,A\n' >self.csv
tiercel 2 ingest base/config.yaml -q --set "run.directory=$work/self" --set "identity.map.files=[$work/self.csv]" \
    --set input.customer_id.case=upper
[ "$(id_of self/events.h5 identity_rows_self)" = 2 ] || fail "ids of the map are not normalised as the customers"
echo "bad maps are refused"
