#!/bin/sh
# suites.sh FOLDER: the generated list of the suites of a folder of tests.
echo "/* Generated: the suites of $1. */"
echo '#include "common/tests/suite.h"'
echo
for f in "$1"/test_*.c; do
    echo "Suite *$(basename "$f" .c)_suite(void);"
done
echo
echo "const char suite_folder[] = \"${1%/tests}\";"
echo "const struct suite_entry suite_list[] = {"
for f in "$1"/test_*.c; do
    n=$(basename "$f" .c)
    echo "    {\"${n#test_}\", ${n}_suite},"
done
echo "    {NULL, NULL},"
echo "};"
