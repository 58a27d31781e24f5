#!/usr/bin/env bash
# test_compare.sh: compare, run --ledger and export on tiny guests: tables, JSON,
# files; two virtual runs give the same ledger; runs that differ fail; a killed
# run leaves nothing under the final name. Assembles its guests with binutils.
# Environment: TRIPTYCH.
source "$(dirname "$0")/../../common/tests/shell.sh"

end='xor %eax, %eax\n outl %eax, $0xf4\n hlt'
say() { # code that writes a text to the serial line
    local i
    printf 'mov $0x3f8, %%dx\\n'
    for ((i = 0; i < ${#1}; i++)); do
        printf "mov \$%d, %%al\\\\n outb %%al, %%dx\\\\n" "'${1:i:1}"
    done
    printf 'mov $10, %%al\\n outb %%al, %%dx\\n'
}
guest marks "$(say hi)$(say 'MARK one')mov \$100, %ecx\n 1: inb \$0x80, %al\n \
    loop 1b\n mov \$0x22, %eax\n outl %eax, \$0xf5\n mov \$100, %eax\n \
    outl %eax, \$0xf5\n rdtsc\n $end"
guest exit3 'mov $3, %eax\n outl %eax, $0xf4\n hlt'
guest spin '1: jmp 1b'
# Writes what it finds on the serial line: input makes runs differ.
guest disk "$(say disk)$end"

does 0 'tables' compare --mem 16M -o "$tmp/a.h5" "$tmp/marks"
expect 'tables: verified' grep -q '^  verified: ' "$tmp/out"
expect 'tables: the interval of a line' grep -qE \
    '^one +native +[0-9]+ +[0-9.]+ +1 +12 +0$' "$tmp/out"
expect 'tables: the interval of a port' grep -qE \
    '^0x22 +native +205 +[0-9.]+ +1 +100 +0$' "$tmp/out"
expect 'tables: the rest' grep -qE '^\(rest\) +native +4 ' "$tmp/out"
expect 'tables: events' grep -qE '^ +IN 0x80 +SENSITIVE +100 +[0-9.]+%$' "$tmp/out"
expect 'tables: who is left out' grep -qE '^  pv +left out: .' "$tmp/out"
expect 'tables: bt takes part' grep -qE '^one +bt ' "$tmp/out"
expect 'tables: hvm takes part' grep -qE '^one +hvm ' "$tmp/out"
expect 'tables: a mean of ratios' grep -qE '^geometric mean +hvm ' "$tmp/out"
expect 'tables: nothing on stderr' [ ! -s "$tmp/err" ]
expect 'no .part is left' [ ! -e "$tmp/a.h5.part" ]

does 0 'JSON' compare --mem 16M --json --reps 1 \
    --engines native "$tmp/marks"
expect 'JSON: begins' grep -q '^{$' "$tmp/out"
expect 'JSON: one run verifies nothing' grep -q '"verified": false' "$tmp/out"
if command -v python3 >/dev/null; then
    expect 'JSON: valid' python3 -m json.tool "$tmp/out"
fi

does 0 'host clock' compare --mem 16M --clock host --reps 6 \
    --engines native -o "$tmp/h.h5" "$tmp/marks"
expect 'host clock: intervals' grep -qE '^one .* \[[0-9.]+, [0-9.]+\]' \
    "$tmp/out"
does 0 'host clock: runs' export --csv --table runs "$tmp/h.h5"
expect 'host clock: 7 runs, one warm-up' [ "$(awk -F, 'NR > 1 { n++; w += $4 }
    END { print n, w }' "$tmp/out")" = '7 1' ]

does 0 'host clock, two engines' compare --mem 16M --clock host --reps 1 \
    --engines native,bt -o "$tmp/v.h5" "$tmp/marks"
expect 'host clock: verified first' grep -q '^  verified: before the times' \
    "$tmp/out"
does 0 'host clock: runs that verify' export --csv --table runs "$tmp/v.h5"
expect 'host clock: those are not recorded' [ "$(wc -l <"$tmp/out")" -eq 5 ]

# The same guest twice: the same ledger, byte for byte; that of `run`, too.
does 0 'again' compare --mem 16M -o "$tmp/b.h5" "$tmp/marks"
for form in csv json; do
    does 0 "export --$form a" export --$form --table ledger "$tmp/a.h5"
    cp "$tmp/out" "$tmp/a.$form"
    does 0 "export --$form b" export --$form --table ledger "$tmp/b.h5"
    expect "two runs, --$form" cmp "$tmp/out" "$tmp/a.$form"
done
expect 'ledger: the row of IN' grep -qxE \
    'native,[a-z]+,0x22,0,0,SENSITIVE,7,128,IN,100' "$tmp/a.csv"
processor=$(awk -F, '$1 == "native" { print $2; exit }' "$tmp/a.csv")
does 0 'run --ledger' run -q --processor "$processor" --mem 16M --ledger "$tmp/r.h5" "$tmp/marks"
does 0 'export of run' export --csv "$tmp/r.h5"
expect 'run: as repetition 0 of compare' cmp "$tmp/out" \
    <(awk -F, 'NR == 1 || ($4 == 0 && $1 == "native")' "$tmp/a.csv")
does 0 'times' export --csv --table times "$tmp/r.h5"
expect 'times: instructions add up' [ "$(awk -F, 'NR > 1 { n += $6 }
    END { print n }' "$tmp/out")" = "$("$triptych" run -q --json --mem 16M \
    "$tmp/marks" </dev/null | awk -F '[:,]' '/^  "retired_insns"/ { print $2 + 0 }')" ]

# Private unless asked.
HOME=$tmp does 0 'private' compare --mem 16M --reps 1 -o "$tmp/p.h5" "$tmp/marks"
expect 'no home folder in the file' sh -c "! grep -qaF '$tmp' '$tmp/p.h5'"
HOME=$tmp does 0 'identify' compare --mem 16M --reps 1 --identify \
    -o "$tmp/p.h5" "$tmp/marks"
expect 'the home folder, if asked' grep -qaF "$tmp" "$tmp/p.h5"

# Ends that are not good, and budgets.
does 1 'guest exit 3' compare --mem 16M "$tmp/exit3"
expect 'guest exit 3: said' grep -q 'under bt: guest exit 3$' "$tmp/err"
does 1 'each engine has its own end' compare --isa ia64 --reps 1 \
    --engines native,te ia64-twins
expect 'native: its end' grep -q '^  native   on model: guest exit 0$' "$tmp/out"
expect 'te: its end' grep -q '^  te       on model: guest exit 2$' "$tmp/out"
does 124 'budget' compare --mem 16M --max-insns 1000 "$tmp/spin"
does 77 'an engine that is not there' compare --mem 16M \
    --engines native,te "$tmp/marks"
expect 'te: says why' grep -qE '^  te +left out: ' "$tmp/out"

# Each run has the disk as it was, and the image stays.
head -c 65536 /dev/urandom >"$tmp/image"
cp "$tmp/image" "$tmp/image0"
does 0 'disk' compare --mem 16M --disk "$tmp/image" "$tmp/disk"
expect 'disk: untouched' cmp "$tmp/image" "$tmp/image0"

# Killed or stopped at any time: no file under the final name.
for signal in KILL TERM INT; do
    rm -f "$tmp/k.h5" "$tmp/k.h5.part"
    env --default-signal=INT "$triptych" compare --mem 16M -o "$tmp/k.h5" \
        "$tmp/spin" </dev/null >"$tmp/out" 2>"$tmp/err" &
    for _ in $(seq 600); do
        [ ! -e "$tmp/k.h5.part" ] || break
        sleep 0.1
    done
    kill -$signal $!
    wait $! 2>/dev/null
    check "SIG$signal: status" $? $((128 + $(kill -l $signal)))
    expect "SIG$signal: no file" [ ! -e "$tmp/k.h5" ]
    [ $signal = KILL ] ||
        expect "SIG$signal: no .part" [ ! -e "$tmp/k.h5.part" ]
done
does 0 'after a kill' compare --mem 16M -o "$tmp/k.h5" "$tmp/marks"
does 1 'no such folder' compare --mem 16M -o "$tmp/no/x.h5" "$tmp/marks"
result
