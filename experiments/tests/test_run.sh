#!/usr/bin/env bash
# test_run.sh: how runs end, from tiny guests: power-off, exit codes, triple
# fault, halt for ever, a spin past its budget, a jump to nowhere, signals, a
# reader that leaves; input from files and terminals; JSON; trace. Assembles its
# guests with binutils. Environment: TRIPTYCH, the binary.
source "$(dirname "$0")/../../common/tests/shell.sh"

# appears TEXT: wait until it is in the output of the running guest.
appears() {
    for _ in $(seq 600); do
        grep -qF -- "$1" "$tmp/out" 2>/dev/null && return
        sleep 0.1
    done
}
# ends NAME STATUS PATTERN ARG...: how the run of a guest ends, and what the
# last line on stderr says.
ends() {
    does "$2" "${*:4} $1" run --max-insns 50M "${@:4}" "$tmp/$1"
    expect "${*:4} $1: '$(tail -n 1 "$tmp/err")' has no '$3'" \
        grep -qE -- "$3" <(tail -n 1 "$tmp/err")
}

send='mov $0x3f8, %dx\n outb %al, %dx\n'
guest exit0 'mov $0, %eax\n outl %eax, $0xf4\n hlt'
guest exit3 'mov $3, %eax\n outl %eax, $0xf4\n hlt'
guest triple 'ud2'
guest forever 'cli\n hlt\n jmp _start'
# Says that it runs.
ready="mov \$'>', %al\n $send"
# The timer ticks, its interrupt is masked.
guest idle "$ready mov \$0xff, %al\n outb %al, \$0x21\n mov \$0x34, %al\n \
    outb %al, \$0x43\n mov \$0, %al\n outb %al, \$0x40\n outb %al, \$0x40\n \
    sti\n 1: hlt\n jmp 1b"
guest spin '1: jmp 1b'
guest busy "$ready 1: jmp 1b"
guest nowhere 'mov $0xd0000000, %eax\n jmp *%eax'
guest reset 'mov $6, %al\n mov $0xcf9, %dx\n outb %al, %dx\n 1: jmp 1b'
guest kbreset 'mov $0xfe, %al\n outb %al, $0x64\n 1: jmp 1b'
guest hello "mov \$'h', %al\n $send mov \$'i', %al\n $send mov \$10, %al\n \
    $send mov \$0x1234, %eax\n outl %eax, \$0xf5\n mov \$7, %eax\n \
    outl %eax, \$0xf5\n xor %eax, %eax\n outl %eax, \$0xf4\n hlt"
guest chatter "1: mov \$'y', %al\n $send mov \$10, %al\n $send jmp 1b"
# Echoes what is typed until a dot comes.
echo_loop="mov \$1, %al\n mov \$0x3fa, %dx\n outb %al, %dx\n mov \$3, %al\n \
    mov \$0x3fc, %dx\n outb %al, %dx\n \
    1: mov \$0x3fd, %dx\n inb %dx, %al\n test \$1, %al\n jz 1b\n \
    mov \$0x3f8, %dx\n inb %dx, %al\n outb %al, %dx\n cmp \$'.', %al\n jne 1b\n \
    xor %eax, %eax\n outl %eax, \$0xf4\n hlt"
guest echo "$echo_loop"
guest prompt "$ready $echo_loop"

ends exit0 0 'guest exit 0 after 2 instructions'
ends exit3 1 'guest exit 3 after 2 instructions'
ends exit3 7 'guest exit 3' --exit-status qemu
ends exit0 1 'guest exit 0' --exit-status qemu
ends triple 1 'triple fault at rip=0x200000 <_start\+0x0>'
ends forever 1 'halted at rip=.* and nothing can wake it'
ends forever 1 'halted at rip=.* and nothing can wake it' --clock host
ends spin 124 'instruction budget used up at rip=0x200000 .*after 50000000 '
ends spin 124 'after 12345 instr' --max-insns 12_345
ends spin 124 'after 7 instr' --max-insns 7 --clock host
ends nowhere 1 'triple fault|stalled|budget'
ends reset 1 'the guest reset the machine'
ends reset 0 'the guest reset the machine' --exit-status qemu
ends kbreset 1 'the guest reset the machine'
ends hello 0 'guest exit 0' --json="$tmp/json" --state-hash
expect 'hello: console' [ "$(cat "$tmp/out")" = hi ]
for line in '"end": "guest exit 0"' '"exit_status": 0' '"code": 4660' \
    '"iterations": 7' '"repeatable": true' '"protocol": "elf"' \
    '"register_hash": "0x' '"machine_hash": "0x' '"name": "OUT'; do
    expect "hello: $line in the JSON" grep -qiF "$line" "$tmp/json"
done
# A pipe is written to, not replaced by a file; a place that is not there is said.
mkfifo "$tmp/fifo"
exec 3<>"$tmp/fifo"
ends hello 0 'guest exit 0' --json="$tmp/fifo"
expect 'JSON to a pipe' [ -p "$tmp/fifo" ]
exec 3<&-
ends hello 1 'not/there.json: No such file' --json="$tmp/not/there.json"
expect 'JSON: no .part is left' sh -c "! ls '$tmp'/*.part"
ends hello 0 'guest exit 0' --json
expect 'hello: console, then JSON' [ "$(head -n 2 "$tmp/out" | tr '\n' '|')" = \
    'hi|{|' ]

# The trace shows what was executed.
ends exit3 1 'guest exit 3' --trace
expect 'trace: first instruction' grep -qE \
    '^ +0 00200000 <_start\+0x0> b803000000 +mov eax, 3$' "$tmp/err"
expect 'trace: second instruction' grep -qE \
    '^ +1 00200005 <_start\+0x5> e7f4 +out 0xf4, eax$' "$tmp/err"
ends spin 124 'budget' --max-insns 100 --trace=10,5
expect 'trace: from 10, 5 of them' [ "$(grep -c ' jmp 0x200000$' \
    "$tmp/err")" = 5 ]
expect 'trace: the first is number 10' grep -qE '^ +10 00200000' "$tmp/err"

# Input: a file is typed, the run stays repeatable; a pipe is no such thing.
printf 'some words.rest' >"$tmp/keys"
ends echo 0 'guest exit 0' --input "$tmp/keys" --json="$tmp/a.json"
expect 'echo: typed text comes back' [ "$(cat "$tmp/out")" = 'some words.' ]
ends echo 0 'guest exit 0' --input "$tmp/keys" --json="$tmp/b.json"
expect 'echo: twice the same' same a b
expect 'echo: repeatable' grep -q '"repeatable": true' "$tmp/b.json"
input=$tmp/keys execute run --json="$tmp/c.json" "$tmp/echo"
expect 'echo: stdin from a file is typed, too' same a c
(sleep 0.3; cat "$tmp/keys") | timeout 60 "$triptych" run \
    --json="$tmp/d.json" "$tmp/echo" >"$tmp/out" 2>"$tmp/err"
expect 'echo: from a pipe' [ "$(cat "$tmp/out")" = 'some words.' ]
expect 'echo: a pipe is not repeatable' grep -q '"repeatable": false' \
    "$tmp/d.json"

# Signals stop a run cleanly, halted or not. A shell without job control starts
# children with SIGINT ignored, hence env.
for guest in busy idle; do
    for signal in INT TERM HUP; do
        env --default-signal=$signal timeout -k 60 120 "$triptych" run \
            --clock host "$tmp/$guest" </dev/null >"$tmp/out" \
            2>"$tmp/err" &
        appears '>'
        kill -$signal $! # timeout passes it on
        wait $!
        check "$guest, SIG$signal: status" $? $((128 + $(kill -l $signal)))
        expect "$guest, SIG$signal: $(tail -n 1 "$tmp/err")" \
            grep -q "stopped by SIG$signal at rip=" "$tmp/err"
    done
done

# A reader that leaves ends the run, quietly.
timeout 60 bash -c '"$1" run "$2" 2>"$3" </dev/null | head -n 3 >/dev/null
    exit ${PIPESTATUS[0]}' - "$triptych" "$tmp/chatter" "$tmp/err"
check 'head: status' $? 141
expect 'head: one line on stderr' [ "$(wc -l <"$tmp/err")" -eq 1 ]

# A terminal: keys reach the guest, Ctrl-A x leaves, the mode is given back.
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    : >"$tmp/out"
    { appears '>'; printf 'a\001\001b'; appears "$(printf 'a\001b')"
      printf '\001x'; sleep 1; } |
        timeout 120 script -qfec "$triptych run --clock host $tmp/prompt; \
            echo status=\$?; stty -a" /dev/null >"$tmp/out" 2>&1
    expect "terminal: echo and Ctrl-A" grep -q "$(printf '>a\001b')" "$tmp/out"
    expect 'terminal: left' grep -q 'triptych: left at' "$tmp/out"
    expect 'terminal: status' grep -q 'status=0' "$tmp/out"
    expect 'terminal: mode' grep -q ' icanon' "$tmp/out"
else
    skip 'terminal: script(1) makes no terminal here'
fi
result
