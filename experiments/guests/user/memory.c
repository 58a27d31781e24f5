/* memory.c: a compute kernel of memory: a walk in an order that defeats
 * prefetching, a copy and a sum over 2 MiB. */
#include "experiments/guests/user/user.h"

#define WORDS (1u << 18)

static uint32_t from[WORDS], to[WORDS];

/* x -> 5x + 3 modulo a power of two visits every number: the walk is back at
 * its start after exactly WORDS steps. */
static bool walk(void)
{
    uint32_t at = 0;
    unsigned i;

    for (i = 1; i < WORDS; i++) {
        at = from[at];
        if (at == 0)
            return false;
    }
    return from[at] == 0;
}

static uint32_t sum(const uint32_t *a)
{
    uint32_t s = 0;
    unsigned i;

    for (i = 0; i < WORDS; i++)
        s += a[i];
    return s;
}

int main(int argc, char **argv)
{
    const uint32_t whole = (uint32_t)((uint64_t)WORDS * (WORDS - 1) / 2);
    const unsigned n = 2;
    unsigned i, good = 0;

    (void)argc;
    (void)argv;
    for (i = 0; i < WORDS; i++)
        from[i] = (5 * i + 3) % WORDS;
    bench_start();
    for (i = 0; i < n; i++) {
        memset(to, 0, sizeof(to));
        memcpy(to, from, sizeof(to));
        good += walk() && sum(to) == whole;
    }
    bench_end(MARK_MEMORY, n);
    check(good == n, "memory");
    return 0;
}
