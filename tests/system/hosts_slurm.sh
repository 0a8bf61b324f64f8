#!/usr/bin/env bash
# A real Slurm on four hosts; one is cut off while three jobs run on it: one started by mpirun and one by srun with the host
# among others, and one whose batch script, launcher and rank 0 are there. Slurm gives the host up; all jobs are back in the
# queue by themselves and complete on the hosts that are left, with the same bytes. The lost host's processes see the same
# files all the time.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/slurm_up.sh
. "$TIERCEL_SOURCE/tests/system/slurm_up.sh"
# shellcheck source=tests/system/hosts_up.sh
. "$TIERCEL_SOURCE/tests/system/hosts_up.sh"
slurm_have || skip "Slurm is not installed"

# Controller, munge and clients are on the host sw, and end with the hosts.
slurm_guard() { :; }
slurm_stop() { hosts_down; }
slurm_on() { on "$@"; }
for program in hostname munged slurmctld sinfo sbatch scontrol squeue scancel; do
    eval "$program() { on sw $program \"\$@\"; }"
done

hosts_up 4
unset OMPI_MCA_pml OMPI_MCA_btl
tiercel 2 synth --customers 6000 --files 3 --output input >out.txt 2>&1 || fail "$(cat out.txt)"
tiercel 2 run input/config.yaml --set run.directory="$work/alone" >out.txt 2>&1 || fail "$(cat out.txt)"
# shellcheck disable=SC2034 # slurm_up.sh reads them
slurm_names=("${host[@]:1}") slurm_addresses=(10.77.0.{1..4}) slurm_address=10.77.0.254
# shellcheck disable=SC2034
slurm_on=slurm_on
slurm_start 4 16

# the program of the jobs: only the first attempt meets the fault
cat >program <<'PROGRAM'
#!/bin/bash
if [ "${SLURM_RESTART_COUNT:-0}" != 0 ]; then unset TIERCEL_FAULT; fi
exec "$REAL_PROGRAM" "$@"
PROGRAM
chmod +x program
export REAL_PROGRAM=$TIERCEL_PROGRAM TIERCEL_PROGRAM=$work/program TIERCEL_JOBS=$TIERCEL_SOURCE/jobs

# job NAME FAULT LAUNCHER: two nodes of those that take jobs now.
job() {
    number[$1]=$(TIERCEL_FAULT=$2:sleep TIERCEL_LAUNCHER=$3 slurm_submit --job-name="$1" --output="$work/$1.log" \
        --nodes=2 --ntasks-per-node=2 --mem=600 --time=30 "$TIERCEL_SOURCE/jobs/reclassify.sbatch" \
        input/config.yaml --set run.directory="$work/$1" --set run.lock_wait_seconds=120)
    slurm_until RUNNING "${number[$1]}"
}
drain() { scontrol update nodename="${host[$1]}" state=drain reason=test; }
resume() { scontrol update nodename="${host[$1]}" state=resume; }

declare -A number
drain 1
drain 4
job mpirun features.compute:2:1 mpirun
job srun segment.read:3:1 srun
TIERCEL_STOP_WAIT=15 job warned features.compute:3:1 mpirun
resume 4
drain 2
job head churn.fit:2:1 mpirun
job head_srun churn.fit:2:1 srun
resume 1
resume 2
for name in "${!number[@]}"; do
    within 240 "$name at its place" grep -qs -e '^asleep at ' -e ': code ' "$name.log"
    grep -q '^asleep at ' "$name.log" || fail "$name: $(cat "$name.log")"
    grep -qE "nodes \(.*h\[(2-3|3-4)\]\)" "$name.log" || fail "other nodes than meant: $(cat "$name.log")"
done
began=$SECONDS
cut_off 3
scancel --batch --signal=USR1 "${number[warned]}" # mpirun tells the lost host, and so does not notice that it is lost
for name in "${!number[@]}"; do
    within 240 "$name is started again" grep -q 'restarts 1:' "$name.log"
    echo "$name: started again $((SECONDS - began)) s after the host was lost"
done
for name in "${!number[@]}"; do
    found=$(slurm_wait "${number[$name]}")
    [ "$found" = "COMPLETED 0:0 1" ] || fail "job $name: $found: $(cat "$name.log" && slurm_logs)"
    echo "$name: complete after $((SECONDS - began)) s"
    # shellcheck disable=SC2086
    same alone "$name" $outputs
    no_leftovers "$name"
    [ "$(grep -c '^tiercel: ingest  ' "$name.log")" = 1 ] || fail "$name did not go on: $(cat "$name.log")"
done
grep -q 'a host was lost' mpirun.log || fail "the operator is not told: $(cat mpirun.log)"
grep -q 'Node failure on' srun.log || fail "the operator is not told: $(cat srun.log)"
grep -q 'the launcher did not end when told to' warned.log || fail "$(cat warned.log)"
grep -q "lock of a job that is gone is taken over: .run. of job ${number[head_srun]}," head_srun.log ||
    fail "not taken over: $(cat head_srun.log)"

# The host comes back: what is left there of the jobs ends, and changes nothing.
sum() { find "${!number[@]}" -type f -print0 | sort -z | xargs -0 sha256sum; }
sum >before
mend 3
idle() { [ "$(sinfo -h -n "${host[$1]}" -o %T)" = idle ]; }
within 240 "the host is back" idle 3
within 240 "the orphans end" nobody_on 3
echo "host back after $((SECONDS - began)) s"
sleep 3
sum | cmp - before || fail "orphans changed files"
for name in "${!number[@]}"; do
    found=$(slurm_wait "${number[$name]}")
    [ "$found" = "COMPLETED 0:0 1" ] || fail "job $name, when the host was back: $found: $(cat "$name.log")"
done
