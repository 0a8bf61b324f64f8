#!/usr/bin/env bash
# The job scripts as an operator submits them, on a real Slurm of four nodes: mpirun and srun, arrays, a chain, exit codes;
# the same bytes as without Slurm.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/slurm_up.sh
. "$TIERCEL_SOURCE/tests/system/slurm_up.sh"
slurm_have || skip "Slurm is not installed"

tiercel 2 synth --customers 2000 --files 3 --output input
tiercel 2 run input/config.yaml --set run.directory=reference >/dev/null 2>&1
tiercel 2 run input/config.yaml --set run.directory=north --set 'input.transactions=[transactions-000.csv]' >/dev/null 2>&1
slurm_start 4 2
# where `cmake --install` puts them: the scripts find the program by themselves
mkdir -p opt/bin opt/share/tiercel
cp "$TIERCEL_PROGRAM" opt/bin/tiercel
cp -r "$TIERCEL_SOURCE/jobs" opt/share/tiercel
ln -s opt/share/tiercel/jobs jobs
unset TIERCEL_PROGRAM

ended() { # words of slurm_wait, job
    local found
    found=$(slurm_wait "$2")
    if [ "$found" != "$1" ]; then
        tail -n 50 ./*.log >&2
        slurm_logs >&2
        fail "job $2 ended as '$found' instead of '$1'"
    fi
}

mpirun=$(slurm_submit --nodes=3 --ntasks-per-node=1 jobs/reclassify.sbatch input/config.yaml --set run.directory=results/mpirun)
srun=$(TIERCEL_LAUNCHER=srun slurm_submit jobs/reclassify.sbatch input/config.yaml --set run.directory=results/srun)
regions=$(slurm_submit --array=1,3 --ntasks-per-node=1 jobs/regions.sbatch jobs/regions.list)
few=$(slurm_submit --nodes=1 jobs/retrain.sbatch reference/events.h5)
launcher=$(TIERCEL_LAUNCHER=mpiexec slurm_submit --nodes=1 jobs/reclassify.sbatch input/config.yaml)
unknown=$(TIERCEL_LAUNCHER=srun slurm_submit --nodes=1 jobs/reclassify.sbatch input/config.yaml --set segment.kk=3)
read -r ingest models publish < <(jobs/chain input/config.yaml --set run.directory=results/chain)
export TIERCEL_SBATCH="--nodes=1"
read -r bad never neither < <(jobs/chain input/config.yaml --set run.directory=results/bad --set input.columns.customer=absent)
calibrate=$(slurm_submit --ntasks-per-node=1 --dependency=afterok:"$mpirun" \
    jobs/calibrate.sbatch jobs/calibrate.list results/mpirun/events.h5 calibration input/config.yaml)
retrain=$(slurm_submit --nodes=1 --dependency=afterok:"$mpirun" \
    jobs/retrain.sbatch results/mpirun/events.h5 retrained input/config.yaml --set segment.k=4)

ended "COMPLETED 0:0 0" "$mpirun"
ended "COMPLETED 0:0 0" "$srun"
ended "COMPLETED 0:0 0" "${regions}_1"
ended "FAILED 64:0 0" "${regions}_3"
ended "FAILED 64:0 0" "$few"
ended "FAILED 64:0 0" "$launcher"
ended "FAILED 78:0 0" "$unknown"
for job in "$ingest" "$models" "$publish" "$retrain" "${calibrate}_1" "${calibrate}_2" "${calibrate}_3"; do
    ended "COMPLETED 0:0 0" "$job"
done
ended "FAILED 65:0 0" "$bad"
ended "CANCELLED 0:0 0" "$never"
ended "CANCELLED 0:0 0" "$neither"

for folder in mpirun srun chain; do
    # shellcheck disable=SC2086
    same reference results/$folder $outputs
done
# shellcheck disable=SC2086
same north results/north $outputs
same reference calibration/as-is features.h5 segments.h5 churn.h5 tiers.h5
same reference retrained features.h5 churn.h5
for file in calibration/segments/segments.h5 calibration/frequency/tiers.h5 retrained/segments.h5; do
    ! cmp -s "reference/${file##*/}" $file || fail "$file is that of the reference"
done
[ ! -e results/bad/events.h5 ] || fail "the failed chain published events"
no_leftovers .
grep -q "mpirun, 3 ranks on 3 nodes" "tiercel-reclassify-$mpirun.log" || fail "not on three nodes"
grep -q "srun, 4 ranks on 2 nodes" "tiercel-reclassify-$srun.log" || fail "not four ranks"
grep -q "has no line 3" "tiercel-regions-${regions}_3.log" || fail "no word on the line that is not there"
