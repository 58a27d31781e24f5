/* lat_mmap.c: lmbench's mmap latency: map 16 pages of a file, read some of
 * them, unmap. */
#include "experiments/guests/user/user.h"

#define N     500u
#define PAGES 16u
#define STEP  4u /* every so many pages one is read */

int main(int argc, char **argv)
{
    int fd = open("/data");
    unsigned i, k, sum = 0;

    (void)argc;
    (void)argv;
    bench_start();
    for (i = 0; i < N; i++) {
        const volatile char *at = mmap(fd, PAGES * PAGE_SIZE, PROT_READ);

        check(at != NULL, "mmap");
        for (k = 0; k < PAGES; k += STEP)
            sum += (unsigned)at[k * PAGE_SIZE];
        munmap((void *)(uintptr_t)at, PAGES * PAGE_SIZE);
    }
    bench_end(MARK_MMAP, N);
    check(sum == N * PAGES / STEP * '0', "what /data holds");
    return 0;
}
