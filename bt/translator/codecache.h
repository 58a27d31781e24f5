/* codecache.h: memory for translated code, mapped twice: writable at one
 * address, executable at another. No page is ever both at the same address
 * (W^X), and no protection is changed after init.
 *
 *     if (codecache_reserve(cc, max, &span)) {
 *         emit_init(&e, span.rw, span.size, (uint64_t)span.rx);
 *         ...
 *         if (emit_ok(&e))
 *             codecache_commit(cc, emit_offset(&e));
 *         else
 *             codecache_abort(cc);
 *     } else {
 *         codecache_flush(cc);   forgetting all pointers into it first
 *     }
 *
 * Space is handed out in order and comes back all at once by a flush; a freed
 * piece is only counted (and taken back at once if it is the last). Code that
 * must survive flushes (entry and exit stubs) is committed first and kept by
 * codecache_keep(). One thread; not while the code to be changed is running,
 * but for codecache_patch_jump(), which may change a jump of code further up
 * the call chain. */
#ifndef BT_TRANSLATOR_CODECACHE_H
#define BT_TRANSLATOR_CODECACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* Smallest and largest size; init() rounds up to pages. The largest keeps any
 * two places within reach of a 32-bit displacement. */
#define CODECACHE_MIN (64u << 10)
#define CODECACHE_MAX (1u << 30)

/* Units start at multiples of this (run address and offset). */
#define CODECACHE_ALIGN 16u

struct codecache_stats {
    uint64_t commits, commit_bytes; /* of all time */
    uint64_t aborts;
    uint64_t refused; /* reserve() found no room */
    uint64_t patches;
    uint64_t frees, free_bytes;
    uint64_t flushes;
    uint64_t peak_bytes; /* most in use at one time, with what is kept */
};

struct codecache {
    uint8_t *rw;       /* where we write */
    const uint8_t *rx; /* where it executes */
    size_t size;
    size_t mapped;   /* bytes to be unmapped: with what was split off */
    size_t used;     /* bytes handed out, rounded to CODECACHE_ALIGN */
    size_t kept;     /* of these, what a flush leaves */
    size_t dead;     /* freed, not yet reusable */
    size_t reserved; /* 0: no reservation is open */
    struct codecache_stats stats;
};

/* A reservation: the same bytes at both addresses. */
struct codecache_span {
    uint8_t *rw;
    const uint8_t *rx;
    size_t size;
};

/* Map `size` bytes (CODECACHE_MIN..CODECACHE_MAX, else ST_INVAL), where 32-bit
 * displacements reach this program's own functions if the host allows it.
 * ST_HOST: the host refuses executable shared memory. */
enum status codecache_init(struct codecache *cc, size_t size,
                           struct error *err) MUST_CHECK;
void codecache_fini(struct codecache *cc); /* zeroed: a no-op */

/* Make the last `size` bytes (a multiple of CODECACHE_ALIGN, less than all) of
 * cc, in which there is nothing yet, a cache of their own. Displacements reach
 * from one into the other. They end with cc. */
void codecache_split(struct codecache *cc, size_t size, struct codecache *part);

/* Do 32-bit displacements from everywhere in the cache reach `address`? If not,
 * calls go through a register or memory. */
bool codecache_reaches(const struct codecache *cc, const void *address);

/* `size` bytes, aligned; false when they are not free (flush, or give up if the
 * cache is empty already). One reservation at a time. */
bool codecache_reserve(struct codecache *cc, size_t size,
                       struct codecache_span *span) MUST_CHECK;
/* Keep the first `size` (> 0) bytes of the reservation; the code may be
 * executed from now on. Returns its address. */
const uint8_t *codecache_commit(struct codecache *cc, size_t size);
void codecache_abort(struct codecache *cc);

/* Everything committed so far survives flushes. */
void codecache_keep(struct codecache *cc);

/* The unit [rx, rx+size) is not needed any more: nothing executes or jumps into
 * it. It is filled with INT3. */
void codecache_free(struct codecache *cc, const uint8_t *rx, size_t size);

/* Forget everything but what is kept. Not with a reservation open. */
void codecache_flush(struct codecache *cc);

/* Is address inside committed code? */
bool codecache_contains(const struct codecache *cc, const void *address);

/* Where to write what executes at rx (data in the code: inline caches). */
void *codecache_writable(const struct codecache *cc, const void *rx);

/* Give the jump whose 4-byte aligned displacement executes at `field`
 * (emit_jmp_patchable()) a new target in reach. One aligned store. */
void codecache_patch_jump(struct codecache *cc, const uint8_t *field,
                          const void *target);
/* Where that jump goes. */
const uint8_t *codecache_jump_target(const struct codecache *cc,
                                     const uint8_t *field);

#endif
