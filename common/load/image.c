/* image.c: reading a guest image from its file. */
#include "common/load/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Messages are one line of limited length, whatever the path is. */
static void set_name(char *out, size_t cap, const char *path)
{
    size_t len = strlen(path), i;
    const char *from = path;

    if (len >= cap) {
        from = path + (len - (cap - 4));
        memcpy(out, "...", 3);
        strcpy(out + 3, from);
    } else {
        strcpy(out, path);
    }
    for (i = 0; out[i] != '\0'; i++)
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
            out[i] = '?';
}

static enum status check_file(const struct stat *sb, const char *name,
                              uint64_t max_bytes, struct error *err)
{
    if (S_ISDIR(sb->st_mode))
        return err_set(err, ST_GUEST, "%s: is a directory, not a file", name);
    if (!S_ISREG(sb->st_mode))
        return err_set(err, ST_GUEST, "%s: not a regular file", name);
    if (sb->st_size == 0)
        return err_set(err, ST_GUEST, "%s: size 0: the file is empty", name);
    if ((uint64_t)sb->st_size > max_bytes)
        return err_set(err, ST_GUEST, "%s: size %lld: at most %llu bytes", name,
                       (long long)sb->st_size, (unsigned long long)max_bytes);
    return ST_OK;
}

static enum status read_all(int fd, struct image *img, struct error *err)
{
    uint64_t done = 0;
    ssize_t n;

    while (done < img->size) {
        n = read(fd, img->data + done, img->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, ST_HOST, errno, "%s: read", img->name);
        if (n == 0)
            return err_set(err, ST_HOST,
                           "%s: ends at byte %llu of %llu: it changed while "
                           "it was read",
                           img->name, (unsigned long long)done,
                           (unsigned long long)img->size);
        done += (uint64_t)n;
    }
    return ST_OK;
}

static enum status read_fd(int fd, uint64_t max_bytes, struct image *img,
                           struct error *err)
{
    enum status st;
    struct stat sb;

    if (fstat(fd, &sb) != 0)
        return err_set_errno(err, ST_HOST, errno, "%s", img->name);
    st = check_file(&sb, img->name, max_bytes, err);
    if (st != ST_OK)
        return st;
    img->size = (uint64_t)sb.st_size;
    img->data = malloc(img->size);
    if (img->data == NULL)
        return err_set(err, ST_NOMEM, "%s: %llu bytes", img->name,
                       (unsigned long long)img->size);
    st = read_all(fd, img, err);
    if (st != ST_OK)
        image_free(img);
    return st;
}

enum status image_read(const char *path, uint64_t max_bytes, struct image *out,
                       struct error *err)
{
    struct image img = {.size = 0};
    enum status st;
    int fd;

    if (max_bytes > IMAGE_MAX_BYTES)
        max_bytes = IMAGE_MAX_BYTES;
    set_name(img.name, sizeof(img.name), path);
    /* A FIFO would block in open() without O_NONBLOCK. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_set_errno(err, ST_HOST, errno, "%s: open", img.name);
    st = read_fd(fd, max_bytes, &img, err);
    close(fd);
    if (st == ST_OK)
        *out = img;
    return st;
}

enum status image_copy(const char *name, const void *data, uint64_t size,
                       struct image *out, struct error *err)
{
    struct image img = {.size = size};

    set_name(img.name, sizeof(img.name), name);
    img.data = malloc(size > 0 ? size : 1);
    if (img.data == NULL)
        return err_set(err, ST_NOMEM, "%s: %llu bytes", img.name,
                       (unsigned long long)size);
    memcpy(img.data, data, size);
    *out = img;
    return ST_OK;
}

void image_free(struct image *img)
{
    free(img->data);
    img->data = NULL;
    img->size = 0;
}

const uint8_t *image_at(const struct image *img, uint64_t offset, uint64_t len)
{
    if (img->data == NULL || offset > img->size || len > img->size - offset)
        return NULL;
    return img->data + offset;
}
