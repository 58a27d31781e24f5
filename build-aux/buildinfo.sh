#!/bin/sh
# buildinfo.sh COMPILER FLAGS: the generated header of experiments/lib/
# buildinfo.c: revision of the sources, compiler and flags.
revision=$(git describe --always --dirty --abbrev=12 2>/dev/null) ||
    revision=unknown
quote() {
    printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}
echo "/* Generated. */"
echo "#define BUILDINFO_REVISION $(quote "$revision")"
echo "#define BUILDINFO_COMPILER $(quote "$($1 --version | head -n 1)")"
echo "#define BUILDINFO_FLAGS $(quote "$2")"
