#!/usr/bin/env bash
# test_pvgrub.sh: GRUB's ready Xen images (Debian's grub-xen-host) as PV guests,
# 64-bit and 32-bit: to their prompt, typed commands, xenstore and a PV disk by
# GRUB's own drivers, power-off by `halt`.
#
# Environment: TRIPTYCH, TRIPTYCH_GUESTS as test_boot.sh.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
guests=${TRIPTYCH_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/triptych/guests}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The screen without its cursor movements, whatever the line length.
screen() {
    sed 's/\x1b\[[?0-9;]*[a-zA-Z]//g' "$tmp/console" | tr -d '\r'
}
said() { # said PATTERN: a line of the screen
    if screen | grep -aq "$1"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL  pv-grub $cpu: nothing like '$1'"
        screen | tail -n 20 | sed 's/^/      /'
    fi
}

head -c 65536 /dev/zero >"$tmp/disk"
printf 'xen_cat name\nls -l\nhalt\n' >"$tmp/typed"
for cpu in x86_64 i386; do
    for image in "$guests" /usr/lib/grub-xen; do
        image=$image/grub-$cpu-xen.bin
        [ ! -s "$image" ] || break
    done
    if [ ! -s "$image" ]; then
        skipped=$((skipped + 1))
        echo "SKIP  pv-grub $cpu: no image (make guests, or package grub-xen-host)"
        continue
    fi
    timeout -k 10 600 "$triptych" run --engine pv --mem 128M --max-insns 3G \
        --disk "$tmp/disk" --input "$tmp/typed" "$image" \
        >"$tmp/console" 2>"$tmp/err"
    status=$?
    echo "      $cpu: $(tail -n 1 "$tmp/err")"
    if [ $status -ne 0 ] || ! grep -q 'power-off' "$tmp/err"; then
        failed=$((failed + 1))
        echo "FAIL  pv-grub $cpu: status $status: $(tail -n 1 "$tmp/err")"
        continue
    fi
    passed=$((passed + 1))
    said 'grub> '
    said '^triptych$'
    said 'Device xen/xvda'
    said '^64KiB$'
done
echo "RESULT pv-grub passed=$passed failed=$failed skipped=$skipped"
[ $failed -eq 0 ]
