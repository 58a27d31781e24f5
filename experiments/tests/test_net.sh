#!/usr/bin/env bash
# test_net.sh: Debian's amd64 kernel uses a network through its virtio card:
# address by DHCP, ping, a file by TFTP that is compared from outside. A second
# run and the other engines have the same console, byte for byte; pv's guest is
# tested in pv/tests/test_pvnet.sh. The commands' rules for networks.
#
# Environment: TRIPTYCH, TRIPTYCH_GUESTS as test_boot.sh; MODE=asan: boots are
# left out, they would take minutes.
source "$(dirname "$0")/../../common/tests/shell.sh"

# --- rules -------------------------------------------------------------------

refused() { # refused PATTERN ARG...
    refuses 2 "$@"
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

boots_need vmlinuz-amd64 initrd-net-amd64.gz
mkdir "$tmp/served"
head -c 100000 /dev/urandom >"$tmp/served/data"
under() { # under ENGINE NAME [,OPTION...]
    boot "$2" --engine "$1" --mem 256M \
        --net "user,restrict=on,tftp=$tmp/served${3:-}" debian-amd64-net
}
under native native ",dump=$tmp/frames"
check "lease" "$(said native NET leased)" 10.0.2.15
check "ping" "$(said native NET pinged)" 5
check "file" "$(said native NET fetched)" "$(md5 <"$tmp/served/data")"
under native again ",dump=$tmp/frames2"
expect 'second run, console' cmp "$tmp/native" "$tmp/again"
expect 'second run, frames' cmp "$tmp/frames" "$tmp/frames2"
for engine in bt hvm; do
    under $engine $engine
    expect "$engine, console" cmp "$tmp/native" "$tmp/$engine"
done
result
