/* blockdev.c: a disk's contents in a plain file or block device. */
#include "common/dev/blockdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct blockdev {
    int fd;
    bool readonly;
    uint64_t bytes;
};

static enum status open_file(const char *path, bool readonly, int *fd,
                             struct error *err)
{
    /* Not blocking: a FIFO is refused below and must not hang here. */
    int flags = (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;

    *fd = open(path, flags);
    if (*fd >= 0)
        return ST_OK;
    if (!readonly && (errno == EACCES || errno == EROFS))
        return err_set_errno(err, ST_HOST, errno,
                             "disk %s: cannot open for writing (a read-only "
                             "disk needs no write permission)",
                             path);
    return err_set_errno(err, ST_HOST, errno, "disk %s: cannot open", path);
}

static enum status lock_file(const char *path, bool readonly, int fd,
                             struct error *err)
{
    if (flock(fd, (readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
        return ST_OK;
    if (errno == EWOULDBLOCK)
        return err_set(err, ST_HOST,
                       "disk %s: in use by another machine; give each its own "
                       "copy, or open it read-only in all of them",
                       path);
    return err_set_errno(err, ST_HOST, errno, "disk %s: cannot lock", path);
}

static enum status find_size(const char *path, int fd, uint64_t *bytes,
                             struct error *err)
{
    struct stat st;
    off_t end;

    if (fstat(fd, &st) != 0)
        return err_set_errno(err, ST_HOST, errno, "disk %s", path);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return err_set(err, ST_INVAL,
                       "disk %s: neither a plain file nor a block device",
                       path);
    end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return err_set_errno(err, ST_HOST, errno, "disk %s: size", path);
    if (end == 0)
        return err_set(err, ST_INVAL, "disk %s: is empty", path);
    if (end % BLOCKDEV_SECTOR != 0)
        return err_set(err, ST_INVAL,
                       "disk %s: %lld bytes are no multiple of 512 (truncate "
                       "-s %%512 rounds up)",
                       path, (long long)end);
    *bytes = (uint64_t)end;
    return ST_OK;
}

enum status blockdev_open(const char *path, bool readonly,
                          struct blockdev **out, struct error *err)
{
    struct blockdev *bd;
    uint64_t bytes = 0;
    int fd;
    enum status st = open_file(path, readonly, &fd, err);

    if (st != ST_OK)
        return st;
    st = find_size(path, fd, &bytes, err);
    if (st == ST_OK)
        st = lock_file(path, readonly, fd, err);
    if (st != ST_OK) {
        close(fd);
        return st;
    }
    bd = malloc(sizeof(*bd));
    if (bd == NULL) {
        close(fd);
        return err_set(err, ST_NOMEM, "disk %s", path);
    }
    bd->fd = fd;
    bd->readonly = readonly;
    bd->bytes = bytes;
    *out = bd;
    return ST_OK;
}

void blockdev_close(struct blockdev *bd)
{
    if (bd == NULL)
        return;
    close(bd->fd);
    free(bd);
}

uint64_t blockdev_sectors(const struct blockdev *bd)
{
    return bd->bytes / BLOCKDEV_SECTOR;
}

bool blockdev_readonly(const struct blockdev *bd)
{
    return bd->readonly;
}

static enum status check(const struct blockdev *bd, uint64_t offset, size_t len,
                         struct error *err)
{
    if (offset > bd->bytes || len > bd->bytes - offset)
        return err_set(err, ST_INVAL, "disk: access past its end");
    return ST_OK;
}

enum status blockdev_read(struct blockdev *bd, uint64_t offset, void *buf,
                          size_t len, struct error *err)
{
    uint8_t *p = buf;
    enum status st = check(bd, offset, len, err);

    while (st == ST_OK && len > 0) {
        ssize_t n = pread(bd->fd, p, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, ST_HOST, errno, "disk: read");
        if (n == 0)
            return err_set(err, ST_HOST, "disk: the file has shrunk");
        p += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return st;
}

enum status blockdev_write(struct blockdev *bd, uint64_t offset,
                           const void *buf, size_t len, struct error *err)
{
    const uint8_t *p = buf;
    enum status st = check(bd, offset, len, err);

    if (bd->readonly)
        return err_set(err, ST_INVAL, "disk: is read-only");
    while (st == ST_OK && len > 0) {
        ssize_t n = pwrite(bd->fd, p, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set_errno(err, ST_HOST, n < 0 ? errno : ENOSPC,
                                 "disk: write");
        p += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return st;
}

enum status blockdev_flush(struct blockdev *bd, struct error *err)
{
    if (!bd->readonly && fdatasync(bd->fd) != 0)
        return err_set_errno(err, ST_HOST, errno, "disk: flush");
    return ST_OK;
}
