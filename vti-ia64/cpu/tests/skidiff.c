/* skidiff.c: from a difference to the instruction that makes it. */
#include "vti-ia64/cpu/tests/skidiff.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/disasm.h"
#include "vti-ia64/cpu/operand.h"

/* All but the entry, which the guest does not write. */
bool skidiff_equal(const struct skiprog_block *a, const struct skiprog_block *b)
{
    return memcmp(&a->gr[1], &b->gr[1],
                  sizeof(*a) - offsetof(struct skiprog_block, gr[1])) == 0;
}

static void take(struct skidiff *d, const struct skiprog *p, unsigned nr,
                 const struct skirun_batch *b)
{
    enum ia64_unit unit;

    d->nr = nr;
    d->bundle = p->b[nr / 3];
    d->slot = d->bundle.slot[nr % 3];
    unit = (enum ia64_unit)ia64_templates[d->bundle.template].unit[nr % 3];
    d->row = &ia64_encodings[ia64_encoding_find(unit, d->slot)];
    d->before = b->ours[nr];
    d->ours = b->ours[nr + 1];
    d->theirs = b->theirs[nr + 1];
}

/* The k-th program of the batch has nops for all but the first k slots. */
int skidiff_find(const struct skirun *k, const struct skiprog *p,
                 const struct skiprog_block *state, struct skidiff *d)
{
    struct skirun_batch b;
    int found = 0;

    skirun_batch_init(&b, p->n * 3 + 1);
    for (unsigned n = b.n; n-- > 0;) {
        b.program[n] = n == b.n - 1 ? *p : b.program[n + 1];
        b.state[n] = *state;
        if (n < b.n - 1)
            skiprog_nop(&b.program[n], n);
    }
    if (!skirun_both(k, &b))
        found = -1;
    for (unsigned nr = 0; nr + 1 < b.n && found == 0; nr++) {
        if (skidiff_equal(&b.ours[nr + 1], &b.theirs[nr + 1]))
            continue;
        take(d, p, nr, &b);
        found = 1;
    }
    skirun_batch_fini(&b);
    return found;
}

struct ia64_fr skidiff_fr(const struct skiprog_block *b, unsigned nr)
{
    if (nr < 2)
        return (struct ia64_fr){nr == 0 ? 0 : 1ull << 63, nr == 0 ? 0 : 0xffff};
    return b->fr[nr - 2];
}

/* ---- printing ---- */
static void print_operands(const struct skidiff *d)
{
    const char *text = d->row->operands;
    struct ia64_operand o;

    while (*text != '\0') {
        if (!ia64_operand_get(d->row, &text, d->slot, d->bundle.slot[1], &o)) {
            text++;
            continue;
        }
        if (o.kind == IA64_OPND_GR)
            fprintf(stderr, "    before: r%u %016" PRIx64 "%s\n",
                    (unsigned)o.value, o.value ? d->before.gr[o.value] : 0,
                    d->before.nat[o.value / 64] >> o.value % 64 & 1 ? " NaT"
                                                                    : "");
        if (o.kind == IA64_OPND_FR) {
            struct ia64_fr f = skidiff_fr(&d->before, (unsigned)o.value);

            fprintf(stderr, "    before: f%u %05" PRIx64 " %016" PRIx64 "\n",
                    (unsigned)o.value, f.se, f.sig);
        }
    }
    fprintf(stderr, "    before: fpsr %016" PRIx64 ", pr %016" PRIx64 "\n",
            d->before.fpsr, d->before.pr);
}

static void print_word(const char *name, unsigned nr, uint64_t ours,
                       uint64_t theirs)
{
    if (ours != theirs)
        fprintf(stderr, "    %s%u: ours %016" PRIx64 ", Ski %016" PRIx64 "\n",
                name, nr, ours, theirs);
}

static void print_results(const struct skiprog_block *a,
                          const struct skiprog_block *b)
{
    for (unsigned k = 1; k < ARRAY_LEN(a->gr); k++)
        print_word("r", k, a->gr[k], b->gr[k]);
    for (unsigned k = 0; k < ARRAY_LEN(a->fr); k++)
        if (memcmp(&a->fr[k], &b->fr[k], sizeof(a->fr[k])) != 0)
            fprintf(stderr,
                    "    f%u: ours %05" PRIx64 " %016" PRIx64 ", Ski %05" PRIx64
                    " %016" PRIx64 "\n",
                    k + 2, a->fr[k].se, a->fr[k].sig, b->fr[k].se,
                    b->fr[k].sig);
    for (unsigned k = 0; k < ARRAY_LEN(a->br); k++)
        print_word("b", k, a->br[k], b->br[k]);
    for (unsigned k = 0; k < ARRAY_LEN(a->data); k++)
        print_word("data ", k, a->data[k], b->data[k]);
    print_word("nat", 0, a->nat[0], b->nat[0]);
    print_word("nat", 1, a->nat[1], b->nat[1]);
    print_word("pr", 0, a->pr, b->pr);
    print_word("fpsr", 0, a->fpsr, b->fpsr);
    print_word("unat", 0, a->unat, b->unat);
    print_word("ccv", 0, a->ccv, b->ccv);
    print_word("lc", 0, a->lc, b->lc);
    print_word("ec", 0, a->ec, b->ec);
    print_word("csd", 0, a->csd, b->csd);
    print_word("interruptions ", 0, a->interruptions, b->interruptions);
    print_word("the last ", 0, a->last, b->last);
}

void skidiff_print(const struct skidiff *d)
{
    char text[IA64_DISASM_MAX];

    fprintf(stderr, "  bundle %u, slot %u: %s\n", d->nr / 3, d->nr % 3,
            ia64_disasm(&d->bundle, d->nr % 3, 0, text, sizeof(text)));
    print_operands(d);
    print_results(&d->ours, &d->theirs);
}
