#!/usr/bin/env bash
# What the operator sees: log lines as JSON, run.json and its attempts, imbalance, tiercel status on a running, ended, failed,
# stopped and killed job, heartbeats of a job that stands still, progress in a batch log and on a terminal.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 3000 --files 2 --output input 2>/dev/null
check() { # FILE PYTHON...: a statement on d, the JSON of a file
    local file=$1
    shift
    /usr/bin/python3 -c "import json
d = json.load(open('$file'))
$*" || fail "$file: $*: $(cat "$file")"
}
status() { # RUN [--json]: without a launcher
    "$TIERCEL_PROGRAM" status "$@" >status.txt
}
run() { # RANKS FOLDER ...
    local ranks=$1 folder=$2
    shift 2
    tiercel "$ranks" run input/config.yaml --set run.directory="$work/$folder" "$@"
}

# --- a sound run: each line of the log is JSON, each stage has its line and its figures
run 3 r --log-json >/dev/null 2>log.txt || fail "$(cat log.txt)"
/usr/bin/python3 - <<'PYTHON' || fail "$(cat log.txt)"
import json
lines = [json.loads(line) for line in open("log.txt")]
assert all({"time", "level", "message"} <= set(line) for line in lines)
stages = [line["stage"] for line in lines if line.get("event") == "stage"]
assert stages == ["ingest", "features", "segment", "churn", "assign", "report"], stages
run = json.load(open("r/run.json"))
for line in lines:
    if line.get("event") == "stage":
        entry = run["stages"][line["stage"]]
        assert entry["state"] == "complete" and entry["ranks"] == 3
        for key in ("seconds", "busy_seconds_slowest_rank", "busy_seconds_mean", "imbalance", "slowest_rank", "bytes_read",
                    "bytes_written", "peak_bytes_largest_rank", "peak_bytes_all_ranks", "waiting_seconds_mean", "messages"):
            assert key in entry and key in line, key
        assert 0 < entry["busy_seconds_mean"] <= entry["busy_seconds_slowest_rank"] <= entry["seconds"] + 1e-3, entry
        assert entry["collectives"] > 0 and entry["bytes_written"] > 0
PYTHON
check r/run.json 'assert d["state"] == "complete" and d["exit_code"] == 0 and "message" not in d
a, = d["attempts"]
assert a["state"] == "complete" and a["ranks"] == 3 and a["number"] == 1 and a["command"] == "run" and len(a["hosts"]) == 1
assert a["start"] <= a["end"] and a["stages"] == ["ingest", "features", "segment", "churn", "assign", "report"]'
check r/heartbeat.json 'assert d["state"] == "complete" and d["exit_code"] == 0 and d["attempt"] == 1 and d["ranks"] == 3'
status r
grep -qE '^state +complete, exit code 0' status.txt || fail "$(cat status.txt)"
grep -qE '^ingest +complete, [0-9.]+ s on 3 ranks, imbalance .* read .* wrote ' status.txt || fail "$(cat status.txt)"
! grep -lE 'C0[0-9]{7}' r/run.json r/heartbeat.json log.txt status.txt || fail "customers in operational files"

# what is read and written does not depend on the number of ranks: the input is read once, what is made is written once
size=$(cat input/transactions-*.csv | wc -c)
for ranks in 1 2 7; do
    run $ranks n -q >/dev/null
    # shellcheck disable=SC2086
    same r n $outputs
    check n/run.json "r = json.load(open('r/run.json'))['stages']
read, wrote = d['stages']['ingest']['bytes_read'], d['stages']['ingest']['bytes_written']
assert $size <= read <= 1.2 * $size + (1 << 20) * $ranks, read
for name, entry in d['stages'].items():
    assert abs(entry['bytes_written'] - r[name]['bytes_written']) <= 0.02 * r[name]['bytes_written'], name
assert d['stages']['ingest']['message_bytes'] > 0 or $ranks == 1"
    rm -r n
done
echo "ok: figures"

# --- a rank that lags is named, by number of the rank and by how much
TIERCEL_FAULT=ingest.sort:1:1:lag run 3 slow >/dev/null 2>log.txt || fail "$(cat log.txt)"
grep -qE '^tiercel: warning: ingest: imbalance: rank 1 of 3 was busy for [0-9.]+ s, the mean rank for .* more' log.txt ||
    fail "no imbalance: $(cat log.txt)"
check slow/run.json 'e = d["stages"]["ingest"]
assert e["imbalance"] > 0.2 and e["slowest_rank"] == 1 and e["busy_seconds_slowest_rank"] > 2.5 and e["waiting_seconds_mean"] > 1'
echo "ok: imbalance"

# --- a job that stands still is alive, and does not advance; then it is killed
TIERCEL_FAULT=features.compute:1:1:sleep setsid mpirun -n 3 "$TIERCEL_PROGRAM" run input/config.yaml \
    --set run.directory="$work/k" --set run.heartbeat_seconds=1 --set run.progress_seconds=1 >/dev/null 2>log.txt &
job=$!
trap 'kill -9 -- -$job 2>/dev/null; rm -rf "$work"' EXIT
still() {
    [ -s k/heartbeat.json ] && /usr/bin/python3 -c '
import json, sys
json.load(open("k/run.json"))  # sound at any moment
d = json.load(open("k/heartbeat.json"))
sys.exit(not (d["state"] == "running" and d["stage"] == "features" and d["seconds_since_progress"] > 3))'
}
for ((i = 0; i < 600; i++)); do
    if still; then break; fi
    kill -0 $job 2>/dev/null || fail "the job ended: $(cat log.txt)"
    sleep 0.2
done
still || fail "no heartbeat of a job that stands still: $(cat k/heartbeat.json log.txt)"
status k
grep -qE '^state +running$' status.txt || fail "$(cat status.txt)"
grep -qE '^stage +features, 2 of 6' status.txt || fail "$(cat status.txt)"
grep -qE '^ingest +complete' status.txt || fail "$(cat status.txt)"
status k --json
check status.txt 'assert d["state"] == "running" and d["heartbeat"]["seconds_since_progress"] > 3
assert d["heartbeat_age_seconds"] < 60 and d["attempts"][0]["state"] == "running" and "features" not in d["stages"]'
grep -qE '^tiercel: features: .*so far$' log.txt || fail "no line of progress: $(cat log.txt)"
rank0=$(/usr/bin/python3 -c 'import json; print(json.load(open("k/heartbeat.json"))["pid"])')
kill -9 -- -$job "$rank0"
wait $job 2>/dev/null || true
trap 'rm -rf "$work"' EXIT
for ((i = 0; i < 600; i++)); do
    status k
    if grep -qE '^state +lost' status.txt; then break; fi
    sleep 0.1
done
grep -qE '^state +lost: killed' status.txt || fail "a killed job is: $(cat status.txt)"
grep -qE '^heartbeat .* none since ' status.txt || fail "$(cat status.txt)"
run 2 k -q >/dev/null 2>log.txt || fail "$(cat log.txt)"
# shellcheck disable=SC2086
same r k $outputs
check k/run.json 'a, b = d["attempts"]
assert a["state"] == "lost" and "end" not in a and a["last_heartbeat"] >= a["start"] and a["stage"] == "features"
assert a["stages"] == ["ingest"] and a["ranks"] == 3
assert b["state"] == "complete" and b["number"] == 2 and b["ranks"] == 2 and "ingest" not in b["stages"]'
no_leftovers k
echo "ok: heartbeat, killed"

# --- how a job ended
expect 66 "nowhere.csv" 2 run input/config.yaml --set run.directory="$work/f" --set 'input.transactions=[nowhere.csv]'
status f
grep -qE '^state +failed, exit code 66' status.txt || fail "$(cat status.txt)"
grep -q '^message .*nowhere.csv' status.txt || fail "$(cat status.txt)"
code=0
TIERCEL_FAULT=features.compute:0:1:stop run 3 f >/dev/null 2>&1 || code=$?
[ "$code" = 75 ] || fail "a job that was told to stop ends with $code"
check f/run.json 'assert d["state"] == "interrupted" and d["exit_code"] == 75 and d["message"]
assert [a["state"] for a in d["attempts"]] == ["failed", "interrupted"]'
check f/heartbeat.json 'assert d["state"] == "interrupted" and d["exit_code"] == 75'
run 1 f -q >/dev/null
# shellcheck disable=SC2086
same r f $outputs
check f/run.json 'assert d["state"] == "complete" and "message" not in d and len(d["attempts"]) == 3'

bad_status() { # CODE WORDS ARGUMENTS...
    local code=$1 words=$2 found=0
    shift 2
    "$TIERCEL_PROGRAM" status "$@" >/dev/null 2>err.txt || found=$?
    [ "$found" = "$code" ] || fail "status $* gives $found instead of $code"
    grep '^tiercel: error: ' err.txt | grep -qF -- "$words" || fail "status $*: $(cat err.txt)"
}
bad_status 66 "is no run directory" input
bad_status 66 "is no run directory" nowhere
bad_status 64 "is missing"
bad_status 64 "--nonsense" r --nonsense
mkdir damaged
echo '{"state": "run' >damaged/run.json
bad_status 65 "damaged/run.json" damaged
echo '[]' >damaged/run.json
bad_status 65 "damaged/run.json" damaged
echo '{"state": 7, "attempts": {"a": []}, "stages": [1, {"b": 2}], "message": null}' >damaged/run.json
status damaged # nothing of it is trusted
"$TIERCEL_PROGRAM" --log-json status nowhere 2>err.txt && fail "status nowhere gives 0"
check err.txt 'assert d["level"] == "error" and d["exit_code"] == 66'
expect 64 "--progress needs" 2 run input/config.yaml --progress sideways

# heartbeats are a service: a job goes on without
mkdir -p h/heartbeat.json/full
run 2 h -q >/dev/null 2>log.txt || fail "$(cat log.txt)"
[ "$(grep -c 'heartbeat.json cannot be written: .*goes on without' log.txt)" = 1 ] || fail "$(cat log.txt)"
# shellcheck disable=SC2086
same r h $outputs
rm -r h
run 2 h -q --set run.heartbeat_seconds=0 >/dev/null 2>&1
[ ! -e h/heartbeat.json ] || fail "a heartbeat in spite of run.heartbeat_seconds=0"
status h
echo "ok: states, errors"

# --- the bar of a terminal, with a launcher and without; a log line pushes it aside
bar() { # NAME COLUMNS COMMAND...
    local name=$1 columns=$2
    shift 2
    rm -rf "$name"
    TIERCEL_FAULT=ingest.sort:0:1:lag timeout -k 5 300 /usr/bin/python3 "$TIERCEL_SOURCE/tests/system/run_in_terminal.py" \
        "$columns" "$@" run input/config.yaml --set run.directory="$work/$name" >"$name.txt" || fail "$(cat -v "$name.txt")"
    # shellcheck disable=SC2086
    same r "$name" $outputs
}
show() { # NAME COLUMNS: each redrawn text fits, and the lines of the log stand whole between them
    /usr/bin/python3 - "$1.txt" "$2" <<'PYTHON' || fail "$(cat -v "$1.txt")"
import re, sys
text = open(sys.argv[1], newline="").read()
shown = re.findall(r"\r([^\r\n\x1b]*)\x1b\[K", text)
bars = [one for one in shown if one]
assert len(bars) >= 5 and all(len(one) < int(sys.argv[2]) for one in bars), bars
assert any(one.startswith("ingest 1/6 reading") for one in bars), bars
assert int(sys.argv[2]) < 80 or any(re.search(r"\[#+-*\] +\d+ % .*B of .*B", one) for one in bars), bars
lines = [re.sub(r"\r[^\r\n\x1b]*\x1b\[K", "", line).strip("\r") for line in text.split("\n")]
for stage in ("ingest", "features", "segment", "churn", "assign", "report"):
    assert sum(re.match(r"tiercel: %s +[0-9.]+ s, " % stage, line) is not None for line in lines) == 1, lines
assert not re.search(r"\x1b\[K[^\r\n]*$", text.rsplit("Results in", 1)[0].rsplit("Tiercel", 1)[1]), "a bar in the summary"
PYTHON
}
bar alone 100 "$TIERCEL_PROGRAM"
show alone 100
bar launched 60 mpirun -n 2 "$TIERCEL_PROGRAM"
show launched 60
bar lines 100 mpirun -n 2 "$TIERCEL_PROGRAM" --progress lines
! grep -q $'\033' lines.txt || fail "a bar in spite of --progress lines"
run 2 pipe >pipe.txt 2>&1
! grep -q $'\033' pipe.txt || fail "a bar without a terminal"
echo "ok: terminal"
