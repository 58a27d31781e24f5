#!/usr/bin/env bash
# test_ia64_guests.sh: our own guests for IA-64: each ends well, and is the same
# under native and hvm, instruction by instruction, with each acceleration; the
# ledger shows what an acceleration saves. Under te those that use what does not
# trap differ, there. Environment: TRIPTYCH, the binary.
source "$(dirname "$0")/../../common/tests/shell.sh"

verify() { # verify CONTROLS GUEST ARG...
    does 0 "$2 --controls $1" verify --isa ia64 --controls "$1" "${@:3}" "$2"
}
rows() { # rows KIND NAME GUEST OPTION...: the count of a row in a whole run
    execute run --isa ia64 "${@:4}" --quiet --json="$tmp/json" "$3"
    awk -F'[:,]' -v want="$2" -v kinds="$1" '{ gsub(/[ "]/, "") }
        $1 == "kind" { kind = $2 } $1 == "name" { name = $2 }
        $1 == "count" && kind == kinds && name == want { n = $2 }
        END { print n + 0 }' "$tmp/json"
}
entries() { # entries CONTROLS NAME GUEST: exits for NAME
    rows EXIT "$2" "$3" --engine hvm --controls "$1"
}
differs() { # differs GUEST REGISTER: te's first difference from native
    execute verify --isa ia64 --engines native,te "$1"
    check "te: $1 differs in" \
        "$(awk 'seen { print $1; exit } $1 == "register" { seen = 1 }' \
            "$tmp/out")" "$2"
}
prints() { # prints STATUS TEXT GUEST: under te
    does "$1" "te: $3" run --isa ia64 --engine te --quiet --max-insns 5M "$3"
    check "te: $3 prints" "$(paste -sd, "$tmp/out")" "$2"
}

for guest in $("$triptych" list guests | awk '$2 == "ia64" { print $1 }'); do
    does 0 "$guest" run --isa ia64 --quiet --max-insns 5M "$guest"
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
    with=$(entries "$control" "$name" "$guest")
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
does 0 'compare' compare --isa ia64 --reps 1 ia64-nano-thash
check 'exits for THASH' "$(entries full THASH ia64-nano-thash)" 10000

# What is privileged traps, and the guest is the same.
while read -r guest name kind; do
    [ "$kind" = SILENT ] ||
        does 0 "te: $guest" verify --isa ia64 --engines native,te "$guest"
    n=$(rows "$kind" "$name" "$guest" --engine te)
    expect "te: $guest: $name $kind $n" [ "$n" -ge 10000 ]
done <<END
ia64-nano-bsw BSW_0 EXIT
ia64-nano-bsw BSW_1 EXIT
ia64-nano-mov-psr MOV_FROM_PSR EXIT
ia64-nano-ssm-rsm SSM EXIT
ia64-nano-tpr MOV_TO_CR EXIT
ia64-nano-itc-d ITC_D EXIT
ia64-nano-itc MOV_FROM_AR EXIT
ia64-nano-ptc PTC_L EXIT
ia64-nano-rfi RFI EXIT
ia64-nano-tlb-miss ALT_DTLB EXIT
ia64-nano-break BREAK EXIT
ia64-nano-thash THASH SILENT
ia64-nano-cpuid MOV_FROM_CPUID SILENT
ia64-nano-cover COVER SILENT
END
# What is not does not. The kernel survives without cover's IFS or does not.
differs ia64-twins ifs
differs ia64-escapes r9
prints 0 'AAAAAAAABBBBBBBB,' ia64-twins-coop
prints 1 'panic' ia64-twins
prints 1 'kernel,thash,ttag,cover,alloc r=ar.pfs,mov r=ar.pfs,ar.rsc,mov r=pmd,sum,probe' \
    ia64-escapes
does 0 'te: compare' compare --isa ia64 --reps 1 \
    --engines native,te,hvm ia64-nano-bsw
does 2 'x86 guest' run --isa ia64 nano-syscall
result
