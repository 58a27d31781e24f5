#!/usr/bin/env bash
# test_cli.sh: what the triptych command says and returns: usage errors in one
# line with status 2, bad guests in one line with status 1, lists as text and as
# JSON. Environment: TRIPTYCH, the binary.
source "$(dirname "$0")/../../common/tests/shell.sh"
export TRIPTYCH_GUESTS=$tmp/no-guests

head -c 100000 /dev/zero >"$tmp/zeros"
head -c 70000 /dev/urandom >"$tmp/noise"
: >"$tmp/empty"
printf '\177ELF\002\001\001' >"$tmp/cut.elf"
mkdir "$tmp/folder"

try 0 '^triptych [0-9]' --version
try 0 'usage: triptych' help
try 0 'usage: triptych' --help
try 0 '--max-insns N' help run
try 0 '--max-insns N' run --help
try 2 "no command 'rum'; did you mean run" rum
try 2 "no command 'xyzzy'" xyzzy
try 2 'classify: not there yet' classify
try 2 'classify: not there yet' help classify

for topic in guests engines processors cpus papers experiments prices; do
    try 0 . list $topic
    try 0 '^\[' list --json $topic
done
try 2 'did you mean engines' list engine
try 2 'missing argument' list
try 2 'unexpected argument' list cpus more
try 2 "no list 'zoo'; there are guests[|]engines" list zoo
try 2 'unexpected argument' help run more
try 2 'no paper .zoo. \(triptych list papers\)$' reproduce zoo
try 2 'must be at least 1M ' run --mem 1 x
try 2 'which is of x86 code' explain --isa ia64 --block 1 x
try 0 '^  yes  interp, x86 ' doctor
try 0 '"name": "interp"' doctor --json

try 2 'which guest' run
try 2 'unexpected argument' run a b
try 2 'unknown option --mam; did you mean --mem' run --mam 1G x
try 2 '--mem 0: must be at least' run --mem 0 x
try 2 "'1Q' is not a number" run --mem 1Q x
try 2 'not a multiple of 4 KiB' run --mem 1048577 x
try 2 '--clock slow: there are virtual, host' run --clock slow x
try 2 'has no such engine' run --engine qemu x
refuses 77 '--engine te: not there yet for x86' run --engine te x
try 2 '--processor kvm: native runs on jit, interp' run --processor kvm x
try 2 'has no such processor' run --processor i486 x
try 2 'no such model' run --cpu z80 x
try 2 '--paging has no meaning under native' run --paging ept x
try 2 '--vpid has no meaning under native' run --vpid on x
try 2 '--controls has no meaning under native' run --controls x x
try 2 '--tlb-model: not there yet' run --tlb-model x x
try 2 '--identify without --ledger' run --identify x
try 2 '--state-hash without --json' run --state-hash x
try 2 'which guest' compare
try 2 '--reps 0: must be at least' compare --reps 0 x
try 2 'has no such engine' compare --engines qemu "$tmp/zeros"
try 2 'native twice' compare --engines native,native "$tmp/zeros"
try 2 'has no such engine' compare --engines native, "$tmp/zeros"
try 2 'has no such processor' compare --processor i486 "$tmp/zeros"
try 2 '--identify without --output' compare --identify "$tmp/zeros"
refuses 1 'zeros' compare "$tmp/zeros"
refuses 1 'No such file' compare -o "$tmp/not/there.h5" "$tmp/zeros"
try 2 'either --csv or --json' export x.h5
try 2 'missing argument' export --csv
refuses 1 'No such file' export --csv "$tmp/not-there"
refuses 1 'not an HDF5 file' export --csv "$tmp/noise"
refuses 1 'not an HDF5 file' export --json "$tmp/empty"
refuses 1 'directory|folder' export --csv "$tmp/folder"
try 2 'missing argument' merge a.h5
try 2 'which file to make' merge a.h5 b.h5
refuses 1 'No such file' merge "$tmp/not-there" b.h5 -o "$tmp/c.h5"
refuses 1 'not an HDF5 file' merge "$tmp/noise" "$tmp/noise" -o "$tmp/c.h5"
refuses 1 'No such file' verify "$tmp/not-there" "$tmp/noise"
refuses 1 'not an HDF5 file' verify "$tmp/noise" "$tmp/empty"
try 2 '--every=5 has no meaning for two results files' verify --every 5 a b
try 2 'unexpected argument' verify a b c
try 2 '--disk-readonly without' run --disk-readonly x
try 2 '--protocol x: there are' run --protocol x "$tmp/zeros"
try 2 '--trace=x: .x. is not a number' run --trace=x "$tmp/zeros"
try 2 'in place of GUEST' run --bios "$tmp/zeros" x
try 2 'need a GUEST' run --bios "$tmp/zeros" --append x

refuses 1 'get-guests.sh fetches' run debian-amd64
try 2 'no such guest or file; did you mean debian-amd64' run debian-amd46
try 2 "neither a guest's name" run not-there
try 2 'needs --disk' run debian-amd64-disk
refuses 1 'No such file' run "$tmp/not-there"
refuses 1 'directory|folder' run "$tmp/folder"
refuses 1 'empty' run "$tmp/empty"
refuses 1 "$(basename "$tmp")/zeros|zeros" run "$tmp/zeros"
refuses 1 'noise' run "$tmp/noise"
refuses 1 'cut.elf' run "$tmp/cut.elf"
refuses 1 'No such file' run --initrd "$tmp/not-there" "$tmp/zeros"
refuses 1 'No such file' run --input "$tmp/not-there" "$tmp/zeros"
refuses 1 'No such file|disk' run --disk "$tmp/not-there" "$tmp/zeros"

# Tables stand in columns, whatever the names are.
"$triptych" list experiments >"$tmp/out"
check 'list: one width' \
    "$(awk '{print index($0, "  x86  ")}' "$tmp/out" | sort -u | wc -l)" 1

# Each command shows how it is used; no line is wider than a terminal.
"$triptych" help >"$tmp/help"
for command in run compare verify reproduce report export merge list doctor \
    explain vmcs ski; do
    expect "help: $command is there" grep -q "^  $command " "$tmp/help"
    "$triptych" help $command >"$tmp/out"
    expect "help $command: an example" grep -q "^  *triptych $command" \
        "$tmp/out"
    check "help $command: lines over 90 columns" \
        "$(grep -cE '^.{91}' "$tmp/out")" 0
done

# What is no file is not replaced by one.
mkfifo "$tmp/pipe"
refuses 1 'is no regular file' compare -o "$tmp/pipe" "$tmp/zeros"
refuses 1 'is a directory' run --ledger "$tmp/folder" "$tmp/zeros"
expect 'the pipe is there' [ -p "$tmp/pipe" ]

# A reader that has enough is no failure to report.
exec 3<>"$tmp/pipe" 4>"$tmp/pipe" 3<&-
(trap '' PIPE && exec "$triptych" list guests >&4 2>"$tmp/err")
check 'closed pipe: status' $? 141
expect 'closed pipe: silence' [ ! -s "$tmp/err" ]
exec 4>&-

# A full disk under stdout is a failure, not silence.
if [ -w /dev/full ]; then
    expect 'list cpus >/dev/full' \
        sh -c "! '$triptych' list cpus >/dev/full 2>'$tmp/err'"
else
    skip 'no /dev/full'
fi
result
