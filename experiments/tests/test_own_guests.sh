#!/usr/bin/env bash
# test_own_guests.sh: our own guests under native: each ends with status 0, has
# its markers with their iterations, measures what it says and nothing else, and
# does the same twice; the small kernel's suite, also with a disk. QEMU, where
# installed, must agree that they end well. Environment: TRIPTYCH, the binary;
# MODE: under asan a part of the suite must do.
source "$(dirname "$0")/../../common/tests/shell.sh"

# run NAME GUEST ARG...: a run to status 0, with its JSON in NAME.json.
run() {
    local name=$1 guest=$2
    shift 2
    does 0 "$guest $*" run --quiet --mem 64M --json="$tmp/$name.json" "$@" \
        "$guest"
    # Lines `mark NAME ITERATIONS RETIRED` and `row NAME SUB COUNT`.
    awk -F'[:,]' '{ gsub(/[ "{}]/, "") }
        $1 == "code" || $1 == "name" { name = $2 }
        $1 == "iterations" { iterations = $2 }
        $1 == "retired_insns" && iterations != "" {
            print "mark", name, iterations, $2 - last
            last = $2; iterations = "" }
        $1 == "sub" { sub_reason = $2 }
        $1 == "count" { print "row", name, sub_reason, $2; sub_reason = 0 }' \
        "$tmp/$name.json" >"$tmp/$name.txt"
}
# marks NAME LINE: the names and iterations of all markers but setup's.
marks() {
    [ "$(awk '$1 == "mark" && $2 != "setup" { printf "%s:%s ", $2, $3 }' \
        "$tmp/$1.txt")" = "$2" ] && return
    grep ^mark "$tmp/$1.txt"
    return 1
}
# costs NAME MARK N INSNS: an iteration of MARK retires so many instructions
# more than one of the empty loop; the rest (calls, preparations) is constant.
costs() {
    awk -v mark="$2" -v n="$3" -v insns="$4" '
        $1 == "mark" { retired[$2] = $4 }
        END { more = retired[mark] - retired["empty"] - n * insns
              if (more < -16 || more > 16) { print "off by " more; exit 1 } }' \
        "$tmp/$1.txt"
}
# counts NAME ROW SUB N: the whole run's ledger has N to N + 128 of that row.
counts() {
    awk -v row="$2" -v code="$3" -v n="$4" '
        $1 == "row" && $2 == row && $3 == code { count += $4 }
        END { if (count < n || count > n + 128) { print row, count; exit 1 } }' \
        "$tmp/$1.txt"
}

# NAME INSNS64 INSNS32 ROW SUB [N]: instructions that an iteration retires, 64-
# and 32-bit (-: no such guest), and the ledger's row that counts it (-: none).
table='
syscall      2 2 SYSCALL 0
in           1 1 IN 128
cr8wr        1 - MOV_TO_CR 8
callret      2 2 - 0
pgfault      3 3 EXCEPTION 14
divzero      2 2 EXCEPTION 0
ptemod-same  1 1 - 0 32768
ptemod-clear 1 1 - 0 32768
ptemod-set   1 1 - 0 32768
cpuid        2 2 CPUID 0
rdtsc        1 1 RDTSC 0
hypercall    2 2 EXCEPTION 6
cli-sti      2 2 STI 0
popf         2 2 POPF 0
iret         6 4 IRET 0
cr3wr        1 1 MOV_TO_CR 3
invlpg       1 1 INVLPG 0
timer        7 7 HLT 0 1000
isprime      55 55 - 0 1000'

# The same of their ports to Xen PV.
xen_table='
callret      2 2 - 0
cpuid        2 2 CPUID 0
popf         2 2 - 0
rdtsc        1 1 - 0
in           1 1 TRC_PV_EMULATE_PRIVOP_IN 0
cli-sti      4 4 - 0
hypercall    9 5 XENVER_version 0
divzero      10 5 TRC_PV_TRAP_0 0
pgfault      11 6 TRC_PV_TRAP_14 0
iret         12 7 iret 0
cr3wr        13 9 mmuext_op 0
invlpg       13 9 mmuext_op 0
ptemod-same  14 10 update_va_mapping 0 32768
ptemod-clear 14 10 update_va_mapping 0 32768
ptemod-set   14 10 update_va_mapping 0 32768
isprime      55 55 - 0 1000'

nano() { # nano GUEST MARK INSNS ROW SUB N
    run a "$1"
    run b "$1"
    expect "$1: twice the same" same a b
    expect "$1: markers" marks a "empty:$6 $2:$6 "
    expect "$1: instructions of an iteration" costs a "$2" "$6" "$3"
    [ "$4" = - ] || expect "$1: its row" counts a "$4" "$5" "$6"
}
own=
while read -r name insns64 insns32 row sub n; do
    [ -n "$name" ] || continue
    own="$own nano-$name"
    nano "nano-$name" "$name" "$insns64" "$row" "$sub" "${n:-100000}"
    [ "$insns32" != - ] || continue
    [ "$row" != SYSCALL ] || row=SYSENTER
    own="$own nano-$name-32"
    nano "nano-$name-32" "$name" "$insns32" "$row" "$sub" "${n:-100000}"
done <<<"$table"
expect 'list: names every nanobenchmark, and all are there' [ "$("$triptych" \
    list guests | grep -c '^nano-.* there')" -eq "$(wc -w <<<"$own")" ]

# The small kernel. Iterations of one name are added up.
names='compress ctx-2p-0k ctx-2p-16k ctx-8p-16k ctx-overhead exec fork forkwait
integer memory mmap null-call open-close page-fault pipe prot-fault read sh
sig-handler sig-install stat write'
programs=
if slow_build; then
    programs='lat_syscall lat_sig lat_proc lat_pipe disk preempt'
    names='exec fork null-call open-close pipe prot-fault read sh sig-handler
sig-install stat write'
fi
tr ' ' '\n' <<<"$names" >"$tmp/want"
truncate -s 1M "$tmp/disk"
cp "$tmp/disk" "$tmp/disk.before"
for guest in trik64 trik32; do
    own="$own $guest"
    run a $guest ${programs:+--append "$programs"}
    run b $guest ${programs:+--append "$programs"}
    expect "$guest: twice the same" same a b
    expect "$guest: says so" grep -qx 'trik: all passed' "$tmp/out"
    awk '$1 == "mark" && $2 != "setup" { print $2 }' "$tmp/a.txt" |
        sort -u >"$tmp/got"
    expect "$guest: markers" diff "$tmp/want" "$tmp/got"
    run d $guest --append disk --disk "$tmp/disk"
    expect "$guest: disk marker" marks d 'disk:128 '
    expect "$guest: the disk is as it was" cmp "$tmp/disk" "$tmp/disk.before"
    try 1 'FAIL: no such program' run --quiet --append nothing $guest
done
try 0 '^fork +native' compare --engines native --reps 2 --mem 64M \
    --append lat_proc trik64

# The small kernel's port to Xen: the same suite, the same markers.
if "$triptych" list engines | grep -q '^pv  *x86  *works'; then
    for guest in trik64 trik32; do
        run a $guest --engine pv ${programs:+--append "$programs"}
        expect "$guest under pv: says so" grep -qx 'trik: all passed' \
            "$tmp/out"
        awk '$1 == "mark" && $2 != "setup" { print $2 }' "$tmp/a.txt" |
            sort -u >"$tmp/got"
        expect "$guest under pv: markers" diff "$tmp/want" "$tmp/got"
    done
    while read -r name insns64 insns32 row sub n; do
        [ -n "$name" ] || continue
        for width in '' -32; do
            insns=$insns64
            [ -z "$width" ] || insns=$insns32
            run a "nano-$name$width" --engine pv
            expect "nano-$name$width under pv: markers" \
                marks a "empty:${n:-100000} $name:${n:-100000} "
            expect "nano-$name$width under pv: instructions of an iteration" \
                costs a "$name" "${n:-100000}" "$insns"
            [ "$row" = - ] || expect "nano-$name$width under pv: its row" \
                counts a "$row" "$sub" "${n:-100000}"
        done
    done <<<"$xen_table"
else
    skip 'under pv: there is no engine pv here'
fi

# QEMU as an oracle: isa-debug-exit makes status 1 of a guest's 0.
qemu=$(command -v qemu-system-x86_64 || true)
if [ -z "$qemu" ]; then
    skip 'under QEMU: no qemu-system-x86_64 here'
else
    folder=$(dirname "$triptych")/guests
    for guest in $own; do
        append=
        case $guest in trik*) append='lat_sig lat_proc lat_ctx compress' ;; esac
        timeout 300 "$qemu" -accel tcg -m 64 -nodefaults -no-reboot \
            -display none -monitor none -serial "file:$tmp/out" \
            -device isa-debug-exit,iobase=0xf4,iosize=4 \
            -kernel "$folder/$guest" -append "$append" </dev/null >"$tmp/err" 2>&1
        got=$?
        check "QEMU, $guest: $(cat "$tmp/err" "$tmp/out"): status" $got 1
    done
fi
result
