#!/bin/busybox sh
# init-disk.sh: first process of the disk test's RAM disk.
#
# Loads the drivers, reads the start of the disk (/dev/vda by virtio, /dev/xvda
# by Xen), writes a pattern over it, flushes every cache and reads it back.
# Prints
#     DISK ok MD5 read     what the disk held, for the host to compare
#     DISK ok MD5 written  the pattern came back
# or "DISK bad REASON". "kib=N" on the command line says how much is read and
# written (default 1024, never more than the disk holds). With "mount" there it
# mounts the disk (ext2 to ext4) instead, reads the file `in` and writes the
# same pattern to the file `out`.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev 2>/dev/null

finish() {
    [ $# -eq 0 ] || echo "DISK bad $*"
    echo "MARK end"
    $b poweroff -f
    while :; do $b sleep 1; done # power-off takes a moment
}
md5() { # of standard input, the digits alone
    $b md5sum | $b cut -d ' ' -f 1
}
part() { # the part of the disk under test
    $b dd if="/dev/$disk" bs=1024 count="$kib" 2>/dev/null
}
pattern() {
    $b yes "triptych writes this line over and over" | $b head -c $((kib * 1024))
}

mounted() { # the same by way of a file system
    $b mkdir /mnt
    $b mount -t ext4 "/dev/$disk" /mnt || finish "mount failed"
    echo "DISK ok $(md5 </mnt/in) read"
    echo "MARK read"
    want=$(pattern | md5)
    pattern >/mnt/out || finish "write failed"
    $b umount /mnt || finish "umount failed"
    echo "MARK write"
    $b mount -t ext4 -o ro "/dev/$disk" /mnt || finish "second mount failed"
    got=$(md5 </mnt/out)
    [ "$got" = "$want" ] || finish "wrote $want, read back $got"
    $b umount /mnt
    echo "DISK ok $got written"
    echo "MARK readback"
    finish
}

kib=1024 how=raw
for word in $($b cat /proc/cmdline); do
    case $word in
    kib=*) kib=${word#kib=} ;;
    mount) how=mount ;;
    esac
done
echo "MARK boot $($b uname -srm)"

while read -r module; do
    $b insmod "/modules/$module" || finish "insmod $module failed"
done </modules/order
i=0 disk=
while [ -z "$disk" ]; do
    [ $i -lt 50 ] || finish "no /dev/vda and no /dev/xvda"
    for name in vda xvda; do
        [ ! -b /dev/$name ] || disk=$name
    done
    [ -n "$disk" ] || $b usleep 100000
    i=$((i + 1))
done
size=$($b cat "/sys/block/$disk/size") # in sectors of 512 bytes
[ "$size" -ge 2 ] || finish "/dev/$disk has $size sectors"
[ $((size / 2)) -ge "$kib" ] || kib=$((size / 2))
echo "MARK modules"
[ $how != mount ] || mounted

echo "DISK ok $(part | md5) read"
echo "MARK read"

if [ "$($b cat "/sys/block/$disk/ro")" = 1 ]; then
    finish
fi
want=$(pattern | md5)
pattern >"/dev/$disk" || finish "write failed"
$b sync
$b blockdev --flushbufs "/dev/$disk" || finish "flush failed"
echo 3 >/proc/sys/vm/drop_caches
echo "MARK write"

got=$(part | md5)
[ "$got" = "$want" ] || finish "wrote $want, read back $got"
echo "DISK ok $got written"
echo "MARK readback"
finish
