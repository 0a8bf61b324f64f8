#!/usr/bin/env bash
# The same sales written in many ways: encodings, decimal and thousands signs, currencies, orders of dates, offsets from UTC.
# All of them give the events of the plain file; what is not written as configured is rejected with its reason.
. "$TIERCEL_SOURCE/tests/system/common.sh"

/usr/bin/python3 "$TIERCEL_SOURCE/tests/system/write_formats.py" .
mkdir jobs # the configuration lies elsewhere: its folder is none of the texts' affair
config() { # name, lines of the section input
    {
        printf 'run: {directory: %s}\nquality: {enforce: false}\ninput:\n  transactions: [%s]\n' \
            "$work/$1" "$work/$1.csv"
        echo '  columns: {customer: Käufer, time: Zeit, amount: Betrag, order: Beleg, channel: Kanal, category: Art}'
        echo '  returns: {order_prefix: Ü}'
        printf '  %s\n' "${@:2}"
    } >"jobs/$1.yaml"
    tiercel 3 ingest "jobs/$1.yaml" -q
    tiercel 2 ingest "jobs/$1.yaml" -q --set run.directory="$work/again"
    same "$1" again events.h5 rejects.csv
}
config plain 'time_format: iso'
config german 'time_format: day_first' \
    'format: {encoding: windows-1252, delimiter: ";", decimal: comma, thousands: point, currency: ["€", EUR]}'
config american 'time_format: month_first' \
    'format: {decimal: ".", thousands: ",", currency: ["$", US$], negative: parentheses}'
config swiss 'time_format: compact' \
    'format: {encoding: latin-1, delimiter: tab, thousands: apostrophe, negative: trailing_minus, currency: [Fr.]}'
config french 'time_format: "%d %m %Y à %H:%M:%S"' 'format: {decimal: comma, thousands: blank, currency: ["€"]}'
config offsets 'time_format: iso' 'time_zone: "+01:00"' 'format: {thousands: underscore}'
config epoch 'time_format: epoch' 'time_zone: "+01:00"'
config epoch-ms 'time_format: epoch_ms' 'time_zone: "+01:00"'
/usr/bin/python3 - plain german american swiss french offsets epoch epoch-ms <<'EOF2'
import collections, csv, sys, h5py
def events(name):
    with h5py.File(f"{name}/events.h5") as f:
        return [f[d][:].tolist() for d in ("customers/id", "customers/hash", "customers/first_event", "events/time",
                "events/amount", "events/order", "events/kind", "events/channel", "events/category",
                "dictionary/channel", "dictionary/category")]
plain = events("plain")
assert sum(len(i.decode()) > 0 for i in plain[0]) == 100 and "Kä-7".encode() in plain[0]
assert min(plain[4]) < -10**10 and max(plain[4]) > 10**10 and len(plain[3]) == 3000
wanted = {"plain": {"amount": 2, "amount_overflow": 1, "time": 3, "encoding": 2}, "german": {"amount": 7, "time": 3, "encoding": 1},
          "american": {"amount": 5, "time": 3}, "swiss": {"amount": 4, "time": 2}, "french": {"amount": 4, "time": 1},
          "offsets": {"amount": 2, "time": 3}, "epoch": {"time": 3}, "epoch-ms": {"time": 2}}
for name in sys.argv[1:]:
    assert events(name) == plain, name
    with open(f"{name}/rejects.csv", newline="") as f:
        reasons = collections.Counter(line["reason"] for line in csv.DictReader(f))
    assert reasons == wanted[name], (name, reasons)
    print(f"ok: {name}: 3,000 equal events, rejected {dict(reasons)}")
EOF2

# without a clock of the company an offset cannot be read, and Z is cut off
tiercel 2 ingest jobs/offsets.yaml -q --set run.directory="$work/no-zone" --set input.time_zone= >/dev/null
/usr/bin/python3 - <<'EOF2'
import h5py
with h5py.File("no-zone/events.h5") as f:
    reasons = dict(zip((n.decode() for n in f["ingest/reason_name"][:]), f["ingest/reason_rows"][:].tolist()))
    assert reasons["time"] == 2000 + 3, reasons
    assert f.attrs["rows_used"] == 1000
EOF2
echo "without a time zone: 2,000 times with other offsets than Z are rejected"
