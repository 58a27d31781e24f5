#!/bin/busybox sh
# init.sh: first process of the benchmark's RAM disk.
#
# Prints "MARK name" when phase `name` is over (boot: the kernel's own). The
# reader of the console takes the times, so no guest clock is trusted. The work
# is fixed; "scale=N" on the kernel's command line multiplies it (default 1).
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev 2>/dev/null

scale=1
for word in $($b cat /proc/cmdline); do
    case $word in
    scale=*) scale=${word#scale=} ;;
    esac
done
echo "MARK boot $($b uname -srm)"

# fork and exec of a static program
i=0
while [ $i -lt $((300 * scale)) ]; do
    $b true
    i=$((i + 1))
done
echo "MARK forkexec"

# user code only: the shell's own arithmetic
i=0
while [ $i -lt $((200000 * scale)) ]; do
    i=$((i + 1))
done
echo "MARK shloop"

# user code and 64 KiB copies through a pipe
$b dd if=/dev/zero bs=64k count=$((800 * scale)) 2>/dev/null | $b md5sum
echo "MARK md5"

# two short system calls an iteration
$b dd if=/dev/zero of=/dev/null bs=1 count=$((200000 * scale)) 2>/dev/null
echo "MARK syscall"

$b dd if=/dev/zero bs=64k count=$((160 * scale)) 2>/dev/null |
    $b gzip -9 | $b wc -c
echo "MARK gzip"

# fork without exec: page tables copied and torn down
i=0
while [ $i -lt $((200 * scale)) ]; do
    (:)
    i=$((i + 1))
done
echo "MARK fork"

echo "MARK end"
$b poweroff -f
