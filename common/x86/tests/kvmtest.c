/* kvmtest.c: directed cases for kvmdiff. */
#include "common/x86/tests/kvmtest.h"

#include <stdlib.h>

#include "common/tests/suite.h"

#define REPORTS 20

void kvmtest_begin(struct kvmtest *t)
{
    char why[256];

    if (!kvmdiff_create(&t->d, stdout, REPORTS, why, sizeof(why)))
        SKIP("%s", why);
}

void kvmtest_end(struct kvmtest *t)
{
    const uint64_t *n = kvmdiff_counts(t->d);
    uint64_t compared = n[KVMDIFF_SAME] + n[KVMDIFF_KNOWN];
    uint64_t bad = n[KVMDIFF_DIFFERENT] + n[KVMDIFF_ENDLESS];
    char text[200];

    kvmdiff_summary(t->d, text, sizeof(text));
    kvmdiff_destroy(t->d);
    ck_assert_msg(bad == 0, "%s", text);
    if (compared == 0)
        SKIP("KVM cannot: %s", text);
}

void kvmtest_guest(struct kvmtest *t, enum kvmguest_mode mode, unsigned cpl)
{
    kvmguest_init(&t->g, mode, cpl);
}

uint32_t kvmtest_put(struct kvmguest *g, uint32_t at, const char *hex)
{
    char *end;

    for (;;) {
        unsigned long v = strtoul(hex, &end, 16);

        if (end == hex)
            return at;
        ck_assert_uint_lt(at, KVMGUEST_RAM);
        g->ram[at++] = (uint8_t)v;
        hex = end;
    }
}

void kvmtest_run(struct kvmtest *t, const char *name, const char *hex)
{
    kvmtest_put(&t->g, AT_CODE, hex);
    kvmdiff_run(t->d, &t->g, name);
}

static void run_at(struct kvmtest *t, const struct kvmsnippet *s,
                   enum kvmguest_mode mode, unsigned cpl)
{
    kvmtest_guest(t, mode, cpl);
    if (s->prepare != NULL)
        s->prepare(&t->g);
    kvmtest_run(t, s->name, s->code);
}

void kvmtest_table(struct kvmtest *t, const struct kvmsnippet *s, size_t n)
{
    for (; n > 0; n--, s++) {
        for (unsigned mode = 0; mode < GUEST_MODES; mode++) {
            bool one = mode == GUEST_REAL || mode == GUEST_V86;

            if (!(s->modes >> mode & 1))
                continue;
            if ((s->cpls & AT_0) || one)
                run_at(t, s, (enum kvmguest_mode)mode,
                       mode == GUEST_V86 ? 3 : 0);
            if ((s->cpls & AT_3) && !one)
                run_at(t, s, (enum kvmguest_mode)mode, 3);
        }
    }
}
