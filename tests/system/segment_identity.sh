#!/usr/bin/env bash
# Clusters keep their numbers and names from run to run: a month of data added, another k, other features, no previous run, a
# damaged one, one of another kind; the same bytes on any number of ranks.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth -q --customers 3000 --files 2 --days 420 --output input

# The log up to a day: what had been exported a month before.
/usr/bin/python3 - <<'PY'
import csv, datetime, glob, re
as_of = re.search(r"as_of: (\S+)", open("input/config.yaml").read()).group(1)
cut = (datetime.date.fromisoformat(as_of) - datetime.timedelta(days=30)).isoformat()
open("cut", "w").write(cut)
for path in sorted(glob.glob("input/transactions-*.csv")):
    with open(path, newline="") as f, open(path.replace("input/", "input/early-"), "w", newline="") as out:
        rows = csv.reader(f)
        header = next(rows)
        at = header.index("order_date")
        write = csv.writer(out)
        write.writerow(header)
        write.writerows(r for r in rows if r[at][:10] < cut)
PY

# job FOLDER RANKS OPTIONS...: from the features of month1, if they are there, so that only the segments are made anew
job() {
    local folder=$1 ranks=$2
    shift 2
    [ "$folder" = first ] || [ ! -d month1 ] || cp -r month1 "$folder"
    tiercel "$ranks" run input/config.yaml -q --set run.directory="$work/$folder" --set segment.k=6 "$@" >/dev/null
}

early=(--set run.as_of="$(cat cut)" --set "input.transactions=[early-transactions-*.csv]")
job first 2 "${early[@]}"
for ranks in 1 2 3 7; do
    cp -r first "first$ranks"
    job "month$ranks" "$ranks" --set segment.previous="$work/first$ranks"
done
same month1 month2 segments.h5 tiers.h5 report.json
same month1 month3 segments.h5 tiers.h5 report.json
same month1 month7 segments.h5 tiers.h5 report.json
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_identity.py" first month1 same
echo "a month of data: same numbers, same bytes on 1, 2, 3, 7 ranks"

# named by its file, relative to the folder of the configuration: the same bytes
job file 2 --set segment.previous=../first/segments.h5
same month1 file segments.h5 tiers.h5 report.json

# the same base again: nobody moves, every cluster stays where it is
job again 3 --set segment.previous="$work/month1"
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_identity.py" month1 again equal

# more clusters, then fewer: new ones get new numbers, vanished ones are listed and their numbers not given again
job more1 1 --set segment.previous="$work/month1" --set segment.k=9
job more3 3 --set segment.previous="$work/month1" --set segment.k=9
same more1 more3 segments.h5 tiers.h5 report.json
job fewer1 3 --set segment.previous="$work/more1" --set segment.k=4
job third1 2 --set segment.previous="$work/fewer1" --set segment.k=9
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_identity.py" month1 more1 same
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_identity.py" more1 fewer1 same
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_identity.py" fewer1 third1 same month1 more1
echo "another k: new numbers for new clusters"

# another method: matched by customers, and said
other=(--set 'segment.features=[{feature: order_count}, {feature: net_amount}, {feature: recency_days, transform: none}]')
for ranks in 1 2 3 7; do
    cp -r month1 "other$ranks"
    tiercel "$ranks" run input/config.yaml --set run.directory="$work/other$ranks" --set segment.k=6 "${other[@]}" \
        --set segment.previous="$work/month1" >/dev/null 2>log
done
grep -q 'features added: net_amount, recency_days; features removed: average_order' log || fail "no word of the method: $(cat log)"
same other1 other2 segments.h5 tiers.h5 report.json
same other1 other3 segments.h5 tiers.h5 report.json
same other1 other7 segments.h5 tiers.h5 report.json
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_identity.py" month1 other1 changed
for change in 'segment.scale=minmax' 'segment.winsorise=0.01' 'segment.weight=order_count' \
    'segment.features=[{feature: order_count, transform: none},{feature: average_order},{feature: tenure_days},{feature: orders_180d}]' \
    'segment.features=[{feature: order_count},{feature: average_order, missing: drop},{feature: tenure_days},{feature: orders_180d}]'; do
    rm -rf varied
    job varied 2 --set segment.previous="$work/month1" --set "$change"
    /usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_identity.py" month1 varied changed
done
echo "another method: matched by customers"

# the previous run is an input: another one means that segments are made again, the same one that they are not
tiercel 2 run input/config.yaml --set run.directory="$work/file" --set segment.k=6 --set segment.previous=../first >/dev/null 2>log
grep -q "nothing to do" log || fail "made again although nothing changed: $(cat log)"
cp -r file changed
job changed 2 --set segment.previous=../more1
cmp -s file/segments.h5 changed/segments.h5 && fail "not made again with another previous run"
same month1 changed features.h5 churn.h5
echo "the previous run is part of what decides about reruns"

# bad previous runs: found before the input is read, nothing is written
bad() {
    local code=$1 words=$2 previous=$3
    rm -rf bad
    expect "$code" "$words" 3 run input/config.yaml --set run.directory="$work/bad" --set segment.previous="$previous"
    [ ! -e bad/events.h5 ] || fail "events.h5 after: $words"
}
bad 66 "segment.previous: $work/none: cannot be read: No such file" "$work/none"
expect 66 "segment.previous: $work/none: cannot" 1 check input/config.yaml --set segment.previous="$work/none"
mkdir empty
bad 66 "empty/segments.h5: cannot be read" "$work/empty"
bad 65 "segment.previous: $work/first/features.h5: holds tiercel.features" "$work/first/features.h5"
bad 65 "segment.previous: $work/input/config.yaml: is damaged or not a file of Tiercel" "$work/input/config.yaml"
head -c 5000 first/segments.h5 >short.h5
bad 65 "segment.previous: $work/short.h5: " "$work/short.h5"
grep -q 'delete' err.txt && fail "advises to delete the results of an earlier run: $(cat err.txt)"
expect 78 "is where this run itself writes" 2 run input/config.yaml --set run.directory="$work/month1" --set segment.previous="$work/month1"
expect 78 "is where this run itself writes" 2 run input/config.yaml --set run.directory="$work/month1" \
    --set segment.previous="$work/month1/segments.h5"

# damage that only reading finds, with checksums that fit or not: nothing is published
/usr/bin/python3 - <<'PY'
import h5py, numpy as np, shutil
def spoil(name, change):
    shutil.copy("first/segments.h5", name)
    with h5py.File(name, "a") as f:
        change(f)
def bits(f): f["customers/hash"][7, 1] = f["customers/hash"][7, 1] ^ np.uint64(1)
def order(f): f["model/number"][1] = f["model/number"][0]
def number(f): f.attrs.modify("last_number", 1)
def flipped(f): f["cluster"][11] = 60000
spoil("damaged-hash.h5", bits)
spoil("damaged-number.h5", order)
spoil("damaged-last.h5", number)
spoil("damaged-cluster.h5", flipped)
PY
cp -r month1 kept
for file in hash number last cluster; do
    expect 65 "" 3 segment input/config.yaml --set run.directory="$work/kept" --set segment.k=6 \
        --set segment.previous="$work/damaged-$file.h5"
    same month1 kept segments.h5
    no_leftovers kept
done
echo "bad previous runs are refused"

# each fault site of this part on each rank
if TIERCEL_FAULT=segment.flow:0:1 "$TIERCEL_PROGRAM" segment input/config.yaml -q --set run.directory="$work/kept" --set segment.k=6 \
    --set segment.previous="$work/first" 2>/dev/null; then
    fail "the fault site segment.flow was not reached"
elif [ $? -eq 64 ]; then
    echo "no fault sites in this build"
    exit 0
fi
for site in segment.previous segment.flow segment.describe segment.names; do
    for rank in 0 1 2; do
        export TIERCEL_FAULT="$site:$rank:1"
        LIMIT=60 expect 74 "fault injected at $site" 3 segment input/config.yaml --set run.directory="$work/kept" \
            --set segment.k=6 --set segment.previous="$work/first"
        unset TIERCEL_FAULT
        same month1 kept segments.h5
        no_leftovers kept
    done
done
echo "ok: faults"
