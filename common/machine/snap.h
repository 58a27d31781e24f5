/* snap.h: one description of a device's state that saves, loads and hashes it.
 *
 * A device writes one function, `void dev_snapshot(void *dev, struct snap *s)`,
 * that names every field once; the mode of `s` decides the direction, so that
 * saving and loading cannot disagree. Scalars are little-endian in the stream.
 * A loader's failure (stream too short, tag or version differs, value out of
 * range) is sticky: later calls do nothing, and snap_status() tells. */
#ifndef COMMON_MACHINE_SNAP_H
#define COMMON_MACHINE_SNAP_H

#include "common/base/err.h"
#include "common/base/types.h"
#include "common/machine/clock.h"

enum snap_mode { SNAP_SAVE, SNAP_LOAD, SNAP_HASH };

struct snap {
    enum snap_mode mode;
    uint8_t *buf; /* SAVE: grows, owned; LOAD: borrowed */
    size_t len, cap, pos;
    uint64_t hash[2]; /* HASH: running state */
    struct guest_clock *clock;
    enum status status;
    struct error err;
};

void snap_init_save(struct snap *s, struct guest_clock *clock);
void snap_init_load(struct snap *s, struct guest_clock *clock, const void *buf,
                    size_t len);
void snap_init_hash(struct snap *s, struct guest_clock *clock);
void snap_fini(struct snap *s); /* frees the SAVE buffer */

/* Start a section: writes or checks its name and version. */
void snap_section(struct snap *s, const char *name, uint32_t version);

void snap_u8(struct snap *s, uint8_t *v);
void snap_u16(struct snap *s, uint16_t *v);
void snap_u32(struct snap *s, uint32_t *v);
void snap_u64(struct snap *s, uint64_t *v);
void snap_bool(struct snap *s, bool *v);
void snap_bytes(struct snap *s, void *p, size_t n);

/* A timer: whether it is armed and when it is due; LOAD arms or disarms it. */
void snap_timer(struct snap *s, struct clock_timer *t);

/* LOAD: mark the stream as bad unless ok ("%s: rule", name of the field). For
 * array indices and enums, so that a hostile file cannot corrupt a device. */
void snap_require(struct snap *s, bool ok, const char *what);

enum status snap_status(const struct snap *s, struct error *err);

/* HASH: the 64-bit result. */
uint64_t snap_hash(const struct snap *s);

#endif
