#!/usr/bin/env bash
# Bad input gets one line that says what, where and what to do; the documented code; nothing half-written; previous results
# untouched. Each case on 3 ranks.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 600 --files 2 --output input
tiercel 2 run input/config.yaml -q --set run.directory="$work/good" >/dev/null
cp -r good reference
first=$(find input -name '*.csv' | sort | head -n 1)

unchanged() {
    no_leftovers good
    # shellcheck disable=SC2086
    same reference good $outputs
}
bad() { # code, words, further arguments of run
    local code=$1 words=$2
    shift 2
    expect "$code" "$words" 3 run input/config.yaml --set run.directory="$work/good" "$@"
    unchanged
    echo "ok: $code $words"
}

# the command line and the configuration
expect 64 "unknown command" 3 frobnicate
expect 64 "a command is missing" 3
expect 64 "needs a configuration" 3 run
expect 64 "unknown option" 3 run --frobnicate input/config.yaml
expect 66 "nowhere.yaml" 3 run nowhere.yaml
bad 78 "segment" --set segment.kk=3
bad 78 "segment.k" --set segment.k=0
bad 78 "segment.k" --set segment.k=many
bad 78 "input.duplicates" --set input.duplicates=perhaps
bad 78 "recency_dayz" --set "segment.features=[{feature: recency_dayz}]"
bad 78 "assign.tiers" --set "assign.tiers=[{name: a, share: 0.5}, {name: b, share: 0.6}]"
bad 78 "1" --set "assign.rules=[{name: all, r: [1, 5], f: [1, 4]}]"
printf 'run:\n  directory: x\n  sead: 1\n' >typo.yaml
expect 78 "typo.yaml:3" 3 run typo.yaml

# input files
bad 66 "gone.csv" --set "input.transactions=[$work/gone.csv]"
bad 66 "*.none" --set "input.transactions=[$work/*.none]"
bad 65 "NoSuchColumn" --set input.columns.customer=NoSuchColumn
bad 65 "time" --set input.time_format=compact
: >empty.csv
bad 65 "empty.csv" --set "input.transactions=[$work/empty.csv]"
head -n 1 "$first" >header.csv
bad 65 "no row" --set "input.transactions=[$work/header.csv]"
{ head -n 1 "$first"; echo ",,,,,,"; echo ",,,,,,"; } >rejects.csv
bad 65 "customer_missing" --set "input.transactions=[$work/rejects.csv]"
{ cat "$first"; printf '"unbalanced'; } >quote.csv
bad 65 "quote.csv" --set "input.transactions=[$work/quote.csv]"
gzip -c "$first" | head -c 3000 >cut.csv.gz
bad 65 "cut.csv.gz" --set "input.transactions=[$work/cut.csv.gz]"
zstd -q -c "$first" >whole.zst
head -c 3000 whole.zst >cut.csv.zst
bad 65 "cut.csv.zst: ends in the middle" --set "input.transactions=[$work/cut.csv.zst]"
bad 78 "input.time_zone" --set input.time_zone=Europe/Berlin
bad 78 "input.format.thousands" --set input.format.decimal=comma --set input.format.thousands=comma
bad 78 "currency sign 2" --set 'input.format.currency=[EUR, 5]'

# numbers that allow no result
late() { # as bad, but a later stage fails: the stages before it are done anew, the last result stays
    local code=$1 words=$2
    shift 2
    expect "$code" "$words" 3 run input/config.yaml --set run.directory="$work/good" "$@"
    same reference good tiers.h5 report.json
    no_leftovers good
    rm -rf good && cp -r reference good
    echo "ok: $code $words"
}
head -n 40 "$first" >few.csv
late 65 "segment.k" --set segment.k=250 --set "input.transactions=[$work/few.csv]"
bad 78 "run.horizon_days" --set run.horizon_days=7000
late 65 "run.horizon_days" --set run.horizon_days=3000
late 65 "run.as_of" --set run.as_of=2001-01-01
expect 65 "one class" 3 run input/config.yaml --set run.directory="$work/one-class" --set run.as_of=2024-03-01 \
    --set run.horizon_days=20 --set churn.min_class=5000

# directories and files
touch file
expect 74 "file" 3 run input/config.yaml --set run.directory="$work/file/x"
mkdir locked && chmod 555 locked && chmod 755 "$work" && chmod -R a+rX input
cp "$TIERCEL_PROGRAM" program # the user may not see the folder of the build
as_user=()
if [ "$(id -u)" -eq 0 ]; then
    as_user=(runuser -u nobody --) # root may write everywhere
fi
code=0
HOME=/tmp "${as_user[@]}" timeout 60 mpirun -n 2 "$work/program" run input/config.yaml \
    --set run.directory="$work/locked/r" >out.txt 2>err.txt || code=$?
[ "$code" = 74 ] || fail "a locked directory gives $code: $(cat err.txt)"
echo "ok: directory without write permission"

# damaged results of earlier stages, met by a stage that is called alone
damaged() { # code, words, command that damages, stage
    rm -rf broken && cp -r reference broken
    (cd broken && eval "$3")
    expect "$1" "$2" 3 "$4" input/config.yaml --set run.directory="$work/broken"
    no_leftovers broken
    echo "ok: $2 ($4)"
}
damaged 66 "features.h5" "rm features.h5" segment
damaged 65 "features.h5" "head -c 3000 ../reference/features.h5 >features.h5" churn
damaged 65 "features.h5" "echo text >features.h5" segment
damaged 65 "tiercel.events" "cp events.h5 features.h5" segment
damaged 65 "version" "/usr/bin/python3 -c 'import h5py; f = h5py.File(\"features.h5\", \"a\"); f.attrs[\"schema_version\"] = 99'" segment
damaged 65 "damaged" "/usr/bin/python3 -c 'import h5py; f = h5py.File(\"events.h5\", \"a\"); f[\"events/amount\"][7] += 1'" features
damaged 65 "complete" "/usr/bin/python3 -c 'import h5py; f = h5py.File(\"events.h5\", \"a\"); del f.attrs[\"complete\"]'" features
