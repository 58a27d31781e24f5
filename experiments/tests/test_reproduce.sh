#!/usr/bin/env bash
# test_reproduce.sh: reproduce and --price: lists, errors in one line, the
# smallest experiment, and that two runs print the same. Environment: TRIPTYCH.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C

# try STATUS PATTERN ARG...
try() {
    local want=$1 pattern=$2 got
    shift 2
    timeout 100 "$triptych" "$@" </dev/null >"$tmp/out" 2>"$tmp/err"
    got=$?
    if [ $got -ne "$want" ]; then
        echo "FAIL  reproduce $*: status $got, not $want: $(head -n 3 "$tmp/err")"
    elif ! cat "$tmp/out" "$tmp/err" | grep -qE -- "$pattern"; then
        echo "FAIL  reproduce $*: no '$pattern'"
    elif [ "$want" -eq 2 ] && [ "$(wc -l <"$tmp/err")" -ne 1 ]; then
        echo "FAIL  reproduce $*: more than one line: $(cat "$tmp/err")"
    else
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
}

paper=adams-agesen-2006
try 0 'nanobenchmarks' reproduce
try 0 'macrobenchmarks +not yet' reproduce
try 0 '"experiment": "rdtsc"' reproduce --json
try 0 "^$paper" list papers
try 0 "^$paper/table1" list experiments
try 0 '^p4-672 .*rows' list prices
try 0 '^core2-2660' list prices
try 2 "no paper 'popek'" reproduce popek
try 2 "no experiment 'nothing'" reproduce $paper/nothing
try 2 'not there yet' reproduce $paper/macrobenchmarks
try 2 'which paper' reproduce --explain nano.in.hvm
try 2 "no claim 'x'" reproduce --explain x $paper
try 2 "no price list 'x'" compare --price x nano-in

# Values that made the price list are never counted.
try 0 'table1.vm-entry.p4-672 .* calibration' reproduce $paper/table1
try 0 'calibration, not counted: 8' reproduce $paper/table1

# A small experiment twice, as text, JSON and HDF5.
try 0 'rdtsc.inline < rdtsc.callout .*holds' reproduce $paper/rdtsc
cp "$tmp/out" "$tmp/first"
try 0 'orderings: 2 of 2 hold' reproduce $paper/rdtsc
if cmp -s "$tmp/out" "$tmp/first"; then
    passed=$((passed + 1))
else
    echo "FAIL  reproduce: two runs differ"
    failed=$((failed + 1))
fi
try 0 '"orderings_held": 2' reproduce --json -o "$tmp/r.h5" $paper/rdtsc
if [ -s "$tmp/r.h5" ] && [ ! -e "$tmp/r.h5.part" ]; then
    passed=$((passed + 1))
else
    echo "FAIL  reproduce -o: no file"
    failed=$((failed + 1))
fi
try 0 'handler, instructions' reproduce --explain rdtsc.callout $paper
try 0 'published 2030 cycles \(printed\): Adams' \
    reproduce --explain rdtsc.trap $paper

# Model cycles stand by themselves, and only where all has a price.
try 0 'model_cycles by price list p4-672' \
    compare --engines native,bt --reps 1 --price p4-672 nano-in
try 0 'in +native +[0-9.]+' \
    compare --engines native,bt --reps 1 --price p4-672 nano-in
try 0 'TLB misses' compare --engines hvm --reps 1 --price p4-672 nano-in
try 0 '"prices": "p4-672"' \
    compare --engines native --reps 1 --price p4-672 --json nano-in
try 0 'setup +native +refused: no price: SENSITIVE MOV_TO_CR 0x4' \
    compare --engines native --reps 1 --price p4-672 nano-in

echo "RESULT reproduce.sh passed=$passed failed=$failed skipped=$skipped"
[ $failed -eq 0 ]
