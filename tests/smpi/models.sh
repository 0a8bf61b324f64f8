#!/usr/bin/env bash
# models.sh REAL [SIMULATED]: fold, exact ranks, segment and churn give the same bits on 1 and 3 real ranks and on 16, 256 and 1,024
# simulated ones, and their simulated communication takes as long as kept in models.txt. With UPDATE=1 that file is written anew.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/mpi-environment
. "$here/../../scripts/mpi-environment"
real=$1 simulated=${2:-}
customers=65536 shards=1024
if [ -z "$simulated" ]; then
    echo "SKIPPED: SimGrid is not here (libsimgrid-dev), or this is the build for sanitizers"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# simulate RANKS PART...: lines "RANKS PART BITS SECONDS"
simulate() {
    local ranks=$1 part
    shift
    for part in "$@"; do
        timeout -k 5 400 "$here/run" "$simulated" "$ranks" "$customers" "$shards" "$part" >"$work/out" ||
            fail "$part on $ranks simulated ranks ended with code $?"
        sed "s/^/$ranks /" "$work/out"
    done
}

timeout -k 5 300 mpirun -n 1 "$real" "$customers" "$shards" | awk '{print $1, $2}' >"$work/real"
timeout -k 5 300 mpirun -n 3 "$real" "$customers" "$shards" | awk '{print $1, $2}' >"$work/real3"
cmp "$work/real" "$work/real3" || fail "1 and 3 real ranks differ"
[ "$(wc -l <"$work/real")" -eq 4 ] || fail "not four parts: $(cat "$work/real")"
simulate 16 fold order segment churn >"$work/found"
simulate 16 segment >"$work/again"
grep -qxF "$(cat "$work/again")" "$work/found" || fail "not repeatable: $(cat "$work/again" "$work/found")"
simulate 256 fold segment churn >>"$work/found"
simulate 1024 fold >>"$work/found"
cat "$work/found"
while read -r ranks part bits _; do
    grep -qxF "$part $bits" "$work/real" || fail "$part on $ranks simulated ranks has other bits than on real ones"
done <"$work/found"
if [ "${UPDATE:-0}" = 1 ]; then
    awk '{print $1, $2, $4}' "$work/found" >"$here/models.txt"
fi
# The figures repeat to the digit with one version of SimGrid; 2 % leave room for another one. What costs more
# messages or bytes shows here: if it has to be so, write the file anew.
while read -r ranks part seconds; do
    found=$(awk -v r="$ranks" -v p="$part" '$1 == r && $2 == p {print $4}' "$work/found")
    awk -v a="$found" -v b="$seconds" 'BEGIN {exit !(a > 0.98 * b && a < 1.02 * b)}' ||
        fail "$part on $ranks ranks: $found s of communication, kept are $seconds (tests/smpi/models.txt)"
done <"$here/models.txt"
