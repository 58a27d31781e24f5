/* fuzz_decode.c: fuzz_decode [COUNT [SEED]]: the decoder against Capstone on
 * random bytes. Prints count, seed and every difference that no rule explains;
 * exit status 1 if there was one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/x86/tests/decode_oracle.h"

static void print_rules(const struct oracle *o)
{
    for (unsigned k = 0; k < oracle_known_count(); k++)
        printf("%12llu  %s\n", (unsigned long long)o->rule_hits[k],
               oracle_known_reason(k));
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    uint8_t *bytes = malloc(ORACLE_BYTES); /* so that a read past it is seen */
    struct rng r = {.state = seed};
    uint64_t different = 0;
    struct oracle o;
    char text[512];

    if (bytes == NULL || !oracle_open(&o))
        return 77;
    for (uint64_t k = 0; k < count; k++) {
        oracle_random_bytes(&r, bytes);
        if (oracle_check(&o, bytes, 1 + k % 3) != ORACLE_DIFFERENT)
            continue;
        oracle_describe(&o, text, sizeof(text));
        if (different++ < 40)
            printf("%s\n", text);
    }
    print_rules(&o);
    printf("%llu cases, seed %llu: %llu equal (%llu instructions), %llu known "
           "differences, %llu others\n",
           (unsigned long long)count, (unsigned long long)seed,
           (unsigned long long)o.same, (unsigned long long)o.valid,
           (unsigned long long)o.known, (unsigned long long)different);
    oracle_close(&o);
    free(bytes);
    return different != 0;
}
