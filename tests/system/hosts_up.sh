# Sourced after common.sh by the tests of several hosts. Each host is a set of namespaces (network, name, mounts,
# processes) with an address of its own; all share the file system. Nothing of it is seen outside: a host called sw holds
# the bridge that connects them. All of it ends with this process, however it ends: the namespaces hang on one process a
# host, which the kernel kills with its parent.

host_prefix=t$$

# host_start NAME: the namespaces, and in them an init that reaps orphans and starts what it is told to by a FIFO
# (host_rsh does, as sshd would).
host_start() {
    local name=$1 try
    mkfifo "hosts/$name.fifo"
    setpriv --pdeathsig KILL unshare --net --uts --mount --pid --fork --kill-child --mount-proc \
        bash hosts/init "$name" >"hosts/$name.log" 2>&1 &
    host_pid[$name]=$!
    for ((try = 0; try < 300; try++)); do
        [ ! -e "hosts/$name.up" ] || return 0
        kill -0 "${host_pid[$name]}" 2>/dev/null || break
        sleep 0.1
    done
    skip "no namespaces can be made here: $(cat "hosts/$name.log")"
}

# on HOST COMMAND...: runs it there, in the current folder.
on() {
    local process=${host_pid[$1]}
    shift
    nsenter -t "$process" -n -u -m --pid="/proc/$process/ns/pid_for_children" env -C "$PWD" "$@"
}

# wire COMMAND...: in the network of the host sw, but with the process ids of this script.
wire() {
    nsenter -t "${host_pid[sw]}" -n "$@"
}

# hosts_down: ends all that runs on the hosts, and the hosts. May be called twice.
hosts_down() {
    local process
    for process in "${host_pid[@]}"; do kill -KILL "$process" 2>/dev/null || true; done
    for process in "${host_pid[@]}"; do wait "$process" 2>/dev/null || true; done
    host_pid=()
}

# hosts_up COUNT: hosts t<pid>h1, h2, ...; the array host has their names, from 1 on.
hosts_up() {
    local count=$1 i name
    for name in ip unshare nsenter setpriv; do
        command -v "$name" >/dev/null || skip "several hosts need the program $name"
    done
    declare -gA host_pid=()
    declare -ga host=(sw)
    # shellcheck disable=SC2154 # common.sh
    trap 'hosts_down; rm -rf "$work"' EXIT
    mkdir hosts
    echo "127.0.0.1 localhost" >hosts/etc_hosts
    echo "10.77.0.254 ${host_prefix}sw" >>hosts/etc_hosts
    for ((i = 1; i <= count; i++)); do
        host[i]=${host_prefix}h$i
        echo "10.77.0.$i ${host[i]}" >>hosts/etc_hosts
    done
    cat >hosts/init <<'INIT'
mount --make-rprivate /
hostname "$1"
mount -t tmpfs tmpfs /dev/shm
mount --bind hosts/etc_hosts /etc/hosts
ip link set lo up
exec 3<>"hosts/$1.fifo"
echo up >"hosts/$1.up"
while read -r file <&3; do
    bash "$file" </dev/null >>"$file.log" 2>&1 3>&- &
done
INIT
    cat >hosts/rsh <<RSH
#!/bin/bash
while [ "\${1#-}" != "\$1" ]; do shift; done
name=\$1
shift
file=\$(mktemp "$PWD/hosts/command.XXXXXX")
echo "\$*" >"\$file"
echo "\$file" >"$PWD/hosts/\$name.fifo"
RSH
    chmod +x hosts/rsh
    host_start "${host_prefix}sw"
    host_pid[sw]=${host_pid[${host_prefix}sw]}
    wire ip link add br0 type bridge 2>hosts/bridge.log || skip "no bridge can be made here: $(cat hosts/bridge.log)"
    wire ip addr add 10.77.0.254/24 dev br0
    wire ip link set br0 up
    for ((i = 1; i <= count; i++)); do
        host_start "${host[i]}"
        wire ip link add "v$i" type veth peer name eth0 netns "${host_pid[${host[i]}]}" 2>hosts/veth.log ||
            skip "no network can be made here: $(cat hosts/veth.log)"
        wire ip link set "v$i" master br0 up
        on "${host[i]}" ip addr add "10.77.0.$i/24" dev eth0
        on "${host[i]}" ip link set eth0 up
    done
}

# cut NUMBER, mend NUMBER: takes the host's cable out, and puts it back.
cut_off() {
    wire ip link set "v$1" down
}
mend() {
    wire ip link set "v$1" up
    within 60 "the network of host $1 is back" reached "$1"
}

# reached NUMBER: it and the others answer each other (nobody listens there, so the answer is a refusal). For a while
# after a cable was out the kernel takes its neighbours for dead.
# shellcheck disable=SC2317 # called by within
reached() {
    local i
    for ((i = 1; i < ${#host[@]}; i++)); do
        [ "$i" = "$1" ] || { answers "$i" "$1" && answers "$1" "$i"; } || return 1
    done
}
answers() { # from, to
    local said
    said=$(on "${host[$1]}" env LC_ALL=C timeout 5 bash -c "exec 3<>/dev/tcp/10.77.0.$2/9" 2>&1) || true
    [[ $said == *refused* ]]
}

# within SECONDS WHAT COMMAND...: waits until the command succeeds.
within() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "$what: not in time: $(tail -n 20 -- err.txt ./*.log 2>/dev/null)"
        sleep 0.1
    done
}

# nobody_on NUMBER: no rank and no daemon of Open MPI runs on that host; those that have ended and wait to be reaped are none.
# shellcheck disable=SC2317 # called by within
nobody_on() {
    ! on "${host[$1]}" pgrep -x -r D,R,S,T tiercel >/dev/null && ! on "${host[$1]}" pgrep -x -r D,R,S,T orted >/dev/null
}
