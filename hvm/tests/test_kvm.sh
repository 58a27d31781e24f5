#!/usr/bin/env bash
# test_kvm.sh: --processor kvm: what it refuses, that it names the KVM it found,
# and that every small guest ends, prints and marks as under native, or differs
# as hvm/kvm/differences.txt says. Without /dev/kvm, and without the right to
# open it: status 77 with a reason and what to do. Environment: TRIPTYCH.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
here=$(cd "$(dirname "$0")/.." && pwd)
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
skip() {
    skipped=$((skipped + 1))
    echo "SKIP  kvm $*"
}
run() { # run NAME ARG...: NAME.out, NAME.err, NAME.json, NAME.status
    local name=$1
    shift
    timeout 120 "$triptych" run --mem 64M --json="$tmp/$name.json" "$@" \
        </dev/null >"$tmp/$name.out" 2>"$tmp/$name.err"
    echo $? >"$tmp/$name.status"
}
kvm() { # kvm NAME ARG...
    local name=$1
    shift
    run "$name" --engine hvm --processor kvm --clock host "$@"
}
refused() { # refused PATTERN ARG...
    local pattern=$1
    shift
    run refused "$@"
    if [ "$(cat "$tmp/refused.status")" -eq 2 ] &&
        grep -qE -- "$pattern" "$tmp/refused.err"; then
        pass
    else
        fail "$*: status $(cat "$tmp/refused.status"):" \
            "$(tail -n 1 "$tmp/refused.err")"
    fi
}

# ---- hosts that have no KVM for us: a /dev of our own ----
in_dev() { # in_dev COMMAND ARG...: after COMMAND in an empty /dev, as nobody much
    # shellcheck disable=SC2016
    unshare -rm bash -c 'mount -t tmpfs none /dev && cd /dev && eval "$1" &&
        shift && exec setpriv --bounding-set=-all --inh-caps=-all "$@"' \
        in_dev "$@"
}
unavailable() { # unavailable TITLE PATTERN COMMAND
    local status
    in_dev "$3" "$(realpath "$triptych")" run --engine hvm --processor kvm \
        --clock host nano-callret </dev/null >"$tmp/u.out" 2>"$tmp/u.err"
    status=$?
    if [ $status -eq 77 ] && grep -q -- "$2" "$tmp/u.err"; then
        pass
    else
        fail "$1: status $status: $(tail -n 1 "$tmp/u.err")"
    fi
}
if in_dev : true 2>/dev/null; then
    unavailable 'no /dev/kvm' 'load kvm_intel or kvm_amd' :
    unavailable 'closed /dev/kvm' 'permission denied: join its group' \
        'touch kvm && chmod 0 kvm'
    unavailable '/dev/kvm is a file' 'creates no virtual machine' 'touch kvm'
else
    skip 'status 77: no user namespaces here'
fi

# ---- small guests ----
native() { # native GUEST: run it there; as n
    run n --engine native "$1"
}
marks() { # marks NAME: codes and iterations
    sed -n '/"markers"/,/\]/p' "$tmp/$1.json" | grep -E '"(code|iterations)"'
}
same() { # same: k and n
    cmp -s "$tmp/k.status" "$tmp/n.status" &&
        cmp -s "$tmp/k.out" "$tmp/n.out" &&
        cmp -s <(marks k) <(marks n)
}
listed() { # listed KVM GUEST: k ended as differences.txt says
    local kvm guests status text rule
    while IFS='|' read -r kvm guests status text rule; do
        # shellcheck disable=SC2254
        case $2 in $guests) ;; *) continue ;; esac
        [ "$kvm" = "$1" ] && [ -n "$rule" ] &&
            [ "$(cat "$tmp/k.status")" -eq "$status" ] &&
            tail -n 1 "$tmp/k.err" "$tmp/k.out" | grep -qE -- "$text" &&
            return
    done < <(grep -v '^#' "$here/kvm/differences.txt")
    return 1
}
guest() { # guest KVM NAME
    kvm k "$2"
    native "$2"
    if same || listed "$1" "$2"; then
        pass
    else
        fail "$2 under $1: status $(cat "$tmp/k.status"), not native's result:" \
            "$(tail -n 1 "$tmp/k.err")"
    fi
}

kvm first nano-callret
if [ "$(cat "$tmp/first.status")" -eq 77 ]; then
    [ -s "$tmp/first.err" ] && pass || fail 'status 77 without a reason'
    skip "$(tail -n 1 "$tmp/first.err")"
else
    refused 'the host.s module .* decides' --engine hvm --processor kvm \
        --clock host --paging ept nano-cr8wr
    refused 'only with --clock host' --engine hvm --processor kvm nano-cr8wr
    module=$(sed -nE 's/.*"engine_options": "kvm=([a-z_]+) hardware_assist=(yes|no) nested=(yes|no)".*/\1/p' \
        "$tmp/first.json")
    [ -n "$module" ] && pass || fail 'the JSON does not say which KVM it was'
    for name in $("$triptych" list guests |
        awk '$1 ~ /^(nano-|trik)/ { print $1 }'); do
        guest "$module" "$name"
    done
fi
echo "RESULT kvm passed=$passed failed=$failed skipped=$skipped"
[ "$failed" -eq 0 ]
