#!/usr/bin/env bash
# test_vmcs.sh: `triptych vmcs check`: statuses, findings, errors in one line.
# Environment: TRIPTYCH, the binary.
source "$(dirname "$0")/../../common/tests/shell.sh"
good=hvm/examples/long-mode.json bad=hvm/examples/v86-bad.json

# text STATUS PATTERN JSON [ARG...]: checking a file of this text.
text() {
    local want=$1 pattern=$2
    printf '%s' "$3" >"$tmp/t.json"
    shift 3
    try "$want" "$pattern" vmcs check "$tmp/t.json" "$@"
}

try 0 'VM entry succeeds on all' vmcs check $good
try 0 '0 fail' vmcs check $good
try 0 '"fail": 0' vmcs check $good --json
try 1 'guest_v86_cs_rights' vmcs check $bad
try 1 'GUEST_CS_AR_BYTES .0x4816, Guest CS access rights. = 0x9b' vmcs check $bad
try 1 'rule    000000F3H' vmcs check $bad
try 1 'manual  SDM volume 3, "Checks on Guest Segment Registers"' vmcs check $bad
try 1 'exit reason 0x80000021' vmcs check $bad
try 1 ' 2 fail' vmcs check $bad
try 1 '"check": "guest_v86_ss_base"' vmcs check $bad --json
try 1 '"exit_reason": "0x80000021"' vmcs check $bad --json

# Presets: each is in the help, and they differ.
for p in all prescott-2005 yonah-2006 merom-2006 penryn-2007 nehalem-2008 \
    westmere-2010; do
    try 0 "$p" vmcs check --help
    text 1 "VM entry fails on $p: VMfailValid\(7\)" '{}' --controls $p
done
try 1 'bit 12 \(load IA32_PERF_GLOBAL_CTRL\) may not be 1' vmcs check $good \
    --controls prescott-2005
try 2 "no preset 'nehalem'" vmcs check $good --controls nehalem
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
input=$tmp/in try 1 '^1 of [0-9]+ fields' vmcs check -

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
try 2 'No such file' vmcs check "$tmp/none.json"
try 2 'Is a directory' vmcs check "$tmp"
try 2 'missing argument' vmcs check
try 2 "no 'dump'; there is: check" vmcs dump $good
head -c 3000 /dev/urandom >"$tmp/noise"
try 2 'not JSON' vmcs check "$tmp/noise"
result
