#!/usr/bin/env bash
# test_vmcs.sh: `triptych vmcs check`: statuses, findings, errors in one line.
# Environment: TRIPTYCH, the binary.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
good=hvm/examples/long-mode.json bad=hvm/examples/v86-bad.json

# try STATUS PATTERN ARG...: the exit status, and PATTERN in what was said. With
# status 2 all that is said is one line on stderr.
try() {
    local want=$1 pattern=$2 got
    shift 2
    timeout 20 "$triptych" vmcs "$@" <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
    got=$?
    if [ $got -ne "$want" ]; then
        echo "FAIL  vmcs $*: status $got, not $want: $(head -n 3 "$tmp/err")"
    elif ! cat "$tmp/out" "$tmp/err" | grep -qE -- "$pattern"; then
        echo "FAIL  vmcs $*: no '$pattern' in: $(cat "$tmp/out" "$tmp/err" |
            head -n 3)"
    elif [ "$want" -eq 2 ] &&
        { [ "$(wc -l <"$tmp/err")" -ne 1 ] || [ -s "$tmp/out" ]; }; then
        echo "FAIL  vmcs $*: not one line: $(cat "$tmp/out" "$tmp/err")"
    else
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
}

# text STATUS PATTERN JSON [ARG...]: the same with a file of this text.
text() {
    local want=$1 pattern=$2
    printf '%s' "$3" >"$tmp/t.json"
    shift 3
    try "$want" "$pattern" check "$tmp/t.json" "$@"
}

: >"$tmp/in"
try 0 'VM entry succeeds on all' check $good
try 0 '0 fail' check $good
try 0 '"fail": 0' check $good --json
try 1 'guest_v86_cs_rights' check $bad
try 1 'GUEST_CS_AR_BYTES .0x4816, Guest CS access rights. = 0x9b' check $bad
try 1 'rule    000000F3H' check $bad
try 1 'manual  SDM volume 3, "Checks on Guest Segment Registers"' check $bad
try 1 'exit reason 0x80000021' check $bad
try 1 ' 2 fail' check $bad
try 1 '"check": "guest_v86_ss_base"' check $bad --json
try 1 '"exit_reason": "0x80000021"' check $bad --json

# Presets: each is in the help, and they differ.
for p in all prescott-2005 yonah-2006 merom-2006 penryn-2007 nehalem-2008 \
    westmere-2010; do
    try 0 "$p" check --help
    text 1 "VM entry fails on $p: VMfailValid\(7\)" '{}' --controls $p
done
try 1 'bit 12 \(load IA32_PERF_GLOBAL_CTRL\) may not be 1' check $good \
    --controls prescott-2005
try 2 "no preset 'nehalem'" check $good --controls nehalem
# Capability MSRs from the file.
text 1 'bit 20 is 1: a control whose own checks are not here' \
    '{"IA32_VMX_PROCBASED_CTLS2": "0x10000000000000",
      "CPU_BASED_VM_EXEC_CONTROL": "0x84006172",
      "SECONDARY_VM_EXEC_CONTROL": "0x100000"}'
text 1 'GUEST_CR3 .* = 0x800000000' '{"MAXPHYADDR": 32, "GUEST_CR3": 34359738368}'
text 1 'has no EPT_POINTER' '{"EPT_POINTER": 30}' --controls merom-2006

# Names: Linux's, the manual's, encodings; numbers in each form.
for key in GUEST_RIP 'Guest RIP' guest-rip 0x681e 26654; do
    for value in '"0x1234567800"' '"78187493376"' 78187493376; do
        text 1 'GUEST_RIP .* = 0x1234567800' "{\"$key\": $value}"
    done
done
printf '{"GUEST_RIP": 1}' >"$tmp/in"
try 1 '^1 of [0-9]+ fields' check -
: >"$tmp/in"

# What is wrong with a file is one line.
text 2 'line 3: not JSON' $'{"GUEST_RIP": 1,\n"GUEST_RSP": 2,\nGUEST}\n'
text 2 'not JSON' ''
text 2 'not JSON' '{"GUEST_RIP": 1} x'
text 2 'not a JSON object' '[1, 2]'
text 2 "no field 'GUEST_RIPP'; did you mean GUEST_RIP" '{"GUEST_RIPP": 1}'
text 2 "no field '0x7ffe'" '{"0x7ffe": 1}'
text 2 "no field ''" '{"": 1}'
text 2 'high half of TSC_OFFSET' '{"0x2011": 1}'
text 2 'GUEST_RIP was given already' '{"GUEST_RIP": 1, "GUEST_RIP": 1}'
text 2 'GUEST_RIP was given already' '{"GUEST_RIP": 1, "0x681e": 1}'
text 2 'IA32_VMX_BASIC was given already' \
    '{"IA32_VMX_BASIC": 1, "IA32_VMX_BASIC": 1}'
text 2 '0x10000 is wider than 16 bits' '{"GUEST_CS_SELECTOR": 65536}'
text 2 'is wider than 32 bits' '{"GUEST_RIP": "0x100000000"}' \
    --controls yonah-2006
text 2 'more than 64 bits' '{"GUEST_RIP": "0x10000000000000000"}'
for v in -1 1.5 true null '{}' '[]' 9007199254740992; do
    text 2 'not an integer' "{\"GUEST_RIP\": $v}"
done
for v in '' 0x -1 12ab ' 1' '0x 1' 1k 0x0x1; do
    text 2 'not a number' "{\"GUEST_RIP\": \"$v\"}"
done
text 2 '32 to 52' '{"MAXPHYADDR": 64}'
try 2 'No such file' check "$tmp/none.json"
try 2 'Is a directory' check "$tmp"
try 2 'missing argument' check
try 2 "no 'dump'; there is: check" dump $good
head -c 3000 /dev/urandom >"$tmp/noise"
try 2 'not JSON' check "$tmp/noise"

echo "RESULT hvm/vmcs-check passed=$passed failed=$failed skipped=$skipped"
[ $failed -eq 0 ]
