#!/bin/busybox sh
# init-disk.sh: first process of the disk test's RAM disk.
#
# Loads the virtio drivers, reads the start of /dev/vda, writes a pattern over
# it, flushes every cache and reads it back. Prints
#     DISK ok MD5 read     what the disk held, for the host to compare
#     DISK ok MD5 written  the pattern came back
# or "DISK bad REASON". "kib=N" on the command line says how much is read and
# written (default 1024, never more than the disk holds).
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
    $b dd if=/dev/vda bs=1024 count="$kib" 2>/dev/null
}
pattern() {
    $b yes "triptych writes this line over and over" | $b head -c $((kib * 1024))
}

kib=1024
for word in $($b cat /proc/cmdline); do
    case $word in
    kib=*) kib=${word#kib=} ;;
    esac
done
echo "MARK boot $($b uname -srm)"

while read -r module; do
    $b insmod "/modules/$module" || finish "insmod $module failed"
done </modules/order
i=0
while [ ! -b /dev/vda ]; do
    [ $i -lt 50 ] || finish "no /dev/vda"
    $b usleep 100000
    i=$((i + 1))
done
size=$($b cat /sys/block/vda/size) # in sectors of 512 bytes
[ "$size" -ge 2 ] || finish "/dev/vda has $size sectors"
[ $((size / 2)) -ge "$kib" ] || kib=$((size / 2))
echo "MARK modules"

echo "DISK ok $(part | md5) read"
echo "MARK read"

if [ "$($b cat /sys/block/vda/ro)" = 1 ]; then
    finish
fi
want=$(pattern | md5)
pattern >/dev/vda || finish "write failed"
$b sync
$b blockdev --flushbufs /dev/vda || finish "flush failed"
echo 3 >/proc/sys/vm/drop_caches
echo "MARK write"

got=$(part | md5)
[ "$got" = "$want" ] || finish "wrote $want, read back $got"
echo "DISK ok $got written"
echo "MARK readback"
finish
