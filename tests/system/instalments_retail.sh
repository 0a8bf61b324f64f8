#!/usr/bin/env bash
# UCI Online Retail month by month, as a shop would load it, or all at once: the same features, on any number of ranks. Each
# month has channels, categories and customers of its own.
. "$TIERCEL_SOURCE/tests/system/common.sh"
need_data online-retail

xz -dc "$data/online_retail.csv.xz" >all.csv
mkdir months
/usr/bin/python3 - <<'PY'
import csv
import re

names, rows = None, {}
with open("all.csv", encoding="latin-1", newline="") as file:
    reader = csv.reader(file)
    names = next(reader)
    at = names.index("InvoiceDate")
    for row in reader:
        month = re.match(r"(\d{4}-\d{2})-", row[at]) or re.match(r"(\d{1,2})/\d{1,2}/(\d{4})", row[at])
        key = month.group(1) if len(month.groups()) == 1 else f"{month.group(2)}-{int(month.group(1)):02d}"
        rows.setdefault(key, []).append(row)
for month, some in rows.items():
    with open(f"months/{month}.csv", "w", encoding="latin-1", newline="") as file:
        csv.writer(file).writerows([names, *some])
print(len(rows), "months,", sum(map(len, rows.values())), "rows")
PY
[ "$(find months -name '*.csv' | wc -l)" -eq 13 ] || fail "not 13 months: $(ls months)"

# job RANKS STAGE FOLDER ARGUMENTS...
job() {
    local ranks=$1 stage=$2 folder=$3
    shift 3
    tiercel "$ranks" "$stage" "$TIERCEL_SOURCE/jobs/online-retail.yaml" -q --set run.directory="$work/$folder" "$@" >/dev/null
}
for policy in keep drop; do
    policies=(--set "input.duplicates=$policy" --set quality.enforce=false)
    # written anew by Python, so that both ways read the same bytes
    job 2 ingest whole "${policies[@]}" --set "input.transactions=[$work/months/*.csv]"
    job 2 features whole "${policies[@]}" --set "input.transactions=[$work/months/*.csv]"
    ranks=0
    for file in months/*.csv; do
        ranks=$((ranks % 3 + 1))
        job "$ranks" ingest parts "${policies[@]}" --set input.instalment="$(basename "$file" .csv)" \
            --set "input.transactions=[$work/$file]"
    done
    for ranks in 1 2 3 7; do
        rm -f parts/features.h5
        job "$ranks" features parts "${policies[@]}" --set "run.events=[events/*.h5]" \
            --set "input.transactions=[$work/months/*.csv]"
        same whole parts features.h5
    done
    rm -rf whole parts
    echo "identical: $policy"
done
