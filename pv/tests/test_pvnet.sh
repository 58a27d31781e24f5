#!/usr/bin/env bash
# test_pvnet.sh: Debian's amd64 kernel as a PV guest uses a network through
# Xen's network interface: address by DHCP, ping, a file by TFTP that is compared
# from outside; and the frames that went by are kept.
#
# Environment: TRIPTYCH, TRIPTYCH_GUESTS as test_boot.sh; MODE=asan: left out,
# it would take minutes.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
guests=${TRIPTYCH_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/triptych/guests}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

result() {
    echo "RESULT pv-net passed=$passed failed=$failed skipped=$skipped"
    exit $((failed > 0))
}
skip() {
    skipped=$((skipped + 1))
    echo "SKIP  pv-net: $*"
    result
}
fail() {
    failed=$((failed + 1))
    echo "FAIL  pv-net: $*"
    tail -n 15 "$tmp/console" | tr -d '\r' | sed 's/^/      /'
    tail -n 3 "$tmp/err" | sed 's/^/      /'
    result
}
check() { # check WHAT HAVE WANT
    [ "$2" = "$3" ] || fail "$1: $2, not $3"
    passed=$((passed + 1))
}
said() { # said WORD: what stands in "NET ok ... WORD"
    tr -d '\r' <"$tmp/console" | sed -n "s/^NET ok \(.*\) $1\$/\1/p"
}

case ${MODE:-release} in
asan | cov) skip "left out in MODE=$MODE" ;;
esac
for file in vmlinuz-amd64 initrd-net-amd64.gz; do
    [ -s "$guests/$file" ] || skip "$guests/$file is not there (make guests)"
done

mkdir "$tmp/served"
head -c 100000 /dev/urandom >"$tmp/served/data"
timeout -k 10 1500 "$triptych" run --engine pv --mem 256M \
    --net "user,restrict=on,tftp=$tmp/served,dump=$tmp/frames" \
    debian-amd64-net </dev/null >"$tmp/console" 2>"$tmp/err"
status=$?
[ $status -eq 0 ] || fail "status $status"
echo "      $(tail -n 1 "$tmp/err")"
check "MARK end" "$(tr -d '\r' <"$tmp/console" | grep -c '^MARK end')" 1
check "lease" "$(said leased)" 10.0.2.15
check "ping" "$(said pinged)" 5
check "file" "$(said fetched)" "$(md5sum <"$tmp/served/data" | cut -d ' ' -f 1)"
check "dump" "$(od -A n -t x4 -N 4 "$tmp/frames" | tr -d ' ')" a1b23c4d
result
