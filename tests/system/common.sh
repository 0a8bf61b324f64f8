# Sourced by every system test. A test runs in a fresh folder of its own, which is removed at the end.
set -euo pipefail
# shellcheck source=scripts/mpi-environment
. "$TIERCEL_SOURCE/scripts/mpi-environment"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# shellcheck disable=SC2034 # used by the tests that source this
outputs="events.h5 features.h5 segments.h5 churn.h5 tiers.h5 report.json rejects.csv"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

skip() {
    echo "SKIPPED: $*"
    exit 77
}

# need_data NAME: the folder of a data set of TIERCEL_SHARED in $data, or the test is skipped.
need_data() {
    data=$TIERCEL_SHARED/data/$1
    if [ -z "$TIERCEL_SHARED" ] || [ ! -d "$data" ]; then
        skip "the data set $1 is not here (TIERCEL_SHARED)"
    fi
}

# tiercel RANKS ARGUMENTS...: under mpirun; a hang is a failure (code 124).
tiercel() {
    local ranks=$1
    shift
    timeout -k 5 "${LIMIT:-120}" mpirun -n "$ranks" "$TIERCEL_PROGRAM" "$@"
}

# expect CODE WORDS RANKS ARGUMENTS...: the job ends with this code and its one error line holds these words.
expect() {
    local code=$1 words=$2 found=0
    shift 2
    tiercel "$@" >out.txt 2>err.txt || found=$?
    [ "$found" -eq "$code" ] || fail "code $found instead of $code for '$*': $(cat err.txt)"
    if [ "$code" -ne 0 ]; then
        [ "$(grep -c '^tiercel: error: ' err.txt)" -eq 1 ] || fail "not one error line: $(cat err.txt)"
        grep '^tiercel: error: ' err.txt | grep -qF -- "$words" ||
            fail "'$words' is missing in: $(grep '^tiercel: error: ' err.txt)"
    fi
}

# same FOLDER FOLDER FILES...: byte for byte.
same() {
    local a=$1 b=$2 file
    shift 2
    for file in "$@"; do
        cmp "$a/$file" "$b/$file" || fail "$a/$file and $b/$file differ"
    done
}

no_leftovers() {
    local left
    left=$(find "$1" -name '*.tmp*' -o -name '*.part' | head)
    [ -z "$left" ] || fail "left over: $left"
}
