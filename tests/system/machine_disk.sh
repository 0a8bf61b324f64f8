#!/usr/bin/env bash
# Real disks: one that is read-only, one that knows no O_DIRECT (a ramfs), and one that is full under collective transfers (full_disk.sh has the usual ones). Code 74,
# the file is named, nothing is left, the last good results stay.
. "$TIERCEL_SOURCE/tests/system/common.sh"
mkdir disk full plain
mount -t tmpfs -o size=32m tmpfs disk 2>/dev/null || skip "no right to mount a tmpfs"
trap 'umount "$work/disk"; rm -rf "$work"' EXIT
mount -t tmpfs -o size=600k tmpfs full
trap 'umount "$work/disk" "$work/full"; rm -rf "$work"' EXIT
mount -t ramfs ramfs plain
trap 'umount "$work/disk" "$work/full" "$work/plain"; rm -rf "$work"' EXIT

tiercel 2 synth --customers 600 --files 2 --output input
tiercel 2 run input/config.yaml -q --set run.directory="$work/good" >/dev/null
cp -r good disk/r
mount -o remount,ro disk
expect 74 "disk/r" 3 run input/config.yaml --set run.directory="$work/disk/r" --set features.active_days=300
grep -q "Read-only file system" err.txt || fail "$(cat err.txt)"
# shellcheck disable=SC2086
same good disk/r $outputs
echo "ok: a read-only disk"

tiercel 3 run input/config.yaml -q --set run.directory="$work/plain/r" --set io.direct=always >/dev/null
# shellcheck disable=SC2086
same good plain/r $outputs
echo "ok: no way past the page cache: through it"

tiercel 2 synth --customers 4000 --files 2 --output large
expect 74 'events.h5' 3 run large/config.yaml --set run.directory="$work/full/r" --set io.transfer=collective
[ -z "$(find full -name '*.tmp*')" ] || fail "left on the full disk: $(find full)"
echo "ok: full disk"
