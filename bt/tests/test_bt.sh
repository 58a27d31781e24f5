#!/usr/bin/env bash
# test_bt.sh: the engine bt: what it does at sensitive operations, as its ledger
# tells; its options; the same guest with a small code cache, without adaptive
# translation, with other units. Uses our own guests. Environment: TRIPTYCH.
source "$(dirname "$0")/../../common/tests/shell.sh"

# ledger GUEST ARG...: run it under bt; the ledger is in $tmp/csv.
ledger() {
    does 0 "$*" run --engine bt "${@:2}" --ledger "$tmp/l.h5" "$1"
    "$triptych" export "$tmp/l.h5" --csv >"$tmp/csv"
}
# counted BENCHMARK KIND NAME COUNT: rows of all sub-reasons, added.
counted() {
    check "$1: $2 $3" "$(awk -F, -v b="$1" -v k="$2" -v n="$3" \
        '$3 == b && $6 == k && $9 == n { s += $10 } END { print s + 0 }' \
        "$tmp/csv")" "$4"
}

# The three ways of Adams and Agesen 2006, section 3.4.
for how in inline callout trap; do
    kind=BT_${how^^}
    ledger nano-rdtsc --controls rdtsc=$how
    counted rdtsc SENSITIVE RDTSC 100000
    counted rdtsc "$kind" RDTSC 100000
    check "rdtsc=$how: ways" "$(grep -c ',BT_.*,RDTSC,' "$tmp/csv")" 1
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
expect "callret: $returns returns" [ $((returns >= 99900 && returns <= 100000)) = 1 ]

# Writes to page tables are traced; a site that does it again and again becomes
# a call-out, unless that is off.
ledger nano-ptemod-same --controls adapt=16
counted ptemod-same SHADOW TRACED_WRITE 32768
faults=$(awk -F, '$3 == "ptemod-same" && $9 == "TRACE_FAULT" {
    print $10 }' "$tmp/csv")
expect "adapted after $faults faults" [ $((faults >= 16 && faults <= 64)) = 1 ]
counted ptemod-same BT SITE_CALLOUT $((32768 - faults))
ledger nano-ptemod-same --controls adapt=off
counted ptemod-same BT TRACE_FAULT 32768
counted ptemod-same BT SITE_CALLOUT 0

# Nothing that the guest can see depends on how it is translated.
unchanged() { # unchanged GUEST ARG...: the run is that in $tmp/a.*
    does 0 "$*" run --state-hash --json="$tmp/b.json" "${@:2}" "$1"
    expect "$*: console" cmp "$tmp/a.out" "$tmp/out"
    for key in register_hash machine_hash retired_insns; do
        check "$*: $key" "$(grep "\"$key\": " "$tmp/b.json")" \
            "$(grep "\"$key\": " "$tmp/a.json")"
    done
}
for guest in trik32 trik64; do
    does 0 $guest run --processor interp --state-hash --json="$tmp/a.json" $guest
    cp "$tmp/out" "$tmp/a.out"
    unchanged $guest --processor jit
    unchanged $guest --engine bt
    unchanged $guest --engine bt --controls cache=256K
    unchanged $guest --engine bt --controls adapt=off,unit=32
    unchanged $guest --engine bt --controls unit=1,rdtsc=callout
done

# Options that make no sense are refused by name.
refused() { # refused ARG...: all of it is named
    refuses 2 "$*" run --engine bt "$@" trik32
}
refused --controls rdtsc=fast
refused --controls unit=0
refused --controls unit=33
refused --controls cache=1K
refused --controls adapt=x
refused --controls nonsense
refused --paging ept
refused --processor interp
refuses 2 '--vpid' run --engine bt --vpid on trik32
result
