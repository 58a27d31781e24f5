/* dev.c: devices that look like files. */
#include "experiments/guests/trik/kernel.h"

#define SECTOR 512u

static uint8_t sector[SECTOR] __attribute__((aligned(SECTOR)));

static long console_read(struct file *f, uintptr_t to, size_t n)
{
    (void)f;
    (void)to;
    (void)n;
    return -E_BADF; /* output only */
}

static long console_write(struct file *f, uintptr_t from, size_t n)
{
    char buf[64];
    size_t done, some;

    (void)f;
    for (done = 0; done < n; done += some) {
        some = n - done < sizeof(buf) ? n - done : sizeof(buf);
        if (!user_read(&current->space, buf, from + done, some))
            return -E_FAULT;
        plat_console(buf, some);
    }
    return (long)n;
}

static long null_read(struct file *f, uintptr_t to, size_t n)
{
    (void)f;
    (void)to;
    (void)n;
    return 0;
}

static long null_write(struct file *f, uintptr_t from, size_t n)
{
    (void)f;
    (void)from;
    return (long)n;
}

static long zero_read(struct file *f, uintptr_t to, size_t n)
{
    static const uint8_t zeros[PAGE_SIZE];
    size_t done, some;

    (void)f;
    for (done = 0; done < n; done += some) {
        some = n - done < sizeof(zeros) ? n - done : sizeof(zeros);
        if (!user_write(&current->space, to + done, zeros, some))
            return -E_FAULT;
    }
    return (long)n;
}

/* The disk, a sector a call, one behind the other; reading and writing have
 * the same position. */
static long disk_read(struct file *f, uintptr_t to, size_t n)
{
    if (n != SECTOR)
        return -E_INVAL;
    if (f->offset >= plat_disk_sectors())
        return 0;
    if (!plat_disk_rw(f->offset, sector, false) ||
        !user_write(&current->space, to, sector, n))
        return -E_FAULT;
    f->offset++;
    return (long)n;
}

static long disk_write(struct file *f, uintptr_t from, size_t n)
{
    if (n != SECTOR || f->offset >= plat_disk_sectors())
        return -E_INVAL;
    if (!user_read(&current->space, sector, from, n) ||
        !plat_disk_rw(f->offset, sector, true))
        return -E_FAULT;
    f->offset++;
    return (long)n;
}

static const struct {
    const char *path;
    struct file_ops ops;
} devices[] = {
    {"/dev/console", {console_read, console_write, NULL}},
    {"/dev/null", {null_read, null_write, NULL}},
    {"/dev/zero", {zero_read, null_write, NULL}},
    {"/dev/disk", {disk_read, disk_write, NULL}},
};

const struct file_ops *dev_find(const char *path, int *error)
{
    unsigned i;

    *error = -E_NOENT;
    for (i = 0; i < ARRAY_LEN(devices); i++) {
        if (strcmp(devices[i].path, path) != 0)
            continue;
        if (devices[i].ops.read == disk_read && plat_disk_sectors() == 0) {
            *error = -E_NODEV;
            return NULL;
        }
        return &devices[i].ops;
    }
    return NULL;
}
