#!/bin/sh
# sizes.sh FILE...: a report to look at, not a gate: source files of more than
# 600 lines and functions of more than 80.
for f in "$@"; do
    awk -v ceiling=600 '
        /^[A-Za-z_].*\(/ && !/;$/ { head = $0 }
        /^\{/ { start = FNR }
        /^\}/ { if (start && FNR - start > 80)
                    printf "%s:%d: %d lines: %s\n", FILENAME, start,
                        FNR - start, head
                start = 0 }
        END { if (FNR > ceiling) printf "%s: %d lines\n", FILENAME, FNR }' "$f"
done
