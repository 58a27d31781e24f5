#!/usr/bin/env bash
# test_explain.sh: triptych explain lists the translation of a loop of a
# firmware image. Environment: TRIPTYCH, the binary.
source "$(dirname "$0")/../../common/tests/shell.sh"

# At F000:0000: mov cx, 1000; L: cpuid; add eax, ecx; dec cx; jnz L;
# mov al, 0; out 0xf4, al. At the reset vector a jump there.
{
    printf '\xb9\xe8\x03\x51\x31\xc9\x0f\xa2\x59\x66\x01\xc8\x49\x75\xf4'
    printf '\xb0\x00\xe6\xf4\xf4'
    head -c $((65520 - 20)) /dev/zero
    printf '\xe9\x0d\x00'
    head -c 13 /dev/zero
} >"$tmp/bios"

explain=(explain --bios "$tmp/bios" --block)
try 0 '16-bit code at CPL 0: [0-9]+ instructions' "${explain[@]}" 9
try 0 'push +cx +; .*flags after it are dead' "${explain[@]}" 9
try 0 'dec +cx +; inline' "${explain[@]}" 9
try 0 'cpuid +; called out to' "${explain[@]}" 6
try 0 'jne +3 ' "${explain[@]}" 3
try 0 '  lahf' "${explain[@]}" 9
try 1 'no unit holds' "${explain[@]}" 123
try 2 'not a hexadecimal address' "${explain[@]}" xyz
try 2 '--block ADDR is needed' explain --bios "$tmp/bios"
result
