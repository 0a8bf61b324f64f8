#!/usr/bin/env bash
# A private Slurm on this machine: munged, slurmctld and several slurmd, in a folder and on ports of its own, so any number
# of them run side by side and beside a real one. No systemd, no cgroups, no accounts are needed, nor is root.
#
# As a library (source it behind common.sh):
#   slurm_start NODES CPUS     up: all nodes n1..nNODES idle; SLURM_CONF is exported. Stopped when the script ends.
#   slurm_stop                 cancels the jobs, stops the daemons, ends what the jobs left behind. May be called twice.
#   slurm_submit ARGUMENTS...  sbatch --parsable: prints the number of the job
#   slurm_wait JOB [SECONDS]   until the job has ended; prints STATE CODE:SIGNAL RESTARTS
#   slurm_until STATE JOB [S]  until the job is in this state
#   slurm_logs                 the daemons' logs, for a failed test
# As a command, for a session by hand:
#   tests/system/slurm_up.sh start FOLDER NODES CPUS    then: export SLURM_CONF=FOLDER/slurm.conf
#   tests/system/slurm_up.sh stop FOLDER
#
# Settings, all optional, to be set before slurm_start:
#   slurm_dir          folder (default $work/slurm)
#   slurm_munge        yes (default where munged is installed) or no: auth/none
#   slurm_addresses    array, one address a node: nodes on other hosts (network namespaces); slurm_address is that of the
#                      controller then. The virtual nodes of one host, without it, share the network, so MPI must use TCP.
#   slurm_names        array of the nodes' names (default n1 n2 ...)
#   slurm_on           function: slurm_on NODE COMMAND... runs a command on the host of the node (default: here)
#   slurm_more         further lines of slurm.conf
slurm_have() {
    local program
    for program in slurmctld slurmd sbatch srun scontrol; do
        command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || return 1
    done
}

slurm_on_here() {
    shift
    "$@"
}

# Ports from the process id; the next block if one of them is taken.
slurm_ports() { # count
    local block=$(($$ % 900)) try port
    for ((try = 0; try < 900; try++)); do
        slurm_port=$((12000 + (block + try) % 900 * 20))
        for ((port = slurm_port; port < slurm_port + $1; port++)); do
            if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
                continue 2
            fi
        done
        return 0
    done
    return 1
}

slurm_munged() {
    mkdir -p "$slurm_dir/munge"
    dd if=/dev/urandom of="$slurm_dir/munge/key" bs=128 count=1 status=none
    chmod 600 "$slurm_dir/munge/key"
    munged --force --socket="$slurm_dir/munge/socket" --key-file="$slurm_dir/munge/key" \
        --pid-file="$slurm_dir/munge.pid" --log-file="$slurm_dir/log/munged.log" \
        --seed-file="$slurm_dir/munge/seed" --num-threads=2 2>>"$slurm_dir/log/munged.log"
}

slurm_configure() { # nodes, CPUs
    local i host user
    host=$(hostname -s)
    user=$(id -un)
    mkdir -p "$slurm_dir/state" "$slurm_dir/log"
    {
        cat <<CONF
ClusterName=test
SlurmctldHost=$host(${slurm_address:-127.0.0.1})
SlurmctldPort=$slurm_port
SlurmUser=$user
SlurmdUser=$user
StateSaveLocation=$slurm_dir/state
SlurmdSpoolDir=$slurm_dir/spool.%n
SlurmctldPidFile=$slurm_dir/slurmctld.pid
SlurmdPidFile=$slurm_dir/slurmd.%n.pid
SlurmctldLogFile=$slurm_dir/log/slurmctld.log
SlurmdLogFile=$slurm_dir/log/slurmd.%n.log
# a folder for each node: otherwise the PMIx folders of the nodes collide, and steps fail
TmpFS=$slurm_dir/tmp.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillOnBadExit=1
KillWait=5
SlurmdTimeout=10
MinJobAge=1800
MpiDefault=pmix
JobCompType=jobcomp/filetxt
JobCompLoc=$slurm_dir/log/jobcomp.txt
CONF
        # cred_expire: a requeued job waits so long, by default two minutes
        if [ "$slurm_munge" = yes ]; then
            echo "AuthType=auth/munge"
            echo "CredType=cred/munge"
            echo "AuthInfo=socket=$slurm_dir/munge/socket,cred_expire=5"
        else
            echo "AuthType=auth/none"
            echo "CredType=cred/none"
            echo "AuthInfo=cred_expire=5"
        fi
        if [ ${#slurm_addresses[@]} -eq 0 ]; then
            echo "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny"
        fi
        for ((i = 1; i <= $1; i++)); do
            if [ ${#slurm_addresses[@]} -eq 0 ]; then
                echo "NodeName=${slurm_names[i - 1]} NodeHostname=$host NodeAddr=127.0.0.1" \
                    "Port=$((slurm_port + i)) CPUs=$2 RealMemory=16000 State=UNKNOWN"
            else
                echo "NodeName=${slurm_names[i - 1]} NodeAddr=${slurm_addresses[i - 1]}" \
                    "Port=$((slurm_port + i)) CPUs=$2 RealMemory=16000 State=UNKNOWN"
            fi
        done
        echo "PartitionName=main Nodes=ALL Default=YES MaxTime=1440 State=UP OverSubscribe=NO"
        printf '%s\n' "${slurm_more:-}"
    } >"$slurm_dir/slurm.conf"
}

# Ends the Slurm if this script is killed before it can do so itself. Its parent is init, so it outlives a killed tree.
slurm_guard() {
    # shellcheck disable=SC2016 # these are the inner shell's
    (setsid bash -c 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; exec bash "$2" stop "$3"' \
        slurm-guard $$ "${BASH_SOURCE[0]}" "$slurm_dir" </dev/null >/dev/null 2>&1 &)
}

slurm_start() { # nodes, CPUs of each
    local nodes=$1 cpus=$2 i idle=0
    : "${slurm_dir:=$work/slurm}"
    PATH=$PATH:/usr/sbin
    if [ -z "${slurm_munge:-}" ]; then
        slurm_munge=no
        if command -v munged >/dev/null; then slurm_munge=yes; fi
    fi
    if ! declare -p slurm_addresses >/dev/null 2>&1; then slurm_addresses=(); fi
    if ! declare -p slurm_names >/dev/null 2>&1; then
        slurm_names=()
        for ((i = 1; i <= nodes; i++)); do slurm_names+=("n$i"); done
    fi
    mkdir -p "$slurm_dir/log"
    trap 'slurm_stop; rm -rf "$work"' EXIT
    slurm_ports $((nodes + 1))
    slurm_configure "$nodes" "$cpus"
    export SLURM_CONF=$slurm_dir/slurm.conf
    slurm_guard
    if [ "$slurm_munge" = yes ]; then slurm_munged; fi
    if [ ${#slurm_addresses[@]} -eq 0 ]; then
        export OMPI_MCA_btl=self,tcp # the nodes share /dev/shm: with shared memory their segments would collide
    fi
    slurmctld -f "$SLURM_CONF"
    for ((i = 0; i < nodes; i++)); do
        mkdir -p "$slurm_dir/spool.${slurm_names[i]}" "$slurm_dir/tmp.${slurm_names[i]}"
        "${slurm_on:-slurm_on_here}" "${slurm_names[i]}" slurmd -f "$SLURM_CONF" -N "${slurm_names[i]}"
    done
    for ((i = 0; i < 600; i++)); do
        idle=$(sinfo -h -t idle -o %D 2>/dev/null || echo 0)
        if [ "$idle" = "$nodes" ]; then return 0; fi
        sleep 0.1
    done
    echo "Slurm did not come up" >&2
    slurm_logs >&2
    return 1
}

slurm_logs() {
    tail -n 40 "$slurm_dir"/log/*.log
}

# The processes that carry our SLURM_CONF: what jobs may have left behind.
slurm_left() {
    local file pid
    for file in /proc/[0-9]*/environ; do
        pid=${file#/proc/}
        pid=${pid%/environ}
        if [ "$pid" -ne $$ ] && [ "$pid" -ne "$BASHPID" ] &&
            grep -qzxF "SLURM_CONF=$slurm_dir/slurm.conf" "$file" 2>/dev/null &&
            grep -qzE '^SLURM_JOB_ID=' "$file" 2>/dev/null; then
            echo "$pid"
        fi
    done
}

slurm_stop() {
    local i file pid
    [ -f "$slurm_dir/slurm.conf" ] || return 0
    export SLURM_CONF=$slurm_dir/slurm.conf
    PATH=$PATH:/usr/sbin
    if [ -s "$slurm_dir/slurmctld.pid" ]; then
        timeout 20 scancel --quiet --state=PENDING --user="$(id -un)" 2>/dev/null || true
        timeout 20 scancel --quiet --full --signal=KILL --user="$(id -un)" 2>/dev/null || true
        for ((i = 0; i < 50; i++)); do
            [ -n "$(timeout 20 squeue -h 2>/dev/null || true)" ] || break
            sleep 0.1
        done
    fi
    for file in "$slurm_dir"/slurmd.*.pid "$slurm_dir/slurmctld.pid" "$slurm_dir/munge.pid"; do
        if [ -s "$file" ]; then kill "$(cat "$file")" 2>/dev/null || true; fi
    done
    for ((i = 0; i < 100; i++)); do
        [ -n "$(compgen -G "$slurm_dir/slurm*.pid")" ] || break
        sleep 0.1
    done
    for file in "$slurm_dir"/slurm*.pid; do
        if [ -s "$file" ]; then kill -KILL "$(cat "$file")" 2>/dev/null || true; fi
    done
    for pid in $(slurm_left); do kill -KILL "$pid" 2>/dev/null || true; done
    mv "$slurm_dir/slurm.conf" "$slurm_dir/slurm.conf.stopped"
}

slurm_submit() {
    sbatch --parsable "$@" | cut -d ';' -f 1
}

slurm_field() { # job, field of scontrol show job
    scontrol show job "$1" --oneliner 2>/dev/null | head -n 1 | grep -oE "(^| )$2=[^ ]*" | head -n 1 | cut -d = -f 2
}

slurm_until() { # pattern of states, job, [seconds]
    local i limit=${3:-120} state=
    for ((i = 0; i < limit * 5; i++)); do
        state=$(slurm_field "$2" JobState || true)
        if [[ $state =~ ^($1)$ ]]; then return 0; fi
        sleep 0.2
    done
    echo "job $2 is '$state' and not '$1' after $limit s" >&2
    return 1
}

slurm_wait() { # job, [seconds]
    slurm_until 'COMPLETED|FAILED|TIMEOUT|CANCELLED|NODE_FAIL|OUT_OF_MEMORY|BOOT_FAIL|DEADLINE' "$1" "${2:-240}"
    echo "$(slurm_field "$1" JobState) $(slurm_field "$1" ExitCode) $(slurm_field "$1" Restarts)"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    case "${1:-} $#" in
    "start 4")
        mkdir -p "$2"
        slurm_dir=$(cd "$2" && pwd)
        slurm_guard() { :; }
        slurm_start "$3" "$4"
        trap - EXIT
        echo "export SLURM_CONF=$SLURM_CONF OMPI_MCA_btl=self,tcp"
        ;;
    "stop 2")
        slurm_dir=$(cd "$2" && pwd)
        slurm_stop
        ;;
    *)
        echo "usage: slurm_up.sh start FOLDER NODES CPUS | stop FOLDER" >&2
        exit 64
        ;;
    esac
fi
