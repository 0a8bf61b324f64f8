#!/usr/bin/env bash
# Any setting of the memory gives the same bytes, and whatever happens nothing is left in the scratch folder.
. "$TIERCEL_SOURCE/tests/system/common.sh"

least=72 # MiB
mkdir scratch
low=(--set "run.memory_per_rank=$least" --set "run.scratch=$work/scratch")

no_scratch() {
    [ -z "$(ls -A scratch)" ] || fail "left in the scratch folder: $(ls -A scratch)"
}

# spilled FILE: the log says that rows went through scratch files.
spilled() {
    grep -q 'went through scratch files' "$1" || fail "nothing was spilled: $(cat "$1")"
}

tiercel 2 synth --customers 120000 --files 3 --output input --dirt-missing-id 0.01 --dirt-duplicates 0.01 \
    --dirt-dates 0.005 --dirt-numbers 0.005
for duplicates in keep drop drop_between_files; do
    tiercel 2 ingest input/config.yaml -q --set run.directory="$work/large" --set input.duplicates=$duplicates
    for ranks in 1 2 3 7; do
        tiercel "$ranks" ingest input/config.yaml --set run.directory="$work/small" --set input.duplicates=$duplicates \
            "${low[@]}" >out.txt 2>&1
        if [ "$ranks" -lt 3 ]; then
            spilled out.txt
        fi
        same large small events.h5 rejects.csv
        no_scratch
    done
    echo "identical with $least MiB a rank, duplicates: $duplicates"
done

# one customer with most of the rows, and one row again and again: more than fits is sorted in pieces
{
    echo "customer,time,amount,order"
    seq 1 400000 | awk '{ printf "%s,2024-%02d-%02d 12:00:00,%d.50,o%d\n", ($1 % 10 ? "whale" : "c" $1), 1 + $1 % 7,
        1 + $1 % 28, $1 * 7919 % 1000, $1 % 3 ? $1 : 1 }'
    seq 1 300000 | sed 's/.*/same,2024-05-05 05:05:05,5.00,5/'
    seq 1 150000 | sed 's/.*/bad,2024-13-45,5.00,5/'
} >skew.csv
cat >skew.yaml <<EOF
run: {directory: skew}
input:
  transactions: [skew.csv]
  columns: {customer: customer, time: time, amount: amount, order: order}
quality: {enforce: false}
EOF
for duplicates in keep drop drop_between_files; do
    tiercel 2 ingest skew.yaml -q --set run.directory="$work/large" --set input.duplicates=$duplicates
    for ranks in 1 3; do
        tiercel "$ranks" ingest skew.yaml --set run.directory="$work/small" --set input.duplicates=$duplicates \
            "${low[@]}" >out.txt 2>&1
        spilled out.txt
        same large small events.h5 rejects.csv
        no_scratch
    done
    echo "identical for a customer that does not fit in memory, duplicates: $duplicates"
done

# the folder is $TMPDIR if nothing is said
mkdir other
TMPDIR=$work/other tiercel 1 ingest skew.yaml --set run.directory="$work/small" --set run.memory_per_rank=$least \
    >out.txt 2>&1
grep -q "went through scratch files in $work/other" out.txt || fail "not in TMPDIR: $(cat out.txt)"

# too little to work with, and folders that cannot be used
expect 78 'give at least' 2 ingest input/config.yaml --set run.directory="$work/r" --set run.memory_per_rank=20
[ ! -e r/events.h5 ] || fail "a file in spite of an error"
expect 74 "$work/nowhere: no scratch file can be made there" 2 ingest input/config.yaml --set run.directory="$work/r" \
    --set run.memory_per_rank=$least --set run.scratch="$work/nowhere"
no_leftovers r

# each fault of the scratch file on each rank
for site in open write read; do
    for rank in 0 1; do
        export TIERCEL_FAULT="ingest.spill_$site:$rank:1"
        expect 74 "fault injected at ingest.spill_$site" 2 ingest input/config.yaml --set run.directory="$work/r" \
            "${low[@]}"
        unset TIERCEL_FAULT
        no_leftovers r
        no_scratch
        [ ! -e r/events.h5 ] || fail "a file in spite of an error"
    done
done
echo "ok: faults of the scratch file"

# killed in the middle, politely and not
for signal in TERM KILL; do
    tiercel 2 ingest input/config.yaml -q --set run.directory="$work/r" "${low[@]}" >out.txt 2>&1 &
    job=$!
    for ((i = 0; i < 400; i++)); do
        # a deleted file in the scratch folder that a process of ours still holds
        holders=$(find /proc/[0-9]*/fd -lname "$work/scratch/*" 2>/dev/null | cut -d/ -f3 | sort -u || true)
        [ -z "$holders" ] || break
        kill -0 $job 2>/dev/null || break
        sleep 0.02
    done
    [ -n "$holders" ] || fail "no scratch file was seen"
    for pid in $holders; do
        kill -$signal "$pid" 2>/dev/null || true
    done
    if wait $job; then
        fail "the job ended well in spite of SIG$signal"
    fi
    no_scratch
    [ ! -e r/events.h5 ] || fail "a file in spite of SIG$signal"
    rm -rf r
done
echo "ok: nothing is left after SIGTERM and SIGKILL"
