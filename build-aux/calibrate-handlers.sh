#!/bin/sh
# calibrate-handlers.sh TRIPTYCH OUT [PROFILES]: how many host instructions the VMMs of bt
# and hvm execute for each kind of event: nanobenchmarks under callgrind, one
# profile for each interval (it is dumped where the ledger is cut), split by
# source file (handlers.awk), solved in the order of the plan below
# (handlers-solve.awk): what a line does not name must be known by then.
# Profiles are kept in folder PROFILES, if given, and found there again.
set -eu
triptych=$1
out=$2
here=$(dirname "$0")
if test $# -gt 2; then
    work=$3
else
    work=$(mktemp -d "${TMPDIR:-/tmp}/triptych-handlers.XXXXXX")
    trap 'rm -rf "$work"' EXIT
fi
command -v valgrind >/dev/null || { echo "calibrate-handlers: valgrind is missing" >&2; exit 77; }

# profile ENGINE CONTROLS GUEST: a profile and the ledger, made once
profile()
{
    key=$1-$3-$(echo "$2" | tr '=,' '--')
    test -e "$work/$key.csv" && return
    echo "$1 $2 $3" >&2
    set -- "$1" "$2" "$3" ""
    test "$1" = hvm && set -- "$1" "$2" "$3" "--vpid off"
    test "$2" = - || set -- "$1" "--controls $2" "$3" "$4"
    test "$2" = - && set -- "$1" "" "$3" "$4"
    # The options are words.
    valgrind --quiet --tool=callgrind --smc-check=all \
        --compress-strings=no --compress-pos=no --dump-before=cuts_mark \
        --callgrind-out-file="$work/$key" \
        "$triptych" run --engine $1 --processor jit $2 $4 \
        --ledger "$work/$key.h5" --quiet "$3" >/dev/null
    "$triptych" export --csv "$work/$key.h5" >"$work/$key.csv"
}

# Number of the interval, in the order of the markers, is that of the profile.
number()
{
    "$triptych" export --csv --table times "$work/$key.h5" |
        awk -F, -v name="$1" 'NR > 1 && $3 == name { print NR - 1 }'
}

# engine controls guest interval kind names sub what
# what: work (the VMM's instructions) or all (with the translated code, less
# that of the empty loop)
plan()
{
    cat <<'EOF'
hvm prescott-2005 nano-in in EXIT IO_INSTRUCTION * work
hvm prescott-2005 nano-cr8wr cr8wr EXIT CR_ACCESS 8 work
hvm prescott-2005 nano-cr3wr cr3wr EXIT CR_ACCESS 3 work
hvm prescott-2005 nano-cpuid cpuid EXIT CPUID * work
hvm prescott-2005 nano-invlpg invlpg EXIT INVLPG * work
hvm prescott-2005 nano-pgfault pgfault SHADOW GUEST_FAULT * work
hvm prescott-2005 nano-ptemod-same ptemod-same SHADOW TRACED_WRITE * work
hvm prescott-2005 nano-ptemod-clear ptemod-clear SHADOW ENTRY_WRITE * work
hvm prescott-2005 nano-ptemod-clear setup SHADOW FILL * work
hvm prescott-2005 nano-timer timer EXIT HLT * work
bt - nano-in in BT_CALLOUT IN * work
bt - nano-cr3wr cr3wr BT_CALLOUT MOV_TO_CR 3 work
bt - nano-cpuid cpuid BT_CALLOUT CPUID * work
bt - nano-invlpg invlpg BT_CALLOUT INVLPG * work
bt - nano-syscall syscall BT_CALLOUT SYSCALL,SYSRET * work
bt - nano-iret iret BT_CALLOUT IRET * work
bt - nano-divzero divzero BT_CALLOUT EXCEPTION * work
bt - nano-pgfault pgfault SHADOW GUEST_FAULT * work
bt - nano-ptemod-same ptemod-same BT SITE_CALLOUT * work
bt adapt=off nano-ptemod-same ptemod-same BT TRACE_FAULT * work
bt - nano-ptemod-clear ptemod-clear SHADOW ENTRY_WRITE * work
bt - nano-ptemod-clear setup SHADOW FILL * work
bt rdtsc=callout nano-rdtsc rdtsc BT_CALLOUT RDTSC * work
bt rdtsc=trap nano-rdtsc rdtsc BT_TRAP RDTSC * work
bt - nano-rdtsc rdtsc BT_INLINE RDTSC * all
bt - nano-cli-sti cli-sti BT_INLINE CLI,STI * all
bt - nano-popf popf BT_INLINE POPF * all
bt - nano-cr8wr cr8wr BT_INLINE MOV_TO_CR 8 all
bt - nano-callret callret BT INDIRECT * all
bt - nano-timer timer BT_CALLOUT HLT,EXTINT * work
EOF
}

# Rows whose work is that of another row, and rows for which no guest stands
# alone: engine,kind,reason,sub,instructions,,,0,why
others()
{
    cat <<'EOF'
hvm,EXIT,EXCEPTION_NMI,*,0,,,0,in the row of kind SHADOW that it leads to
hvm,SHADOW,WALK_REF,*,0,,,0,in FILL and GUEST_FAULT
hvm,SHADOW,ENTRY_DROP,*,0,,,0,in ENTRY_WRITE
hvm,SHADOW,TABLE_MADE,*,0,,,0,in FILL
hvm,SHADOW,TABLE_DROP,*,0,,,0,in FILL
hvm,SHADOW,TRACE,*,0,,,0,in FILL
hvm,SHADOW,UNTRACED,*,0,,,0,in TRACED_WRITE
hvm,SHADOW,FLUSH,*,0,,,0,in FILL
hvm,SHADOW,ROOT_HIT,*,0,,,0,in CR_ACCESS 3
hvm,SHADOW,ROOT_MADE,*,0,,,0,in CR_ACCESS 3
hvm,SHADOW,INVLPG,*,0,,,0,in EXIT INVLPG
hvm,SHADOW,TABLES_MOST,*,0,,,0,no event
hvm,INJECT,EXCEPTION,*,0,,,0,in GUEST_FAULT: the processor delivers it at VM entry
hvm,INJECT,EXTERNAL_INTERRUPT,*,0,,,0,in the exit before it: the processor delivers it at VM entry
hvm,VMX,EMULATED,*,0,,,0,in the row of the event
hvm,VMX,DELIVERED,*,0,,,0,in the row of the event
bt,SHADOW,WALK_REF,*,0,,,0,in FILL and GUEST_FAULT
bt,SHADOW,ENTRY_DROP,*,0,,,0,in ENTRY_WRITE
bt,SHADOW,TABLE_MADE,*,0,,,0,in FILL
bt,SHADOW,TABLE_DROP,*,0,,,0,in FILL
bt,SHADOW,TRACE,*,0,,,0,in FILL
bt,SHADOW,UNTRACED,*,0,,,0,in TRACE_FAULT
bt,SHADOW,FLUSH,*,0,,,0,in FILL
bt,SHADOW,ROOT_HIT,*,0,,,0,in MOV_TO_CR 3
bt,SHADOW,ROOT_MADE,*,0,,,0,in MOV_TO_CR 3
bt,SHADOW,INVLPG,*,0,,,0,in BT_CALLOUT INVLPG
bt,SHADOW,TABLES_MOST,*,0,,,0,no event
bt,SHADOW,TRACED_WRITE,*,0,,,0,in TRACE_FAULT or SITE_CALLOUT
bt,BT,TO_KERNEL,*,0,,,0,in the call-out that it is
bt,BT,TO_USER,*,0,,,0,in the call-out that it is
bt,BT,SITE_ADAPTED,*,0,,,0,once a site; its new translation is not counted
EOF
}

# Rows that no nanobenchmark has alone: engine kind reason as kind reason
likes()
{
    cat <<'EOF'
bt BT_CALLOUT OUT BT_CALLOUT IN
bt BT_INLINE MOV_FROM_CR BT_INLINE RDTSC
hvm EXIT EXTERNAL_INTERRUPT EXIT HLT
hvm EXIT INTERRUPT_WINDOW EXIT HLT
EOF
}

others >"$work/known"
plan >"$work/plan"
while read -r engine controls guest interval kind names sub what; do
    profile "$engine" "$controls" "$guest" </dev/null
    set -- $(awk -v engine="$engine" -v root="$PWD/" -f "$here/handlers.awk" \
        "$work/$key.$(number "$interval")")
    n=$1
    if test "$what" = all; then
        n=$2
        set -- $(awk -v engine="$engine" -v root="$PWD/" \
            -f "$here/handlers.awk" "$work/$key.$(number empty)")
        n=$((n - $2))
    fi
    awk -v engine="$engine" -v guest="$guest" -v interval="$interval" \
        -v work="$n" -v kind="$kind" -v names="$names" -v sub_of="$sub" \
        -f "$here/handlers-solve.awk" "$work/known" "$work/$key.csv" \
        >"$work/line"
    cat "$work/line" >>"$work/known"
done <"$work/plan"

likes | while read -r engine kind reason as_kind as_reason; do
    awk -F, -v engine="$engine" -v kind="$kind" -v reason="$reason" \
        -v as_kind="$as_kind" -v as_reason="$as_reason" '
        $1 == engine && $2 == as_kind && $3 == as_reason {
            printf "%s,%s,%s,%s,%s,,,0,not measured: as %s %s\n", engine, kind,
                reason, $4, $5, as_kind, as_reason
        }' "$work/known"
done >"$work/line"
cat "$work/line" >>"$work/known"

{
    echo "# Host instructions of our VMMs for an event: build-aux/calibrate-handlers.sh"
    echo "# revision $(git rev-parse --short HEAD 2>/dev/null || echo unknown); $(${CC:-gcc} --version | head -n 1)"
    echo "# flags: ${FLAGS:-unknown}"
    echo "# method: callgrind ($(valgrind --version)), by source file; see docs/REPRODUCE.md"
    echo "engine,kind,reason,sub,instructions,guest,interval,events,note"
    cat "$work/known"
} >"$out"
