#!/usr/bin/env bash
# test_pvdisk.sh: Debian's amd64 kernel as a PV guest uses a disk through Xen's
# block interface: mounts it, reads, writes and reads back; what it read and
# wrote is compared from outside.
#
# Environment: TRIPTYCH, TRIPTYCH_GUESTS as test_boot.sh; MODE=asan: left out,
# it would take minutes. With mke2fs and debugfs (e2fsprogs) the disk has an
# ext4 file system, without them it is used as it is.
source "$(dirname "$0")/../../common/tests/shell.sh"
PATH=$PATH:/usr/sbin:/sbin
kib=256

boots_need vmlinuz-amd64 initrd-disk-xen-amd64.gz
head -c $((kib * 1024)) /dev/urandom >"$tmp/in"
if command -v mke2fs >/dev/null && command -v debugfs >/dev/null; then
    how=mount
    mkdir "$tmp/files" && cp "$tmp/in" "$tmp/files/in"
    mke2fs -q -t ext4 -d "$tmp/files" "$tmp/disk" 8M >/dev/null 2>&1 || {
        skip "mke2fs failed"
        result
    }
else
    how=raw
    cp "$tmp/in" "$tmp/disk"
    truncate -s 8M "$tmp/disk"
fi

boot "$how" --engine pv --mem 256M \
    --initrd "$guests/initrd-disk-xen-amd64.gz" --disk "$tmp/disk" \
    --append "console=hvc0 quiet panic=-1 mitigations=off kib=$kib $how" \
    "$guests/vmlinuz-amd64"
check "power-off" "$(grep -c 'power-off' "$tmp/err")" 1
check "read" "$(said $how DISK read)" "$(md5 <"$tmp/in")"
if [ $how = mount ]; then
    debugfs -R "cat out" "$tmp/disk" 2>/dev/null >"$tmp/written"
else
    head -c $((kib * 1024)) "$tmp/disk" >"$tmp/written"
fi
check "size of what was written" "$(wc -c <"$tmp/written")" $((kib * 1024))
check "written" "$(said $how DISK written)" "$(md5 <"$tmp/written")"
result
