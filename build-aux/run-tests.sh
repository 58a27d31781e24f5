#!/bin/sh
# run-tests.sh BUILD PROGRAM...: run test programs, show what failed and what
# was skipped, and end with the one line `N passed, N failed, N skipped`. A
# program that ends without its RESULT line counts as one failure. Exit status
# 1 if anything failed.
set -u
build=$1
shift
# A loaded or virtual host is no reason to fail; sanitizers are slower still.
if [ "${MODE:-}" = asan ]; then times=20; else times=10; fi
export CK_TIMEOUT_MULTIPLIER="${CK_TIMEOUT_MULTIPLIER:-$times}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
# Tests that take the fetched guests look where the program does.
: "${TRIPTYCH_GUESTS:=${XDG_CACHE_HOME:-$HOME/.cache}/triptych/guests}"
export TRIPTYCH_GUESTS
out=$build/test-output
mkdir -p "$out"
passed=0 failed=0 skipped=0
for t in "$@"; do
    if [ ! -x "$t" ]; then
        failed=$((failed + 1))
        echo "FAIL  $t: cannot be executed; chmod +x $t"
        continue
    fi
    log=$out/$(basename "$t").log
    # Long ones (boots) show what they do.
    case $t in
    *.sh) echo "  $t ..." ;;
    esac
    start=$(date +%s)
    "$t" >"$log" 2>&1
    status=$?
    seconds=$(($(date +%s) - start))
    line=$(grep -a '^RESULT ' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        failed=$((failed + 1))
        tail -n 20 "$log"
        echo "FAIL  $t: ended with status $status and no result"
        continue
    fi
    p=${line##*passed=} p=${p%% *}
    f=${line##*failed=} f=${f%% *}
    s=${line##*skipped=} s=${s%% *}
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$f" -gt 0 ] || [ "$status" -ne 0 ]; then
        # Everything: a sanitizer's report is not in the FAIL line.
        grep -av '^RESULT ' "$log"
        [ "$f" -gt 0 ] || {
            failed=$((failed + 1))
            echo "FAIL  $t: ended with status $status"
        }
    else
        grep -aE '^(SKIP|NOTE)  ' "$log"
    fi
    printf '  %-28s %5d passed, %d failed, %d skipped, %4d s\n' \
        "$(basename "$t")" "$p" "$f" "$s" "$seconds"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
