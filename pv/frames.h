/* frames.h: life of the frame table; the rest of frames.c is in domain.h. */
#ifndef PV_FRAMES_H
#define PV_FRAMES_H

#include "pv/domain.h"

/* Table of all frames of the machine; RAM above the first MiB is free. */
enum status pv_frames_create(struct pv_domain *d, struct error *err) MUST_CHECK;
void pv_frames_destroy(struct pv_domain *d);

/* As pv_alloc_frame(), but with what is in it: while all RAM is new. */
uint64_t pv_take_frame(struct pv_domain *d, enum pv_owner owner) MUST_CHECK;

/* As pv_alloc_frame(): 1 << order frames in a row, aligned to their number. */
uint64_t pv_alloc_run(struct pv_domain *d, enum pv_owner owner,
                      unsigned order) MUST_CHECK;

/* The domain gives up its own reference to a frame of PVO_DOMAIN. */
void pv_release_frame(struct pv_domain *d, uint64_t mfn);

/* Drop all translations. */
void pv_flush_all(struct pv_domain *d);

#endif
