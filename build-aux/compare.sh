#!/usr/bin/env bash
# compare.sh TRIPTYCH: the main job, as far as it goes today: boots a Debian
# kernel under every engine there is and prints what that took. Fetches the
# guest first if it is not there. Status 0 all ran, 1 something failed, 77 the
# guest is not there and no mirror answers.
set -u
triptych=$1
kernel=${COMPARE_GUEST:-debian-amd64}
get=experiments/get-guests.sh

echo "compare: one Debian kernel, untouched, under every engine there is."
if ! bash $get --check >/dev/null 2>&1; then
    echo "compare: fetching Debian's kernels and busybox (once, about 250 MB" \
        "of packages) ..."
    bash $get
    case $? in
    0) ;;
    75)
        echo "compare: left out everything: the guest is not there and no" \
            "Debian mirror answers. Everything else works without a network:" \
            "$triptych run --help"
        exit 77
        ;;
    *) exit 1 ;;
    esac
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0
# Columns: name, ISA, state, text.
"$triptych" list engines | awk '$2 == "x86" && $3 == "works" { print $1 }' \
    >"$tmp/engines"
while read -r engine; do
    echo "compare: $kernel under $engine:"
    "$triptych" run --engine "$engine" --mem 512M --json="$tmp/run.json" \
        "$kernel" </dev/null || { status=1; }
    [ ! -s "$tmp/run.json" ] ||
        awk -v e="$engine" -F '[:,]' '
            /^  "processor"/ { p = $2 } /^  "end"/ { end = $2 }
            /^  "retired_insns"/ { n = $2 } /^  "host_ns"/ { t = $2 / 1e9 }
            END { gsub(/[" ]/, "", p); gsub(/"/, "", end)
                  printf "%-8s %-9s %15.0f %10.2f %8.1f  %s\n", e, p, n, t,
                      n / t / 1e6, end }' "$tmp/run.json" >>"$tmp/table"
    rm -f "$tmp/run.json"
done <"$tmp/engines"

echo
printf '%-8s %-9s %15s %10s %8s  %s\n' engine processor instructions \
    'seconds' MIPS end
cat "$tmp/table"
echo "compare: not there yet, so left out:" \
    "$("$triptych" list engines | awk '/not there yet/ && $2 == "x86" {
        printf "%s%s", sep, $1; sep = ", " }')"
exit $status
