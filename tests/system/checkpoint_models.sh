#!/usr/bin/env bash
# A stage behind the features that is told to stop, wherever it is, ends with code 75 and publishes nothing; the same command goes
# on from what was done, on another number of ranks, and gives the same bytes. A damaged or a foreign state is not used.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 6000 --files 2 --output input 2>/dev/null
config=(input/config.yaml --set segment.k=4 --set segment.k_max=6 --set segment.restarts=12)
tiercel 2 run "${config[@]}" --set run.directory="$work/r" >/dev/null 2>&1
mkdir previous
cp r/segments.h5 previous/

# begin STAGE: a run directory c in which all stages before it are complete
begin() {
    local file
    rm -rf c
    mkdir c
    for file in events.h5 rejects.csv features.h5 segments.h5 churn.h5 tiers.h5; do
        case $1:$file in
        segment:segments.h5 | segment:churn.h5 | churn:churn.h5 | *:tiers.h5) ;;
        *) cp "r/$file" c/ ;;
        esac
    done
    if [ "$1" = report ]; then cp r/tiers.h5 c/; fi
}

# go CODE RANKS STAGE ARGUMENTS...: the stage in c ends with this code; its log is in log.txt
go() {
    local wanted=$1 ranks=$2 stage=$3 code=0
    shift 3
    tiercel "$ranks" "$stage" "${config[@]}" --set run.directory="$work/c" "$@" >out.txt 2>log.txt || code=$?
    [ "$code" -eq "$wanted" ] || fail "$stage gives $code instead of $wanted (${TIERCEL_FAULT:-}): $(cat log.txt)"
}

# stopped STAGE FILE: nothing of the stage is visible, and nothing temporary is left
stopped() {
    [ "$(grep -c '^tiercel: error: ' log.txt)" -eq 1 ] || fail "$1: not one error line: $(cat log.txt)"
    grep -q '^tiercel: error: stopped by SIG.*; start the same command again' log.txt || fail "$1: $(cat log.txt)"
    [ ! -e "c/$2" ] || fail "$1 was stopped and published c/$2"
    [ -z "$(find c -name '*.tmp*')" ] || fail "$1 left $(find c -name '*.tmp*')"
}

# finished FILE: it is that of the undisturbed run, and no state is left
finished() {
    cmp "r/$1" "c/$1" || fail "c/$1 is not what an undisturbed run gives"
    [ ! -e c/checkpoint ] || fail "left over: $(ls c/checkpoint)"
}

# stop_at SITE RANKS_BEFORE RANKS_AFTER STAGE FILE WORDS: WORDS is what the second attempt says of where it goes on; empty = it
# begins anew
stop_at() {
    begin "$4"
    TIERCEL_FAULT=$1:stop go 75 "$2" "$4"
    stopped "$1" "$5"
    go 0 "$3" "$4"
    if [ -n "$6" ]; then
        grep -qE "^tiercel: $4: goes on after $6" log.txt || fail "$1: it does not go on: $(cat log.txt)"
    elif grep -q "goes on" log.txt; then
        fail "$1: it goes on from nothing: $(cat log.txt)"
    fi
    finished "$5"
    echo "ok: stopped at $1 on $2 ranks, complete on $3"
}

# one rank is told, the others learn it from that one
stop_at segment.read:1:9 3 2 segment segments.h5 ""
stop_at segment.seed:1:1 3 2 segment segments.h5 "starting centres of 0 of [0-9] fits, and [1-9][0-9]* of 12 attempts"
stop_at segment.seed:0:2 2 7 segment segments.h5 "starting centres of 1 of [0-9] fits, and [1-9][0-9]* of 12 attempts"
stop_at segment.fold:1:1 3 1 segment segments.h5 "pass 0 of Lloyd"
stop_at segment.quality:0:1 1 3 segment segments.h5 "([1-9][0-9]* passes|pass [1-9][0-9]*) of Lloyd"
stop_at segment.compare:2:1 3 2 segment segments.h5 "[1-9][0-9]* passes of Lloyd, and [1-9][0-9]* of [0-9]* comparisons"
stop_at segment.write:0:1 2 3 segment segments.h5 "[1-9][0-9]* passes of Lloyd, and ([0-9]*) of [0-9]* comparisons"
stop_at churn.rows:1:1 3 2 churn churn.h5 ""
stop_at churn.fit:1:2 2 3 churn churn.h5 "pass [1-9][0-9]* of the fits"
stop_at churn.fit:0:3 3 7 churn churn.h5 "pass [1-9][0-9]* of the fits"
stop_at churn.score:2:1 3 1 churn churn.h5 "pass [1-9][0-9]* of the fits"
stop_at assign.rank:1:1 2 3 assign tiers.h5 ""
stop_at assign.rows:0:1 3 1 assign tiers.h5 ""
stop_at report.start:1:1 2 1 report report.json ""

# passes of Lloyd: a pass that was cut short is made again, those before it are not
begin segment
cp -r c keep
go 0 1 segment --set segment.k=40 --set segment.k_max=0 --set segment.restarts=1 --set segment.sample=3000
passes=$(sed -n 's/.* features, \([0-9]*\) passes.*/\1/p' log.txt)
[ "$passes" -ge 4 ] || fail "only $passes passes, the test needs more"
cp c/segments.h5 forty.h5
for pass in 2 $((passes - 1)); do
    rm -rf c
    cp -r keep c
    # 6,000 customers are one piece of one rank: each pass reaches the site once
    TIERCEL_FAULT=segment.fold:0:$pass:stop go 75 1 segment --set segment.k=40 --set segment.k_max=0 \
        --set segment.restarts=1 --set segment.sample=3000
    stopped "pass $pass" segments.h5
    go 0 3 segment --set segment.k=40 --set segment.k_max=0 --set segment.restarts=1 --set segment.sample=3000
    grep -q "goes on after pass $((pass - 1)) of Lloyd" log.txt || fail "pass $pass: $(cat log.txt)"
    cmp forty.h5 c/segments.h5 || fail "another result after a stop in pass $pass"
done
echo "ok: stopped in passes 2 and $((passes - 1)) of $passes, resumed with the next"

# a state that is damaged, cut off, or of another configuration is not used
state() { # a state of segment in c/checkpoint, with some attempts in it
    begin segment
    TIERCEL_FAULT=segment.fold:1:1:stop go 75 2 segment
    cp c/checkpoint/segment.ckpt sound.ckpt
}
state
size=$(stat -c %s sound.ckpt)
for at in 3 $((size / 2)) $((size - 1)); do
    cp sound.ckpt c/checkpoint/segment.ckpt
    printf '\377' | dd of=c/checkpoint/segment.ckpt bs=1 seek="$at" conv=notrunc status=none
    cmp -s sound.ckpt c/checkpoint/segment.ckpt && continue
    go 0 3 segment
    grep -q "is damaged and is not used" log.txt || fail "byte $at: $(cat log.txt)"
    grep -q "goes on" log.txt && fail "byte $at: a damaged state was used"
    finished segments.h5
    begin segment
    mkdir c/checkpoint
done
head -c $((size - 20)) sound.ckpt >c/checkpoint/segment.ckpt
go 0 2 segment
grep -q "is damaged and is not used" log.txt || fail "a state that was cut off: $(cat log.txt)"
finished segments.h5
state
go 0 2 segment --set run.seed=2
grep -q "goes on" log.txt && fail "a state of another seed was used"
[ ! -e c/checkpoint ] || fail "left over: $(ls c/checkpoint)"
echo "ok: damaged and foreign states"

# the signal comes through the launcher; all ranks have it
for signal in USR1 TERM; do
    begin segment
    TIERCEL_FAULT=segment.fold:1:1:pause timeout -k 5 120 mpirun -n 3 "$TIERCEL_PROGRAM" segment "${config[@]}" \
        --set run.directory="$work/c" >out.txt 2>log.txt &
    job=$!
    for _ in $(seq 1200); do
        ! grep -q "waiting at segment.fold" log.txt || break
        sleep 0.1
    done
    start=$(date +%s%N)
    kill -"$signal" "$(pgrep -P "$job" mpirun)"
    code=0
    wait "$job" || code=$?
    echo "SIG$signal to mpirun: code $code after $((($(date +%s%N) - start) / 1000000)) ms"
    if [ "$signal" = USR1 ]; then
        [ "$code" -eq 75 ] || fail "SIGUSR1 gives $code: $(cat log.txt)"
        stopped "SIGUSR1" segments.h5
        [ -e c/checkpoint/segment.ckpt ] || fail "SIGUSR1: no state was saved: $(cat log.txt)"
    fi # after SIGTERM mpirun leaves one second and always gives 1
    [ ! -e c/segments.h5 ] || fail "SIG$signal: it was published"
    go 0 2 segment
    finished segments.h5
done

# a rank dies: what was saved a second before is there
for restarts in 600 3000; do # the latter for a machine that is done with the former within a second
    begin segment
    many=(--set segment.k=30 --set segment.k_max=0 --set segment.restarts="$restarts")
    timeout -k 5 200 mpirun -n 2 "$TIERCEL_PROGRAM" segment "${config[@]}" "${many[@]}" --set run.directory="$work/c" \
        --set run.checkpoint_seconds=1 >out.txt 2>log.txt &
    job=$!
    while kill -0 "$job" 2>/dev/null && ! grep -q "segment: state saved" log.txt; do
        sleep 0.1
    done
    rank=$(pgrep -P "$(pgrep -P "$job" mpirun || echo none)" | tail -1 || true)
    [ -z "$rank" ] || kill -9 "$rank" || true
    code=0
    wait "$job" || code=$?
    [ "$code" -eq 0 ] || break
done
[ "$code" -ne 0 ] || fail "it ended before a rank was killed; the test needs more attempts: $(cat log.txt)"
[ ! -e c/segments.h5 ] || fail "a killed job has published"
cp -r c killed
go 0 3 segment "${many[@]}"
grep -qE "goes on after starting centres of 0 of 1 fits, and [1-9][0-9]* of" log.txt || fail "killed: $(cat log.txt)"
rm -rf killed/checkpoint
mv c resumed
mv killed c
go 0 2 segment "${many[@]}"
cmp resumed/segments.h5 c/segments.h5 || fail "another result after a rank was killed"
no_leftovers c
echo "ok: a rank was killed"

# the map to a previous run; a file of numbers, which has no run directory; a synthetic base
config+=(--set segment.previous="$work/previous/segments.h5")
begin segment
go 0 2 segment
cp c/segments.h5 r/segments.h5
stop_at segment.flow:1:1 3 2 segment segments.h5 "[1-9][0-9]* passes of Lloyd"
/usr/bin/python3 -c '
import h5py, numpy as np
with h5py.File("x.h5", "w") as f:
    f["data"] = np.random.default_rng(3).normal(0, 1, (3000, 5))
'
numbers=(segment --input x.h5 --dataset data --k 12 --tol 0)
tiercel 2 "${numbers[@]}" --output whole.h5 -q
export TIERCEL_FAULT=segment.fold:1:1:stop
expect 75 "stopped by SIGUSR1" 2 "${numbers[@]}" --output stopped.h5
unset TIERCEL_FAULT
[ ! -e stopped.h5 ] || fail "a stopped fit was published"
no_leftovers .
tiercel 3 "${numbers[@]}" --output stopped.h5 -q
cmp whole.h5 stopped.h5 || fail "another result after a stop"
echo "ok: a file of numbers"
