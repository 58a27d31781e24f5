/* kvmdiff.h: the same privileged code on interp and on /dev/kvm: same
 * registers, hidden parts of segments, system registers, memory, and the same
 * end.
 *
 * Where the two disagree the manual decides. What KVM is known to get wrong is
 * in a table (kvmknown.c); such a case counts as known, not as different. */
#ifndef COMMON_X86_TESTS_KVMDIFF_H
#define COMMON_X86_TESTS_KVMDIFF_H

#include <stdio.h>

#include "common/x86/tests/kvmguest.h"
#include "common/x86/tests/kvmhost.h"

struct kvmdiff;

enum kvmdiff_result {
    KVMDIFF_SAME,
    KVMDIFF_DIFFERENT,
    KVMDIFF_KNOWN,   /* differs, as the table says */
    KVMDIFF_UNABLE,  /* KVM gave up: not comparable */
    KVMDIFF_ENDLESS, /* interp did not come to an end: KVM was not asked */
    KVMDIFF_RESULTS
};

/* Both ends of a case, for whoever explains a difference. */
struct kvmdiff_case {
    const char *name;
    const struct kvmguest *in;
    struct x86_state interp, kvm;
    enum kvmhost_end interp_end, kvm_end;
    uint8_t *interp_ram;
    const uint8_t *kvm_ram;
    bool pvm; /* user code runs on an AMD or Intel processor, the rest in KVM's
               * emulator */
};

bool kvmdiff_same(const struct kvmdiff_case *k);

/* False with the reason in why[size] if this host is no oracle. Differences go
 * to `report`, max_reports of them. */
bool kvmdiff_create(struct kvmdiff **out, FILE *report, unsigned max_reports,
                    char *why, size_t size);
void kvmdiff_destroy(struct kvmdiff *d); /* NULL is a no-op */

enum kvmdiff_result kvmdiff_run(struct kvmdiff *d, const struct kvmguest *g,
                                const char *name);

/* The modes that KVM can be put into here, one bit for each. */
unsigned kvmdiff_modes(const struct kvmdiff *d);

/* Is KVM the one that emulates supervisor code (see kvmhost.h)? */
bool kvmdiff_pvm(const struct kvmdiff *d);

/* How often each result came, by enum kvmdiff_result. */
const uint64_t *kvmdiff_counts(const struct kvmdiff *d);

/* One line of text about the counts. */
void kvmdiff_summary(const struct kvmdiff *d, char *buf, size_t size);

#endif
