#!/usr/bin/env bash
# Section io of the configuration: hints and collective transfers change no byte, alignment no value, wrong hints are
# refused, and metadata operations grow with the ranks alone. (A disk that fills up under them: machine_disk.sh.)
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 3000 --files 2 --output input --dirt-missing-id 0.01
tiercel 2 run input/config.yaml -q --set run.directory="$work/plain" >/dev/null
hints=(--set io.stripe_count=4 --set io.stripe_mib=1 --set io.buffer_mib=4
    --set 'io.hints=[romio_ds_write=disable, nobody_knows_this=1]')
for ranks in 1 2 3; do
    tiercel "$ranks" run input/config.yaml -q --set run.directory="$work/c$ranks" --set io.transfer=collective \
        "${hints[@]}" >/dev/null # no aggregators: OMPIO loses bytes with them (src/edge/store/README.md)
    # shellcheck disable=SC2086
    same plain "c$ranks" $outputs
    no_leftovers "c$ranks"
done
OMPI_MCA_io=romio321 tiercel 3 run input/config.yaml -q --set run.directory="$work/romio" --set io.transfer=collective \
    "${hints[@]}" --set io.aggregators=2 >/dev/null
# shellcheck disable=SC2086
same plain romio $outputs
echo "ok: collective transfers and hints, by OMPIO and by ROMIO: the same bytes"

for ranks in 1 2 3 7; do
    tiercel "$ranks" run input/config.yaml -q --set run.directory="$work/d$ranks" --set io.direct=always >/dev/null
    # shellcheck disable=SC2086
    same plain "d$ranks" $outputs
    no_leftovers "d$ranks"
done
echo "ok: past the page cache: the same bytes"

tiercel 2 synth --customers 30000 --files 2 --output large --dirt-missing-id 0.01
tiercel 2 run large/config.yaml -q --set run.directory="$work/l2" --set io.transfer=collective "${hints[@]}" >/dev/null
/usr/bin/python3 - <<'EOP'
import json
def operations(run):
    stages = json.load(open(run + "/run.json"))["stages"]
    return {name: stage["metadata_operations"] for name, stage in stages.items()}
one, two, three, large = (operations(run) for run in ("c1", "c2", "c3", "l2"))
for stage in one:
    assert three[stage] - two[stage] == two[stage] - one[stage] > 0, (stage, one[stage], two[stage], three[stage])
    assert large[stage] <= two[stage] * 1.1, (stage, two[stage], large[stage])
print("metadata operations on 1, 2, 3 ranks, and on 2 for ten times the customers:",
      {stage: (one[stage], two[stage], three[stage], large[stage]) for stage in one})
EOP
echo "ok: metadata operations grow with the ranks alone"

tiercel 2 run input/config.yaml -q --set run.directory="$work/aligned" --set io.alignment_kib=64 >/dev/null
same plain aligned report.json rejects.csv
/usr/bin/python3 - <<'EOP'
import h5py, numpy as np
def datasets(path):
    found = {}
    h5py.File(path).visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return found
for name in ("events", "features", "segments", "churn", "tiers"):
    a, b = datasets("plain/%s.h5" % name), datasets("aligned/%s.h5" % name)
    assert a.keys() == b.keys()
    for key, item in a.items():
        assert item[()].tobytes() == b[key][()].tobytes(), (name, key)
        if item.nbytes >= 65536:
            assert b[key].id.get_offset() % 65536 == 0, (name, key)
EOP
tiercel 2 run input/config.yaml --set run.directory="$work/aligned" >/dev/null 2>log.txt
grep -q 'nothing to do' log.txt || fail "aligned files are not taken: $(cat log.txt)"
echo "ok: aligned files hold the same values"

expect 78 'hint 1 is no name=value' 2 run input/config.yaml --set run.directory="$work/bad" --set 'io.hints=[striping]'
expect 78 'io.direct' 2 run input/config.yaml --set run.directory="$work/bad" --set io.direct=often
expect 78 'io.transfer' 2 run input/config.yaml --set run.directory="$work/bad" --set io.transfer=both
echo "ok: wrong hints are refused"
