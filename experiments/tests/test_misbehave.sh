#!/usr/bin/env bash
# test_misbehave.sh: guests that do what guests should not: whatever they do to
# ports, device memory, tables, MSRs and themselves, the run ends as runs end,
# soon, and twice the same. Assembles its guests with binutils.
# Environment: TRIPTYCH, the binary; SEEDS, of random code ("1 2 3").
source "$(dirname "$0")/../../common/tests/shell.sh"
seeds=${SEEDS:-1 2 3 4 5 6 7 8}

# What all guests can use. They have a `handler`, for all interrupts and
# exceptions, and begin at `go`; `random` gives EAX.
prelude='
    .globl _start
    .macro random
    imul $1664525, %ebp, %ebp
    add $1013904223, %ebp
    mov %ebp, %eax
    ror $13, %eax
    .endm
    .macro restore           # segments and stack, whatever they were
    mov %cs:data_sel, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x600000, %esp
    cld
    .endm
data_sel:
    .long 0
idtr:
    .word 2047
    .long 0x300000
_start:
    mov %ds, data_sel
    mov $0x600000, %esp
    mov $0x300000, %edi
1:  mov %cs, %eax
    shl $16, %eax
    mov $handler, %ecx
    mov %cx, %ax
    stosl
    mov %ecx, %eax
    mov $0x8e00, %ax
    stosl
    cmp $0x300800, %edi
    jb 1b
    lidt idtr
    mov $SEED, %ebp
    jmp go
'
guest() { # guest NAME CODE [SEED]
    printf '%s\n%s\n' "${prelude//SEED/${3:-1}}" "$2" >"$tmp/$1.s"
    assemble "$1"
}
run() { # run NAME OUT ARG...
    local name=$1 out=$2
    shift 2
    timeout -k 5 120 "$triptych" run --max-insns 3M --mem 64M --state-hash \
        --json="$tmp/$out.json" "$@" "$tmp/$name" </dev/null \
        >"$tmp/$out.console" 2>"$tmp/$out.err"
}
# It ends, as one of STATUSES, and says how; and again, just so.
survives() { # survives NAME STATUSES PATTERN ARG...
    local name=$1 statuses=$2 pattern=$3 got
    shift 3
    run "$name" a "$@"
    got=$?
    case " $statuses " in
    *" $got "*) ;;
    *)
        fail "$name $*: status $got: $(tail -n 3 "$tmp/a.err")"
        return
        ;;
    esac
    if ! tail -n 1 "$tmp/a.err" | grep -qE "^triptych: ($pattern)"; then
        fail "$name $*: '$(tail -n 1 "$tmp/a.err")' has no '$pattern'"
        return
    fi
    run "$name" b "$@"
    if cmp -s "$tmp/a.console" "$tmp/b.console" &&
        same a b >"$tmp/diff"; then
        pass
    else
        fail "$name $*: not the same twice: $(head -n 4 "$tmp/diff")"
    fi
}
any='.*'
spent='instruction budget used up'

# ---- devices ----
# Every port, with what chance gives, at every width. (That may end the run.)
for seed in 1 2 3; do
    guest ports '
    handler: go: restore
    1:  random
        mov %eax, %edx
        random
        outb %al, %dx
        random
        outw %ax, %dx
        random
        outl %eax, %dx
        inb %dx, %al
        inl %dx, %eax
        jmp 1b' $seed
    survives ports '0 1 124' "$any"
done
# The ports of devices, but for those that end the run.
guest known '
    ports: .word 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x60
           .word 0x70, 0x71, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe
           .word 0x3ff, 0x4d0, 0x4d1, 0xe9, 0xf5, 0xf6, 0x600, 0x602, 0x608
           .word 0x604, 0x606, 0x60a, 0x3f8
    handler: go: restore
    1:  sti
        random
        and $31, %eax
        movzwl ports(,%eax,2), %edx
        random
        and $0x1fff, %eax    # no sleep bit
        outb %al, %dx
        inb %dx, %al
        outw %ax, %dx
        inw %dx, %ax
        jmp 1b'
survives known '1 124' "$any"
# Device memory, at every width and alignment, with virtio devices and without.
truncate -s 1M "$tmp/disk"
guest mmio '
    bases: .long 0xfee00000, 0xfec00000, 0xfeb00000, 0xfed00000
    handler: go: restore
    1:  sti
        random
        mov %eax, %ebx
        and $3, %ebx
        mov bases(,%ebx,4), %ebx
        random
        and $0xfff, %eax
        add %eax, %ebx
        random
        mov %eax, (%ebx)
        mov %ax, (%ebx)
        mov (%ebx), %eax
        and $~3, %ebx
        random
        mov %eax, (%ebx)
        xchg %eax, (%ebx)
        lock incl (%ebx)
        movb (%ebx), %al
        jmp 1b'
survives mmio '1 124' "$any"
survives mmio '1 124' "$any" --disk "$tmp/disk" --net user,restrict=on
# Rings of nonsense for the disk, and for sending frames.
rings='
    handler: go: restore
    1:  mov $0x400000, %edi  # descriptors, available, used
        mov $0x3000, %ecx
    2:  random
        and $0x3f00ffff, %eax
        stosl
        loop 2b
        mov $BASE, %ebx
        movl $0, 0x70(%ebx)
        movl $3, 0x70(%ebx)
        movl $1, 0x24(%ebx)
        movl $1, 0x20(%ebx)  # VERSION_1
        movl $11, 0x70(%ebx)
        movl $QUEUE, 0x30(%ebx)
        movl $64, 0x38(%ebx)
        movl $0x400000, 0x80(%ebx)
        movl $0x404000, 0x90(%ebx)
        movl $0x408000, 0xa0(%ebx)
        movl $1, 0x44(%ebx)
        movl $15, 0x70(%ebx)
        mov $64, %ecx
    3:  movw %cx, 0x404002
        movl $QUEUE, 0x50(%ebx)
        loop 3b
        jmp 1b'
for device in 'blocks 0xfeb00000 0' 'sending 0xfeb00200 1' \
    'receiving 0xfeb00200 0'; do
    read -r name base queue <<<"$device"
    text=${rings/BASE/$base}
    guest "$name" "${text//QUEUE/$queue}"
    survives "$name" '1 124' "$any" --disk "$tmp/disk" --net user,restrict=on
done

# ---- interrupts without end ----
lapic_on='movl $0x1ff, 0xfee000f0
    movl $11, 0xfee003e0
    '
guest lapic_1ns "
    handler: movl \$0, 0xfee000b0
        iret
    go: $lapic_on
        movl \$0x20040, 0xfee00320
        movl \$1, 0xfee00380
        sti
    1:  jmp 1b"
guest nmis "
    handler: iret
    go: $lapic_on
    1:  movl \$0x4400, 0xfee00300
        jmp 1b"
guest inits "
    handler: iret
    go: $lapic_on
        movl \$0x4500, 0xfee00300
    1:  jmp 1b"
guest pit_1 '
    handler: iret
    go: mov $0x34, %al
        outb %al, $0x43
        mov $1, %al
        outb %al, $0x40
        mov $0, %al
        outb %al, $0x40
        sti
    1:  jmp 1b'
survives lapic_1ns 124 "$spent"
survives lapic_1ns 124 "$spent" --ips 1000000
survives nmis 124 "$spent"
survives inits '1 124' "$any"
survives pit_1 '1 124' "$any"

# ---- tables and stacks in bad places ----
bad() { # bad NAME CODE: before handlers are of any use
    guest "$1" "go: $2
        ud2
    handler: ud2"
    survives "$1" '1 124' 'triple fault|stalled|instruction budget|halted'
}
bad idt_in_hole 'movl $0x90000000, idtr + 2
    lidt idtr'
bad idt_in_device 'movl $0xfee00000, idtr + 2
    lidt idtr'
bad idt_wraps 'movl $0xfffffffc, idtr + 2
    lidt idtr'
bad gdt_in_hole 'movl $0x90000000, idtr + 2
    lgdt idtr
    mov %ds, %eax
    mov %eax, %ds'
bad stack_in_hole 'mov $0x90000000, %esp'
bad stack_in_device 'mov $0xfee00100, %esp'
bad stack_at_0 'mov $2, %esp'
bad stack_in_idt 'mov $0x300030, %esp'
bad stack_in_code 'mov $handler + 2, %esp'
bad paging_in_hole 'mov $0x90000000, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    bts $31, %eax
    mov %eax, %cr0'
bad paging_in_device 'mov $0xfee00000, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    bts $31, %eax
    mov %eax, %cr0'
bad paging_in_itself 'movl $0x400067, 0x400000
    movl $0x200067, 0x400004
    mov $0x400000, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    bts $31, %eax
    mov %eax, %cr0'
bad tasks 'movl $0x00008500, 0x300034 # UD: a task gate, to nothing
    movl $0x00280000, 0x300030'
bad real_mode 'mov %cr0, %eax
    and $~1, %eax
    mov %eax, %cr0
    ljmp $0xffff, $0xffff'
bad pae_of_ones 'mov $0x400000, %edi
    mov $-1, %eax
    mov $1024, %ecx
    rep stosl
    mov %cr4, %eax
    or $0x20, %eax
    mov %eax, %cr4
    mov $0x400000, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    bts $31, %eax
    mov %eax, %cr0'

# ---- MSRs and control registers of chance ----
guest msrs '
    handler: go: restore
    1:  random
        mov %eax, %ecx
        and $0xc0001fff, %ecx
        random
        mov %eax, %edx
        and $0xff, %edx
        random
        wrmsr
        rdmsr
        jmp 1b'
survives msrs '1 124' "$any"
guest controls '
    handler: go: restore
    1:  random
        and $0x1ffefe, %eax
        mov %eax, %cr4
        random
        or $1, %eax
        mov %eax, %dr7
        random
        mov %eax, %dr0
        random
        and $0x0005000e, %eax
        or $0x11, %eax
        mov %eax, %cr0
        random
        and $0x40d7f, %eax
        push %eax
        popf
        jmp 1b'
survives controls '1 124' "$any"

# ---- random code ----
for seed in $seeds; do
    guest random '
    handler: restore
        random
        and $0xffff, %eax
        add $0x400000, %eax
        jmp *%eax
    go: mov $0x400000, %edi
    1:  random
        stosl
        cmp $0x410000, %edi
        jb 1b
        random
        random
        jmp handler' "$seed"
    survives random '0 1 124' "$any"
done

# ---- repeated for ever: no instruction ever ends; a signal ends the run ----
for op in stosb lodsl movsb insb outsb scasb; do
    guest repeat "go:
        mov \$-1, %ecx
        mov \$0x508, %edx
        mov \$0x400000, %esi
        mov \$0x80000000, %edi
        mov \$0xff, %eax
    again:
        rep $op
        jmp again
    handler: iret"
    timeout --foreground -k 20 -s TERM 1 "$triptych" run "$tmp/repeat" </dev/null \
        >"$tmp/out" 2>"$tmp/err"
    got=$?
    if [ $got -eq 124 ] && grep -q 'stopped by SIGTERM' "$tmp/err"; then
        pass
    else
        fail "repeat $op: status $got: $(tail -n 1 "$tmp/err")"
    fi
done
result
