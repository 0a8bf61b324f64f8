#!/usr/bin/env bash
# The program under a real Slurm on four nodes: srun and mpirun both, the same bytes as without Slurm, exit codes passed on.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/slurm_up.sh
. "$TIERCEL_SOURCE/tests/system/slurm_up.sh"
slurm_have || skip "Slurm is not installed"

tiercel 2 synth --customers 2000 --files 3 --output input
tiercel 2 run input/config.yaml --set run.directory="$work/reference" >/dev/null 2>&1
slurm_start 4 1
job() { # name, command line
    local name=$1
    shift
    slurm_submit --job-name="$name" --output="$work/$name.log" -N 4 -n 4 --wrap "$*"
}
a=$(job srun srun --mpi=pmix "$TIERCEL_PROGRAM" run input/config.yaml --set run.directory="$work/a")
b=$(job mpirun mpirun "$TIERCEL_PROGRAM" run input/config.yaml --set run.directory="$work/b")
c=$(job srun_bad srun --mpi=pmix "$TIERCEL_PROGRAM" run input/nothing.yaml)
d=$(job mpirun_bad mpirun "$TIERCEL_PROGRAM" run input/config.yaml --set run.directory="$work/d" --set input.columns.customer=absent)
for number in $a:COMPLETED:0:0 $b:COMPLETED:0:0 $c:FAILED:66:0 $d:FAILED:65:0; do
    IFS=: read -r number state code signal <<<"$number"
    found=$(slurm_wait "$number")
    [ "$found" = "$state $code:$signal 0" ] || fail "job $number: $found: $(cat ./*.log)"
done
# shellcheck disable=SC2086
same reference a $outputs
# shellcheck disable=SC2086
same reference b $outputs
