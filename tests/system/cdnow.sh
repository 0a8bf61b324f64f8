#!/usr/bin/env bash
# CDNOW against its published figures: the whole file (69,659 rows, a header) and the sample of every tenth customer
# (6,919 rows, no header). Both are aligned by blanks, with CRLF and dates such as 19970101.
. "$TIERCEL_SOURCE/tests/system/common.sh"
need_data cdnow

for file in CDNOW_master.txt CDNOW_sample.txt sample_expected.csv cdnow_customers_summary_with_transactions.csv; do
    xz -dc "$data/$file.xz" >"$file"
done
# the first 39 weeks are history, the 39 weeks behind them the holdout
write_config() { # name, file, header, columns of customer, time, amount
    cat >"$1.yaml" <<END
run:
  directory: $work/$1
  as_of: 1998-07-01
  horizon_days: 273
input:
  transactions: [$2]
  time_format: compact
  format: {delimiter: blanks, header: $3}
  columns: {customer: "$4", time: "$5", amount: "$6"}
END
}
zstd -q CDNOW_sample.txt
write_config master CDNOW_master.txt true customer_id date dollar_value
write_config master-cds CDNOW_master.txt true customer_id date number_of_cds
write_config sample CDNOW_sample.txt false 2 3 5
write_config sample-cds CDNOW_sample.txt.zst false 2 3 4
write_config sample-drop CDNOW_sample.txt false 2 3 5
for name in master master-cds sample sample-cds; do
    tiercel 2 ingest "$name.yaml" -q
    tiercel 2 features "$name.yaml" -q
done
tiercel 2 ingest sample-drop.yaml -q --set input.duplicates=drop
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_cdnow.py" .

for ranks in 1 3 4 7; do
    tiercel "$ranks" ingest sample.yaml -q --set run.directory="$work/s$ranks"
    tiercel "$ranks" features sample.yaml -q --set run.directory="$work/s$ranks"
    same sample "s$ranks" events.h5 features.h5 rejects.csv
done
tiercel 3 ingest master.yaml -q --set run.directory="$work/m3"
same master m3 events.h5
echo "identical on 1, 2, 3, 4 and 7 ranks"
