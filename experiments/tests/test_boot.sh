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
source "$(dirname "$0")/../../common/tests/shell.sh"
scale=${BOOT_SCALE:-0}
clocks=${BOOT_CLOCKS:-virtual host}
hvm=${BOOT_HVM-amd64:westmere-2010:ept:on}
bt=${BOOT_BT-}
pv=${BOOT_PV-amd64}
strict=${BOOT_STRICT:-0}
insns=${BOOT_INSNS:-}
limit=${BOOT_LIMIT_S:-1500} # host seconds for one run

missing() { # missing TEXT
    if [ "$strict" = 1 ]; then
        fail "$1"
    else
        skip "$1"
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
        fail "$2: status $(cat "$tmp/$1.status"): $(tail -n 1 "$tmp/$1.err")"
        show "$tmp/$1.console"
        return 1
    fi
    echo "      $2: $(tail -n 1 "$tmp/$1.err")"
    pass
}
# agree TITLE WHAT A B: two runs have the same console, and the same WHAT.
agree() {
    expect "$1: console" diff "$tmp/$3.console" "$tmp/$4.console"
    expect "$1: $2" diff <($2 "$3") <($2 "$4")
}
paravirtual() { # paravirtual KERNEL
    run a "$1" virtual --engine pv --check-frames 100000 &
    run b "$1" virtual --engine pv --check-frames 100000
    wait
    ended a "$1, pv" && ended b "$1, pv, again" && agree "$1, pv" facts a b
}
virtual() { # virtual KERNEL
    run a "$1" virtual &
    run b "$1" virtual
    wait
    ended a "$1, virtual clock" && ended b "$1, again" && agree "$1" facts a b
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
    agree "$title" stream "$native" v
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
    local held
    head -c 2097152 /dev/urandom >"$tmp/disk"
    held=$(head -c 1048576 "$tmp/disk" | md5)
    timeout -k 10 "$limit" "$triptych" run --mem 512M --disk "$tmp/disk" \
        "debian-$1-disk" </dev/null >"$tmp/d.console" 2>"$tmp/d.err"
    echo $? >"$tmp/d.status"
    ended d "$1, disk" || return
    check "$1, disk: read" "$(said d.console DISK read)" "$held"
    check "$1, disk: written" "$(said d.console DISK written)" \
        "$(head -c 1048576 "$tmp/disk" | md5)"
}

for kernel in ${BOOT:-amd64 686 686-pae}; do
    if ! there "$kernel"; then
        missing "$kernel: not in $guests; \`make guests\` fetches it"
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
result
