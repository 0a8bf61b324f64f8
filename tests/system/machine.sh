#!/usr/bin/env bash
# A machine that fails: I/O errors, read-only and full disks, short and interrupted transfers, clocks that jump, on one rank or all.
# Each gives the documented code and one line that names the file and the reason, or the same bytes as if nothing had been; never
# a hang, nothing half-written, and the results of the last good run stay. shim.c makes the faults.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/machine_common.sh
. "$TIERCEL_SOURCE/tests/system/machine_common.sh"

tiercel 2 synth --customers 600 --files 2 --output input
tiercel 2 run input/config.yaml -q --set run.directory="$work/good" >/dev/null
other=(--set features.active_days=300) # so that all stages but ingest want to run, over the good results
cp -r good other
tiercel 2 run input/config.yaml -q --set run.directory="$work/other" "${other[@]}" >/dev/null

# fails CODE WORDS RULES FILE ARGUMENTS...: in a job over the good results; those from FILE on are untouched.
fails() {
    local code=$1 words=$2 rules=$3 first=$4 file found=""
    shift 4
    rm -rf r && cp -r good r
    shim_expect "$code" "$words" "$rules" 3 run input/config.yaml --set run.directory="$work/r" "$@"
    no_leftovers r
    # shellcheck disable=SC2154 # common.sh
    for file in $outputs; do
        [ "$file" != "$first" ] || found=yes
        [ -z "$found" ] || same good r "$file"
    done
    echo "ok: $code, $rules"
}
# bears RULES ARGUMENTS...: the same bytes in spite of it.
bears() {
    rm -rf r && cp -r good r
    shim_expect 0 "" "$1" 3 run input/config.yaml --set run.directory="$work/r" "${other[@]}" "${@:2}"
    # shellcheck disable=SC2086
    same other r $outputs
    echo "ok: same bytes, $1"
}

# writes that fail: of rows on one rank, of what HDF5 adds at the end, when synced, closed and renamed
again=(--set input.duplicates=drop)
fails 74 "r/events.h5: dataset" "write */events.h5.tmp 1+ EIO 1" events.h5 "${again[@]}"
fails 74 "Input/output error" "write */features.h5.tmp 1+ EIO 0" features.h5 "${other[@]}"
fails 74 "No space left on device" "write */segments.h5.tmp 3+ ENOSPC" segments.h5 "${other[@]}"
fails 74 "Disk quota exceeded" "write */churn.h5.tmp 2+ EDQUOT 2" churn.h5 "${other[@]}"
fails 74 "r/tiers.h5: " "write */tiers.h5.tmp 3+ EIO 2" tiers.h5 "${other[@]}"
fails 74 "r/segments.h5: cannot be written: Input/output error" "write */segments.h5.tmp 12+ EIO 1" segments.h5 "${other[@]}"
fails 74 "r/features.h5: cannot be written: Input/output error" "sync */features.h5.tmp 1 EIO 1" features.h5 "${other[@]}"
fails 74 "Stale file handle" "rename */churn.h5 1 ESTALE" churn.h5 "${other[@]}"
fails 74 "r/rejects.csv.part: writing failed (Input/output error)" "write */rejects.csv.part 1 EIO" events.h5 "${again[@]}"
fails 74 "r/report.json.partial: cannot write: No space left" "write */report.json.partial 1 ENOSPC" report.json "${other[@]}"

# the same past the page cache, where threads write and the job learns of it later
direct=(--set io.direct=always)
fails 74 "r/events.h5: dataset" "write */events.h5.tmp 2+ EIO 1" events.h5 "${again[@]}" "${direct[@]}"
fails 74 "No space left on device" "write */features.h5.tmp 30+ ENOSPC 2" features.h5 "${other[@]}" "${direct[@]}"

# a disk that turned read-only, for all ranks and for one
fails 74 "r/run.lock: cannot be created: Read-only file system" "open */r/* 1+ EROFS" events.h5 "${other[@]}"
fails 74 "r/features.h5.tmp: cannot be created: Read-only file system" "open */features.h5.tmp 1+ EROFS 0" features.h5 "${other[@]}"
fails 74 "r/features.h5.tmp: cannot be opened on every rank: Read-only" "open */features.h5.tmp 1+ EROFS 1" features.h5 "${other[@]}"

# reads that fail
fails 74 "transactions-" "read *.csv 2+ EIO 1" events.h5 "${again[@]}"
fails 74 "r/events.h5: cannot be read: Input/output error" "read */r/events.h5 1+ EIO 0" features.h5 "${other[@]}"
fails 74 "r/features.h5: " "read */r/features.h5 20+ EIO 1" segments.h5 "${other[@]}"
fails 74 "r/events.h5: cannot be opened on every rank: Permission denied" "open */r/events.h5 1+ EACCES 2" features.h5 "${other[@]}"

# what a system call may do, and what a clock should not
bears "write */r/*.tmp %2 short; write */r/*.partial %2 short"
bears "write */r/*.tmp %2 EINTR; write */r/*.partial %2 EINTR"
bears "read */r/*.h5 %2 short"
bears "read */r/*.h5 %3 EINTR"
bears "clock realtime 2+ +400000000"
bears "clock realtime 9+ -400000000"
rm -rf r
bears "write */r/*.tmp %3 short; read */r/*.h5 %3 short; write */r/*.tmp %5 EINTR" "${direct[@]}"
shim_expect 0 "" "read *.csv %2 short; write */r/* %3 short; read *.csv %3 EINTR" 3 run input/config.yaml --set run.directory="$work/r"
# shellcheck disable=SC2086
same good r $outputs
/usr/bin/python3 - <<'END'
import json
for name, stage in json.load(open("r/run.json"))["stages"].items():
    assert 0 <= stage["seconds"] < 600, (name, stage["seconds"])
END
