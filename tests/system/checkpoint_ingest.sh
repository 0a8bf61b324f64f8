#!/usr/bin/env bash
# Ingest that is stopped between two rounds goes on from there on another number of ranks, and gives the same bytes; what is
# damaged, or belongs to other input or another configuration, is not used.
. "$TIERCEL_SOURCE/tests/system/common.sh"

dirt="--dirt-missing-id 0.01 --dirt-duplicates 0.03 --dirt-newlines 0.02 --dirt-dates 0.01 --dirt-numbers 0.01"
# shellcheck disable=SC2086
tiercel 2 synth --customers 40000 --files 3 --output input $dirt 2>/dev/null
mkdir packed
cp input/*.csv packed/
sed 's/\.csv$/.csv.gz/' input/config.yaml >packed/config.yaml
gzip -1 packed/transactions-00[01].csv packed/transactions-002.csv
# the map: every ninth id counts as another one
awk -F, 'NR > 1 && !($2 in seen) { seen[$2] = 1; print $2 }' input/transactions-000.csv | grep -v '^$' | sort |
    awk 'BEGIN { print "id,master" } NR % 9 == 0 { print $1 "," last } { last = $1 }' >map.csv

# ingest RANKS CONFIG FOLDER ARGUMENTS...: the code in $code, the log in log.txt.
ingest() {
    local ranks=$1 config=$2 folder=$3
    shift 3
    code=0
    tiercel "$ranks" ingest "$config/config.yaml" --set run.directory="$work/$folder" --set input.batch_mib=1 "$@" \
        2>log.txt >/dev/null || code=$?
}
resumed() {
    grep -q 'goes on where it was stopped' log.txt
}
finished() {
    [ "$code" -eq 0 ] || fail "code $code: $(cat log.txt)"
}

# chain NAME CONFIG ARGUMENTS...: stopped three times, each time taken up by another number of ranks.
chain() {
    local name=$1 config=$2 rows last=0 step
    shift 2
    rm -rf ref r
    ingest 2 "$config" ref "$@"
    finished
    for step in 3:1:1 2:0:1 3:2:1 7:5:1; do
        TIERCEL_FAULT=ingest.exchange:${step#*:}:stop ingest "${step%%:*}" "$config" r "$@"
        [ "$code" -eq 75 ] || fail "$name: $step ended with $code: $(cat log.txt)"
        [ ! -e r/events.h5 ] || fail "$name: a stopped ingest has published"
        [ -e r/checkpoint/ingest.ckpt ] || fail "$name: no state was saved"
        no_temporary r
        if [ "$step" != 3:1:1 ]; then
            resumed || fail "$name: $step did not go on: $(cat log.txt)"
            rows=$(grep -o 'after [0-9]* rows' log.txt | grep -o '[0-9]*')
            [ "$rows" -gt "$last" ] || fail "$name: $rows rows after $last"
            last=$rows
        fi
    done
    ingest 1 "$config" r "$@"
    finished
    resumed || fail "$name: the last attempt did not go on"
    same ref r events.h5 rejects.csv
    [ ! -e r/checkpoint ] || fail "$name: the state is still there: $(ls r/checkpoint)"
    no_leftovers r
    echo "same bytes after four stops: $name, $last rows read before the last one"
}
no_temporary() {
    local left
    left=$(find "$1" -name '*.tmp*' -o -name '*.csv.part' | head)
    [ -z "$left" ] || fail "left over: $left"
}

chain plain input
chain packed-and-spilled packed --set run.memory_per_rank=61 --set input.duplicates=drop_between_files
chain map input --set input.duplicates=keep --set "identity.map.files=[$work/map.csv]" --set "identity.map.columns={id: id, master: master}"

# a state that cannot be trusted, or is of something else
interrupt() {
    rm -rf r
    TIERCEL_FAULT=ingest.exchange:1:1:stop ingest 3 input r
    [ "$code" -eq 75 ] || fail "code $code: $(cat log.txt)"
}
ignored() { # what, words of the log
    finished
    if resumed; then
        fail "$1: a state was used that should not be"
    fi
    [ -z "$2" ] || grep -q "$2" log.txt || fail "$1: the log does not say '$2': $(cat log.txt)"
    [ ! -e r/checkpoint ] || fail "$1: $(ls r/checkpoint) is still there"
    echo "not used: $1"
}
ingest 2 input ref
finished
interrupt
part=$(find r/checkpoint -name '*.1.part')
printf '\377' | dd of="$part" bs=1 seek=100000 conv=notrunc 2>/dev/null
ingest 2 input r
ignored "a part with a flipped byte" damaged
same ref r events.h5 rejects.csv
interrupt
truncate -s -7 r/checkpoint/ingest.ckpt
ingest 2 input r
ignored "a head cut off" damaged
same ref r events.h5 rejects.csv
interrupt
rm "$(find r/checkpoint -name '*.2.part')"
ingest 3 input r
ignored "a part that is missing" damaged
same ref r events.h5 rejects.csv
interrupt
ingest 2 input r --set input.duplicates=keep
ignored "another configuration" ""
interrupt
sed -i '2s/,/,x/' input/transactions-000.csv # in a part that has been read
ingest 2 input r
ignored "changed input" ""
ingest 3 input ref
finished
same ref r events.h5 rejects.csv

# a stop anywhere else: nothing is published, the last results stay, the next run is whole
cp -r ref old
for site in ingest.fingerprint:1:1 table.count:0:1 ingest.sort:2:1 ingest.rejects:0:1 store.write:1:9 ingest.orders:1:1 \
    ingest.resume:1:1; do
    rm -rf r
    cp -r old r
    [ "$site" != ingest.resume:1:1 ] || TIERCEL_FAULT=ingest.exchange:1:1:stop ingest 2 input r
    TIERCEL_FAULT=$site:stop ingest 3 input r
    [ "$code" -eq 75 ] || fail "$site ended with $code: $(cat log.txt)"
    same old r events.h5 rejects.csv
    no_temporary r
    echo "stopped at $site"
done
ingest 2 input r
finished
same old r events.h5 rejects.csv
no_leftovers r

# killed just before the state is removed: the next run does it
rm -rf r
TIERCEL_FAULT=ingest.exchange:1:1:stop ingest 3 input r
cp -r r/checkpoint kept
tiercel 2 run input/config.yaml --stages ingest --set run.directory="$work/r" 2>/dev/null >/dev/null
cp -r kept r/checkpoint
tiercel 2 run input/config.yaml --stages ingest --set run.directory="$work/r" 2>log.txt >/dev/null
grep -q "nothing to do" log.txt || fail "ingest ran again: $(cat log.txt)"
[ ! -e r/checkpoint ] || fail "an old state stays: $(ls r/checkpoint)"

# the stages that go from one file to another begin anew, and nothing of them is left
rm -rf r full
awk -F, '{ print NR == 1 ? "customer,since" : $1 ",2024-01-05" }' map.csv >input/customers.csv
cp input/config.yaml input/all.yaml
echo 'customers: {files: [customers.csv], columns: {signup: since}}' >>input/all.yaml
tiercel 2 run input/all.yaml --stages ingest,profiles,features --set run.directory="$work/full" 2>/dev/null >/dev/null
mkdir r
cp full/events.h5 full/rejects.csv r/
cp full/run.json r/
for site in profiles.parse:1:1 profiles.write:0:1 features.compute:2:1 features.guess:0:1 store.read:1:7; do
    code=0
    TIERCEL_FAULT=$site:stop tiercel 3 run input/all.yaml --stages ingest,profiles,features --set run.directory="$work/r" \
        2>log.txt >/dev/null || code=$?
    [ "$code" -eq 75 ] || fail "$site ended with $code: $(cat log.txt)"
    [ ! -e r/features.h5 ] || fail "$site: features.h5 was published"
    no_leftovers r
done
tiercel 1 run input/all.yaml --stages ingest,profiles,features --set run.directory="$work/r" 2>/dev/null >/dev/null
same full r events.h5 profiles.h5 features.h5
echo "profiles and features stop"

# a signal to the launcher, as batch systems send it; it passes it on
rm -rf r
for step in 3:1 1:0 2:1; do
    : >log.txt
    code=0
    TIERCEL_FAULT=ingest.exchange:${step#*:}:1:pause mpirun -n "${step%:*}" "$TIERCEL_PROGRAM" run input/config.yaml \
        --stages ingest --set run.directory="$work/r" --set input.batch_mib=1 2>log.txt >/dev/null &
    launcher=$!
    tries=0
    until grep -q "at ingest.exchange" log.txt; do
        sleep 0.2
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || fail "nobody waits for the signal: $(cat log.txt)"
    done
    kill -USR1 "$launcher"
    wait "$launcher" || code=$?
    [ "$code" -eq 75 ] || fail "a signal gives $code: $(cat log.txt)"
    [ "$step" = 3:1 ] || resumed || fail "$step did not go on: $(cat log.txt)"
done
ingest 3 input r
finished
same ref r events.h5 rejects.csv
no_leftovers r
echo "stopped by SIGUSR1 to mpirun"
