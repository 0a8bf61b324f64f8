#!/usr/bin/env bash
# Dirty bytes: every line of the input is used or counted as rejected with its line and reason, the same on any number of
# ranks; what cannot be trusted is refused with one line that says where.
. "$TIERCEL_SOURCE/tests/system/common.sh"

cat >dirt.yaml <<END
run: {directory: $work/r}
input:
  transactions: [$work/dirt.csv, $work/other.csv]
  columns: {customer: id, time: t, amount: a}
END
rows() { # n, first customer: n good rows
    awk -v n="$1" -v c="$2" 'BEGIN { for (i = 0; i < n; i++) printf "c%d,2024-03-%02d,%d.25\n", c + i % 50, 1 + i % 28, i }'
}
{
    printf '\xEF\xBB\xBFid,t,a\r\n'
    rows 500 100
    printf 'c1,2024-01-01\n'                     # 502 fields
    printf 'c1,2024-01-01,1,2\r\n'               # 503 fields
    printf 'c1,2024-01-01,\0001\n'               # 504 nul
    printf 'c1,2024-01-01\r,1\n'                 # 505 carriage_return
    printf 'c1,2024-02-30,1\n'                   # 506 time
    printf 'c1,2024-01-01,99999999999999999999\n' # 507 amount_overflow
    printf '%010000d,2024-01-01,1\n' 7           # 508 customer_long
    printf 'c1,5" pipe,1\nc2,2024-01-01,2\n\n"c3,2024-01-01,3\n' # 509 quote, 510 to 512 swallowed (its second " closes)
    printf 'c1,2024-01-01,'
    head -c 104857600 /dev/zero | tr '\0' 7      # 513 long: 100 MB
    printf '\n'
    rows 500 120
} >dirt.csv
{
    printf 'more, a ,t,"id"\n' # other order, padded, one more column
    printf 'x,"1.5",2024-04-01,"c\n7"\n'
    printf 'x, 2.5 ,2024-04-02, c8 \n'
} >other.csv
cat >expected.csv <<END
file,line,reason,column
dirt.csv,502,fields,
dirt.csv,503,fields,
dirt.csv,504,nul,#3
dirt.csv,505,carriage_return,#2
dirt.csv,506,time,t
dirt.csv,507,amount_overflow,a
dirt.csv,508,customer_long,id
dirt.csv,509,quote,#2
dirt.csv,510,swallowed,
dirt.csv,511,swallowed,
dirt.csv,512,swallowed,
dirt.csv,513,long,
END
for ranks in 1 2 3 7; do
    tiercel "$ranks" ingest dirt.yaml -q --set "run.directory=$work/p$ranks"
    no_leftovers "p$ranks"
    cmp "p$ranks/rejects.csv" expected.csv || fail "other rejects on $ranks ranks"
    same p1 "p$ranks" events.h5 rejects.csv
done
/usr/bin/python3 - p1/events.h5 <<'END'
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    a = f.attrs
    assert (a["rows_read"], a["rows_used"], a["rows_rejected"]) == (1014, 1002, 12), dict(a)
    assert f["events/amount"].shape == (1002,)
END
echo "ok: every line is counted, on 1, 2, 3 and 7 ranks"

refused() { # words, then the text of a file for printf
    # shellcheck disable=SC2059
    printf "$2" >bad.csv
    for ranks in 1 3; do
        expect "${3:-65}" "bad.csv: $1" "$ranks" ingest dirt.yaml --set "input.transactions=[$work/bad.csv]" \
            --set "run.directory=$work/bad"
        [ ! -e bad/events.h5 ] || fail "a refused file leaves events.h5"
        no_leftovers bad
    done
    echo "ok: $1"
}
good='id,t,a\nc1,2024-01-01,1\n'
refused 'the file ends inside quotes; look at the quotes in line 4' "$good\"c2\",2024-01-01,1\nc3,5\" pipe,1\nc4,2024-01-01,1\n"
refused 'the record at line 3 has several lines and more than' \
    "${good}c2,\"2024-01-01,1\n$(head -c 1100000 /dev/zero | tr '\0' x)\n$(rows 9 1)\n\"\n"
refused 'the header has no column "a"' 'id,t\nc1,2024-01-01\n'
refused 'the header has the column "a" twice' 'id,t,a,a\nc1,2024-01-01,1,1\n'
refused 'the header has a carriage return' 'id,t,a\rc1,2024-01-01,1\r'
refused 'is written in UTF-16' '\xFF\xFEi\0d\0\n\0'
printf 'id,a\n1,2\n' >other.csv
expect 65 'other.csv: the header has no column "t"' 3 ingest dirt.yaml --set "run.directory=$work/bad"

# the same rows in other dialects
rows 300 5 >body
dialect() { # name, options
    local name=$1
    shift
    for ranks in 1 3; do
        tiercel "$ranks" ingest dirt.yaml -q --set "input.transactions=[$work/$name.csv]" --set "run.directory=$work/$name$ranks" "$@"
        same "${name}1" "$name$ranks" events.h5
    done
    /usr/bin/python3 - comma1/events.h5 "${name}1/events.h5" <<'END'
import h5py, sys
with h5py.File(sys.argv[1]) as a, h5py.File(sys.argv[2]) as b:
    for name in ("events/time", "events/amount", "customers/hash", "customers/first_event"):
        assert (a[name][:] == b[name][:]).all(), name
END
    echo "ok: $name"
}
{ echo id,t,a; cat body; } >comma.csv
dialect comma
{ printf 'made by "us\n'; echo id,t,a; cat body; } | tr , ';' >semicolon.csv
dialect semicolon --set 'input.format={delimiter: ";", skip_lines: 1}'
{ echo id,t,a; sed "s/[^,]*/'&'/g" body; } | tr , '\t' >tab.csv
dialect tab --set "input.format={delimiter: tab, quote: \"'\"}"
sed 's/^/  /; s/,/   /g; s/$/\r/' body >blanks.csv
dialect blanks --set 'input.format={delimiter: blanks, header: false}' --set 'input.columns={customer: "1", time: "2", amount: "3"}'
tr , '|' <body >bar.csv
dialect bar --set 'input.format={delimiter: "|", header: false, quote: none}' \
    --set 'input.columns={customer: "1", time: "2", amount: "3"}'
expect 78 'input.format.delimiter' 2 ingest dirt.yaml --set input.format.delimiter=comma
