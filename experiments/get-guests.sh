#!/usr/bin/env bash
# get-guests.sh: fetches the off-the-shelf guests from Debian's own packages.
#
# usage: get-guests.sh [--check | --update] [DIR]
#   DIR       default $TRIPTYCH_GUESTS, else ${XDG_CACHE_HOME:-~/.cache}/triptych/guests
#   --check   fetch nothing: compare DIR with its manifest and with this script
#   --update  bring up to date what was fetched once; nothing if nothing was
# Leaves in DIR:
#   initrd-ARCH.gz                    busybox and init.sh, for amd64 and i386
#   initrd-disk-KIND.gz               busybox, init-disk.sh and virtio modules
#   initrd-disk-xen-amd64.gz          the same with Xen's block front end and ext4
#   initrd-net-KIND.gz                busybox, init-net.sh and modules of network
#                                     cards
#   grub-{x86_64,i386}-xen.bin        GRUB as a Xen PV guest
#   modules/SET/                      those modules, and `order` to load them in
#   guests.txt                        manifest: name, package, version, SHA-256
# Needs apt, dpkg-deb, cpio and the network; no root. The host's package set-up
# is not touched: apt gets sources and lists of its own. What DIR holds is kept
# if its checksum is the manifest's and this script would make it so, and rebuilt
# if not; a kernel stays at its version as long as the mirror has that. Bookworm
# is the last Debian with 32-bit kernels, whatever the host runs.
# TRIPTYCH_MIRROR, TRIPTYCH_SECURITY_MIRROR: other mirrors; TRIPTYCH_RETRY_S:
# first pause between attempts (default 10 s; grows).
# Status: 0 all there, 1 something failed, 2 usage, 75 no mirror answers (later
# it may).
set -euo pipefail

readonly suite=bookworm attempts=4
mirror=${TRIPTYCH_MIRROR:-http://deb.debian.org/debian}
security=${TRIPTYCH_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
here=$(cd "$(dirname "$0")" && pwd)

say() {
    echo "get-guests: $*" >&2
}
die() { # die STATUS MESSAGE
    local status=$1
    shift
    say "$*"
    exit "$status"
}

# --- manifest ---------------------------------------------------------------

sum() {
    sha256sum <"$1" | cut -d ' ' -f 1
}
field() { # field NAME COLUMN: of NAME's manifest line, empty if there is none
    [ -f guests.txt ] || return 0
    awk -v name="$1" -v n="$2" '$1 == name { print $n; exit }' guests.txt
}
recorded() { # recorded NAME: there, and as the manifest has it
    [ -s "$1" ] && [ "$(field "$1" 4)" = "$(sum "$1")" ]
}
record() { # record NAME PACKAGE VERSION
    {
        echo "# name package version sha256"
        [ ! -f guests.txt ] || awk -v n="$1" '$1 != n && $1 != "#"' guests.txt
        echo "$1 $2 $3 $(sum "$1")"
    } >"$tmp/guests.txt"
    mv "$tmp/guests.txt" guests.txt
}
forget() { # forget PREFIX: the lines of all names that begin so
    [ -f guests.txt ] || return 0
    awk -v p="$1" 'index($1, p) != 1' guests.txt >"$tmp/guests.txt"
    mv "$tmp/guests.txt" guests.txt
}
check_all() { # every file of the manifest, and every guest, as it is made now
    local name init set bad=0
    [ -f guests.txt ] || die 1 "$dir: no guests.txt; run get-guests.sh first"
    for name in vmlinuz-{amd64,686,686-pae} grub-{x86_64,i386}-xen.bin \
        $(awk '$1 != "#" { print $1 }' guests.txt); do
        recorded "$name" && continue
        say "$dir/$name: missing, or its SHA-256 is not the manifest's"
        bad=1
    done
    for set in $(sets amd64; sets 686; sets 686-pae); do
        have_modules "$set" && continue
        say "$dir/modules/$set: not all there, or made by an older script"
        bad=1
    done
    while read -r name _ init set; do
        have_ramdisk "$name" "$init" "$set" && continue
        say "$dir/$name: missing, or made by an older script"
        bad=1
    done < <(ramdisks)
    return $bad
}

# --- what there is to be -----------------------------------------------------

sets() { # sets KIND: names of the sets of modules that its kernel gives
    echo "$1" "net-$1"
    [ "$1" != amd64 ] || echo xen-amd64
}
set_modules() { # set_modules SET: to be loaded; what they need comes by itself
    case $1 in
    net-amd64) echo virtio_mmio virtio_net xen-netfront af_packet ;;
    net-*) echo virtio_mmio virtio_net af_packet ;;
    # ext4 finds its checksums by name, not by dependency.
    xen-*) echo xen-blkfront crc32c_generic ext4 ;;
    *) echo virtio_mmio virtio_blk ;;
    esac
}
set_id() { # set_id SET: of how it is made
    echo "set.$(set_modules "$1" | sha256sum | cut -c 1-12)"
}
ramdisks() { # name, architecture, first process, set of modules
    cat <<EOF
initrd-amd64.gz amd64 init.sh
initrd-i386.gz i386 init.sh
initrd-disk-amd64.gz amd64 init-disk.sh amd64
initrd-disk-xen-amd64.gz amd64 init-disk.sh xen-amd64
initrd-disk-686.gz i386 init-disk.sh 686
initrd-disk-686-pae.gz i386 init-disk.sh 686-pae
initrd-net-amd64.gz amd64 init-net.sh net-amd64
initrd-net-686.gz i386 init-net.sh net-686
initrd-net-686-pae.gz i386 init-net.sh net-686-pae
EOF
}
ramdisk_id() { # ramdisk_id INIT [SET]: of all in it but busybox
    echo "init.$(cat "$here/$1" ${2:+"modules/$2"/*} | sha256sum |
        cut -c 1-12)"
}

# --- Debian's mirror ---------------------------------------------------------

apt_options() { # apt_options ARCH: sets `options`, apt for that architecture
    local state=$dir/apt/$1 key=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" \
        "$state/parts"
    : >"$state/status"
    [ -r $key ] || die 1 "$key: missing; install debian-archive-keyring"
    cat >"$state/sources.list" <<EOF
deb [arch=$1 signed-by=$key] $mirror $suite main
deb [arch=$1 signed-by=$key] $security $suite-security main
EOF
    options=(-qq -o "APT::Architecture=$1" -o "APT::Architectures=$1"
        -o "Dir::State=$state" -o "Dir::State::Lists=$state/lists"
        -o "Dir::State::Status=$state/status" -o "Dir::Cache=$state/cache"
        -o "Dir::Etc::SourceList=$state/sources.list"
        -o "Dir::Etc::SourceParts=$state/parts"
        -o APT::Sandbox::User= -o Acquire::Languages=none
        -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
}
attempt() { # attempt WHAT COMMAND...: with patience, for mirrors being synced
    local what=$1 pause=${TRIPTYCH_RETRY_S:-10} n
    shift
    for ((n = 1; n <= attempts; n++)); do
        "$@" && return
        [ $n -lt $attempts ] || break
        say "$what: attempt $n of $attempts failed; again in $pause s"
        sleep "$pause"
        pause=$((pause * 2))
    done
    return 1
}
gone() { # gone WHAT: the end, for now
    die 75 "$1: no mirror gives it now ($mirror, $security); try later"
}
update() {
    apt-get "${options[@]}" --error-on=any update
}
download() { # download PACKAGE[=VERSION]: lists may have aged, so a retry reads
    # them anew
    (cd "$tmp" && apt-get "${options[@]}" download "$1") && return
    update || true
    return 1
}
kernel_package() { # the package of vmlinuz-KIND, and the version `wanted` of it
    # (empty: the newest); else the package behind linux-image-KIND
    package=$(field "vmlinuz-$1" 2) wanted=$(field "vmlinuz-$1" 3)
    if [ -n "$package" ] && apt-cache "${options[@]}" show \
        "$package=$wanted" >/dev/null 2>&1; then
        return 0
    fi
    wanted=
    package=$(apt-cache "${options[@]}" depends "linux-image-$1" |
        sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
    [ -n "$package" ]
}
fetch() { # fetch PACKAGE ARCH [VERSION]: unpacked into $tmp/PACKAGE-ARCH; sets
    # `version`
    local root=$tmp/$1-$2 deb
    if [ ! -d "$root" ]; then
        attempt "package $1 ($2)" download "$1${3:+=$3}" ||
            gone "package $1 ($2)"
        deb=$(find "$tmp" -maxdepth 1 -name "$1_*_$2.deb" | head -n 1)
        dpkg-deb -f "$deb" Version >"$root.version"
        dpkg-deb -x "$deb" "$root.part"
        mv "$root.part" "$root"
        rm "$deb"
    fi
    version=$(cat "$root.version")
}

# --- what is made of the packages --------------------------------------------

keep() { # keep FILE NAME PACKAGE VERSION: into DIR, whole or not at all
    [ -s "$1" ] || die 1 "$2: came out empty"
    cp "$1" "$tmp/new" && mv "$tmp/new" "$2"
    record "$2" "$3" "$4"
    say "$2: from $3 $4"
}
unpack_module() { # unpack_module FILE DEST: .ko, .ko.xz, .ko.zst or .ko.gz
    case $1 in
    *.xz) xz -dc "$1" >"$2" ;;
    *.zst) zstd -qdc "$1" >"$2" ;;
    *.gz) gzip -dc "$1" >"$2" ;;
    *) cp "$1" "$2" ;;
    esac
}
add_module() { # add_module NAME TREE DEST: what it depends on, then NAME itself
    local file needs need
    [ ! -f "$3/$1.ko" ] || return 0
    file=$(find "$2" \( -name "$1.ko" -o -name "$1.ko.*" \) | head -n 1)
    if [ -z "$file" ]; then
        find "$2" -name modules.builtin -exec cat {} + | grep -q "/$1\.ko" ||
            die 1 "module $1: not in the package"
        return 0
    fi
    unpack_module "$file" "$3/$1.ko"
    needs=$(tr '\0' '\n' <"$3/$1.ko" | sed -n 's/^depends=//p' | tr ',' ' ')
    for need in $needs; do
        add_module "$need" "$2" "$3"
    done
    echo "$1.ko" >>"$3/order"
}
modules() { # modules SET PACKAGE ARCH
    local out=$tmp/modules-$1 file name
    mkdir -p "$out" modules
    : >"$out/order"
    for name in $(set_modules "$1"); do
        add_module "$name" "$tmp/$2-$3" "$out"
    done
    rm -rf "modules/$1"
    mv "$out" "modules/$1"
    forget "modules/$1/"
    for file in modules/"$1"/*; do
        record "$file" "$2" "$version+$(set_id "$1")"
    done
}
have_modules() { # have_modules SET: all that its order names, unspoiled
    local name
    recorded "modules/$1/order" || return 1
    case $(field "modules/$1/order" 3) in
    *+"$(set_id "$1")") ;;
    *) return 1 ;;
    esac
    while read -r name; do
        recorded "modules/$1/$name" || return 1
    done <"modules/$1/order"
}
have_kernel() { # have_kernel KIND: with all its sets of modules
    local set
    recorded "vmlinuz-$1" || return 1
    for set in $(sets "$1"); do
        have_modules "$set" || return 1
    done
}
kernel() { # kernel ARCH KIND
    local boot set
    ! have_kernel "$2" || return 0
    prepare "$1"
    kernel_package "$2" || gone "package linux-image-$2 ($1)"
    fetch "$package" "$1" "$wanted"
    boot=$tmp/$package-$1/boot
    keep "$(echo "$boot"/vmlinuz-*)" "vmlinuz-$2" "$package" "$version"
    for set in $(sets "$2"); do
        modules "$set" "$package" "$1"
    done
}
have_ramdisk() { # have_ramdisk NAME INIT [SET]
    recorded "$1" || return 1
    case $(field "$1" 3) in
    *+"$(ramdisk_id "$2" "${3:-}")") ;;
    *) return 1 ;;
    esac
}
ramdisk() { # ramdisk NAME ARCH INIT [SET]
    local root=$tmp/root
    ! have_ramdisk "$1" "$3" "${4:-}" || return 0
    prepare "$2"
    fetch busybox-static "$2"
    rm -rf "$root"
    mkdir -p "$root"/{bin,proc,sys,dev}
    install -m 755 "$(find "$tmp/busybox-static-$2" -type f \
        -path '*bin/busybox' | head -n 1)" "$root/bin/busybox"
    install -m 755 "$here/$3" "$root/init"
    if [ -n "${4:-}" ]; then
        mkdir "$root/modules"
        install -m 644 "modules/$4"/* "$root/modules"
    fi
    chmod -R u=rwX,go=rX "$root"
    find "$root" -exec touch -h -d @0 {} +
    (cd "$root" && find . | LC_ALL=C sort |
        cpio -o -H newc --quiet --reproducible -R 0:0 |
        gzip -9n) >"$tmp/ramdisk.gz"
    keep "$tmp/ramdisk.gz" "$1" busybox-static \
        "$version+$(ramdisk_id "$3" "${4:-}")"
}
grub() { # the ready PV images
    local cpu
    recorded grub-x86_64-xen.bin && recorded grub-i386-xen.bin && return
    prepare amd64
    fetch grub-xen-host amd64
    for cpu in x86_64 i386; do
        keep "$tmp/grub-xen-host-amd64/usr/lib/grub-xen/grub-$cpu-xen.bin" \
            "grub-$cpu-xen.bin" grub-xen-host "$version"
    done
}
prepare() { # prepare ARCH: apt with fresh lists, once an architecture
    apt_options "$1"
    [ ! -f "$tmp/lists-$1" ] || return 0
    say "reading $suite's package lists ($1)"
    if ! attempt "package lists ($1)" update; then
        # The main archive alone will do; without security updates, then.
        apt-cache "${options[@]}" show busybox-static >/dev/null 2>&1 ||
            gone "package lists ($1)"
        say "package lists ($1): not all readable; going on with the others"
    fi
    : >"$tmp/lists-$1"
}

# --- main ---------------------------------------------------------------------

mode='make'
while [ $# -gt 0 ]; do
    case $1 in
    --check | --update) mode=${1#--} ;;
    -h | --help)
        sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
        exit 0
        ;;
    -*) die 2 "$1: no such option; get-guests.sh --help lists them" ;;
    *) break ;;
    esac
    shift
done
[ $# -le 1 ] || die 2 "one DIR, not $#"
dir=${1:-${TRIPTYCH_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/triptych/guests}}
case $mode in
check)
    cd "$dir"
    check_all
    exit
    ;;
update)
    [ -f "$dir/guests.txt" ] || exit 0
    ! (cd "$dir" && check_all 2>/dev/null) || exit 0
    say "$dir: not as this version makes it; bringing it up to date"
    ;;
esac
for tool in apt-get apt-cache dpkg-deb cpio gzip sha256sum flock; do
    command -v $tool >/dev/null || die 1 "$tool: not found; install it first"
done
mkdir -p "$dir"
cd "$dir"
dir=$PWD
exec 9>.lock
flock 9 # two runs at once would fetch everything twice
tmp=$(mktemp -d "$dir/.tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

kernel amd64 amd64
kernel i386 686
kernel i386 686-pae
while read -r name arch init set; do
    ramdisk "$name" "$arch" "$init" "$set"
done < <(ramdisks)
grub
check_all || die 1 "$dir: not all there (see above)"
rm -rf apt
say "$dir: all guests there"
