#!/usr/bin/env bash
# A job on a real Slurm is told to stop: it ends with code 75, is back in the queue by itself, goes on and gives the same
# bytes; a bounded number of times; not if it was cancelled. By mpirun and srun, by the batch script and by the ranks.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/slurm_up.sh
. "$TIERCEL_SOURCE/tests/system/slurm_up.sh"
slurm_have || skip "Slurm is not installed"

tiercel 2 synth --customers 2000 --files 3 --output input
TIERCEL_FAULT=none:0:1 tiercel 1 check input/config.yaml -q 2>/dev/null || fail "the tests need a build with -DTIERCEL_FAULTS=ON"
tiercel 2 run input/config.yaml --set run.directory=reference >/dev/null 2>&1
slurm_start 4 2

# submit NAME LAUNCHER SITE: two ranks on two nodes; the job waits at the site for a signal, prints its number
submit() {
    TIERCEL_LAUNCHER=$2 TIERCEL_FAULT=$3 slurm_submit --ntasks-per-node=1 --output="$work/$1.log" \
        "$TIERCEL_SOURCE/jobs/reclassify.sbatch" input/config.yaml --set run.directory="$1"
}
waits() { # name
    local i
    for ((i = 0; i < 1200; i++)); do
        if grep -q 'fault: waiting at' "$1.log" 2>/dev/null; then return 0; fi
        sleep 0.1
    done
    fail "$1 did not come to its site: $(cat "$1.log")"
}
ended() { # pattern of the words of slurm_wait, job, name
    local found
    found=$(slurm_wait "$2")
    # shellcheck disable=SC2053 # a pattern
    if [[ $found != $1 ]]; then
        cat "$3.log" >&2
        slurm_logs >&2
        fail "$3 ended as '$found' instead of '$1'"
    fi
}

# The site of the fifth file is not reached again when the job goes on behind the fourth.
batch=$(submit batch mpirun store.publish:0:5:pause)
steps=$(submit steps srun store.publish:1:5:pause)
bounded=$(TIERCEL_RESTARTS=0 submit bounded srun store.publish:0:4:pause)
for name in batch steps bounded; do waits $name; done
scancel --signal=USR1 --batch "$batch"
scancel --signal=USR1 "$steps" # to the ranks, past the batch script
scancel --signal=USR1 --batch "$bounded"
ended "FAILED 75:0 0" "$bounded" bounded
grep -q "is not again (TIERCEL_RESTARTS)" bounded.log || fail "no word on the bound: $(cat bounded.log)"

# one task of an array: the last one, which has the number of the array; the other must not notice
for task in 1 2; do
    echo "input/config.yaml --set run.directory=task$task"
done >list
array=$(TIERCEL_FAULT=store.publish:0:5:pause slurm_submit --array=1-2 --ntasks-per-node=2 --output="$work/task%a.log" \
    "$TIERCEL_SOURCE/jobs/regions.sbatch" list)
waits task1
waits task2
scancel --signal=USR1 --batch "${array}_2"
slurm_until COMPLETED "${array}_2"
[ "$(slurm_wait "${array}_2")" = "COMPLETED 0:0 1" ] || fail "the task did not go on: $(cat task2.log)"
[ "$(slurm_field "${array}_1" JobState) $(slurm_field "${array}_1" Restarts)" = "RUNNING 0" ] ||
    fail "the other task was stopped as well: $(scontrol show job "${array}_1"; cat task1.log)"
scancel --signal=USR1 --batch "${array}_1"

# cancelled: for good, in order
cancelled=$(submit cancelled srun store.publish:0:4:pause)
killed=$(submit killed mpirun store.publish:0:4:pause)
waits cancelled
waits killed
scancel "$cancelled" "$killed"
for name in batch steps; do
    ended "COMPLETED 0:0 1" "${!name}" $name
    grep -q "stopped by SIGUSR1" $name.log || fail "$name was not stopped: $(cat $name.log)"
    grep -q "back in the queue" $name.log || fail "$name was not put back by itself: $(cat $name.log)"
    [ "$(grep -c 'tiercel: ingest: ' $name.log)" -eq 1 ] || fail "$name ingested twice: $(cat $name.log)"
    # shellcheck disable=SC2086
    same reference $name $outputs
    no_leftovers $name
done
ended "COMPLETED 0:0 1" "${array}_1" task1
for name in task1 task2; do
    # shellcheck disable=SC2086
    same reference $name $outputs
done
for name in cancelled killed; do
    slurm_until CANCELLED "${!name}" || fail "$(cat $name.log)"
done
if squeue -h | grep -q .; then fail "a cancelled job is in the queue: $(squeue)"; fi

# what was stopped goes on when it is submitted again, on other numbers of ranks
goes_on=$(slurm_submit --nodes=1 --ntasks-per-node=1 --output="$work/goes_on.log" \
    "$TIERCEL_SOURCE/jobs/reclassify.sbatch" input/config.yaml --set run.directory=bounded)
# told at its very start, perhaps before the launcher listens
start=$(submit start mpirun none:0:1)
for ((i = 0; i < 1200; i++)); do
    if grep -q '^tiercel job' start.log 2>/dev/null; then break; fi
    sleep 0.1
done
scancel --signal=USR1 --batch "$start"
again=$(slurm_submit --nodes=3 --ntasks-per-node=1 --dependency=afterany:"$goes_on" --output="$work/again.log" \
    "$TIERCEL_SOURCE/jobs/reclassify.sbatch" input/config.yaml --set run.directory=killed)
ended "COMPLETED 0:0 0" "$goes_on" goes_on
ended "COMPLETED 0:0 0" "$again" again
ended "COMPLETED 0:0 [01]" "$start" start # 0 if it was faster than the signal
for folder in bounded killed start; do
    # shellcheck disable=SC2086
    same reference $folder $outputs
    no_leftovers $folder
done
