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
rm shuffled/*.gz
zstd -q --rm shuffled/*.csv
tiercel 3 run clean/config.yaml -q --set run.directory="$work/zst" \
    --set "input.transactions=[$work/shuffled/*.csv.zst]" >/dev/null
same in-order zst events.h5 features.h5 segments.h5 churn.h5 tiers.h5 report.json
echo "identical for shuffled rows and files, for .csv.gz and .csv.zst"

# another size of exchange batches changes nothing
tiercel 2 run clean/config.yaml -q --set run.directory="$work/small" --set input.batch_mib=1 >/dev/null
same in-order small events.h5 features.h5 tiers.h5 report.json

# fewer customers than ranks: six customers, three of whom come back
{
    echo "customer,time,amount,order"
    for c in a b c d e f; do
        for day in 01 07 19; do
            echo "$c,2024-0$((1 + day % 3))-$day 12:00:00,$((day + 7)).50,$c$day"
        done
        case $c in a | b | d) echo "$c,2024-06-2$((day % 5)) 09:30:00,12.00,${c}x" ;; esac
    done
    echo "a,2024-08-01 00:00:00,1.00,last"
} >few.csv
cat >few.yaml <<EOF
run: {directory: few, horizon_days: 60}
input:
  transactions: [few.csv]
  columns: {customer: customer, time: time, amount: amount, order: order}
segment: {k: 2}
churn: {min_class: 1, ridge: 0.1, features: [{feature: recency_days}]}
EOF
for ranks in 1 2 9; do
    tiercel "$ranks" run few.yaml -q --set run.directory="$work/few$ranks" >/dev/null
    # shellcheck disable=SC2086
    same few1 "few$ranks" $outputs
done
echo "identical with more ranks than customers"
