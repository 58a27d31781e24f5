/* lat_pagefault.c: lmbench's page-fault latency: the first read of each page of
 * a mapped file. */
#include "experiments/guests/user/user.h"

#define ROUNDS 100u
#define PAGES  16u

int main(int argc, char **argv)
{
    int fd = open("/data");
    unsigned i, k, sum = 0;

    (void)argc;
    (void)argv;
    for (i = 0; i < ROUNDS; i++) {
        const volatile char *at = mmap(fd, PAGES * PAGE_SIZE, PROT_READ);

        check(at != NULL, "mmap");
        bench_start();
        for (k = 0; k < PAGES; k++)
            sum += (unsigned)at[k * PAGE_SIZE];
        bench_end(MARK_PAGE_FAULT, PAGES);
        check(munmap((void *)(uintptr_t)at, PAGES * PAGE_SIZE) == 0, "munmap");
    }
    check(sum == ROUNDS * PAGES * '0', "what /data holds");
    return 0;
}
