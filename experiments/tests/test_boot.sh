#!/usr/bin/env bash
# test_boot.sh: Debian's kernels boot, untouched, and do so the same way twice.
#
# For each kernel: two runs under the virtual clock, at the same time, reach
# "MARK end" and power-off with byte-identical console output, and with equal
# instruction counts, ledgers, markers and hashes of the final state; one run
# under the host's clock reaches the same end. Environment:
#   TRIPTYCH     the binary (build/release/triptych)
#   BOOT         kernels: "amd64 686 686-pae"
#   BOOT_SCALE   work after the boot, see init.sh (0: only the boot)
#   BOOT_CLOCKS  "virtual host"
#   BOOT_DISK    1: also the guests that use a virtio disk
#   BOOT_HVM     boots under hvm, each KERNEL:PRESET:PAGING:VPID[:CPU[:PROCESSOR]]
#                for example "amd64:westmere-2010:ept:on
#                686:prescott-2005:shadow:off:p4-672:interp": the same console
#                output, instruction counts, markers and final state as native
#                with that --cpu
#   BOOT_BT      kernels that boot under bt too, likewise, with a code cache of
#                256 KiB and without adaptive translation the second time
#   BOOT_PV      kernels that boot under pv too, twice the same way, with the
#                counts of all frames checked every 100,000 exits
#   BOOT_INSNS   only the first so many instructions (slow builds)
#   BOOT_STRICT  1: a kernel that is not there is a failure, not a skip
# Prints FAIL and SKIP lines and a RESULT line, as the unit tests do.
set -u
triptych=${TRIPTYCH:-build/release/triptych}
guests=${TRIPTYCH_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/triptych/guests}
scale=${BOOT_SCALE:-0}
clocks=${BOOT_CLOCKS:-virtual host}
hvm=${BOOT_HVM-amd64:westmere-2010:ept:on}
bt=${BOOT_BT-}
pv=${BOOT_PV-amd64}
strict=${BOOT_STRICT:-0}
insns=${BOOT_INSNS:-}
limit=${BOOT_LIMIT_S:-1500} # host seconds for one run
passed=0 failed=0 skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

pass() {
    passed=$((passed + 1))
}
fail() { # fail TEXT [CONSOLE-FILE]
    failed=$((failed + 1))
    echo "FAIL  boot $1"
    [ $# -lt 2 ] || tail -n 15 "$2" | tr -d '\r' | sed 's/^/      /'
}
skip() {
    if [ "$strict" = 1 ]; then
        fail "$1"
    else
        skipped=$((skipped + 1))
        echo "SKIP  boot $1"
    fi
}
there() { # there KERNEL
    local ram=amd64
    [ "$1" = amd64 ] || ram=i386
    [ -s "$guests/vmlinuz-$1" ] && [ -s "$guests/initrd-$ram.gz" ]
}
run() { # run NAME KERNEL CLOCK [ENGINE-OPTION...]
    local name=$1 kernel=$2 clock=$3
    shift 3
    [ $# -gt 0 ] || set -- --engine native
    timeout -k 10 "$limit" "$triptych" run "$@" --mem 512M \
        --clock "$clock" --append "scale=$scale" --json="$tmp/$name.json" \
        --state-hash ${insns:+--max-insns "$insns"} "debian-$kernel" \
        </dev/null >"$tmp/$name.console" 2>"$tmp/$name.err"
    echo $? >"$tmp/$name.status"
}
ended() { # ended NAME TITLE: reached its end, by power-off
    local want=0
    [ -z "$insns" ] || want=124
    if [ "$(cat "$tmp/$1.status")" != $want ] ||
        { [ -z "$insns" ] && ! grep -q '^MARK end' "$tmp/$1.console"; }; then
        fail "$2: status $(cat "$tmp/$1.status"): $(tail -n 1 "$tmp/$1.err")" \
            "$tmp/$1.console"
        return 1
    fi
    echo "      $2: $(tail -n 1 "$tmp/$1.err")"
    pass
}
facts() { # facts NAME: the run without the host's times
    grep -v '"host_ns"' "$tmp/$1.json"
}
same() { # same KERNEL
    if ! cmp -s "$tmp/a.console" "$tmp/b.console"; then
        fail "$1: two runs differ on the console:"
        diff "$tmp/a.console" "$tmp/b.console" | head -n 6
    elif ! diff <(facts a) <(facts b) >"$tmp/diff"; then
        fail "$1: two runs differ in their counters:"
        head -n 12 "$tmp/diff"
    else
        pass
    fi
}
paravirtual() { # paravirtual KERNEL
    run a "$1" virtual --engine pv --check-frames 100000 &
    run b "$1" virtual --engine pv --check-frames 100000
    wait
    ended a "$1, pv" && ended b "$1, pv, again" && same "$1 (pv)"
}
virtual() { # virtual KERNEL
    run a "$1" virtual &
    run b "$1" virtual
    wait
    ended a "$1, virtual clock" && ended b "$1, again" && same "$1"
}

# What engines that run the same guest must agree on.
stream() { # stream NAME
    grep -E '"(name|retired_insns|guest_ns|end|rip|register_hash|machine_hash)"' \
        "$tmp/$1.json" | sed '/"name": "\(JIT_.*\|[A-Z_0-9]*\)",/d'
}
under() { # under TITLE KERNEL NATIVE ENGINE-OPTION...: NATIVE is a run's name
    local title=$1 kernel=$2 native=$3
    shift 3
    run v "$kernel" virtual "$@"
    ended v "$title" || return
    if ! cmp -s "$tmp/$native.console" "$tmp/v.console"; then
        fail "$title: not native's console:"
        diff "$tmp/$native.console" "$tmp/v.console" | head -n 6
    elif ! diff <(stream "$native") <(stream v) >"$tmp/diff"; then
        fail "$title: not native's stream:"
        head -n 12 "$tmp/diff"
    else
        pass
    fi
}

hardware_assist() { # hardware_assist BOOT: one of BOOT_HVM, after virtual
    local kernel preset paging vpid cpu processor native=a
    IFS=: read -r kernel preset paging vpid cpu processor <<<"$1"
    if [ -n "$cpu" ]; then
        native=$kernel-$cpu
        [ -e "$tmp/$native.json" ] ||
            run "$native" "$kernel" virtual --engine native --cpu "$cpu"
        ended "$native" "$kernel, $cpu" || return
    fi
    under "$kernel, hvm, $preset, $paging, vpid $vpid${cpu:+, $cpu}" \
        "$kernel" "$native" --engine hvm --controls "$preset" \
        --paging "$paging" --vpid "$vpid" ${cpu:+--cpu "$cpu"} \
        ${processor:+--processor "$processor"}
}

disk() { # disk KERNEL: reads and writes a disk image; what it says is true
    local want got
    head -c 2097152 /dev/urandom >"$tmp/disk"
    want=$(head -c 1048576 "$tmp/disk" | md5sum | cut -d ' ' -f 1)
    timeout -k 10 "$limit" "$triptych" run --mem 512M --disk "$tmp/disk" \
        "debian-$1-disk" </dev/null >"$tmp/d.console" 2>"$tmp/d.err"
    echo $? >"$tmp/d.status"
    ended d "$1, disk" || return
    got=$(head -c 1048576 "$tmp/disk" | md5sum | cut -d ' ' -f 1)
    if ! grep -q "^DISK ok $want read" "$tmp/d.console"; then
        fail "$1, disk: read is not what the image held ($want)" \
            "$tmp/d.console"
    elif ! grep -q "^DISK ok $got written" "$tmp/d.console"; then
        fail "$1, disk: the image ($got) is not what was written" \
            "$tmp/d.console"
    else
        pass
    fi
}

for kernel in ${BOOT:-amd64 686 686-pae}; do
    if ! there "$kernel"; then
        skip "$kernel: not in $guests; \`make guests\` fetches it"
        continue
    fi
    for clock in $clocks; do
        if [ "$clock" = virtual ]; then
            virtual "$kernel"
            for boot in $hvm; do
                [ "${boot%%:*}" != "$kernel" ] || hardware_assist "$boot"
            done
            for boot in $bt; do
                [ "$boot" = "$kernel" ] || continue
                under "$kernel, bt" "$kernel" a --engine bt
                under "$kernel, bt, 256 KiB" "$kernel" a --engine bt \
                    --controls cache=256K,adapt=off
            done
            case " $pv " in *" $kernel "*) paravirtual "$kernel" ;; esac
        else
            run h "$kernel" host
            ended h "$kernel, host clock"
        fi
    done
    [ "${BOOT_DISK:-0}" != 1 ] || disk "$kernel"
done
echo "RESULT boot passed=$passed failed=$failed skipped=$skipped"
[ "$failed" -eq 0 ]
