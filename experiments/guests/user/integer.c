/* integer.c: a compute kernel of integers: branches, bits and multiplications.
 * Each part has an answer that is known. */
#include "experiments/guests/user/user.h"

#define LIMIT  100000u
#define PRIMES 9592u /* below LIMIT */
#define QUEENS 8u
#define WAYS   92u
#define PRIME  65521u /* below 2^16: products fit 32 bits */

static uint8_t composite[LIMIT];

static unsigned sieve(void)
{
    unsigned i, k, n = 0;

    memset(composite, 0, sizeof(composite));
    for (i = 2; i < LIMIT; i++) {
        if (composite[i])
            continue;
        n++;
        for (k = 2 * i; k < LIMIT; k += i)
            composite[k] = 1;
    }
    return n;
}

/* Ways to place queens on the rows from `row` on; bits are taken columns and
 * diagonals. */
static unsigned queens(unsigned row, unsigned columns, unsigned left,
                       unsigned right)
{
    unsigned free = ~(columns | left | right) & ((1u << QUEENS) - 1), n = 0;
    unsigned bit;

    if (row == QUEENS)
        return 1;
    for (; free != 0; free &= ~bit) {
        bit = free & -free;
        n += queens(row + 1, columns | bit, (left | bit) << 1,
                    (right | bit) >> 1);
    }
    return n;
}

/* Fermat: a^(p-1) = 1 modulo a prime. */
static unsigned fermat(void)
{
    unsigned a, e, power, square, ones = 0;

    for (a = 2; a < 2000; a++) {
        power = 1;
        square = a;
        for (e = PRIME - 1; e != 0; e >>= 1) {
            if (e & 1)
                power = power * square % PRIME;
            square = square * square % PRIME;
        }
        ones += power == 1;
    }
    return ones;
}

int main(int argc, char **argv)
{
    const unsigned n = 4;
    unsigned i, good = 0;

    (void)argc;
    (void)argv;
    bench_start();
    for (i = 0; i < n; i++)
        good +=
            sieve() == PRIMES && queens(0, 0, 0, 0) == WAYS && fermat() == 1998;
    bench_end(MARK_INTEGER, n);
    check(good == n, "integer arithmetic");
    return 0;
}
