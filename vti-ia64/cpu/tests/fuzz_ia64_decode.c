/* fuzz_ia64_decode.c: the decoder against GNU objdump: fuzz_ia64_decode [COUNT
 * [SEED]]: so many slots. Exit status 77 without objdump. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "vti-ia64/cpu/tests/objdump.h"

#define BUNDLES 50000u

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 2026;
    uint64_t slots = 0, known = 0;
    const char *dir = getenv("TMPDIR");
    long bad = 0;

    if (!objdump_present()) {
        fprintf(stderr, "no " OBJDUMP " (package binutils-ia64-linux-gnu)\n");
        return 77;
    }
    while (slots < count && bad == 0)
        bad = objdump_compare(seed++, BUNDLES, dir != NULL ? dir : "/tmp",
                              &slots, &known);
    printf("%" PRIu64 " slots, %" PRIu64 " explained differences, %s\n", slots,
           known, bad == 0 ? "no others" : "and others");
    return bad == 0 ? 0 : 1;
}
