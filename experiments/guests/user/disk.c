/* disk.c: sectors of the disk are written, read back, and put back as they
 * were. Without a disk there is nothing to do. */
#include "experiments/guests/user/user.h"

#define SECTORS 32u
#define SECTOR  512u

static uint8_t old[SECTORS][SECTOR], new[SECTORS][SECTOR];

static void transfer(bool out, uint8_t (*buf)[SECTOR])
{
    int fd = open("/dev/disk");
    unsigned i;

    for (i = 0; i < SECTORS; i++)
        check((out ? write(fd, buf[i], SECTOR) : read(fd, buf[i], SECTOR)) ==
                  (int)SECTOR,
              "a transfer");
    close(fd);
}

static void invert(void)
{
    unsigned i, k;

    for (i = 0; i < SECTORS; i++)
        for (k = 0; k < SECTOR; k++)
            new[i][k] = (uint8_t)~old[i][k];
}

static bool is_inverse(void)
{
    unsigned i, k;

    for (i = 0; i < SECTORS; i++)
        for (k = 0; k < SECTOR; k++)
            if ((new[i][k] ^ old[i][k]) != 0xff)
                return false;
    return true;
}

int main(int argc, char **argv)
{
    int fd = open("/dev/disk");

    (void)argc;
    (void)argv;
    if (fd == -E_NODEV)
        return 0;
    check(fd >= 0, "/dev/disk");
    close(fd);
    bench_start();
    transfer(false, old);
    invert();
    transfer(true, new);
    memset(new, 0, sizeof(new));
    transfer(false, new);
    transfer(true, old);
    bench_end(MARK_DISK, 4 * SECTORS);
    check(is_inverse(), "what was read back differs");
    return 0;
}
