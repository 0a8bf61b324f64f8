#!/usr/bin/env bash
# Three hosts, each with an address of its own, connected by a bridge. One is cut off in mid-run: the job ends by itself
# with a message that names the host, nobody stays behind, and the job goes on on the other two with the same bytes.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/hosts_up.sh
. "$TIERCEL_SOURCE/tests/system/hosts_up.sh"
# shellcheck source=jobs/mpi-cluster
. "$TIERCEL_SOURCE/jobs/mpi-cluster"
unset OMPI_MCA_pml OMPI_MCA_btl # what Open MPI chooses by itself: shared memory on a host, TCP between hosts
export OMPI_MCA_plm_rsh_agent=$work/hosts/rsh

export TIERCEL_FAULT='' TIERCEL_LOCK_BEAT_MS='' SLURM_RESTART_COUNT=0
unset TIERCEL_FAULT
hosts_up 3
tiercel 2 synth --customers 6000 --files 3 --output input >out.txt 2>&1 || fail "$(cat out.txt)"
tiercel 2 run input/config.yaml --set run.directory="$work/alone" >out.txt 2>&1 || fail "$(cat out.txt)"

# job FOLDER HOSTS... -- ARGUMENTS...: two ranks on each of these hosts, the launcher on the first.
job() {
    local folder=$1 first=${host[$2]} list=
    shift
    while [ "$1" != -- ]; do
        list+=,${host[$1]}:2
        shift
    done
    shift
    on "$first" timeout -k 5 "${LIMIT:-240}" mpirun -x TIERCEL_FAULT \
        -x TIERCEL_LOCK_BEAT_MS -x SLURM_JOB_ID=4711 -x SLURM_RESTART_COUNT --host "${list#,}" \
        "$TIERCEL_PROGRAM" run input/config.yaml --set run.directory="$work/$folder" \
        --set run.lock_wait_seconds=120 "$@"
}

job whole 1 2 3 -- >out.txt 2>&1 || fail "three hosts: $(cat out.txt)"
# shellcheck disable=SC2086
same alone whole $outputs
echo "ok: the same bytes on three hosts"

# cut_in SITE:RANK:NTH HOST FOLDER: a run on three hosts; when that rank is at that site, the host is cut off. The job must
# end with 205 by itself. If it is the first host, the launcher is not waited for.
cut_in() {
    local site=$1 number=$2 folder=$3 began code=0 launcher
    : >err.txt
    TIERCEL_FAULT=$site:sleep job "$folder" 1 2 3 -- >out.txt 2>err.txt &
    launcher=$!
    within 120 "$site" grep -qF "asleep at ${site%%:*}" err.txt
    sleep 2 # what was said must be acknowledged: for bytes on their way the kernel tries again for 15 minutes (jobs/README.md)
    cut_off "$number"
    began=$SECONDS
    if [ "$number" = 1 ]; then
        return
    fi
    wait "$launcher" || code=$?
    [ "$code" = 205 ] || fail "the launcher ends with $code instead of 205: $(cat err.txt)"
    [ $((SECONDS - began)) -le 30 ] || fail "the job ended only $((SECONDS - began)) s after host $number was lost"
    tiercel_host_lost "$code" || fail "jobs/mpi-cluster does not know the code"
    tr -s ' \n' ' ' <err.txt | grep -q "lost communication with a remote daemon.*on node ${host[$number]} " ||
        fail "the launcher does not name the host: $(cat err.txt)"
    echo "host $number lost at $site: ended after $((SECONDS - began)) s"
}

# resumed FOLDER HOSTS...: goes on on these, with the same bytes, and leaves nothing behind.
resumed() {
    local folder=$1
    job "$@" -- >out.txt 2>err.txt || fail "no resume: $(cat err.txt)"
    # shellcheck disable=SC2086
    same alone "$folder" $outputs
    no_leftovers "$folder"
}

cut_in features.compute:4:1 3 worker
within 150 "the orphans on the lost host end" nobody_on 3
resumed worker 1 2
if grep -q '^tiercel: ingest ' err.txt; then fail "the finished stage ran again"; fi
mend 3
echo "ok: a worker lost, resumed on two hosts"

# The host of the launcher and of rank 0. Its processes live on for a while, and see the same files.
cut_in churn.fit:4:1 1 head
resumed head 2 3
if grep -qE '^tiercel: (ingest|features|segment) ' err.txt; then fail "the finished stages ran again"; fi
within 150 "the orphans on the lost host end" nobody_on 1
# shellcheck disable=SC2086
same alone head $outputs
no_leftovers head
echo "ok: the head lost, resumed on two hosts"

# Slurm can give up a host that lives on: it starts the job again elsewhere, while the first attempt still has the files and
# the lock. The second one takes over because it is a later attempt of the same job; the first one ends itself.
export TIERCEL_LOCK_BEAT_MS=1000 SLURM_RESTART_COUNT=0
TIERCEL_FAULT=segment.read:1:1:sleep job given_up 1 -- >first.out 2>first.err &
first=$!
within 120 "segment.read" grep -qF "asleep at segment.read" first.err
SLURM_RESTART_COUNT=1
resumed given_up 2 3
grep -q "the lock of a job that is gone is taken over: .run. of job 4711, process [0-9]* on host ${host[1]}" err.txt ||
    fail "not taken over: $(cat err.txt)"
code=0
wait $first || code=$?
[ "$code" = 74 ] || fail "the attempt that was given up ends with $code: $(cat first.err)"
grep -q "lost its run directory" first.err || fail "$(cat first.err)"
# shellcheck disable=SC2086
same alone given_up $outputs
[ ! -e given_up/run.lock ] || fail "run.lock stays"
echo "ok: given up, but alive"
