#!/usr/bin/env bash
# Names, profiles and quadrants of clusters against a recount of their own in Python; the same bytes on any number of ranks.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth -q --customers 2000 --files 2 --days 300 --output input
/usr/bin/python3 - <<'PY'
import csv, glob, random
random.seed(3)
customers = set()
for path in glob.glob("input/transactions-*.csv"):
    with open(path, newline="") as f:
        customers |= {row["customer_id"] for row in csv.DictReader(f)}
customers = sorted(customers)
with open("input/touches.csv", "w") as out:
    out.write("customer,time,kind\n")
    for c in customers:
        for _ in range(random.choice([0, 0, 0, 1, 2, 5])):
            out.write("%s,2024-%02d-%02d 10:00:00,%s\n" % (c, random.randint(6, 10), random.randint(1, 28),
                                                         random.choice(["ticket", "complaint", "visit"])))
with open("input/customers.csv", "w") as out:
    out.write("customer,plan,age\n")
    for c in customers + ["only-in-the-table"]:
        out.write("%s,%s,%s\n" % (c, random.choice(["basic", "pro", "pro", ""]), random.choice(["", "20", "35", "70"])))
PY

job() {
    local folder=$1 ranks=$2
    shift 2
    tiercel "$ranks" run input/config.yaml -q --set run.directory="$work/$folder" "$@" >/dev/null
    no_leftovers "$folder"
}

# the transactions alone: no service need is known
for ranks in 1 2 3 7; do
    job "plain$ranks" "$ranks"
done
same plain1 plain2 segments.h5 tiers.h5 report.json
same plain1 plain3 segments.h5 tiers.h5 report.json
same plain1 plain7 segments.h5 tiers.h5 report.json
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_names.py" plain1

# interactions, user features, missing values as a category, costs; customers without an event
tables=(--set "interactions.files=[touches.csv]" --set "customers.files=[customers.csv]"
    --set 'customers.attributes=[{column: plan, kind: categorical}, {column: age}]')
uses=(--set "segment.features=[{feature: order_count}, {feature: net_amount}, {feature: gross_amount}, \
{feature: user.plan=pro, transform: none}, {feature: user.age, transform: none, missing: category}, \
{feature: tickets_90d}, {feature: return_rate, transform: none}]")
for ranks in 1 3 7; do
    job "full$ranks" "$ranks" "${tables[@]}" "${uses[@]}" --set segment.k=7 --set segment.margin=0.4 \
        --set segment.case_cost=7.5 --set segment.complex_cases=2 --set segment.high_share=0.1
done
same full1 full3 segments.h5 tiers.h5 report.json
same full1 full7 segments.h5 tiers.h5 report.json
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_names.py" full1

# costs beyond all profit; many clusters, whose names must still differ; one cluster
job loss 2 "${tables[@]}" --set segment.case_cost=100000
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_names.py" loss
job many 2 --set segment.k=60
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_names.py" many
job one 2 --set segment.k=1
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_names.py" one

expect 78 "leave no customer whose spending power is low" 1 check input/config.yaml --set segment.high_share=0.8
echo "ok"
