#!/usr/bin/env bash
# test_ia64_ski.sh: what images for Ski ask of the platform: the guests `ssc` and
# `boot` with `services` print what they printed on Ski (*.expected), under
# native and hvm, after equally many instructions; Ski's options.
# Environment: TRIPTYCH, the binary; SKI, the program bski, to compare with it
# instead; SKI_HELLO, the program hello of its test suite.
source "$(dirname "$0")/../../common/tests/shell.sh"
own=$(dirname "$triptych")/guests

report() { # report STATUS TITLE [FILE]
    if [ "$1" -eq 0 ]; then
        pass
    else
        fail "$2: $(head -n 5 "${3:-/dev/null}")"
    fi
}
disk() {
    head -c 1024 /dev/zero | tr '\0' Q >"$tmp/sda"
}
# In the work directory: the length of paths is seen by guests.
on() { # on OPTIONS... FILE ARG...: console to out, instructions to count
    disk
    (cd "$tmp" && timeout 60 "$triptych" ski -stats "$@" </dev/null \
        2>count >out)
}
prints() { # prints EXPECTED FILE ARG...
    local want=$root/vti-ia64/tests/$1 first engine
    shift
    if [ -n "${SKI:-}" ]; then
        disk
        want=$tmp/ski
        (cd "$tmp" && timeout 60 "$SKI" -noconsole -nonet "$@" </dev/null 2>&1 |
            grep -av '^kernel exited with status') >"$want"
    fi
    first=
    for engine in native "hvm --controls none" "hvm --controls full"; do
        # shellcheck disable=SC2086
        on --engine $engine "$@"
        diff "$want" "$tmp/out" >"$tmp/diff"
        report $? "$1 on $engine" "$tmp/diff"
        awk '{ print $1 }' "$tmp/count" >"$tmp/n"
        first=${first:-$(cat "$tmp/n")}
        [ "$(cat "$tmp/n")" = "$first" ]
        report $? "$1 on $engine: not $first instructions" "$tmp/n"
    done
}

cp "$own"/ia64-ssc "$own"/ia64-boot "$own"/ia64-services "$tmp"
prints ssc.expected ia64-ssc simscsi=sd
prints boot.expected ia64-boot ia64-services one two
prints boot-none.expected ia64-boot no-kernel

# Typed characters, by the interrupt that was connected.
for engine in native hvm te; do
    printf 'typed\nq' | timeout 60 "$triptych" ski --engine $engine \
        "$own/ia64-keys" >"$tmp/out"
    [ "$(cat "$tmp/out")" = "$(printf 'typed\nq')" ]
    report $? "keys on $engine" "$tmp/out"
done

echo initramfs >"$tmp/ramfs"
on -initramfs ramfs ia64-boot ia64-services
grep -q '^initial RAM disk, bytes: 000000000000000a' "$tmp/out"
report $? '-initramfs' "$tmp/out"

# The same by `run`, where the words of --append are the arguments; its trace.
(cd "$tmp" && timeout 60 "$triptych" run --isa ia64 --append \
    "ia64-services one two" --trace=2,3 ia64-boot </dev/null >out 2>trace)
diff "$root/vti-ia64/tests/boot.expected" "$tmp/out" >"$tmp/diff"
report $? 'boot.expected by run' "$tmp/diff"
grep -oE '^ +[0-9]+ [0-9a-f]{8} ' "$tmp/trace" | awk '{ print $1 }' |
    cmp -s - <(printf '%s\n' 2 3 4)
report $? '--trace' "$tmp/trace"

# ---- options: all that bski has ----
quiet=ia64-twins
cp "$own/$quiet" "$tmp"
for option in -noconsole -nonet -stats -alat -forcesystem -strace \
    "-initramfs ramfs"; do
    # shellcheck disable=SC2086
    on $option $quiet
    report $? "$option" "$tmp/count"
done
on -forceuser -forcesystem $quiet
[ $? -eq 2 ]
report $? '-forceuser with -forcesystem' "$tmp/count"
on -help
grep -q 'initramfs' "$tmp/out"
report $? '-help' "$tmp/out"
for option in -i -icnt -nat -natcount -natstats -r -rest -cpus -x -srcroot \
    -simroot -alatassoc -autoalloc -mips -conslog -palen -valen -ridlen \
    -keylen -grfile; do
    on $option $quiet
    [ $? -eq 2 ] && grep -qe "$option: this option of Ski's" "$tmp/count"
    report $? "$option is refused by name" "$tmp/count"
done
on -initramfs
[ $? -eq 2 ]
report $? '-initramfs without a file' "$tmp/count"
on -none-such $quiet
[ $? -eq 2 ] && grep -qe "no option '-none-such'" "$tmp/count"
report $? 'not an option' "$tmp/count"

# A program of 2006 for Linux, by a compiler and a C library.
if [ -n "${SKI_HELLO:-}" ]; then
    on "$SKI_HELLO"
    [ "$(cat "$tmp/out")" = 'hello, world' ]
    report $? hello "$tmp/out"
fi
result
