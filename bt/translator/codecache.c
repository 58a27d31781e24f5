/* codecache.c: memory for translated code, writable and executable at different
 * addresses. */
#include "bt/translator/codecache.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bt/translator/codecache_asm.h"
#include "common/base/bits.h"

#define INT3 0xccu

static bool span_reaches(uint64_t start, size_t size, uint64_t address)
{
    int64_t first = (int64_t)(address - start);
    int64_t last = (int64_t)(address - (start + size));
    /* 16: the displacement counts from the end of an instruction */
    int64_t margin = INT32_MAX - 16;

    return first <= margin && first >= -margin && last <= margin &&
           last >= -margin;
}

/* Executable mapping of fd near this program's code, else anywhere. */
static void *map_rx(int fd, size_t size)
{
    uint64_t self = align_down((uint64_t)(uintptr_t)&codecache_init, 2u << 20);
    uint64_t at;

    for (at = 64u << 20; at < (3ull << 29); at += 64u << 20) {
        uint64_t want = self - at - size;
        void *p;

        if (want > self || want == 0 || !span_reaches(want, size, self))
            break;
        p = mmap((void *)(uintptr_t)want, size, PROT_READ | PROT_EXEC,
                 MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
        if (p == (void *)(uintptr_t)want)
            return p;
        if (p != MAP_FAILED) /* a kernel that does not know the flag */
            munmap(p, size);
    }
    return mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
}

static enum status map_both(struct codecache *cc, int fd, size_t size,
                            struct error *err)
{
    void *rw, *rx;

    if (ftruncate(fd, (off_t)size) != 0)
        return err_set_errno(err, ST_HOST, errno, "code cache of %zu bytes",
                             size);
    rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (rw == MAP_FAILED)
        return err_set_errno(err, ST_HOST, errno, "code cache of %zu bytes",
                             size);
    rx = map_rx(fd, size);
    if (rx == MAP_FAILED) {
        int no = errno;

        munmap(rw, size);
        return err_set_errno(err, ST_HOST, no,
                             "executable mapping of the code cache");
    }
    cc->rw = rw;
    cc->rx = rx;
    cc->size = size;
    cc->mapped = size;
    return ST_OK;
}

enum status codecache_init(struct codecache *cc, size_t size, struct error *err)
{
    enum status st;
    int fd;

    *cc = (struct codecache){0};
    if (size < CODECACHE_MIN || size > CODECACHE_MAX)
        return err_set(err, ST_INVAL,
                       "code cache of %zu bytes: between %u and %u", size,
                       CODECACHE_MIN, CODECACHE_MAX);
    size = align_up(size, (uint64_t)sysconf(_SC_PAGESIZE));
    fd = memfd_create("translated code", MFD_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ST_HOST, errno, "memfd for translated code");
    st = map_both(cc, fd, size, err);
    close(fd);
    return st;
}

void codecache_fini(struct codecache *cc)
{
    if (cc->mapped) {
        munmap(cc->rw, cc->mapped);
        munmap((void *)(uintptr_t)cc->rx, cc->mapped);
    }
    *cc = (struct codecache){0};
}

void codecache_split(struct codecache *cc, size_t size, struct codecache *part)
{
    assert(cc->used == 0 && cc->reserved == 0 && size < cc->size &&
           size % CODECACHE_ALIGN == 0);
    cc->size -= size;
    *part = (struct codecache){
        .rw = cc->rw + cc->size, .rx = cc->rx + cc->size, .size = size};
}

bool codecache_reaches(const struct codecache *cc, const void *address)
{
    return span_reaches((uint64_t)(uintptr_t)cc->rx, cc->size,
                        (uint64_t)(uintptr_t)address);
}

bool codecache_reserve(struct codecache *cc, size_t size,
                       struct codecache_span *span)
{
    assert(cc->reserved == 0 && size > 0);
    if (size > cc->size - cc->used) {
        cc->stats.refused++;
        return false;
    }
    cc->reserved = size;
    *span = (struct codecache_span){cc->rw + cc->used, cc->rx + cc->used, size};
    return true;
}

const uint8_t *codecache_commit(struct codecache *cc, size_t size)
{
    const uint8_t *rx = cc->rx + cc->used;
    size_t end = align_up(cc->used + size, CODECACHE_ALIGN);

    assert(size > 0 && size <= cc->reserved);
    if (end > cc->size)
        end = cc->size; /* a size that is no multiple of the alignment */
    memset(cc->rw + cc->used + size, INT3, end - (cc->used + size));
    cc->used = end;
    cc->reserved = 0;
    cc->stats.commits++;
    cc->stats.commit_bytes += size;
    if (cc->used > cc->stats.peak_bytes)
        cc->stats.peak_bytes = cc->used;
    codecache_serialize();
    return rx;
}

void codecache_abort(struct codecache *cc)
{
    assert(cc->reserved != 0);
    cc->reserved = 0;
    cc->stats.aborts++;
}

void codecache_keep(struct codecache *cc)
{
    cc->kept = cc->used;
}

void codecache_free(struct codecache *cc, const uint8_t *rx, size_t size)
{
    size_t at = (size_t)(rx - cc->rx);
    size_t end = align_up(at + size, CODECACHE_ALIGN);

    assert(codecache_contains(cc, rx) && end <= cc->used && at >= cc->kept);
    memset(cc->rw + at, INT3, size);
    cc->stats.frees++;
    cc->stats.free_bytes += size;
    if (end == cc->used && cc->reserved == 0)
        cc->used = at;
    else
        cc->dead += end - at;
    codecache_serialize();
}

void codecache_flush(struct codecache *cc)
{
    assert(cc->reserved == 0);
    memset(cc->rw + cc->kept, INT3, cc->used - cc->kept);
    cc->used = cc->kept;
    cc->dead = 0;
    cc->stats.flushes++;
    codecache_serialize();
}

bool codecache_contains(const struct codecache *cc, const void *address)
{
    uint64_t at = (uint64_t)(uintptr_t)address - (uint64_t)(uintptr_t)cc->rx;

    return at < cc->used;
}

void *codecache_writable(const struct codecache *cc, const void *rx)
{
    size_t at = (size_t)((const uint8_t *)rx - cc->rx);

    assert(at < cc->size);
    return cc->rw + at;
}

void codecache_patch_jump(struct codecache *cc, const uint8_t *field,
                          const void *target)
{
    int64_t rel = (const uint8_t *)target - (field + 4);
    int32_t *at = codecache_writable(cc, field);

    assert(((uintptr_t)field & 3) == 0 && rel == (int32_t)rel);
    __atomic_store_n(at, (int32_t)rel, __ATOMIC_RELEASE);
    cc->stats.patches++;
    codecache_serialize();
}

const uint8_t *codecache_jump_target(const struct codecache *cc,
                                     const uint8_t *field)
{
    const int32_t *at = codecache_writable(cc, field);

    return field + 4 + *at;
}
