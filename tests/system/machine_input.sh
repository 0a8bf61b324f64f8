#!/usr/bin/env bash
# What comes in is not what it was: results of a stage with flipped bits or cut off, input that changes between two attempts or
# while it is read, and less memory than a job needs. Each gives the documented code and a line that names the file, or a right
# result; the last good results stay.
. "$TIERCEL_SOURCE/tests/system/common.sh"
# shellcheck source=tests/system/machine_common.sh
. "$TIERCEL_SOURCE/tests/system/machine_common.sh"

tiercel 2 synth --customers 600 --files 2 --output input
tiercel 2 run input/config.yaml -q --set run.directory="$work/good" >/dev/null
first=$(find input -name '*.csv' | sort | head -n 1)

# hurt FILE HOW: flip=N: one bit of the N-th thousandth; cut=N: N thousandths stay
hurt() {
    /usr/bin/python3 - "$1" "$2" <<'END'
import os, sys
name, (how, part) = sys.argv[1], sys.argv[2].split("=")
size = os.path.getsize(name)
with open(name, "r+b") as f:
    if how == "cut":
        f.truncate(size * int(part) // 1000)
    else:
        at = min(size - 1, size * int(part) // 1000)
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1 << int(part) % 8]))
END
}
# met FILE HOW STAGE RESULT: the stage that reads the damaged file names it (65), or makes the right result
n_found=0
met() {
    local file=$1 how=$2 stage=$3 result=$4 code=0
    rm -rf r && cp -r good r
    hurt "r/$file" "$how"
    tiercel 2 "$stage" input/config.yaml --set run.directory="$work/r" >out.txt 2>err.txt || code=$?
    no_leftovers r
    same good r "$result"
    case $code in
    0) ;; # the bit lies where this stage does not look
    65)
        n_found=$((n_found + 1))
        [ "$(grep -c '^tiercel: error: ' err.txt)" -eq 1 ] || fail "not one error line: $(cat err.txt)"
        grep '^tiercel: error: ' err.txt | grep -qF "r/$file" || fail "$file is not named: $(cat err.txt)"
        ;;
    *) fail "$how of $file gives $code in $stage: $(cat err.txt)" ;;
    esac
}
step=${MACHINE_STEP:-331} # thousandths between two flips; scripts/soak can take finer ones
for pair in "events.h5 features features.h5" "features.h5 segment segments.h5" "features.h5 churn churn.h5" \
    "segments.h5 assign tiers.h5" "churn.h5 assign tiers.h5" "tiers.h5 report report.json"; do
    read -r file stage result <<<"$pair"
    for ((at = 3; at < 1000; at += step)); do
        met "$file" "flip=$at" "$stage" "$result"
    done
    before=$n_found
    for part in 0 500 999; do
        met "$file" "cut=$part" "$stage" "$result"
    done
    [ $n_found -eq $((before + 3)) ] || fail "$file cut off was not noticed"
    echo "ok: damaged $file in $stage"
done
[ $n_found -ge 25 ] || fail "only $n_found damages were found"

# a whole run makes files anew that are cut off, and says so of those whose numbers changed
for file in events.h5 features.h5 segments.h5 churn.h5 tiers.h5; do
    rm -rf r && cp -r good r
    hurt "r/$file" cut=700
    expect 0 "" 3 run input/config.yaml --set run.directory="$work/r"
    # shellcheck disable=SC2154,SC2086
    same good r $outputs
done
echo "ok: run makes files anew that are cut off"

# input that changes between two attempts: the first is killed after ingest; the second has the result of the new input
sed -n '2,101p' "$first" >more.csv
changes=(grow shrink edit)
for change in "${changes[@]}"; do
    rm -rf r new now && cp -r input now && sed -i "s|$work/input|$work/now|g" now/config.yaml
    code=0
    TIERCEL_FAULT="features.read:1:1:kill" tiercel 3 run now/config.yaml -q --set run.directory="$work/r" \
        >/dev/null 2>&1 || code=$?
    [ $code -ne 0 ] || fail "the first attempt was not killed"
    target=now/$(basename "$first")
    cp -p "$target" stamp
    case $change in
    grow) cat more.csv >>"$target" ;;
    shrink) head -n 2000 "$target" >x && mv x "$target" ;;
    edit) sed -i '5s/[0-9]\.[0-9][0-9]/9.99/' "$target" && touch -r stamp "$target" ;; # same size, same time
    esac
    tiercel 2 run now/config.yaml -q --set run.directory="$work/new" >/dev/null
    expect 0 "" 2 run now/config.yaml --set run.directory="$work/r"
    # shellcheck disable=SC2086
    same new r $outputs
    no_leftovers r
    echo "ok: input that changed between two attempts: $change"
done

# input that is cut off while it is read: 74, nothing published
cp -r input now2 && sed -i "s|$work/input|$work/now2|g" now2/config.yaml
rm -rf r go shim.log && cp -r good r && rm r/run.json
target=now2/$(basename "$first")
shim "read */now2/*.csv 4 wait=$work/go" 3 run now2/config.yaml --set run.directory="$work/r" >out.txt 2>err.txt &
job=$!
wait_for shim.log
: >"$target"
touch go
code=0
wait $job || code=$?
[ $code = 74 ] || [ $code = 65 ] || fail "input that is cut off while it is read gives $code: $(cat err.txt)"
grep '^tiercel: error: ' err.txt | grep -qF "$(basename "$first")" || fail "the input is not named: $(cat err.txt)"
# shellcheck disable=SC2086
same good r $outputs
no_leftovers r
echo "ok: input that is cut off while it is read: $code"

# less memory than is needed: code 71 and one line, or enough; the results stay. A process that gets none at all for MPI
# itself says so in words of its own.
lean=0
for mib in 400 330 300 280 260 250 240 230 220; do
    rm -rf r && cp -r good r
    code=0
    timeout -k 5 120 mpirun -n 2 bash -c "ulimit -v $((mib * 1024)); exec \"\$@\"" limit "$TIERCEL_PROGRAM" \
        run input/config.yaml --set run.directory="$work/r" --set input.duplicates=drop >out.txt 2>err.txt || code=$?
    [ $code -ne 124 ] || fail "hangs with $mib MiB: $(cat err.txt)"
    if [ $code -eq 71 ]; then
        lean=$((lean + 1))
        [ "$(grep -c '^tiercel: error: .*memory' err.txt)" -eq 1 ] || fail "$mib MiB: $(cat err.txt)"
    fi
    echo "memory of $mib MiB: $code"
    [ $code -eq 0 ] || same good r tiers.h5 report.json
done
[ $lean -ge 3 ] || fail "code 71 only $lean times"
