/* kvmtest.h: directed cases for kvmdiff: snippets in hexadecimal, run in
 * several modes and at several privilege levels. */
#ifndef COMMON_X86_TESTS_KVMTEST_H
#define COMMON_X86_TESTS_KVMTEST_H

#include "common/x86/tests/kvmdiff.h"

/* Sets of modes. */
#define IN_REAL   BIT(GUEST_REAL)
#define IN_V86    BIT(GUEST_V86)
#define IN_PROT16 BIT(GUEST_PROT16)
#define IN_PROT32 BIT(GUEST_PROT32)
#define IN_PAGED  BIT(GUEST_PAGED)
#define IN_PAE    BIT(GUEST_PAE)
#define IN_COMPAT BIT(GUEST_COMPAT)
#define IN_LONG   BIT(GUEST_LONG)
#define IN_ALL    (BIT(GUEST_MODES) - 1)
#define IN_8086   (IN_REAL | IN_V86)
#define IN_LEGACY (IN_PROT32 | IN_PAGED | IN_PAE) /* 32-bit, not IA-32e */
#define IN_32     (IN_LEGACY | IN_COMPAT)
#define IN_PAGING (IN_PAGED | IN_PAE | IN_COMPAT | IN_LONG)
#define IN_PROT   (IN_ALL & ~IN_8086)

/* Privilege levels; real mode is 0 and virtual-8086 mode 3 in any case. */
#define AT_0    1u
#define AT_3    2u
#define AT_BOTH 3u

struct kvmsnippet {
    const char *name; /* what it executes */
    const char *code; /* "0f 01 17"; HLTs follow */
    unsigned modes, cpls;
    void (*prepare)(struct kvmguest *g); /* or NULL */
};

struct kvmtest {
    struct kvmdiff *d;
    struct kvmguest g;
};

/* Skips the test with the reason where there is no oracle. */
void kvmtest_begin(struct kvmtest *t);

/* Fails the test if anything was different; skips it if KVM gave up on all of
 * it. */
void kvmtest_end(struct kvmtest *t);

/* A guest at the start of a case, in t->g. */
void kvmtest_guest(struct kvmtest *t, enum kvmguest_mode mode, unsigned cpl);

/* Put code at a physical address; returns the first one after it. */
uint32_t kvmtest_put(struct kvmguest *g, uint32_t at, const char *hex);

/* Put code where the guest starts, and run. */
void kvmtest_run(struct kvmtest *t, const char *name, const char *hex);

/* All of a table in all its modes and levels. */
void kvmtest_table(struct kvmtest *t, const struct kvmsnippet *s, size_t n);

#endif
