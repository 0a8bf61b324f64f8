#!/usr/bin/env bash
# As system.memory, on UCI Online Retail: little memory and many ranks give the bytes of one run in plenty of it.
. "$TIERCEL_SOURCE/tests/system/common.sh"
need_data online-retail

mkdir scratch
xz -dc "$data/online_retail.csv.xz" >online_retail.csv
job=$TIERCEL_SOURCE/jobs/online-retail.yaml
for duplicates in keep drop; do
    tiercel 2 ingest "$job" -q --set "input.transactions=[$work/online_retail.csv]" \
        --set run.directory="$work/large" --set input.duplicates=$duplicates
    for ranks in 1 2 3 7; do
        tiercel "$ranks" ingest "$job" -q --set "input.transactions=[$work/online_retail.csv]" \
            --set run.directory="$work/small" --set input.duplicates=$duplicates \
            --set run.memory_per_rank=72 --set "run.scratch=$work/scratch"
        same large small events.h5 rejects.csv
    done
done
[ -z "$(ls -A scratch)" ] || fail "left in the scratch folder: $(ls -A scratch)"
echo "identical: Online Retail"
