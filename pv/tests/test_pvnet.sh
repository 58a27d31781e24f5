#!/usr/bin/env bash
# test_pvnet.sh: Debian's amd64 kernel as a PV guest uses a network through
# Xen's network interface: address by DHCP, ping, a file by TFTP that is compared
# from outside; and the frames that went by are kept.
#
# Environment: TRIPTYCH, TRIPTYCH_GUESTS as test_boot.sh; MODE=asan: left out,
# it would take minutes.
source "$(dirname "$0")/../../common/tests/shell.sh"

boots_need vmlinuz-amd64 initrd-net-amd64.gz
mkdir "$tmp/served"
head -c 100000 /dev/urandom >"$tmp/served/data"
boot console --engine pv --mem 256M \
    --net "user,restrict=on,tftp=$tmp/served,dump=$tmp/frames" debian-amd64-net
check "lease" "$(said console NET leased)" 10.0.2.15
check "ping" "$(said console NET pinged)" 5
check "file" "$(said console NET fetched)" "$(md5 <"$tmp/served/data")"
check "dump" "$(od -A n -t x4 -N 4 "$tmp/frames" | tr -d ' ')" a1b23c4d
result
