#!/usr/bin/env bash
# The customers table, interactions and the wide table: recounted by other code, the same bytes on any number of ranks, for
# shuffled rows and files and from HDF5; bad input.
. "$TIERCEL_SOURCE/tests/system/common.sh"
here=$TIERCEL_SOURCE/tests/system

tiercel 2 synth --customers 1000 --files 2 --output input
/usr/bin/python3 "$here/profiles_data.py" input tables
sed 's|transactions-|input/transactions-|' input/config.yaml >job.yaml
cat >>job.yaml <<'EOF'
customers:
  files: [tables/customers-*.csv]
  columns: {customer: id, signup: since, consent: consent, protected: protected}
  attributes:
    - {column: age, name: years}
    - {column: region, kind: categorical}
    - {column: status, kind: categorical, levels: gold|silver|iron}
interactions:
  files: [tables/interactions-*.csv]
  columns: {value: value, response: hours}
  kinds:
    - {word: pageview, kind: visit}
    - {word: login, kind: login}
    - {word: complaint, kind: complaint}
    - {word: ticket, kind: ticket}
    - {word: csat, kind: survey}
    - {word: nps, kind: nps}
wide:
  files: [tables/wide-*.csv]
  categorical: [{column: plan}]
EOF
for ranks in 1 2 3 7; do
    tiercel "$ranks" profiles job.yaml -q --set run.directory="$work/p$ranks"
    no_leftovers "p$ranks"
    same p1 "p$ranks" profiles.h5 profiles.rejects.csv
done
/usr/bin/python3 "$here/check_profiles.py" tables p1/profiles.h5
echo "identical on 1, 2, 3, 7 ranks"

# shuffled rows in other files, and small batches
mkdir shuffled
/usr/bin/python3 - <<'EOF'
import csv, glob, random
random.seed(3)
for table in ("customers", "interactions", "wide"):
    rows = []
    for name in sorted(glob.glob("tables/%s-*.csv" % table)):
        header, *part = csv.reader(open(name, newline=""))
        rows += part
    random.shuffle(rows)
    for f in range(4):
        writer = csv.writer(open("shuffled/%s-%d.csv" % (table, f), "w", newline=""))
        writer.writerows([header] + rows[f::4])
EOF
tiercel 3 profiles job.yaml -q --set run.directory="$work/shuffled-run" --set input.batch_mib=1 \
    --set "customers.files=[$work/shuffled/customers-*.csv]" --set "wide.files=[$work/shuffled/wide-*.csv]" \
    --set "interactions.files=[$work/shuffled/interactions-*.csv]"
same p1 shuffled-run profiles.h5
echo "identical for shuffled rows and files"

# joined in features.h5, through the whole job
for ranks in 1 3; do
    tiercel "$ranks" run job.yaml -q --set run.directory="$work/j$ranks" >/dev/null
done
same j1 j3 profiles.h5 features.h5 segments.h5 churn.h5 tiers.h5 report.json
/usr/bin/python3 "$here/check_profiles.py" tables j1/profiles.h5 j1/features.h5
/usr/bin/python3 - <<'EOF'
import h5py, json, numpy as np
report, tiers, features = json.load(open("j1/report.json"))["profiles"], h5py.File("j1/tiers.h5"), h5py.File("j1/features.h5")
assert report["customers_without_events"] > 0 and report["wide"]["customers_with_events"] < report["wide"]["customers"]
assert report["all_customers"] == h5py.File("j1/profiles.h5").attrs["n_rows"] and len(report["columns"]) == 34
assert sum(r["rows"] for r in report["interactions"]["reasons"]) == report["interactions"]["rows"]
for flag in ("consent", "protected"):
    assert np.array_equal(tiers["tiers/" + flag][:], features["user/" + flag][:])
ids = [i.decode() for i in tiers["tiers/id"][:]]
assert all(tiers["tiers/tier_number"][n] == 0 for n, i in enumerate(ids) if i.startswith("X"))
EOF
expect 0 "" 2 run job.yaml --set run.directory="$work/j1"
grep -q 'nothing to do' err.txt || fail "a complete run is repeated: $(cat err.txt)"
expect 0 "" 2 run job.yaml --set run.directory="$work/j1" --set 'wide.files=[tables/wide-0.csv]'
if grep -q 'ingest:' err.txt; then fail "ingest runs again for another wide table"; fi
grep -q 'features:' err.txt || fail "features does not follow a new wide table"

# models that use interactions and user features
uses=(--set 'segment.features=[{feature: net_amount}, {feature: visits_90d}, {feature: user.years}, {feature: user.region=north}]'
    --set "churn.features=[{feature: recency_days}, {feature: days_since_login}, {feature: user.f03, transform: none}, \
{feature: user.plan=pro, transform: none}, {feature: user.consent}, {feature: days_since_signup}]")
for ranks in 1 3; do
    tiercel "$ranks" run job.yaml --set run.directory="$work/j$ranks" "${uses[@]}" >/dev/null 2>log
done
same j1 j3 segments.h5 churn.h5 tiers.h5 report.json
[ "$(grep -c 'as given, not as of a date' log)" -eq 1 ] || fail "no warning: $(cat log)"
expect 78 "there are 34 user columns: years" 2 churn job.yaml --set run.directory="$work/j1" --set 'churn.features=[{feature: user.nix}]'
expect 78 "it has 3: basic, legacy, pro" 2 churn job.yaml --set run.directory="$work/j1" \
    --set 'churn.features=[{feature: user.plan=nix}]'
expect 78 "visits_90d needs interactions.files" 1 check input/config.yaml --set 'churn.features=[{feature: visits_90d}]'
expect 78 "no table has 'user.x'" 1 check input/config.yaml --set 'segment.features=[{feature: user.x}]'
echo "models use them"

# the wide table from HDF5: vectors and a matrix; what is in the columns is the same
hdf5=(--set "wide.files=[$work/tables/wide.h5]" --set wide.customer=table/customer --set wide.matrix=more/x
    --set wide.matrix_names=more/names)
for ranks in 1 3; do
    tiercel "$ranks" profiles job.yaml -q --set run.directory="$work/h$ranks" "${hdf5[@]}"
done
same h1 h3 profiles.h5
/usr/bin/python3 - <<'EOF'
import h5py, numpy as np
a, b = h5py.File("p1/profiles.h5"), h5py.File("h1/profiles.h5")
assert (a["customers/id"][:] == b["customers/id"][:]).all()
for name in a["wide"]:
    assert np.array_equal(a["wide"][name][:], b["wide"][name][:], equal_nan=a["wide"][name].dtype.kind == "f"), name
EOF
tiercel 2 profiles job.yaml -q --set run.directory="$work/f32" --set wide.storage=float32
/usr/bin/python3 -c '
import h5py, numpy as np
a, b = h5py.File("p1/profiles.h5"), h5py.File("f32/profiles.h5")
assert b["wide/f29"].dtype == np.float32
assert np.array_equal(a["wide/f29"][:].astype("f4"), b["wide/f29"][:], equal_nan=True)'
echo "the same from HDF5, and as float32"

# bad input
bad() {
    local code=$1 words=$2
    shift 2
    expect "$code" "$words" 2 profiles job.yaml --set run.directory="$work/bad" "$@"
    [ ! -e bad/profiles.h5 ] || fail "profiles.h5 after: $words"
    no_leftovers bad
}
bad 65 'customers-0.csv: the header has no column "sinc"' --set customers.columns.signup=sinc
bad 65 'has no column "plna"; check wide.categorical' --set 'wide.categorical=[{column: plna}]'
bad 66 'cannot be' --set 'wide.files=[missing.csv]'
bad 66 'cannot be read' --set 'wide.files=[missing.h5]'
bad 66 'no file matches' --set 'interactions.files=[missing-*.csv]'
bad 65 "is not there" "${hdf5[@]}" --set wide.customer=table/client
bad 65 "holds texts; name it in wide.categorical" "${hdf5[@]}" --set 'wide.categorical=[]'
printf "not HDF5" >not.h5
bad 65 "is not an HDF5 file" --set "wide.files=[$work/not.h5]"
bad 78 'one HDF5 file alone' --set "wide.files=[$work/tables/wide.h5, $work/tables/wide-0.csv]"
bad 78 'belong together' --set wide.matrix=x
bad 78 'of this name is there already' --set 'customers.attributes=[{column: consent}]'
bad 78 'repeated word' --set 'customers.attributes=[{column: region, kind: categorical, levels: a|a}]'
expect 78 "no table is configured" 2 profiles input/config.yaml --set run.directory="$work/bad"

printf 'customer,a\nu1,1\nu2,2\nu1,1.0\n' >doubled-0.csv
printf 'customer,a\nu3,1\nu2,3\n' >doubled-1.csv
doubled=(--set "wide.files=[$work/doubled-*.csv]" --set 'wide.categorical=[]')
for ranks in 1 3; do
    expect 65 "doubled-1.csv: line 3 is of the same customer as line 3 of doubled-0.csv" "$ranks" profiles job.yaml \
        --set run.directory="$work/bad" "${doubled[@]}"
done

# more columns than are allowed, and as many as are
/usr/bin/python3 - <<'EOF'
for n in (2000, 2001):
    with open("many-%d.csv" % n, "w") as f:
        f.write("customer," + ",".join("c%d" % i for i in range(n)) + "\n")
        for r in range(50):
            f.write("m%d," % r + ",".join(str(r * i) for i in range(n)) + "\n")
EOF
many=(--set 'wide.categorical=[]' --set 'customers.files=[]' --set 'interactions.files=[]')
bad 65 "has 2001 columns besides the id; 2000 are allowed" "${many[@]}" --set "wide.files=[$work/many-2001.csv]"
tiercel 3 profiles job.yaml -q --set run.directory="$work/many" "${many[@]}" --set "wide.files=[$work/many-2000.csv]"
/usr/bin/python3 -c '
import h5py
f = h5py.File("many/profiles.h5")
assert len(f["wide"]) == 2000
ids = [int(i.decode()[1:]) for i in f["customers/id"][:]]
assert f["wide/c1999"][:].tolist() == [i * 1999 for i in ids]'
echo "bad input is refused"

# memory: what does not fit is refused
cat many-2000.csv many-2000.csv many-2000.csv many-2000.csv many-2000.csv many-2000.csv | awk -F, 'NR == 1 || !/^customer/ {if (NR > 1) $1 = "m" NR; print}' OFS=, >much.csv
expect 71 "run.memory_per_rank" 1 profiles job.yaml --set run.directory="$work/bad" "${many[@]}" \
    --set "wide.files=[$work/much.csv]" --set run.memory_per_rank=4 --set input.batch_mib=1
echo "ok: memory"
