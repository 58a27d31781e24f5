#!/usr/bin/env bash
# test_kvm.sh: --processor kvm: what it refuses, that it names the KVM it found,
# and that every small guest ends, prints and marks as under native, or differs
# as hvm/kvm/differences.txt says. Without /dev/kvm, and without the right to
# open it: status 77 with a reason and what to do. Environment: TRIPTYCH.
source "$(dirname "$0")/../../common/tests/shell.sh"

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
    refuses 2 "$1" run --engine hvm --processor kvm "${@:2}" nano-cr8wr
}

# ---- hosts that have no KVM for us: a /dev of our own ----
in_dev() { # in_dev COMMAND ARG...: after COMMAND in an empty /dev, as nobody much
    # shellcheck disable=SC2016
    unshare -rm bash -c 'mount -t tmpfs none /dev && cd /dev && eval "$1" &&
        shift && exec setpriv --bounding-set=-all --inh-caps=-all "$@"' \
        in_dev "$@"
}
unavailable() { # unavailable TITLE PATTERN COMMAND
    in_dev "$3" "$triptych" run --engine hvm --processor kvm \
        --clock host nano-callret </dev/null >"$tmp/out" 2>"$tmp/err"
    check "$1: status" $? 77
    expect "$1: $(tail -n 1 "$tmp/err")" grep -q -- "$2" "$tmp/err"
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
marks() { # marks NAME: codes and iterations
    sed -n '/"markers"/,/\]/p' "$tmp/$1.json" | grep -E '"(code|iterations)"'
}
agree() { # agree: the runs k and n
    cmp "$tmp/k.status" "$tmp/n.status" && cmp "$tmp/k.out" "$tmp/n.out" &&
        diff <(marks k) <(marks n)
}
listed() { # listed KVM GUEST: its line of differences.txt: STATUS|TEXT
    local kvm guests status text rule
    while IFS='|' read -r kvm guests status text rule; do
        # shellcheck disable=SC2254
        case $2 in $guests) ;; *) continue ;; esac
        [ "$kvm" != "$1" ] || [ -z "$rule" ] || echo "$status|$text"
    done < <(grep -v '^#' hvm/kvm/differences.txt)
}
small_guest() { # small_guest KVM NAME
    local title="$2 under $1" status text
    kvm k "$2"
    run n --engine native "$2"
    if IFS='|' read -r status text < <(listed "$1" "$2"); then
        check "$title: status" "$(cat "$tmp/k.status")" "$status"
        expect "$title: '$(tail -n 1 "$tmp/k.err")'" \
            grep -qE -- "$text" <(tail -n 1 "$tmp/k.err" "$tmp/k.out")
        if agree >"$tmp/diff" 2>&1; then
            fail "$title: as native: its line in differences.txt is stale"
        else
            pass
        fi
    else
        expect "$title: $(tail -n 1 "$tmp/k.err")" agree
    fi
}

kvm first nano-callret
if [ "$(cat "$tmp/first.status")" -eq 77 ]; then
    expect 'status 77 with a reason' [ -s "$tmp/first.err" ]
    skip "$(tail -n 1 "$tmp/first.err")"
    result
fi
refused 'the host.s module .* decides' --clock host --paging ept
refused 'only with --clock host'
module=$(sed -nE 's/.*"engine_options": "kvm=([a-z_]+) hardware_assist=(yes|no) nested=(yes|no)".*/\1/p' \
    "$tmp/first.json")
expect 'the JSON says which KVM it was' [ -n "$module" ]
for name in $("$triptych" list guests |
    awk '$1 ~ /^(nano-|trik)/ { print $1 }'); do
    small_guest "$module" "$name"
done
result
