/* main.c: the main function of every test program; arguments name suites. */
#include "common/tests/suite.h"

int main(int argc, char **argv)
{
    (void)argc;
    return suite_run(argv + 1);
}
