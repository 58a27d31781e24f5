#!/usr/bin/env bash
# test_pvdisk.sh: Debian's amd64 kernel as a PV guest uses a disk through Xen's
# block interface: mounts it, reads, writes and reads back; what it read and
# wrote is compared from outside.
#
# Environment: TRIPTYCH, TRIPTYCH_GUESTS as test_boot.sh; MODE=asan: left out,
# it would take minutes. With mke2fs and debugfs (e2fsprogs) the disk has an
# ext4 file system, without them it is used as it is.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
guests=${TRIPTYCH_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/triptych/guests}
PATH=$PATH:/usr/sbin:/sbin
kib=256
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

result() {
    echo "RESULT pv-disk passed=$passed failed=$failed skipped=$skipped"
    exit $((failed > 0))
}
skip() {
    skipped=$((skipped + 1))
    echo "SKIP  pv-disk: $*"
    result
}
fail() {
    failed=$((failed + 1))
    echo "FAIL  pv-disk: $*"
    tail -n 15 "$tmp/console" | tr -d '\r' | sed 's/^/      /'
    tail -n 3 "$tmp/err" | sed 's/^/      /'
    result
}
check() { # check WHAT HAVE WANT
    [ "$2" = "$3" ] || fail "$1: $2, not $3"
    passed=$((passed + 1))
}
md5() {
    md5sum | cut -d ' ' -f 1
}

case ${MODE:-release} in
asan | cov) skip "left out in MODE=$MODE" ;;
esac
for file in vmlinuz-amd64 initrd-disk-xen-amd64.gz; do
    [ -s "$guests/$file" ] || skip "$guests/$file is not there (make guests)"
done

head -c $((kib * 1024)) /dev/urandom >"$tmp/in"
if command -v mke2fs >/dev/null && command -v debugfs >/dev/null; then
    how=mount
    mkdir "$tmp/files" && cp "$tmp/in" "$tmp/files/in"
    mke2fs -q -t ext4 -d "$tmp/files" "$tmp/disk" 8M >/dev/null 2>&1 ||
        skip "mke2fs failed"
else
    how=raw
    cp "$tmp/in" "$tmp/disk"
    truncate -s 8M "$tmp/disk"
fi

timeout -k 10 1500 "$triptych" run --engine pv --mem 256M \
    --initrd "$guests/initrd-disk-xen-amd64.gz" --disk "$tmp/disk" \
    --append "console=hvc0 quiet panic=-1 mitigations=off kib=$kib $how" \
    "$guests/vmlinuz-amd64" </dev/null >"$tmp/console" 2>"$tmp/err"
status=$?
[ $status -eq 0 ] || fail "status $status"
echo "      $how: $(tail -n 1 "$tmp/err")"
check "power-off" "$(grep -c 'power-off' "$tmp/err")" 1
check "MARK end" "$(tr -d '\r' <"$tmp/console" | grep -c '^MARK end')" 1
said() { # said WORD: the MD5 in "DISK ok MD5 WORD"
    tr -d '\r' <"$tmp/console" | sed -n "s/^DISK ok \(.*\) $1\$/\1/p"
}
check "read" "$(said read)" "$(md5 <"$tmp/in")"
if [ $how = mount ]; then
    debugfs -R "cat out" "$tmp/disk" 2>/dev/null >"$tmp/out"
else
    head -c $((kib * 1024)) "$tmp/disk" >"$tmp/out"
fi
check "size of what was written" "$(wc -c <"$tmp/out")" $((kib * 1024))
check "written" "$(said written)" "$(md5 <"$tmp/out")"
result
