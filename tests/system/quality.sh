#!/usr/bin/env bash
# Data quality: every figure against a recount by other code, every gate just passed and just failed on 1, 2 and 3 ranks. A
# failed gate publishes nothing: the files of the last good run stay byte for byte.
. "$TIERCEL_SOURCE/tests/system/common.sh"

check=$TIERCEL_SOURCE/tests/system/check_quality.py
none="{completeness: none, validity: none, consistency: none, duplicates: none, outliers: none}"

# rows with every kind of dirt, in three files
/usr/bin/python3 - <<'PYTHON'
import datetime
import random

random.seed(11)
first = datetime.date(2021, 1, 3)
days = [first + datetime.timedelta(i) for i in range(0, 355)]
days = [d for d in days if d.month not in (5, 8) and not (d.month == 10 and d.day % 9)]
rows = []
for i in range(2400):
    day = random.choice(days)
    customer = f"c{random.randrange(300)}"
    quantity, price = random.randrange(1, 9), random.randrange(100, 9000)
    if random.random() < 0.03:
        price *= 700
    order = f"{customer}-{i}" if random.random() < 0.92 else f"shared-{random.randrange(40)}"
    if random.random() < 0.05 and day < datetime.date(2021, 11, 6):
        quantity, order = -quantity, "C" + order
        if random.random() < 0.2:
            quantity = -quantity
    if random.random() < 0.02:
        price = 0
    cents = quantity * price
    if random.random() < 0.06:
        cents += random.choice((-2, -1, 1, 2, 500))
    row = [customer, f"{day} 1{i % 10}:00:00", f"{cents / 100:.2f}", str(quantity), f"{price / 100:.2f}", order,
           random.choice(("", "toys", "books", "food"))]
    dirt = random.random()
    if dirt < 0.12:
        row[0] = random.choice(("", "  "))
    elif dirt < 0.15:
        row[1] = random.choice(("2021-02-30", "", "soon"))
    elif dirt < 0.17:
        row[2] = random.choice(("12,x", "", "1.2.3"))
    elif dirt < 0.18:
        row[3] = random.choice(("many", ""))
    elif dirt < 0.19:
        row.append("more")
    rows.append(row)
    if random.random() < 0.04:
        rows.append(row)
random.shuffle(rows)
for part in range(3):
    with open(f"part-{part}.csv", "w") as f:
        f.write("who,when,sum,n,price,bill,kind\n")
        f.writelines(",".join(row) + "\n" for row in rows[part::3])
PYTHON
cat >dirty.yaml <<EOF
run: {directory: dirty, as_of: 2021-12-28, horizon_days: 60}
input:
  transactions: [part-*.csv]
  columns: {customer: who, time: when, amount: sum, quantity: n, unit_price: price, order: bill, category: kind}
  returns: {order_prefix: C}
quality: $none
segment: {k: 2}
churn: {min_class: 1, ridge: 0.1, features: [{feature: recency_days}]}
EOF
columns="customer=who time=when amount=sum quantity=n unit_price=price order=bill category=kind"
bounds="--set quality.not_before=2021-01-20 --set quality.not_after=2021-12-12"
recount() { # folder, further arguments
    local folder=$1
    shift
    # shellcheck disable=SC2086
    /usr/bin/python3 "$check" "$folder" --columns $columns --prefix C --as-of 2021-12-28 \
        --not-before 2021-01-20 --not-after 2021-12-12 "$@" --csv part-*.csv
}
for ranks in 1 2 3 7; do
    # shellcheck disable=SC2086
    tiercel "$ranks" run dirty.yaml -q --set run.directory="p$ranks" $bounds >"p$ranks.txt"
    # shellcheck disable=SC2086
    same p1 "p$ranks" $outputs
done
recount p1 || fail "the recount says otherwise"
grep -q "^Quality  *0 gates passed, 0 failed" p1.txt || fail "no data quality on the terminal: $(cat p1.txt)"
echo "identical on 1, 2, 3 and 7 ranks"

# every gate on both sides of its limit: by ingest, and by run from the counters of before
cp -r p1 good
recount p1 --gates >gates.txt || fail "no gates: $(cat gates.txt)"
[ "$(wc -l <gates.txt)" -eq 15 ] || fail "not 15 gates: $(cat gates.txt)"
unchanged() {
    no_leftovers good
    # shellcheck disable=SC2086
    same p1 good $outputs
}
gate=0
while read -r key pass stop words; do
    ranks=$((gate++ % 3 + 1))
    # shellcheck disable=SC2086
    if [ "${key#*:}" = "$key" ]; then
        expect 0 "" "$ranks" ingest dirty.yaml -q --set run.directory=try $bounds --set "quality.$key=$pass" </dev/null
    else # one limit for several checks: this one passes, another may not
        tiercel "$ranks" ingest dirty.yaml --set run.directory=try $bounds --set "quality.${key%:*}=$pass" \
            2>err.txt </dev/null || [ $? -eq 2 ]
        if grep '^ *FAILED ' err.txt | grep -qF "$words"; then fail "$key stops at $pass: $(cat err.txt)"; fi
    fi
    # shellcheck disable=SC2086
    expect 2 "quality.${key%:*}: " "$ranks" ingest dirty.yaml --set run.directory=good $bounds \
        --set "quality.${key%:*}=$stop" </dev/null
    grep '^tiercel: error: ' err.txt | grep -q "nothing was published" || fail "$key: $(cat err.txt)"
    grep '^ *FAILED ' err.txt | grep -qF "$words" || fail "$key: '$words' is missing in: $(cat err.txt)"
    awk '/FAILED/ { failed = 1 } /^tiercel: error/ && !failed { exit 1 }' err.txt || fail "the error stands before its reason"
    unchanged
    ranks=$((gate % 3 + 1))
    # shellcheck disable=SC2086
    expect 2 "quality.${key%:*}: " "$ranks" run dirty.yaml --set run.directory=good $bounds \
        --set "quality.${key%:*}=$stop" </dev/null
    unchanged
    echo "ok: $key passes at $pass, stops at $stop"
done <gates.txt

# all on all numbers of ranks, all named
for ranks in 1 2 3; do
    # shellcheck disable=SC2086
    expect 2 "quality.completeness: column \"who\" (customer)" "$ranks" ingest dirty.yaml --set run.directory=good $bounds \
        --set quality.completeness=0.95 --set quality.validity=0.999 --set quality.rejected=0.01 --set quality.duplicates=0.01
    [ "$(grep -c '^ *FAILED ' err.txt)" -ge 5 ] || fail "not all gates are named: $(cat err.txt)"
    unchanged
    # shellcheck disable=SC2086
    expect 2 "quality.rejected: rejected rows: " "$ranks" ingest dirty.yaml --set run.directory=fresh $bounds \
        --set quality.rejected=0.01
    [ -z "$(find fresh -name 'events.h5*' -o -name 'rejects.csv*')" ] || fail "something was published"
done
echo "ok: all failed gates are named, on 1, 2 and 3 ranks"

# the defaults stop this input; single columns may have other limits; a gate that is not enforced is only reported
expect 2 "column \"who\" (customer), rows with a value: 8" 2 ingest dirty.yaml --set run.directory=fresh \
    --set quality.completeness=0.9
expect 2 "column \"kind\" (category)" 2 ingest dirty.yaml --set run.directory=fresh --set quality.completeness=0.9 \
    --set "quality.columns=[{column: customer, completeness: 0.8}]"
expect 0 "" 2 ingest dirty.yaml --set run.directory=fresh --set quality.completeness=0.9 \
    --set "quality.columns=[{column: customer, completeness: 0.8}, {column: category, completeness: none}]"
# shellcheck disable=SC2086
expect 0 "" 2 run dirty.yaml --set run.directory=good $bounds --set quality.rejected=0.01 --set quality.enforce=false
grep -q "quality: 1 gates failed, not enforced; first quality.rejected: rejected rows: " err.txt || fail "no word: $(cat err.txt)"
grep -q "^Quality .* 1 failed (not enforced)" out.txt || fail "no word on the terminal: $(cat out.txt)"
/usr/bin/python3 - <<'PYTHON'
import json
q = json.load(open("good/report.json"))["data_quality"]
bad = [g["gate"] for g in q["gates"] if g["state"] == "failed"]
assert bad == ["rejected"] and not q["enforced"] and q["gates_failed"] == 1, bad
PYTHON
# nothing but the report is made anew for other limits
same p1 good events.h5 features.h5 segments.h5 churn.h5 tiers.h5
if grep -qE "^tiercel: (ingest|features|segment|churn|assign) +[0-9]" err.txt; then
    fail "other limits made more than the report: $(cat err.txt)"
fi
# the report alone judges too, and leaves the old one
cp good/report.json old.json
expect 2 "quality.rejected" 3 report dirty.yaml --set run.directory=good --set quality.rejected=0.01
cmp old.json good/report.json
echo "ok: defaults, single columns, not enforced, other limits later"

# the same rows in three instalments: the counters add up, but for what is known within each file
for part in 0 1 2; do
    # shellcheck disable=SC2086
    expect 0 "" $((part + 1)) run dirty.yaml -q --set run.directory=parts $bounds --set input.instalment="m$part" \
        --set "input.transactions=[part-$part.csv]"
done
/usr/bin/python3 - <<'PYTHON'
import json
one, three = (json.load(open(f"{run}/report.json"))["data_quality"] for run in ("p1", "parts"))
for q in (one, three):
    q["gates"] = [g for g in q["gates"] if g["gate"] != "duplicates" and g["of"] != "order_customer"]
    del q["consistency"]["order_customer"], q["rows"]["repeated"], q["rows"]["repeated_share"]
assert one == three, (one, three)
PYTHON
# shellcheck disable=SC2086
expect 2 "quality.rejected: rejected rows: 19.2" 2 run dirty.yaml --set run.directory=parts $bounds --set input.instalment=m2 \
    --set "input.transactions=[part-2.csv]" --set quality.rejected=0.192
echo "ok: instalments"

# a synthetic base with dirt, as its users run it
tiercel 2 synth -q --customers 2000 --files 2 --output base --dirt-missing-id 0.05 --dirt-duplicates 0.02 --dirt-dates 0.01 \
    --dirt-numbers 0.01 --dirt-newlines 0.02
tiercel 3 run base/config.yaml -q --set run.directory="$work/base/run" >out.txt
grep -q "^Quality .* gates passed, 0 failed" out.txt || fail "no data quality on the terminal: $(cat out.txt)"
/usr/bin/python3 "$check" base/run --prefix C --as-of 2025-12-31 --columns customer=customer_id time=order_date order=order_id \
    quantity=quantity unit_price=unit_price channel=channel category=category --csv base/transactions-*.csv ||
    fail "the recount says otherwise"
