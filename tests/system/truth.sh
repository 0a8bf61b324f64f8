#!/usr/bin/env bash
# What the program finds on a synthetic base against the planted truth.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 20000 --files 4 --output input --dirt-missing-id 0.01 --dirt-duplicates 0.005 \
    --dirt-dates 0.005 --dirt-numbers 0.005 --dirt-newlines 0.005
tiercel 2 run input/config.yaml -q --set run.directory="$work/r"
/usr/bin/python3 "$TIERCEL_SOURCE/scripts/check_synth.py" input/truth.h5 r
/usr/bin/python3 "$TIERCEL_SOURCE/scripts/check_features.py" r
/usr/bin/python3 "$TIERCEL_SOURCE/scripts/check_assign.py" r
