#!/usr/bin/env bash
# Rows of a nasty file (quoted newlines, CRLF, a byte order mark, doubled quotes, blank lines) as Python's csv module reads
# them from the outside, for real ranks; rows of growing length in front move the cuts.
. "$TIERCEL_SOURCE/tests/system/common.sh"
cat >config.yaml <<EOF
run: {directory: out, horizon_days: 30}
input:
  transactions: [input.csv]
  columns: {customer: customer, time: time, amount: amount, order: 'the "order"', channel: channel}
quality: {completeness: 0.5}
EOF
for pad in 0 1 2 3 8 21 55; do
    # the file, with a row of `pad` bytes more behind the header
    /usr/bin/python3 - "$TIERCEL_SOURCE/tests/golden/nasty.csv" "$pad" <<'EOF'
import sys
text, pad = open(sys.argv[1], "rb").read(), int(sys.argv[2])
end = text.index(b"channel\r\n") + len(b"channel\r\n")
row = b'"%s",2024-02-01,7,pad,"\n"\r\n' % (b"p" * pad + b'\n""')
open("input.csv", "wb").write(text[:end] + (row if pad else b"") + text[end:])
EOF
    for ranks in 2 3 4 5 7; do
        if [ "$pad" -gt 0 ] && [ "$ranks" -ne $((2 + pad % 4)) ]; then
            continue # all ranks for one length, all lengths for one rank
        fi
        tiercel "$ranks" ingest config.yaml -q >/dev/null
        /usr/bin/python3 - <<'EOF' || fail "$ranks ranks, $pad bytes more"
import csv, sys
from decimal import Decimal
import h5py
header, *rows = [r for r in csv.reader(open("input.csv", newline="", encoding="utf-8-sig")) if r]
wanted = sorted((r[0].strip(" \t"), Decimal(r[2]), r[4].strip(" \t")) for r in rows)
with h5py.File("out/events.h5") as f:
    ids = [bytes(i).rstrip(b"\0").decode() for i in f["customers/id"][:]]
    first = list(f["customers/first_event"][:]) + [len(f["events/amount"])]
    channels = [""] + [bytes(c).rstrip(b"\0").decode() for c in f["dictionary/channel"][:]]
    offset = 1 if len(channels) > 1 and channels[1] == "" else 0
    amounts, codes = f["events/amount"][:], f["events/channel"][:]
    found = sorted((ids[c], Decimal(int(amounts[e])) / 10000, channels[codes[e] + offset])
                   for c in range(len(ids)) for e in range(first[c], first[c + 1]))
    if f.attrs["rows_read"] != len(rows) or found != wanted:
        sys.exit(f"read {f.attrs['rows_read']} of {len(rows)} rows\n{found}\n{wanted}")
EOF
    done
done
echo "ok: rows as Python's csv module reads them"
