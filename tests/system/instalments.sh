#!/usr/bin/env bash
# Ingested by month, or all at once: the same features and tiers, for every policy of duplicates, on any number of ranks.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 1500 --files 2 --output input --dirt-missing-id 0.01 --dirt-duplicates 0.02 \
    --dirt-dates 0.005 --dirt-numbers 0.005 -q
# one file a month of the year, whatever the year; rows whose date is damaged go to month 01; and one file with
# rows of all months once more, some of them twice
printf 'quality:\n  duplicates: 1\n' >>input/config.yaml # else the file of repeats does not pass the gate
mkdir months
head -n 1 input/transactions-000.csv >header
column=$(tr ',' '\n' <header | grep -n '^order_date$' | cut -d: -f1)
for file in input/transactions-*.csv; do
    tail -n +2 "$file"
done >rows
awk -F, -v c="$column" '{ m = substr($c, 6, 2); if (m !~ /^(0[1-9]|1[0-2])$/) m = "01"; print >("months/" m ".rows") }' rows
awk 'NR % 50 == 0 { print; if (NR % 200 == 0) print }' rows >months/again.rows
for file in months/*.rows; do
    cat header "$file" >"${file%.rows}.csv"
    rm "$file"
done
names=$(find months -name '*.csv' -printf '%f\n' | sed 's/\.csv$//' | sort)
[ "$(echo "$names" | wc -l)" -eq 13 ] || fail "not 13 files: $names"

# whole FOLDER ARGUMENTS...: all files in one ingest, and the rest of the job
whole() {
    local folder=$1
    shift
    tiercel 2 run input/config.yaml -q --set run.directory="$work/$folder" \
        --set "input.transactions=[$work/months/*.csv]" "$@" >/dev/null
}
# instalments FOLDER ARGUMENTS...: one ingest a file
instalments() {
    local folder=$1 name ranks=0
    shift
    for name in $names; do
        ranks=$((ranks % 3 + 1))
        tiercel "$ranks" ingest input/config.yaml -q --set run.directory="$work/$folder" \
            --set input.instalment="$name" --set "input.transactions=[$work/months/$name.csv]" "$@" >/dev/null
    done
}
# stages FOLDER RANKS STAGES ARGUMENTS...: from the instalments on
stages() {
    local folder=$1 ranks=$2 names=$3 stage
    shift 3
    for stage in $names; do
        tiercel "$ranks" "$stage" input/config.yaml -q --set run.directory="$work/$folder" \
            --set "run.events=[events/*.h5]" --set "input.transactions=[$work/months/*.csv]" "$@" >/dev/null
    done
}
for policy in keep drop drop_between_files; do
    whole "whole-$policy" --set input.duplicates=$policy
    instalments "parts-$policy" --set input.duplicates=$policy
    for ranks in 1 3 7; do
        rm -f "parts-$policy"/*.h5
        stages "parts-$policy" "$ranks" features --set input.duplicates=$policy
        same "whole-$policy" "parts-$policy" features.h5
    done
    stages "parts-$policy" 2 "features segment churn assign report" --set input.duplicates=$policy
    same "whole-$policy" "parts-$policy" features.h5 segments.h5 churn.h5 tiers.h5
    no_leftovers "parts-$policy"
    # what the report says of the input is the same, but for what each ingest alone can count
    /usr/bin/python3 - "whole-$policy/report.json" "parts-$policy/report.json" <<'EOF'
import json, sys
reports = [json.load(open(p)) for p in sys.argv[1:]]
whole, parts = (r["input"] for r in reports)
quality = [r["data_quality"] for r in reports]
for key in "columns", "coverage":
    assert quality[0][key] == quality[1][key], key
assert parts.pop("event_files") == 13
each = parts.pop("counted_within_each_file")
for key in whole:
    if key not in each:
        assert whole[key] == parts[key], (key, whole[key], parts[key])
EOF
    echo "identical by instalments: duplicates $policy"
done
if cmp -s whole-keep/features.h5 whole-drop/features.h5 ||
    cmp -s whole-drop/features.h5 whole-drop_between_files/features.h5; then
    fail "the policies make no difference here"
fi

# other names: the same bytes
mkdir -p cut/events
cp parts-keep/events/*.h5 cut/events
(cd cut/events && mv 03.h5 zz.h5)
keep="--set input.duplicates=keep"
# shellcheck disable=SC2086
stages cut 2 features $keep
same whole-keep cut features.h5
# little memory: several blocks, windows and batches
# shellcheck disable=SC2086
stages cut 2 features $keep --set run.memory_per_rank=65
same whole-keep cut features.h5

# a new month: only its files are read, and the later stages notice
run() { # instalment; prints the stages that ran
    # shellcheck disable=SC2086
    tiercel 2 run input/config.yaml --set run.directory="$work/grow" --set input.instalment="$1" \
        --set "input.transactions=[$work/months/$1.csv]" $keep 2>log.txt >/dev/null || fail "run failed: $(cat log.txt)"
    grep -oE '^tiercel: (ingest|features|segment|churn|assign|report) ' log.txt | sed 's/tiercel: //' | tr -d '\n' || true
}
expect_stages() {
    [ "$1" = "$2" ] || fail "stages '$2' ran instead of '$1'"
    echo "ran: ${2:-nothing}"
}
mkdir -p grow/events
for name in $names; do
    [ "$name" = 12 ] || cp "parts-keep/events/$name.h5" "parts-keep/events/$name.rejects.csv" grow/events
done
expect_stages "ingest features segment churn assign report " "$(run 12)"
same whole-keep grow features.h5 tiers.h5
expect_stages "" "$(run 12)"
expect_stages "ingest " "$(run 11)" # the same rows, so nothing after it
expect_stages "" "$(run 11)"
same whole-keep grow features.h5 tiers.h5

# what cannot be
job="input/config.yaml --set run.directory=$work/grow --set run.events=[events/*.h5] $keep"
cp grow/events/05.h5 grow/events/x.h5
# shellcheck disable=SC2086
expect 65 "05.h5 and $work/grow/events/x.h5 hold the same rows" 2 features $job
tiercel 1 ingest input/config.yaml -q --set run.directory="$work/grow" --set input.instalment=x \
    --set "input.transactions=[$work/months/05.csv]" --set input.zero_amount=reject --set input.duplicates=keep >/dev/null
# shellcheck disable=SC2086
expect 65 "x.h5 were made by different rules of section input" 3 features $job
rm grow/events/x.*
# shellcheck disable=SC2086
expect 65 "differ from those of the configuration" 2 features $job --set input.zero_amount=reject
expect 66 "no file matches events/2031*.h5" 2 features input/config.yaml --set run.directory="$work/grow" \
    --set "run.events=[events/2031*.h5]"
expect 66 "none.h5" 2 features input/config.yaml --set run.directory="$work/grow" --set "run.events=[none.h5]"
expect 78 "input.instalment" 2 run input/config.yaml --set input.instalment=../x
echo "refused as they must be"
