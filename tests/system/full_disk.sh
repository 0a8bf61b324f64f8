#!/usr/bin/env bash
# A full disk is one line and code 74, nothing stays on it. Each disk is a small file system of its own, so this is skipped for
# a user who may not mount one.
. "$TIERCEL_SOURCE/tests/system/common.sh"

# full SIZE: a file system of that size in the folder full
full() {
    mkdir -p full
    mount -t tmpfs -o "size=$1" tmpfs full 2>/dev/null || skip "a full disk needs the right to mount a tmpfs"
    trap 'umount "$work/full"; rm -rf "$work"' EXIT
}

full 300k
tiercel 2 synth --customers 600 --files 2 --output input
code=0
LIMIT=60 tiercel 3 run input/config.yaml --set run.directory="$work/full/r" >out.txt 2>err.txt || code=$?
[ "$code" = 74 ] || fail "a full disk gives $code: $(cat err.txt)"
[ -z "$(find full -name '*.tmp*')" ] || fail "left on the full disk: $(find full)"
umount full
trap 'rm -rf "$work"' EXIT
echo "ok: full disk"

full 1m
tiercel 2 synth --customers 120000 --files 3 --output large
expect 74 "run.scratch" 2 ingest large/config.yaml --set run.directory="$work/r" --set run.memory_per_rank=72 \
    --set run.scratch="$work/full"
grep -q "$work/full: writing the scratch file failed (No space left on device)" err.txt || fail "$(cat err.txt)"
[ -z "$(ls -A full)" ] || fail "left on the full disk: $(ls -A full)"
no_leftovers r
echo "ok: a full scratch disk"
