#!/usr/bin/env bash
# Each named fault site on each of 3 ranks: the documented code, one message, no hang, nothing half-written, previous results
# untouched; and memory that runs out at the n-th request.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 600 --files 2 --output input --dirt-missing-id 0.01 --dirt-duplicates 0.01
# tables for the stage profiles, so that its sites are reached
/usr/bin/python3 - <<'EOF' >input/customers.csv
print("customer,since")
print("\n".join("C%03d,2024-01-%02d" % (i, 1 + i % 28) for i in range(1, 500)))
EOF
/usr/bin/python3 - <<'EOF'
import h5py, numpy as np
with h5py.File("input/wide.h5", "w") as f:
    f["customer"] = np.array(["C%03d" % i for i in range(1, 400)], dtype="S")
    f["x"] = np.arange(399.0)
    f["plan"] = np.array(["a", "b", "c"] * 133, dtype="S")
EOF
cat >>input/config.yaml <<'EOF'
customers: {files: [customers.csv], columns: {signup: since}}
wide: {files: [wide.h5], categorical: [{column: plan}]}
EOF
printf 'id,master\nC00000001,C00000002\nC00000003,C00000002\nC00000004,C00000005\nC00000005,C00000006\n' >map.csv
printf 'child,parent\nC00000007,C00000001\n' >tree.csv
map=(--set "identity.map.files=[$work/map.csv]" --set "identity.hierarchy.files=[$work/tree.csv]")
range=(--set segment.k=3 --set segment.k_max=5 --set segment.gap_references=2 --set segment.sample=128)
tiercel 2 run input/config.yaml -q --set run.directory="$work/good" "${map[@]}" >/dev/null
mapfile -t sites < <(grep -rhoE 'TC_FAULT\("[a-z_.]+"' "$TIERCEL_SOURCE/src" | sed 's/.*"\(.*\)"/\1/' |
    grep -v -e "^synth" -e "^ingest.spill_" -e "^segment.previous" -e "^segment.flow" -e "^labels" -e "^checkpoint" -e "^ingest.save" -e "^ingest.resume" | sort -u)
[ "${#sites[@]}" -ge 10 ] || fail "only ${#sites[@]} fault sites found"

for site in "${sites[@]}"; do
    ranks="0 1 2"
    case $site in
    json.write | lock.write) ranks=0 ;; # only rank 0 writes JSON and the lock file
    esac
    for rank in $ranks; do
        rm -rf r && cp -r good r
        # another configuration, so that every stage wants to run, over the good results
        rm r/run.json
        export TIERCEL_FAULT="$site:$rank:1"
        LIMIT=60 expect 74 "fault injected at $site" 3 run input/config.yaml --set run.directory="$work/r" \
            --set run.horizon_days=80 --set features.active_days=300 "${range[@]}" "${map[@]}"
        unset TIERCEL_FAULT
        no_leftovers r
        for file in events.h5 features.h5 segments.h5 churn.h5 tiers.h5; do
            [ -s "r/$file" ] || fail "$site on rank $rank destroyed $file"
        done
    done
    echo "ok: $site"
done
export TIERCEL_FAULT="${sites[0]}:1:1:memory"
expect 71 "fault injected" 3 run input/config.yaml --set run.directory="$work/m" "${map[@]}"

# memory that runs out at the n-th request of one rank: either it is reported, or the job did without
failed=0
for ((n = 1; n < 6000; n += 1 + n / 3)); do
    rm -rf r
    code=0
    TIERCEL_FAULT="allocation:1:$n" LIMIT=60 tiercel 3 run input/config.yaml -q --set run.directory="$work/r" \
        "${map[@]}" >out.txt 2>err.txt || code=$?
    [ -d r ] && no_leftovers r
    case $code in
    0)
        # shellcheck disable=SC2086
        same good r $outputs
        ;;
    71)
        failed=$((failed + 1))
        [ "$(grep -c '^tiercel: error: .*memory' err.txt)" -eq 1 ] || fail "request $n: $(cat err.txt)"
        ;;
    *) fail "request $n gives $code: $(cat err.txt)" ;;
    esac
done
[ "$failed" -ge 15 ] || fail "only $failed requests failed"
echo "ok: $failed failed requests for memory"
