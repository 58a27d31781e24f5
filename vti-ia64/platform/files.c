/* files.c: the host's files that a system image has open: simulated disks, a
 * boot loader's kernel.
 *
 * Requests are done at once; what was moved is told later, by a completion.
 * Each request says where in the file it is: there is no position. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/bits.h"
#include "common/machine/snap.h"
#include "vti-ia64/platform/ski_priv.h"

/* Longest transfer of one request, and requests in one call. */
#define MAX_TRANSFER (64u << 20)
#define MAX_REQUESTS 4096u
/* What one call moves at most; the requests after that are not done. */
#define MAX_CALL (1u << 30)

/* Instructions from a request until SSC_GET_COMPLETION tells. [Ski] */
#define COMPLETION_INSNS 500u

/* By what SSC_OPEN is asked for. */
static const int access_of[4] = {-1, O_RDONLY, O_WRONLY, O_RDWR};

void ski_files_init(struct ski *s)
{
    for (unsigned k = 0; k < SKI_FILES; k++)
        s->file[k].fd = -1;
}

void ski_files_fini(struct ski *s)
{
    for (unsigned k = 0; k < SKI_FILES; k++)
        ski_file_close(s, k);
}

/* A string of the guest's; false: it does not end within `size`. */
static bool read_string(struct ski *s, uint64_t pa, char *text, size_t size)
{
    memset(text, 0, size);
    for (size_t k = 0; k < size; k++) {
        if (!gmem_read(&s->m.mem, pa + k, &text[k], 1))
            return false;
        if (text[k] == '\0')
            return true;
    }
    return false;
}

static int host_open(const struct ski *s, const char *path, uint64_t how)
{
    return how == 0 || how > 3 || s->config.open == NULL
               ? -1
               : s->config.open(s->config.open_opaque, path, access_of[how]);
}

int64_t ski_file_open(struct ski *s, uint64_t path_pa, uint64_t how)
{
    struct ski_file *f = NULL;

    /* 0 to 2 are Ski's own. */
    for (unsigned k = 3; k < SKI_FILES && f == NULL; k++)
        if (s->file[k].fd < 0)
            f = &s->file[k];
    if (f == NULL || !read_string(s, path_pa, f->path, sizeof(f->path)))
        return -1;
    f->fd = host_open(s, f->path, how);
    f->how = (uint8_t)how;
    return f->fd < 0 ? -1 : f - s->file;
}

bool ski_file_is_elf(struct ski *s, uint64_t path_pa)
{
    char path[SKI_PATH], magic[SELFMAG];
    int fd = -1;
    bool is;

    if (read_string(s, path_pa, path, sizeof(path)))
        fd = host_open(s, path, 1);
    if (fd < 0)
        return false;
    is = pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
         memcmp(magic, ELFMAG, sizeof(magic)) == 0;
    close(fd);
    return is;
}

static int host_fd(const struct ski *s, uint64_t file)
{
    return file < SKI_FILES ? s->file[file].fd : -1;
}

int64_t ski_file_close(struct ski *s, uint64_t file)
{
    if (host_fd(s, file) < 0)
        return -1;
    close(s->file[file].fd);
    s->file[file].fd = -1;
    return 0;
}

int64_t ski_transfer(struct ski *s, int fd, uint64_t pa, uint64_t len,
                     bool write_it)
{
    uint8_t buf[4096];
    uint64_t done = 0;
    ssize_t n;

    while (done < len) {
        size_t want = len - done < sizeof(buf) ? len - done : sizeof(buf);

        if (write_it) {
            gmem_read(&s->m.mem, pa + done, buf, want);
            n = write(fd, buf, want);
        } else {
            n = read(fd, buf, want);
            if (n > 0)
                gmem_write(&s->m.mem, pa + done, buf, (uint64_t)n);
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (uint64_t)n;
    }
    return (int64_t)done;
}

/* A request is an address (8), a length (4) and 4 of padding. Bytes moved, or
 * -1. */
static int64_t request(struct ski *s, int fd, uint64_t at, bool write_it)
{
    uint8_t rq[16] = {0};

    gmem_read(&s->m.mem, at, rq, sizeof(rq));
    if (get_le32(rq + 8) > MAX_TRANSFER)
        return -1;
    return ski_transfer(s, fd, get_le64(rq), get_le32(rq + 8), write_it);
}

int64_t ski_file_requests(struct ski *s, const struct ski_requests *r,
                          bool write_it)
{
    int fd = host_fd(s, r->file);
    int64_t n = 1, total = 0;

    if (fd < 0 || r->nr > MAX_REQUESTS || s->nr_done == SKI_COMPLETIONS ||
        lseek(fd, (off_t)r->offset, SEEK_SET) < 0)
        return -1;
    for (uint64_t k = 0; k < r->nr && n > 0 && total < MAX_CALL; k++) {
        n = request(s, fd, r->at + k * 16, write_it);
        total += n > 0 ? n : 0;
    }
    /* Also of a request that failed. */
    s->done[s->nr_done++] =
        (struct ski_completion){.file = (uint32_t)r->file,
                                .bytes = (uint32_t)total,
                                .due = ia64_icount(s->c) + COMPLETION_INSNS};
    if (n < 0)
        return -1;
    return write_it ? (int64_t)r->offset : 0;
}

/* The guest's record: the file (4), the bytes (4). */
static int64_t tell(struct ski *s, unsigned k, uint64_t pa)
{
    uint8_t stat[8];

    put_le32(stat, s->done[k].file);
    put_le32(stat + 4, s->done[k].bytes);
    gmem_write(&s->m.mem, pa, stat, sizeof(stat));
    memmove(&s->done[k], &s->done[k + 1],
            (--s->nr_done - k) * sizeof(s->done[0]));
    return 0;
}

int64_t ski_file_completed(struct ski *s, uint64_t pa)
{
    if (s->nr_done == 0 || s->done[0].due > ia64_icount(s->c))
        return -1;
    return tell(s, 0, pa);
}

int64_t ski_file_wait(struct ski *s, uint64_t pa)
{
    uint8_t stat[8] = {0};

    gmem_read(&s->m.mem, pa, stat, sizeof(stat));
    for (unsigned k = 0; k < s->nr_done; k++)
        if (s->done[k].file == get_le32(stat))
            return tell(s, k, pa);
    return -1;
}

/* ---- snapshots ---- */
static void file_snapshot(struct ski *s, struct snap *sn, struct ski_file *f)
{
    bool open = f->fd >= 0;

    snap_bool(sn, &open);
    if (!open)
        return;
    snap_u8(sn, &f->how);
    snap_bytes(sn, f->path, sizeof(f->path));
    if (sn->mode != SNAP_LOAD || sn->status != ST_OK)
        return;
    f->path[sizeof(f->path) - 1] = '\0';
    f->fd = host_open(s, f->path, f->how);
    if (f->fd < 0)
        sn->status = err_set(&sn->err, ST_INVAL,
                             "snapshot: %s: the guest has this file open, and "
                             "it cannot be opened again",
                             f->path);
}

void ski_files_snapshot(struct ski *s, struct snap *sn)
{
    uint32_t nr = s->nr_done;

    if (sn->mode == SNAP_LOAD)
        ski_files_fini(s);
    for (unsigned k = 0; k < SKI_FILES; k++)
        file_snapshot(s, sn, &s->file[k]);
    snap_u32(sn, &nr);
    snap_require(sn, nr <= SKI_COMPLETIONS, "number of completions");
    s->nr_done = nr <= SKI_COMPLETIONS ? nr : 0;
    for (unsigned k = 0; k < s->nr_done; k++) {
        snap_u32(sn, &s->done[k].file);
        snap_u32(sn, &s->done[k].bytes);
        snap_u64(sn, &s->done[k].due);
    }
}
