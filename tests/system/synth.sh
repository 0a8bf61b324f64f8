#!/usr/bin/env bash
# The synthetic base: the same bytes on any number of ranks, files that agree with their truth, wrong options, and its own
# fault sites: nothing half-written, a previous base untouched.
. "$TIERCEL_SOURCE/tests/system/common.sh"

dirt="--dirt-missing-id 0.02 --dirt-duplicates 0.02 --dirt-dates 0.02 --dirt-numbers 0.02 --dirt-newlines 0.02"

# identical RANKS... -- OPTIONS...: the same folder each time, because config.yaml names it
identical() {
    local ranks=() first=""
    while [ "$1" != -- ]; do
        ranks+=("$1")
        shift
    done
    shift
    for rank in "${ranks[@]}"; do
        rm -rf base
        tiercel "$rank" synth -q --output base "$@"
        no_leftovers base
        [ -n "$first" ] || first=$(cd base && sha256sum ./*)
        [ "$(cd base && sha256sum ./*)" = "$first" ] || fail "other bytes on $rank ranks: $*"
    done
    /usr/bin/python3 "$TIERCEL_SOURCE/scripts/check_synth.py" base --csv >check.txt || fail "$(cat check.txt)"
    echo "identical and exact on ${ranks[*]} ranks: $*"
}

identical 1 2 3 4 7 -- --customers 3000 --files 3
# shellcheck disable=SC2086
identical 1 3 7 -- --customers 3000 $dirt
# shellcheck disable=SC2086
identical 1 3 -- --customers 2000 --amount --gzip --time day_first --seed 5 --start 2020-02-29 --days 365 $dirt
identical 2 20 -- --customers 100 --days 60 --horizon 20 --mean-orders 30

expect 64 "--output DIR is missing" 3 synth --customers 1000
expect 64 "unknown option --bogus" 3 synth --bogus
expect 64 "--seed needs a value" 3 synth --seed
expect 64 "allowed are 100 to 1,000,000,000" 3 synth --output x --customers 5
expect 64 "not a date" 3 synth --output x --start 2024-02-30
expect 64 "dirt rates sum to 1.2" 3 synth --output x --dirt-dates 0.6 --dirt-numbers 0.6
expect 74 "output folder cannot be made" 3 synth --output /proc/none
[ ! -e x ] || fail "wrong options left a folder"

if TIERCEL_FAULT=synth.block:0:1 "$TIERCEL_PROGRAM" synth -q --output faulty --customers 1000 2>/dev/null; then
    fail "the fault site synth.block was not reached"
elif [ $? -eq 64 ]; then
    echo "no fault sites in this build"
    exit 0
fi
tiercel 2 synth -q --output base --customers 2000 --files 2
before=$(cd base && sha256sum ./*)
for site in synth.block synth.write synth.truth store.create store.publish; do
    for rank in 0 1 2; do
        export TIERCEL_FAULT="$site:$rank:1"
        LIMIT=60 expect 74 "fault injected at $site" 3 synth --output base --customers 3000 --files 2
        unset TIERCEL_FAULT
        [ "$(cd base && sha256sum ./*)" = "$before" ] || fail "$site on rank $rank touched the base before it"
    done
    echo "ok: $site"
done
# once the first file has its new name, the old base is gone: no truth may stand beside it
TIERCEL_FAULT=synth.rename:0:1 expect 74 "fault injected at synth.rename" 3 synth --output base --customers 3000
[ ! -e base/truth.h5 ] || fail "a truth is left beside other rows"
no_leftovers base
echo "ok: synth.rename"
