#!/usr/bin/env bash
# The dirt of UCI Online Retail, column by column: the file is read with another column as customer, quantity or price as
# amount, and each count of its documentation must come out.
. "$TIERCEL_SOURCE/tests/system/common.sh"
need_data online-retail

xz -dc "$data/online_retail.csv.xz" >online_retail.csv
read_as() { # folder, further arguments
    local folder=$1
    shift
    tiercel 2 ingest "$TIERCEL_SOURCE/jobs/online-retail.yaml" -q --set run.directory="$work/$folder" \
        --set "input.transactions=[$work/online_retail.csv]" --set quality.enforce=false \
        --set input.columns.quantity= --set input.columns.unit_price= "$@"
}
read_as quantity --set input.columns.amount=Quantity --set input.columns.customer=InvoiceNo
read_as price --set input.columns.amount=UnitPrice --set input.columns.customer=InvoiceNo \
    --set input.returns.order_prefix=A
stock=(--set input.columns.amount=Quantity --set input.columns.customer=StockCode --set input.columns.order=
    --set input.returns.order_prefix= --set input.customer_id.strip_decimal=false)
read_as stock "${stock[@]}"
read_as stock-folded "${stock[@]}" --set input.customer_id.case=lower
read_as description --set input.columns.amount=Quantity --set input.columns.customer=Description \
    --set input.columns.order= --set input.returns.order_prefix=
read_as country --set input.columns.amount=Quantity --set input.columns.channel=Country
/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/check_online_rows.py" .
