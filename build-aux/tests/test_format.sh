#!/usr/bin/env bash
# test_format.sh: the sources are as clang-format makes them. Other major
# versions than .clang-format names format otherwise and are not asked.
source "$(dirname "$0")/../../common/tests/shell.sh"

want=$(sed -n '1s/^# clang-format \([0-9]*\)\..*/\1/p' .clang-format)
check '.clang-format names its version' "${want:+yes}" yes
found=
for tool in "clang-format-$want" clang-format; do
    case $("$tool" --version 2>/dev/null) in
    *" $want."*) found=$tool && break ;;
    esac
done
if [ -z "$found" ]; then
    skip "clang-format $want is not installed"
else
    expect 'make format mends' env -u MAKEFLAGS -u MAKELEVEL \
        make -s format-check CLANG_FORMAT="$found"
fi
result
