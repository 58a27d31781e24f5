#!/usr/bin/env bash
# test_named.sh: every hypercall and every sub-operation that the sources handle
# is named in a test, and every hypercall in DESIGN.md's tables.
set -u
passed=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

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
    if comm -23 "$tmp/$2" "$tmp/$3" >"$tmp/missing" && [ -s "$tmp/$2" ] &&
        [ ! -s "$tmp/missing" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL  pv: $1:"
        sed 's/^/      /' "$tmp/missing"
    fi
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
echo "RESULT pv-named passed=$passed failed=$failed skipped=0"
exit $((failed > 0))
