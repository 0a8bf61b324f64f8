# Sourced by the tests of faults of the machine, after common.sh.

# shim RULES RANKS ARGUMENTS...: as tiercel, on a machine that misbehaves as the rules of shim.c say. What happened stands in
# shim.log.
shim() {
    local rules=$1 ranks=$2
    shift 2
    rm -f shim.log
    timeout -k 5 "${LIMIT:-120}" mpirun -n "$ranks" env LD_PRELOAD="$TIERCEL_SHIM_LIBRARY" TIERCEL_SHIM="$rules" \
        TIERCEL_SHIM_LOG="$work/shim.log" "$TIERCEL_PROGRAM" "$@"
}

# shim_expect CODE WORDS RULES RANKS ARGUMENTS...: as expect; the rules must have been applied.
shim_expect() {
    local code=$1 words=$2 rules=$3 found=0
    shift 3
    shim "$rules" "$@" >out.txt 2>err.txt || found=$?
    [ -s shim.log ] || fail "the rules '$rules' were never applied in '$*'"
    [ "$found" -eq "$code" ] || fail "code $found instead of $code for '$rules' in '$*': $(cat err.txt)"
    if [ "$code" -ne 0 ]; then
        [ "$(grep -c '^tiercel: error: ' err.txt)" -eq 1 ] || fail "not one error line: $(cat err.txt)"
        grep '^tiercel: error: ' err.txt | grep -qF -- "$words" ||
            fail "'$words' is missing in: $(grep '^tiercel: error: ' err.txt)"
    fi
}

# wait_for FILE [WORDS]: until the file is there and holds the words; at most two minutes.
wait_for() {
    local i
    for ((i = 0; i < 2400; i++)); do
        if [ -e "$1" ] && { [ $# -lt 2 ] || grep -q -- "$2" "$1"; }; then
            return
        fi
        sleep 0.05
    done
    fail "waited in vain for $*"
}
