#!/usr/bin/env bash
# A second run does nothing; a change reruns just what depends on it; a killed or failed stage is resumed.
. "$TIERCEL_SOURCE/tests/system/common.sh"

tiercel 2 synth --customers 2000 --files 2 --output input
run() { # ranks, further arguments; prints the names of the stages that ran
    local ranks=$1
    shift
    tiercel "$ranks" run input/config.yaml --set run.directory="$work/r" "$@" 2>log.txt >/dev/null ||
        fail "run failed: $(cat log.txt)"
    grep -oE '^tiercel: (ingest|features|segment|churn|assign|report) ' log.txt |
        sed 's/tiercel: //' | tr -d '\n' || true
}
expect_stages() {
    [ "$1" = "$2" ] || fail "stages '$2' ran instead of '$1'"
    echo "ran: ${2:-nothing}"
}
expect_stages "ingest features segment churn assign report " "$(run 2)"
cp -r r first
expect_stages "" "$(run 2)"
grep -q "nothing to do" log.txt || fail "it does not say that there is nothing to do"
expect_stages "" "$(run 3)"

expect_stages "segment assign report " "$(run 2 --set segment.k=3)"
expect_stages "assign report " "$(run 2 --set segment.k=3 --set assign.weights.recency=0.5)"
expect_stages "churn assign report " "$(run 2 --set segment.k=3 --set churn.ridge=0.01 --set assign.weights.recency=0.5)"
expect_stages "features segment churn assign report " "$(run 2 --set features.active_days=200)"
expect_stages "features segment churn assign report " "$(run 2)"
# shellcheck disable=SC2086
same first r $outputs

# the job in links of a chain: each makes what is not complete of its own stages, and none of the others
rm -rf chain
for ranks in 2 3; do
    expect_stages "$([ $ranks -eq 3 ] || echo "ingest ")" "$(run $ranks --set run.directory="$work/chain" --stages ingest)"
    expect_stages "$([ $ranks -eq 3 ] || echo "features segment churn ")" \
        "$(run $ranks --set run.directory="$work/chain" --stages features,segment,churn)"
    rm -f chain/report.json
    expect_stages "$([ $ranks -eq 3 ] || echo "assign ")report " \
        "$(run $ranks --set run.directory="$work/chain" --stages assign,report)"
done
# shellcheck disable=SC2086
same first chain $outputs
expect 64 'there is no stage "model"' 1 run input/config.yaml --stages features,model
expect 64 "--stages needs names" 1 run input/config.yaml --stages
expect 64 "unknown option --stages" 1 ingest input/config.yaml --stages ingest
expect 66 "events.h5" 2 run input/config.yaml --set run.directory="$work/empty" --stages features
# its own models of the events of another run
expect_stages "features segment churn assign report " "$(run 2 --set run.directory="$work/retrained" \
    --set "run.events=[$work/r/events.h5]" --set segment.k=4 --stages features,segment,churn,assign,report)"

rm r/churn.h5
expect_stages "churn " "$(run 2)"
head -c 2000 first/features.h5 >r/features.h5
expect_stages "features " "$(run 1)"
rm r/run.json
expect_stages "ingest " "$(run 2)"
echo broken >r/run.json
expect_stages "ingest " "$(run 2)"
# shellcheck disable=SC2086
same first r $outputs

row=$(sed -n 2p input/transactions-001.csv)
echo "$row" >>input/transactions-001.csv
expect_stages "ingest features segment churn assign report " "$(run 2)"

# a stage that fails, or is killed: the next run goes on from the last complete file
rm -r r
for fault in store.publish:1:3 store.put:1:40 store.put:1:40:kill store.publish:0:2:kill; do
    rm -rf k
    code=0
    TIERCEL_FAULT=$fault tiercel 3 run input/config.yaml --set run.directory="$work/k" >/dev/null 2>err.txt || code=$?
    case $fault in
    *kill) [ "$code" -ne 0 ] || fail "a killed job ended with 0" ;;
    *)
        [ "$code" -eq 74 ] || fail "$fault gives $code: $(cat err.txt)"
        no_leftovers k
        ;;
    esac
    tiercel 2 run input/config.yaml --set run.directory="$work/k" >/dev/null 2>log.txt || fail "no resume: $(cat log.txt)"
    [ "$(grep -cE '^tiercel: (ingest|features|segment|churn|assign|report) ' log.txt)" -lt 6 ] || fail "nothing was resumed"
    run 2 >/dev/null
    # shellcheck disable=SC2086
    same r k $outputs
    no_leftovers k
    echo "resumed after $fault"
done
