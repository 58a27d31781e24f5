#!/usr/bin/env bash
# test_explain.sh: triptych explain lists the translation of a loop of a
# firmware image. Environment: TRIPTYCH, the binary.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
passed=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# At F000:0000: mov cx, 1000; L: cpuid; add eax, ecx; dec cx; jnz L;
# mov al, 0; out 0xf4, al. At the reset vector a jump there.
{
    printf '\xb9\xe8\x03\x51\x31\xc9\x0f\xa2\x59\x66\x01\xc8\x49\x75\xf4'
    printf '\xb0\x00\xe6\xf4\xf4'
    head -c $((65520 - 20)) /dev/zero
    printf '\xe9\x0d\x00'
    head -c 13 /dev/zero
} >"$tmp/bios"

try() {
    local want=$1 pattern=$2 got
    shift 2
    timeout 60 "$triptych" explain "$@" </dev/null >"$tmp/out" 2>&1
    got=$?
    if [ $got -eq "$want" ] && grep -qE -- "$pattern" "$tmp/out"; then
        passed=$((passed + 1))
    else
        echo "FAIL  explain $*: $got: $(head -n 3 "$tmp/out")"
        failed=$((failed + 1))
    fi
}

loop=(--bios "$tmp/bios" --block)
try 0 '16-bit code at CPL 0: [0-9]+ instructions' "${loop[@]}" 9
try 0 'push +cx +; .*flags after it are dead' "${loop[@]}" 9
try 0 'dec +cx +; inline' "${loop[@]}" 9
try 0 'cpuid +; called out to' "${loop[@]}" 6
try 0 'jne +3 ' "${loop[@]}" 3
try 0 '  lahf' "${loop[@]}" 9
try 1 'no unit holds' "${loop[@]}" 123
try 2 'not a hexadecimal address' "${loop[@]}" xyz
try 2 '--block ADDR is needed' --bios "$tmp/bios"
echo "RESULT experiments/test_explain.sh passed=$passed failed=$failed skipped=0"
[ $failed -eq 0 ]
