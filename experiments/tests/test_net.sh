#!/usr/bin/env bash
# test_net.sh: Debian's amd64 kernel uses a network through its virtio card:
# address by DHCP, ping, a file by TFTP that is compared from outside. A second
# run and the other engines have the same console, byte for byte; pv's guest is
# tested in pv/tests/test_pvnet.sh. The commands' rules for networks.
#
# Environment: TRIPTYCH, TRIPTYCH_GUESTS as test_boot.sh; MODE=asan: boots are
# left out, they would take minutes.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
guests=${TRIPTYCH_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/triptych/guests}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

result() {
    echo "RESULT net passed=$passed failed=$failed skipped=$skipped"
    exit $((failed > 0))
}
skip() {
    skipped=$((skipped + 1))
    echo "SKIP  net: $*"
    result
}
check() { # check WHAT HAVE WANT
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL  net: $1: $2, not $3"
    fi
}

# --- rules -------------------------------------------------------------------

refused() { # refused TEXT ARGUMENT...: a usage error that says so
    local want=$1 status
    shift
    "$triptych" "$@" </dev/null >"$tmp/out" 2>&1
    status=$?
    check "$*" "$status" 2
    check "$*" "$(grep -c -- "$want" "$tmp/out")" 1
}
: >"$tmp/kernel"
refused 'there are none and user' run --net tap "$tmp/kernel"
refused 'there are restrict, tftp, dump' run --net user,hostfwd=x "$tmp/kernel"
refused 'on or off' run --net user,restrict=yes "$tmp/kernel"
refused 'needs =VALUE' run --net user,tftp= "$tmp/kernel"
refused 'only with restrict=on' verify --net user "$tmp/kernel"
refused 'only with restrict=on' compare --net user "$tmp/kernel"
refused 'no dump' compare --net "user,restrict=on,dump=$tmp/x" "$tmp/kernel"
refused 'needs --net' run debian-amd64-net

# --- a guest -----------------------------------------------------------------

case ${MODE:-release} in
asan | cov) skip "boots are left out in MODE=$MODE" ;;
esac
for file in vmlinuz-amd64 initrd-net-amd64.gz; do
    [ -s "$guests/$file" ] || skip "$guests/$file is not there (make guests)"
done

boot() { # boot NAME ENGINE [,OPTION...]: console in $tmp/NAME
    timeout -k 10 1500 "$triptych" run --engine "$2" --mem 256M \
        --net "user,restrict=on,tftp=$tmp/served${3:-}" \
        debian-amd64-net </dev/null >"$tmp/$1" 2>"$tmp/err"
    check "$1: status" $? 0
    echo "      $1: $(tail -n 1 "$tmp/err")"
}
said() { # said WORD: what stands in "NET ok ... WORD"
    tr -d '\r' <"$tmp/native" | sed -n "s/^NET ok \(.*\) $1\$/\1/p"
}

mkdir "$tmp/served"
head -c 100000 /dev/urandom >"$tmp/served/data"
boot native native ",dump=$tmp/frames"
check "MARK end" "$(tr -d '\r' <"$tmp/native" | grep -c '^MARK end')" 1
check "lease" "$(said leased)" 10.0.2.15
check "ping" "$(said pinged)" 5
check "file" "$(said fetched)" "$(md5sum <"$tmp/served/data" | cut -d ' ' -f 1)"
boot again native ",dump=$tmp/frames2"
check "second run, console" "$(cmp "$tmp/native" "$tmp/again" 2>&1)" ""
check "second run, frames" "$(cmp "$tmp/frames" "$tmp/frames2" 2>&1)" ""
for engine in bt hvm; do
    boot $engine $engine
    check "$engine, console" "$(cmp "$tmp/native" "$tmp/$engine" 2>&1)" ""
done
[ $failed -eq 0 ] || tail -n 15 "$tmp/native" | tr -d '\r' | sed 's/^/      /'
result
