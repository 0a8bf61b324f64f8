#!/usr/bin/env bash
# Jobs that are killed in each stage (a rank, the launcher, the whole job, by signals) and started again give the bytes of a
# job that nobody disturbed. The long version, 200 kills, is `scripts/soak kill`.
. "$TIERCEL_SOURCE/tests/system/common.sh"

mkdir tmp
TMPDIR=$work/tmp timeout -k 10 850 /usr/bin/python3 "$TIERCEL_SOURCE/scripts/soak_kill.py" --program "$TIERCEL_PROGRAM" --small \
    --kills 10 --seed 5 --seconds 400
[ -z "$(ls -A tmp)" ] || fail "left over: $(ls -A tmp)"
