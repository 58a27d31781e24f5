#!/usr/bin/env bash
# compare.sh TRIPTYCH: the main job: a Debian kernel under every engine there
# is, side by side; leaves results/compare.h5. Fetches the guest first if it is
# not there; without a network it says so and compares a tiny guest that it
# assembles itself. Status 0 all ran, 1 something failed. Environment:
#   COMPARE_GUEST  name of the catalogue (debian-amd64)
#   COMPARE_SCALE  work after the boot (0: only the boot and one of each)
#   COMPARE_REPS   repetitions (2: the second verifies the first)
set -u
triptych=$1
guest=${COMPARE_GUEST:-debian-amd64}
out=results/compare.h5
mkdir -p results || exit 1

# A tiny 32-bit guest: a loop, then some sensitive operations a thousand times.
# It stays beside the results, for a look at it.
tiny() {
    cat <<'S'
    .globl _start
_start:
    mov $0x300000, %esp
    mov $1000000, %ecx
1:  loop 1b
    mov $0x1, %ax
    outw %ax, $0xf5         # marker 0x1: user code only
    mov $1000, %ecx
2:  push %ecx
    xor %eax, %eax
    cpuid
    cli
    pushf
    popf
    inb $0x80, %al
    mov %cr3, %eax
    mov %eax, %cr3
    pop %ecx
    loop 2b
    mov $0x2, %ax
    outw %ax, $0xf5         # marker 0x2: a thousand of each
    xor %eax, %eax
    outl %eax, $0xf4
    hlt
S
}

if bash experiments/get-guests.sh --check >/dev/null 2>&1; then
    :
else
    echo "compare: fetching Debian's kernels and busybox (once, about 250 MB" \
        "of packages) ..." >&2
    bash experiments/get-guests.sh >&2
    case $? in
    0) ;;
    75)
        echo "compare: left out: $guest: it is not there and no Debian mirror" \
            "answers. Comparing a tiny guest of our own instead." >&2
        guest=
        ;;
    *) exit 1 ;;
    esac
fi

if [ -z "$guest" ]; then
    tiny >results/tiny.s
    if ! as --32 -o results/tiny.o results/tiny.s ||
        ! ld -m elf_i386 -Ttext 0x200000 -o results/tiny results/tiny.o; then
        echo "compare: cannot assemble the tiny guest (as, ld)" >&2
        exit 1
    fi
    rm -f results/tiny.o
    "$triptych" compare --reps 10 --mem 16M -o "$out" results/tiny </dev/null
else
    "$triptych" compare --reps "${COMPARE_REPS:-2}" --mem 512M \
        --append "scale=${COMPARE_SCALE:-0}" -o "$out" "$guest" </dev/null
fi
status=$?
[ $status -ne 0 ] ||
    echo "compare: all numbers are in $out; $triptych export --csv $out" >&2
exit $status
