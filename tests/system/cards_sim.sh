#!/usr/bin/env bash
# cards-sim: 1,754,155 simulated card payments; amounts with binary noise are rounded and counted.
. "$TIERCEL_SOURCE/tests/system/common.sh"
need_data cards-sim

xz -dc "$data/transactions.csv.xz" >transactions.csv
cat >cards.yaml <<EOF
run:
  directory: p1
  horizon_days: 30
input:
  transactions: [transactions.csv]
  columns:
    customer: CUSTOMER_ID
    time: TX_DATETIME
    amount: TX_AMOUNT
    order: TRANSACTION_ID
churn:
  min_class: 1
EOF
for ranks in 1 2 3 4 7; do
    tiercel "$ranks" ingest cards.yaml -q --set run.directory="$work/p$ranks"
    tiercel "$ranks" features cards.yaml -q --set run.directory="$work/p$ranks"
    same p1 "p$ranks" events.h5 features.h5
done
/usr/bin/python3 - <<'EOF'
import h5py
with h5py.File("p1/events.h5") as f:
    a = f.attrs
    assert a["rows_read"] == a["rows_used"] == 1754155, a["rows_read"]
    assert a["n_rows"] == 4990, a["n_rows"]
    assert a["amount_net"] == 940793700800, a["amount_net"]
    # 1,214 rows have 13 to 16 decimals (counted with awk)
    assert a["amounts_rounded"] == 1214, a["amounts_rounded"]
    assert a["duplicate_rows"] == 0
    assert (f["events/amount"][:] == 0).sum() == 42
print("1,754,155 rows, 4,990 customers, 94,079,370.08, 1,214 rounded; identical on 1, 2, 3, 4, 7 ranks")
EOF
