#!/usr/bin/env bash
# verify-all.sh TRIPTYCH: verify for every guest of ours and Debian's kernels,
# to their ends: the small kernel and the nanobenchmarks with the interpreter
# as the arbiter; Debian's kernels, which run long, with native on jit. Guests
# that are not there are skipped, with the reason. Status 1: something differs.
# Environment:
#   VERIFY_GUESTS  in place of all
#   VERIFY_SCALE   work after Debian's boot (0)
set -u
triptych=$1
status=0 same=0 skipped=0
list=$("$triptych" list guests)
guests=${VERIFY_GUESTS:-$(awk '/^(trik|nano-)/ { print $1 }' <<<"$list")
    debian-amd64 debian-686 debian-686-pae}

for guest in $guests; do
    there=$(awk -v g="$guest" '$1 == g && $3 == "there"' <<<"$list")
    if [ -z "$there" ]; then
        echo "SKIP  $guest: not there (make guests)"
        skipped=$((skipped + 1))
        continue
    fi
    args=
    case $guest in
    debian-*) args="--engines native/jit,bt/jit,hvm/jit --every 2M
        --append scale=${VERIFY_SCALE:-0}" ;;
    esac
    echo "$guest"
    # shellcheck disable=SC2086
    if "$triptych" verify $args "$guest" </dev/null; then
        same=$((same + 1))
    else
        status=1
        echo "FAIL  $guest"
    fi
done
echo "verify-all: $same guests do the same under every engine; $skipped skipped"
exit $status
