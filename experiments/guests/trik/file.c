/* file.c: open files, and those of the RAM disk. */
#include "experiments/guests/trik/kernel.h"

static struct file files[NR_FILES];

static long ram_read(struct file *f, uintptr_t to, size_t n)
{
    uint64_t left = f->ram.size - f->offset;

    if (n > left)
        n = (size_t)left;
    if (!user_write(&current->space, to, f->ram.data + f->offset, n))
        return -E_FAULT;
    f->offset += n;
    return (long)n;
}

static long ram_write(struct file *f, uintptr_t from, size_t n)
{
    (void)f;
    (void)from;
    (void)n;
    return -E_BADF;
}

static const struct file_ops ram_ops = {ram_read, ram_write, NULL};

struct file *file_new(const struct file_ops *ops)
{
    unsigned i;

    for (i = 0; i < NR_FILES; i++) {
        if (files[i].ops != NULL)
            continue;
        memset(&files[i], 0, sizeof(files[i]));
        files[i].ops = ops;
        files[i].refs = 1;
        return &files[i];
    }
    return NULL;
}

struct file *file_open(const char *path, int *error)
{
    const struct file_ops *dev = dev_find(path, error);
    struct ramfile ram = {NULL, 0};
    struct file *f;

    if (dev == NULL && *error != -E_NOENT)
        return NULL;
    if (dev == NULL && !ramdisk_find(path, &ram))
        return NULL;
    f = file_new(dev != NULL ? dev : &ram_ops);
    if (f == NULL)
        *error = -E_MFILE;
    else
        f->ram = ram;
    return f;
}

void file_get(struct file *f)
{
    f->refs++;
}

void file_put(struct file *f)
{
    if (--f->refs > 0)
        return;
    if (f->ops->close != NULL)
        f->ops->close(f);
    f->ops = NULL;
}

int file_stat(const char *path, uint32_t *size)
{
    struct ramfile ram;
    int error;

    *size = 0;
    if (dev_find(path, &error) != NULL)
        return 0;
    if (error != -E_NOENT)
        return error;
    if (!ramdisk_find(path, &ram))
        return -E_NOENT;
    *size = ram.size;
    return 0;
}
