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

# Engines stand in the order of the comparison, the first is what ratios are to,
# in whatever order they ran; also of merged files.
for seed in 1 2 3 4; do
    does 0 "compare, seed $seed" compare --engines native,bt,hvm --mem 16M \
        --reps 1 --seed "$seed" -o "$tmp/s$seed.h5" "$tmp/guest"
done
does 0 'merge' merge "$tmp/s3.h5" "$tmp/s1.h5" "$tmp/s2.h5" "$tmp/s4.h5" \
    -o "$tmp/merged.h5"
for name in s1 s2 s3 s4 merged; do
    does 0 "report of $name" report "$tmp/$name.h5" -o "$tmp/$name.html"
    check "$name: heads" "$(grep -o '<th>[a-z]*<br>' "$tmp/$name.html" |
        head -n 3 | tr -d '\n')" '<th>native<br><th>bt<br><th>hvm<br>'
done

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
