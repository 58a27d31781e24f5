#!/usr/bin/env bash
# test_named.sh: every hypercall and every sub-operation that the sources handle
# is named in a test, and every hypercall in DESIGN.md's tables.
source "$(dirname "$0")/../../common/tests/shell.sh"

families='MMU|MMUEXT|XENMEM|EVTCHNOP|SCHEDOP|VCPUOP|GNTTABOP|XENVER|CONSOLEIO'
families="$families|CALLBACKOP|CALLBACKTYPE|PHYSDEVOP|XENNMI|SEGBASE"
families="$families|VMASST_TYPE|VMASST_CMD|UVMF"

operations() { # operations FILE...: the names they use outside comments
    cat "$@" | "${CC:-cc}" -fpreprocessed -dD -E -P - 2>/dev/null |
        grep -oE "\b($families)_[A-Za-z0-9_]+\b" | grep -v 'MASK$' | sort -u
}
hypercalls() { # hypercalls PREFIX: those that have a handler
    sed -n "s/^HYPERCALL(\([a-z_]*\),.*/$1\1/p" pv/hypercalls.def | sort
}
all_in() { # all_in WHAT HAVE WANT: WANT has all of HAVE
    expect "$1: there are any" [ -s "$tmp/$2" ]
    expect "$1" diff /dev/null <(comm -23 "$tmp/$2" "$tmp/$3")
}

operations pv/*.c >"$tmp/handled"
operations pv/tests/*.c >"$tmp/tested"
hypercalls __HYPERVISOR_ >"$tmp/numbers"
grep -ohE '\b__HYPERVISOR_[a-z_]+' pv/tests/*.c | sort -u >"$tmp/called"
hypercalls '' >"$tmp/names"
grep -oE '`[a-z_]+`' pv/DESIGN.md | tr -d '`' | sort -u >"$tmp/described"

all_in 'sub-operations without a test' handled tested
all_in 'hypercalls without a test' numbers called
all_in 'hypercalls that DESIGN.md does not name' names described
result
