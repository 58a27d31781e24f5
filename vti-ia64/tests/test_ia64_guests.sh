#!/usr/bin/env bash
# test_ia64_guests.sh: our own guests for IA-64: each ends well, and is the same
# under native and hvm, instruction by instruction, with each acceleration; the
# ledger shows what an acceleration saves. Environment: TRIPTYCH, the binary.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

expect() { # expect TITLE COMMAND...
    local title=$1
    shift
    if timeout 100 "$@" >"$tmp/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL  ia64 guests $title: $(head -n 5 "$tmp/out")"
    fi
}
verify() { # verify CONTROLS GUEST ARG...
    local controls=$1 guest=$2
    shift 2
    expect "$guest --controls $controls" "$triptych" verify --isa ia64 \
        --controls "$controls" "$@" "$guest"
}
entries() { # entries CONTROLS NAME GUEST: exits for NAME in a whole run
    "$triptych" run --isa ia64 --engine hvm --controls "$1" --quiet \
        --json="$tmp/json" "$3" >/dev/null </dev/null
    awk -F'[:,]' -v want="$2" '{ gsub(/[ "]/, "") }
        $1 == "kind" { kind = $2 } $1 == "name" { name = $2 }
        $1 == "count" && kind == "EXIT" && name == want { n = $2 }
        END { print n + 0 }' "$tmp/json"
}

for guest in $("$triptych" list guests | awk '$2 == "ia64" { print $1 }'); do
    expect "$guest" "$triptych" run --isa ia64 --quiet --max-insns 5M "$guest"
    verify none "$guest" --every 9973
    verify full "$guest" --every 9973
done
for control in a_int a_from_int_cr a_to_int_cr a_from_psr a_from_cpuid a_cover \
    a_bsw; do
    verify $control ia64-twins --every 97
done

# Name of the exit, acceleration, guest: 10000 or so less.
while read -r name control guest; do
    without=$(entries none "$name" "$guest")
    with=$(entries $control "$name" "$guest")
    expect "$guest: $name $without, with $control $with" \
        [ $((without - with)) -ge 10000 ]
done <<END
MOV_FROM_PSR a_from_psr ia64-nano-mov-psr
SSM a_int ia64-nano-ssm-rsm
RSM a_int ia64-nano-ssm-rsm
MOV_TO_CR a_int ia64-nano-tpr
MOV_TO_CR a_to_int_cr ia64-nano-rfi
MOV_FROM_CR a_from_int_cr ia64-nano-tlb-miss
MOV_FROM_CPUID a_from_cpuid ia64-nano-cpuid
COVER a_cover ia64-nano-cover
BSW_0 a_bsw ia64-nano-bsw
END
expect 'compare' "$triptych" compare --isa ia64 --reps 1 ia64-nano-thash
expect 'THASH in 10000 exits' [ "$(entries full THASH ia64-nano-thash)" -eq 10000 ]
expect 'x86 guest' sh -c "! $triptych run --isa ia64 nano-syscall"

echo "RESULT ia64-guests passed=$passed failed=$failed skipped=$skipped"
[ $failed -eq 0 ]
