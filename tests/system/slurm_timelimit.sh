#!/usr/bin/env bash
# The time limit itself (long: 2 to 4 minutes, for Slurm looks at limits every half minute). A job whose limit is too short is
# warned, stops with code 75, goes back into the queue and is complete in the end; one without the warning ends as TIMEOUT and
# goes on when it is submitted again.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/slurm_up.sh
. "$TIERCEL_SOURCE/tests/system/slurm_up.sh"
slurm_have || skip "Slurm is not installed"

tiercel 2 synth --customers 2000 --files 3 --output input
TIERCEL_FAULT=none:0:1 tiercel 1 check input/config.yaml -q 2>/dev/null || fail "the tests need a build with -DTIERCEL_FAULTS=ON"
tiercel 2 run input/config.yaml --set run.directory=reference >/dev/null 2>&1
slurm_start 4 2
# submit NAME LAUNCHER OPTIONS...: waits at the fifth file until it is told to stop
submit() {
    local name=$1 launcher=$2
    shift 2
    TIERCEL_LAUNCHER=$launcher TIERCEL_FAULT=store.publish:0:5:pause slurm_submit --ntasks-per-node=1 --time=1 "$@" \
        --output="$work/$name.log" "$TIERCEL_SOURCE/jobs/reclassify.sbatch" input/config.yaml --set run.directory="$name"
}
ended() { # pattern of the words of slurm_wait, job, name
    local found
    found=$(slurm_wait "$2" 400)
    # shellcheck disable=SC2053 # a pattern
    [[ $found == $1 ]] || fail "$3 ended as '$found' instead of '$1': $(cat "$3.log")"
}
warned=$(submit warned mpirun --signal=B:USR1@30)
stepped=$(submit stepped srun --signal=B:USR1@30)
unwarned=$(submit unwarned srun --signal=B:CONT@30)
ended "COMPLETED 0:0 1" "$warned" warned
ended "COMPLETED 0:0 1" "$stepped" stepped
for name in warned stepped; do
    grep -q "SIGUSR1: the ranks are told" $name.log || fail "$name was not warned: $(cat $name.log)"
    # shellcheck disable=SC2086
    same reference $name $outputs
done
echo "ok: warned before the limit, stopped, requeued, the same bytes; by mpirun and by srun"
ended "TIMEOUT * 0" "$unwarned" unwarned
grep -q "stopped by SIG" unwarned.log || fail "it did not stop in order: $(cat unwarned.log)"
again=$(slurm_submit --ntasks-per-node=1 --output="$work/again.log" \
    "$TIERCEL_SOURCE/jobs/reclassify.sbatch" input/config.yaml --set run.directory=unwarned)
ended "COMPLETED 0:0 0" "$again" again
# shellcheck disable=SC2086
same reference unwarned $outputs
no_leftovers .
echo "ok: not warned, ended by Slurm, submitted again, the same bytes"
