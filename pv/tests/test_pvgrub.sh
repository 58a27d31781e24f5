#!/usr/bin/env bash
# test_pvgrub.sh: GRUB's ready Xen images (Debian's grub-xen-host) as PV guests,
# 64-bit and 32-bit: to their prompt, typed commands, xenstore and a PV disk by
# GRUB's own drivers, power-off by `halt`.
#
# Environment: TRIPTYCH, TRIPTYCH_GUESTS as test_boot.sh.
source "$(dirname "$0")/../../common/tests/shell.sh"

# The screen without its cursor movements, whatever the line length.
screen() {
    sed 's/\x1b\[[?0-9;]*[a-zA-Z]//g' "$tmp/out" | tr -d '\r'
}
shown() { # shown PATTERN: a line of the screen
    expect "$cpu: nothing like '$1': $(screen | tail -n 20)" \
        grep -aq "$1" <(screen)
}

head -c 65536 /dev/zero >"$tmp/disk"
printf 'xen_cat name\nls -l\nhalt\n' >"$tmp/typed"
for cpu in x86_64 i386; do
    for image in "$guests" /usr/lib/grub-xen; do
        image=$image/grub-$cpu-xen.bin
        [ ! -s "$image" ] || break
    done
    if [ ! -s "$image" ]; then
        skip "$cpu: no image (make guests, or package grub-xen-host)"
        continue
    fi
    does 0 "$cpu" run --engine pv --mem 128M --max-insns 3G \
        --disk "$tmp/disk" --input "$tmp/typed" "$image"
    echo "      $cpu: $(tail -n 1 "$tmp/err")"
    expect "$cpu: power-off" grep -q 'power-off' "$tmp/err"
    shown 'grub> '
    shown '^triptych$'
    shown 'Device xen/xvda'
    shown '^64KiB$'
done
result
