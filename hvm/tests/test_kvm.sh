#!/usr/bin/env bash
# test_kvm.sh: --processor kvm: what it refuses, that it names the KVM it found,
# and that small 64-bit guests print what they print under native. Where
# /dev/kvm is not there or not usable: status 77 with a reason, and a skip.
# Environment: TRIPTYCH, the binary.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

pass() {
    passed=$((passed + 1))
}
fail() {
    failed=$((failed + 1))
    echo "FAIL  kvm $*"
}
run() { # run NAME ARG...
    local name=$1
    shift
    timeout 120 "$triptych" run --mem 64M "$@" </dev/null \
        >"$tmp/$name" 2>"$tmp/$name.err"
}
refused() { # refused PATTERN ARG...
    local pattern=$1 status
    shift
    run refused "$@"
    status=$?
    if [ $status -eq 2 ] && grep -qE -- "$pattern" "$tmp/refused.err"; then
        pass
    else
        fail "$*: status $status: $(tail -n 1 "$tmp/refused.err")"
    fi
}

run first --engine hvm --processor kvm --clock host nano-cr8wr
status=$?
if [ $status -eq 77 ]; then
    [ -s "$tmp/first.err" ] && pass || fail "status 77 without a reason"
    echo "SKIP  kvm: $(tail -n 1 "$tmp/first.err")"
    skipped=1
else
    refused 'the host.s module .* decides' --engine hvm --processor kvm \
        --clock host --paging ept nano-cr8wr
    refused 'only with --clock host' --engine hvm --processor kvm nano-cr8wr
    for guest in nano-cr8wr nano-callret; do
        run k --engine hvm --processor kvm --clock host --json="$tmp/json" \
            "$guest"
        status=$?
        run n --engine native --processor interp "$guest"
        if [ $status -eq 0 ] && cmp -s "$tmp/k" "$tmp/n"; then
            pass
        else
            fail "$guest: status $status, or not native's output:" \
                "$(tail -n 1 "$tmp/k.err")"
        fi
    done
    if grep -qE '"engine_options": "kvm=[a-z_]+ hardware_assist=(yes|no)' \
        "$tmp/json"; then
        pass
    else
        fail 'the JSON does not say which KVM it was'
    fi
fi
echo "RESULT kvm passed=$passed failed=$failed skipped=$skipped"
[ "$failed" -eq 0 ]
