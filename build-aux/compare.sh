#!/usr/bin/env bash
# compare.sh TRIPTYCH: the main job: our small kernel's suite, then a Debian
# kernel, under every engine there is, side by side; leaves results/compare.h5
# and results/report.html, results/debian.h5 and results/debian.html. Fetches
# Debian's guest first if it is not there; without a network it says so and
# leaves that part out. Status 0 all ran, 1 something failed. Environment:
#   COMPARE_GUEST  name of the catalogue (debian-amd64)
#   COMPARE_SCALE  work after the boot (0: only the boot and one of each)
#   COMPARE_REPS   repetitions of the small kernel's suite (2: the second
#                  verifies the first)
set -u
triptych=$1
guest=${COMPARE_GUEST:-debian-amd64}
mkdir -p results || exit 1

# compare NAME PAGE ARG...: results/NAME.h5 and results/PAGE.html
compare() {
    local name=$1 page=$2
    shift 2
    "$triptych" compare -o "results/$name.h5" "$@" </dev/null &&
        "$triptych" report -o "results/$page.html" "results/$name.h5" || return
    echo "compare: all numbers are in results/$name.h5, to look at in" \
        "results/$page.html" >&2
}

status=0
compare compare report --reps "${COMPARE_REPS:-2}" trik64 || status=1

if ! bash experiments/get-guests.sh --check >/dev/null 2>&1; then
    echo "compare: fetching Debian's kernels and busybox (once, about 250 MB" \
        "of packages) ..." >&2
    bash experiments/get-guests.sh >&2
    case $? in
    0) ;;
    75)
        echo "compare: left out: $guest: it is not there and no Debian mirror" \
            "answers" >&2
        exit $status
        ;;
    *) exit 1 ;;
    esac
fi
compare debian debian --reps 1 --mem 512M \
    --append "scale=${COMPARE_SCALE:-0}" "$guest" || status=1
exit $status
