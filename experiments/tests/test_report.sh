#!/usr/bin/env bash
# test_report.sh: pages from results files: what is on them, that a browser
# renders them without a network, that bad files give one line. Environment:
# TRIPTYCH, the binary.
source "$(dirname "$0")/../../common/tests/shell.sh"

guest guest '
    mov $3, %ebx
2:  mov $2000, %ecx
1:  loop 1b
    mov $0x3f8, %dx
    in %dx, %al
    mov %ebx, %eax
    out %eax, $0xf5
    dec %ebx
    jnz 2b
    xor %eax, %eax
    out %eax, $0xf4'
does 0 'compare' compare --engines native --mem 16M --clock host --reps 6 \
    -o "$tmp/r.h5" "$tmp/guest"
does 0 'to a file' report "$tmp/r.h5" -o "$tmp/r.html"
does 0 'to stdout' report "$tmp/r.h5"
expect 'the same' cmp "$tmp/out" "$tmp/r.html"
check 'no network' \
    "$(grep -ciE 'https?://|src=|@import|url\(' "$tmp/r.html")" 0
expect 'a row of the ledger' grep -q '<td>IN</td>' "$tmp/r.html"
expect 'no .part' [ ! -e "$tmp/r.html.part" ]

does 1 'no such file' report "$tmp/none.h5"
does 1 'no results file' report "$tmp/guest"
does 1 'no such folder' report "$tmp/r.h5" -o "$tmp/no/r.html"
does 2 'no argument' report
head -c 3000 "$tmp/r.h5" >"$tmp/cut.h5"
does 1 'truncated' report "$tmp/cut.h5" -o "$tmp/cut.html"
expect 'truncated: one line' [ "$(wc -l <"$tmp/err")" -eq 1 ]
expect 'truncated: no page' [ ! -e "$tmp/cut.html" ]

# A browser makes of it what was meant, and the script sorts.
browser=$(command -v chromium || command -v chromium-browser ||
    command -v google-chrome || true)
if [ -n "$browser" ]; then
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu \
        --host-resolver-rules='MAP * ~NOTFOUND' --dump-dom \
        --user-data-dir="$tmp/profile" "file://$tmp/r.html" \
        >"$tmp/dom" 2>"$tmp/browser"
    check 'browser: status' $? 0
    expect 'browser: the ledger' grep -q '<td>IN</td>' "$tmp/dom"
    expect 'browser: a chart' grep -q '</svg>' "$tmp/dom"
    check 'browser: errors' "$(grep -c 'CONSOLE' "$tmp/browser")" 0
else
    skip 'in a browser: no chromium here'
fi
result
