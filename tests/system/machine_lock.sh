#!/usr/bin/env bash
# One job at a time in a run directory: the second one ends with the name of the first, or waits for it; the lock of a dead job
# is taken over and its temporary files go; the same on a file system without locks; a job that lost its lock publishes nothing.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/machine_common.sh
. "$TIERCEL_SOURCE/tests/system/machine_common.sh"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

tiercel 2 synth --customers 600 --files 2 --output input
tiercel 2 run input/config.yaml -q --set run.directory="$work/good" >/dev/null
[ ! -e good/run.lock ] || fail "run.lock stays after the end"
no_locks='lock */run.lock* 1+ ENOLCK'
export TIERCEL_LOCK_BEAT_MS=300

# hold RULES FOLDER ARGUMENTS...: a job at work in a folder until the file go is there; its rank 0 in $owner
hold() {
    local rules=$1 folder=$2
    shift 2
    rm -f go shim.log
    shim "open */features.h5.tmp 1 wait=$work/go${rules:+; $rules}" 2 run input/config.yaml \
        --set run.directory="$work/$folder" "$@" >first.out 2>first.err &
    job=$!
    wait_for shim.log features.h5.tmp
    owner=$(sed -n 's/^pid: //p' "$folder/run.lock")
}
# done_well: the job that was held ends well
done_well() {
    touch go
    wait $job || fail "the first job failed: $(cat first.err)"
}
# try RULES CODE WORDS ARGUMENTS...
try() {
    local rules=$1 code=$2 words=$3
    shift 3
    if [ -n "$rules" ]; then
        shim_expect "$code" "$words" "$rules" 3 "$@"
    else
        expect "$code" "$words" 3 "$@"
    fi
}

for rules in "" "$no_locks"; do
    name=${rules:+without }locks
    at=(--set "run.directory=$work/r")
    hold "$rules" r
    try "$rules" 74 "process $owner on host $(hostname), since" run input/config.yaml "${at[@]}"
    grep -qF "\`run\`" err.txt || fail "the command is not named: $(cat err.txt)"
    try "$rules" 74 "another job works in this run directory" segment input/config.yaml "${at[@]}"
    expect 0 "" 2 check input/config.yaml "${at[@]}"
    # who may wait does, and goes on
    shim "$rules" 2 run input/config.yaml "${at[@]}" --set run.lock_wait_seconds=100 >second.out 2>second.err &
    second=$!
    wait_for second.err "waiting for another job"
    done_well
    wait $second || fail "the waiting job failed: $(cat second.err)"
    grep -q "nothing to do" second.err || fail "the waiting job did something: $(cat second.err)"
    # shellcheck disable=SC2154,SC2086
    same good r $outputs
    [ -z "$(find r -name 'run.lock*')" ] || fail "left: $(find r -name 'run.lock*')"
    rm -rf r
    echo "ok: two jobs, $name"

    # killed: the lock is taken over at once, and what it left is removed
    hold "$rules" r
    ranks=$(pgrep -P "$(ps -o ppid= -p "$owner" | tr -d ' ')")
    # shellcheck disable=SC2086
    kill -KILL $ranks
    wait $job 2>/dev/null && fail "a killed job ends well"
    [ -e r/run.lock ] || fail "a killed job removed its lock"
    echo torn >r/features.h5.tmp
    echo torn >r/run.json.partial
    echo mine >r/notes.tmp
    shim "$rules" 3 run input/config.yaml "${at[@]}" >out.txt 2>err.txt || fail "$(cat err.txt)"
    grep -q "gone is taken over: .run., process $owner on host $(hostname)" err.txt || fail "not taken over: $(cat err.txt)"
    grep -q "2 temporary files of a job that was killed are removed" err.txt || fail "not removed: $(cat err.txt)"
    [ -e r/notes.tmp ] || fail "a file of the user was removed"
    rm r/notes.tmp
    no_leftovers r
    # shellcheck disable=SC2086
    same good r $outputs
    rm -rf r
    echo "ok: a dead job, $name"
done

# forge HOST PLACE PID START BEAT: a record as another job would leave it
forge() {
    mkdir -p f
    printf 'tiercel run lock 1\nbeat: %012d\nbeat_ms: 300\nhost: %s\npid: %s\njob: 4711\ncommand: run\nstarted: %s\n' \
        "$5" "$1" "$3" 2025-12-01T03:00:00Z >f/new
    printf 'process_start: %s\nplace: %s\ntoken: 00112233445566778899aabbccddeeff\nend\n' "$4" "$2" >>f/new
    mv f/new f/run.lock
}
at=(--set "run.directory=$work/f")
place=$(cat /proc/sys/kernel/random/boot_id)/$(readlink /proc/self/ns/pid)
start=$(sed 's/.*) //' /proc/$$/stat | cut -d ' ' -f 20)

forge "$(hostname)" "$place" $$ "$start" 1
expect 74 "of job 4711, process $$ on host $(hostname)" 2 ingest input/config.yaml "${at[@]}"
forge "$(hostname)" "$place" $$ $((start + 1)) 1 # the number was given to another process since
expect 0 "" 2 ingest input/config.yaml "${at[@]}"
grep -q "gone is taken over" err.txt || fail "not taken over: $(cat err.txt)"
forge elsewhere other 1 1 1 # the locks of this file system know all machines: free is free
expect 0 "" 2 ingest input/config.yaml "${at[@]}"
grep -q "process 1 on host elsewhere" err.txt || fail "not taken over: $(cat err.txt)"
echo "half a rec" >f/run.lock
expect 0 "" 2 ingest input/config.yaml "${at[@]}"
echo "ok: records of other processes"

# without locks only the counter tells whether another host is at work
forge elsewhere other 1 1 1
(for ((i = 2; i < 1000; i++)); do forge elsewhere other 1 1 $i && sleep 0.2; done) &
moves=$!
shim_expect 74 "process 1 on host elsewhere" "$no_locks" 2 ingest input/config.yaml "${at[@]}"
kill $moves && { wait $moves 2>/dev/null || true; }
forge elsewhere other 1 1 1
shim_expect 0 "" "$no_locks" 2 ingest input/config.yaml "${at[@]}"
grep -q "process 1 on host elsewhere" err.txt || fail "not taken over: $(cat err.txt)"
echo "ok: the counter of another host"

# who lost the lock publishes nothing
cp -r good r
hold "" r --set features.active_days=300
rm r/run.lock
touch go
code=0
wait $job || code=$?
[ "$code" = 74 ] || fail "a job without its lock ends with $code: $(cat first.err)"
grep -q "lost its run directory" first.err || fail "$(cat first.err)"
# shellcheck disable=SC2086
same good r $outputs
no_leftovers r
echo "ok: a lost lock"

# many at once, with and without locks: each works alone or ends with 74
for rules in "" "$no_locks"; do
    rm -rf r
    pids=()
    for i in 1 2 3 4; do
        shim "$rules" 1 ingest input/config.yaml --set run.directory="$work/r" >/dev/null 2>"many$i.err" &
        pids+=($!)
    done
    well=0
    for pid in "${pids[@]}"; do
        code=0
        wait "$pid" || code=$?
        case $code in
        0) well=$((well + 1)) ;;
        74) ;;
        *) fail "one of many ends with $code: $(cat many*.err)" ;;
        esac
    done
    [ $well -ge 1 ] || fail "none of many got through: $(cat many*.err)"
    same good r events.h5 rejects.csv
    [ -z "$(find r -name 'run.lock*' -o -name '*.tmp')" ] || fail "left: $(ls r)"
    echo "ok: four at once, $well got through"
done
