#!/usr/bin/env bash
# test_bt.sh: the engine bt: what it does at sensitive operations, as its ledger
# tells; its options; the same guest with a small code cache, without adaptive
# translation, with other units. Uses our own guests. Environment: TRIPTYCH.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

expect() { # expect WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL  bt $what"
    fi
}
# ledger GUEST ARG...: run it under bt; the ledger is in $tmp/csv.
ledger() {
    local guest=$1 got
    shift
    timeout 300 "$triptych" run --engine bt "$@" --ledger "$tmp/l.h5" "$guest" \
        </dev/null >"$tmp/out" 2>"$tmp/err"
    got=$?
    expect "$guest $*: status $got: $(tail -n 1 "$tmp/err")" [ $got -eq 0 ]
    "$triptych" export "$tmp/l.h5" --csv >"$tmp/csv"
}
# counted BENCHMARK KIND NAME COUNT: rows of all sub-reasons, added.
counted() {
    local sum
    sum=$(awk -F, -v b="$1" -v k="$2" -v n="$3" \
        '$3 == b && $6 == k && $9 == n { s += $10 } END { print s + 0 }' \
        "$tmp/csv")
    expect "$1: $2 $3: $sum, not $4" [ "$sum" -eq "$4" ]
}

# The three ways of Adams and Agesen 2006, section 3.4.
for how in inline callout trap; do
    kind=BT_$(echo $how | tr a-z A-Z)
    ledger nano-rdtsc --controls rdtsc=$how
    counted rdtsc SENSITIVE RDTSC 100000
    counted rdtsc "$kind" RDTSC 100000
    [ "$(grep -c ',BT_.*,RDTSC,' "$tmp/csv")" -eq 1 ]
    expect "rdtsc=$how: one way only" [ $? -eq 0 ]
done

ledger nano-cli-sti
counted cli-sti BT_INLINE CLI 100000
counted cli-sti BT_INLINE STI 100000
ledger nano-syscall
counted syscall BT_CALLOUT SYSCALL 100000
counted syscall BT TO_KERNEL 100001 # INT leaves user mode at the end
counted syscall BT TO_USER 100000
ledger nano-pgfault
counted pgfault SHADOW GUEST_FAULT 100000
counted pgfault BT_CALLOUT EXCEPTION 100000
ledger nano-cr3wr
counted cr3wr BT_CALLOUT MOV_TO_CR 100000
ledger nano-cr8wr
counted cr8wr BT_INLINE MOV_TO_CR 100000
counted cr8wr BT_CALLOUT MOV_TO_CR 0

# Returns of kernel code look their targets up; what interp runs before code is
# hot does not.
ledger nano-callret
returns=$(awk -F, '$3 == "callret" && $9 == "INDIRECT" && $8 == 0 {
    print $10 }' "$tmp/csv")
expect "callret: $returns returns" [ "$returns" -ge 99900 -a "$returns" -le 100000 ]

# Writes to page tables are traced; a site that does it again and again becomes
# a call-out, unless that is off.
ledger nano-ptemod-same --controls adapt=16
counted ptemod-same SHADOW TRACED_WRITE 32768
faults=$(awk -F, '$3 == "ptemod-same" && $9 == "TRACE_FAULT" {
    print $10 }' "$tmp/csv")
expect "adapted after $faults faults" [ "$faults" -ge 16 -a "$faults" -le 64 ]
counted ptemod-same BT SITE_CALLOUT $((32768 - faults))
ledger nano-ptemod-same --controls adapt=off
counted ptemod-same BT TRACE_FAULT 32768
counted ptemod-same BT SITE_CALLOUT 0

# Nothing that the guest can see depends on how it is translated.
same() { # same GUEST ARG...
    local guest=$1
    shift
    timeout 300 "$triptych" run --state-hash --json="$tmp/b.json" "$@" \
        "$guest" </dev/null >"$tmp/b.out" 2>"$tmp/err"
    expect "$guest $*: status $?: $(tail -n 1 "$tmp/err")" [ $? -eq 0 ]
    expect "$guest $*: console" cmp -s "$tmp/a.out" "$tmp/b.out"
    for key in register_hash machine_hash retired_insns; do
        expect "$guest $*: $key" [ "$(grep "\"$key\": " "$tmp/a.json")" = \
            "$(grep "\"$key\": " "$tmp/b.json")" ]
    done
}
for guest in trik32 trik64; do
    timeout 300 "$triptych" run --processor interp --state-hash \
        --json="$tmp/a.json" $guest </dev/null >"$tmp/a.out" 2>"$tmp/err"
    expect "$guest: status $?: $(tail -n 1 "$tmp/err")" [ $? -eq 0 ]
    same $guest --processor jit
    same $guest --engine bt
    same $guest --engine bt --controls cache=256K
    same $guest --engine bt --controls adapt=off,unit=32
    same $guest --engine bt --controls unit=1,rdtsc=callout
done

# Options that make no sense are refused by name.
refused() { # refused PATTERN ARG...
    local pattern=$1
    shift
    timeout 60 "$triptych" run --engine bt "$@" trik32 </dev/null \
        >"$tmp/out" 2>"$tmp/err"
    expect "$*: status $?, not 2" [ $? -eq 2 ]
    expect "$*: $(head -n 1 "$tmp/err")" grep -qF -- "$pattern" "$tmp/err"
}
refused '--controls rdtsc=fast' --controls rdtsc=fast
refused '--controls unit=0' --controls unit=0
refused '--controls unit=33' --controls unit=33
refused '--controls cache=1K' --controls cache=1K
refused '--controls adapt=x' --controls adapt=x
refused '--controls nonsense' --controls nonsense
refused '--paging ept' --paging ept
refused '--vpid' --vpid on
refused '--processor interp' --processor interp
echo "RESULT bt passed=$passed failed=$failed skipped=$skipped"
[ "$failed" -eq 0 ]
