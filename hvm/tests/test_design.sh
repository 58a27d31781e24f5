#!/usr/bin/env bash
# test_design.sh: hvm/DESIGN.md names a test for each of the eight challenges of
# Neiger et al. 2006: those tests exist and are run.
source "$(dirname "$0")/../../common/tests/shell.sh"

# Lines `SUITE TEST` of the table's last column.
challenges() {
    sed -n '/^## 4\. /,/^## 5\. /p' hvm/DESIGN.md | grep '^|' |
        grep -oE '`[a-z_]+`: `[a-z_]+`' | tr -d '`:'
}
tested() { # tested FILE NAME: a test, which is run
    grep -q "^START_TEST($2)" "$1" &&
        grep -qE "tcase_add(_loop)?_test\(tc, $2[,)]" "$1"
}
while read -r of name; do
    file=hvm/cpu/tests/test_$of.c
    expect "$file has no test $name" tested "$file" "$name"
done < <(challenges)
expect 'fewer tests than challenges' [ $((passed + failed)) -ge 8 ]
result
