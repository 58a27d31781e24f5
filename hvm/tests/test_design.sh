#!/usr/bin/env bash
# test_design.sh: hvm/DESIGN.md names a test for each of the eight challenges of
# Neiger et al. 2006: those tests exist and are run.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
passed=0 failed=0

# Lines `SUITE TEST` of the table's last column.
challenges() {
    sed -n '/^## 4\. /,/^## 5\. /p' "$here/DESIGN.md" | grep '^|' |
        grep -oE '`[a-z_]+`: `[a-z_]+`' | tr -d '`:'
}
while read -r suite name; do
    file=$here/cpu/tests/test_$suite.c
    if grep -q "^START_TEST($name)" "$file" &&
        grep -qE "tcase_add(_loop)?_test\(tc, $name[,)]" "$file"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL  design: $file has no test $name"
    fi
done < <(challenges)
if [ $((passed + failed)) -lt 8 ]; then
    failed=$((failed + 1))
    echo "FAIL  design: fewer tests than challenges"
fi
echo "RESULT hvm/design passed=$passed failed=$failed skipped=0"
[ "$failed" -eq 0 ]
