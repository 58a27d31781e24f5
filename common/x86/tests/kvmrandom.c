/* kvmrandom.c: random cases of privileged code. */
#include "common/x86/tests/kvmrandom.h"

#include "common/x86/tests/kvmgen.h"

const char *kvmrandom_case(struct kvmrandom *r, struct kvmguest *g)
{
    struct kvmgen n = {.r = &r->rng, .g = g, .at = AT_CODE};
    enum kvmguest_mode mode;

    do {
        mode = (enum kvmguest_mode)rnd(&n, GUEST_MODES);
    } while (!(r->modes >> mode & 1));
    n.cpl = rnd(&n, 5) < 3 ? 0 : 3;
    if (mode == GUEST_REAL)
        n.cpl = 0;
    if (mode == GUEST_V86)
        n.cpl = 3;
    kvmguest_init(g, mode, n.cpl);
    kvmgen_state(&n, r->pvm);
    return kvmgen_insn(&n, r->pvm);
}
