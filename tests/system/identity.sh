#!/usr/bin/env bash
# The same bytes on any number of ranks, more ranks than shards, more ranks than customers, and for shuffled input.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 3000 --files 3 --output input --dirt-missing-id 0.01 --dirt-duplicates 0.01 \
    --dirt-dates 0.005 --dirt-numbers 0.005 --dirt-newlines 0.01
for ranks in 1 2 3 4 7 70; do
    tiercel "$ranks" run input/config.yaml -q --set run.directory="$work/p$ranks" >/dev/null
    no_leftovers "p$ranks"
    # shellcheck disable=SC2086
    same p1 "p$ranks" $outputs
    echo "identical on $ranks ranks"
done
"$TIERCEL_PROGRAM" run input/config.yaml -q --set run.directory="$work/alone" >/dev/null
# shellcheck disable=SC2086
same p1 alone $outputs
echo "identical without mpirun"

# the same rows in another order, spread over other files
tiercel 2 synth --customers 3000 --files 3 --output clean --dirt-missing-id 0.01 --dirt-duplicates 0.01
mkdir shuffled
for file in clean/*.csv; do
    tail -n +2 "$file"
done | shuf --random-source=<(yes) >rows
split -n l/5 --additional-suffix=.csv rows part-
for part in part-*.csv; do
    { head -n 1 clean/transactions-000.csv; cat "$part"; } >"shuffled/$part"
done
tiercel 2 run clean/config.yaml -q --set run.directory="$work/in-order" >/dev/null
tiercel 3 run clean/config.yaml -q --set run.directory="$work/any-order" \
    --set "input.transactions=[$work/shuffled/*.csv]" >/dev/null
same in-order any-order events.h5 features.h5 segments.h5 churn.h5 tiers.h5 report.json
gzip -k shuffled/*.csv
tiercel 3 run clean/config.yaml -q --set run.directory="$work/zipped" \
    --set "input.transactions=[$work/shuffled/*.csv.gz]" >/dev/null
same in-order zipped events.h5 features.h5 segments.h5 churn.h5 tiers.h5 report.json
echo "identical for shuffled rows and files, and for .csv.gz"

# another size of exchange batches changes nothing
tiercel 2 run clean/config.yaml -q --set run.directory="$work/small" --set input.batch_mib=1 >/dev/null
same in-order small events.h5 features.h5 tiers.h5 report.json
