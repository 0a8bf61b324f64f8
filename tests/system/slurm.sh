#!/usr/bin/env bash
# The walk of jobs/README.md, word by word, on a real Slurm of four nodes: mpirun and srun, arrays, a chain; the same bytes as
# without Slurm. Then jobs that must fail: their codes, and that nothing is published.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/slurm_up.sh
. "$TIERCEL_SOURCE/tests/system/slurm_up.sh"
slurm_have || skip "Slurm is not installed"

cmake --install "$(dirname "$TIERCEL_PROGRAM")" --prefix "$work/shared" >/dev/null
awk '/^```/ { on = $0 == "```sh"; next } on' "$TIERCEL_SOURCE/jobs/README.md" >walk.sh
[ "$(wc -l <walk.sh)" -gt 15 ] || fail "jobs/README.md has no walk"
slurm_start 4 2
(
    unset TIERCEL_PROGRAM
    export PATH=$work/shared/bin:$PATH TIERCEL_JOBS=$work/shared/share/tiercel/jobs
    timeout 600 bash -euo pipefail walk.sh >walk.txt 2>&1
) || {
    slurm_logs >&2
    tail -n 40 ./tiercel-*.log >&2
    fail "the walk: $(cat walk.txt)"
}
logs=0
for log in tiercel-*.log; do
    [[ $(tail -n 1 "$log") =~ ^tiercel\ job\ [0-9_]+:\ complete$ ]] || fail "$log: $(cat "$log")"
    logs=$((logs + 1))
done
[ "$logs" -eq 12 ] || fail "$logs logs instead of 12: $(ls)"
grep -q "mpirun, 4 ranks on 2 nodes" tiercel-reclassify-1.log || fail "not as the head says: $(cat tiercel-reclassify-1.log)"
grep -q "srun, 3 ranks on 3 nodes" tiercel-reclassify-*.log || fail "not by srun"
grep -q "4 ranks on 4 nodes" tiercel-ingest-*.log || fail "not on four nodes"

tiercel 2 run jobs/reclassify.yaml --set run.directory=reference >/dev/null 2>&1
tiercel 2 run jobs/reclassify.yaml --set run.directory=north --set "input.transactions=[../input/transactions-000.csv]" >/dev/null 2>&1
for folder in srun chain; do
    # shellcheck disable=SC2086
    same reference results/$folder $outputs
done
# shellcheck disable=SC2086
same north results/north $outputs
same reference results/2025-12 events.h5 features.h5 segments.h5 churn.h5
same reference results/calibration/as-is features.h5 segments.h5 churn.h5 tiers.h5
same reference results/retrained features.h5
for file in 2025-12/tiers.h5 retrained/segments.h5 retrained/churn.h5 calibration/segments/segments.h5 calibration/frequency/tiers.h5; do
    ! cmp -s "reference/${file##*/}" results/$file || fail "$file is that of the reference"
done

ended() { # words of slurm_wait, job
    local found
    found=$(slurm_wait "$2")
    [ "$found" = "$1" ] || fail "job $2 ended as '$found' instead of '$1': $(cat ./*-"$2".log)"
}
export TIERCEL_SBATCH="--nodes=1"
line=$(slurm_submit --array=3 jobs/regions.sbatch jobs/regions.list)
few=$(slurm_submit jobs/retrain.sbatch reference/events.h5)
launcher=$(TIERCEL_LAUNCHER=mpiexec slurm_submit jobs/reclassify.sbatch jobs/reclassify.yaml)
unknown=$(TIERCEL_LAUNCHER=srun slurm_submit jobs/reclassify.sbatch jobs/reclassify.yaml --set segment.kk=3)
unset TIERCEL_INGEST TIERCEL_PUBLISH
read -r bad never neither < <(jobs/chain jobs/reclassify.yaml --set run.directory=results/bad --set input.columns.customer=absent)
gate=$(slurm_submit jobs/reclassify.sbatch jobs/reclassify.yaml --set run.directory=results/gate --set quality.negative_share=0.001)
ended "FAILED 64:0 0" "${line}_3"
ended "FAILED 64:0 0" "$few"
ended "FAILED 64:0 0" "$launcher"
ended "FAILED 78:0 0" "$unknown"
ended "FAILED 65:0 0" "$bad"
ended "CANCELLED 0:0 0" "$never"
ended "CANCELLED 0:0 0" "$neither"
ended "FAILED 2:0 0" "$gate"
for folder in bad gate; do
    [ ! -e results/$folder/events.h5 ] || fail "the job that failed published events"
done
no_leftovers .
grep -q "has no line 3" "tiercel-regions-${line}_3.log" || fail "no word on the line that is not there"
