#!/bin/sh
# probe.sh: what this host has, as make variables on stdout (build/config.mk).
# Never fails; MISSING lists the Debian packages without which nothing is built.
set -u
missing=
cflags=

# lib VARIABLE PKG-CONFIG-NAME DEBIAN-PACKAGE
lib() {
    if command -v pkg-config >/dev/null && pkg-config --exists "$2"; then
        echo "LIBS_$1 := $(pkg-config --libs "$2")"
        cflags="$cflags $(pkg-config --cflags "$2")"
        return 0
    fi
    echo "LIBS_$1 :="
    missing="$missing $3"
}
# header VARIABLE HEADER
header() {
    if echo "#include <$2>" | ${CC:-gcc} -E - >/dev/null 2>&1; then
        cflags="$cflags -D$1=1"
    else
        cflags="$cflags -D$1=0"
    fi
}
command -v pkg-config >/dev/null || missing="$missing pkg-config"
lib ELF libelf libelf-dev
lib CAPSTONE capstone libcapstone-dev
lib CJSON libcjson libcjson-dev
lib CHECK check check
lib LZMA liblzma liblzma-dev
lib ZLIB zlib zlib1g-dev
lib LZ4 liblz4 liblz4-dev
lib ZSTD libzstd libzstd-dev
echo '#include <bzlib.h>' | ${CC:-gcc} -E - >/dev/null 2>&1 ||
    missing="$missing libbz2-dev"
echo 'LIBS_UNPACK := $(LIBS_LZMA) $(LIBS_ZLIB) $(LIBS_LZ4) $(LIBS_ZSTD) -lbz2'
# Its .pc file asks for the headers of glib, which are not needed.
if echo '#include <slirp/libslirp.h>' | ${CC:-gcc} -E - >/dev/null 2>&1; then
    echo 'LIBS_SLIRP := -lslirp'
else
    missing="$missing libslirp-dev"
fi
# Debian keeps hdf5_hl beside hdf5, but not in the .pc file.
lib HDF5 hdf5-serial libhdf5-dev && echo 'LIBS_HDF5 := -lhdf5_hl $(LIBS_HDF5)'
echo '#include <xen/elfnote.h>' | ${CC:-gcc} -E - >/dev/null 2>&1 ||
    missing="$missing libxen-dev"
header HAVE_KVM_H linux/kvm.h
echo "CFLAGS_LIBS :=$cflags"
echo "MISSING :=${missing}"
