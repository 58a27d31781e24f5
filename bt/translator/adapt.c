/* adapt.c: adaptive translation: instructions whose accesses trap over and over
 * become call-outs; those that mostly do not, go back and stay. Adams and
 * Agesen 2006, section 3.4. */
#include "bt/translator/jit.h"

#define IDLE 4u /* calls without a trap for each trap: not worth it */

static struct jit_site *site_at(struct jit *j, uint64_t pa)
{
    return &j->site[(pa ^ pa >> 12) % JIT_SITES];
}

static uint64_t site_pa(const struct x86_block *b, unsigned k)
{
    return b->pa + b->insn[k].off;
}

bool jit_adapted(struct jit *j, const struct x86_block *b, unsigned k)
{
    const struct jit_site *s;

    if (j->adapt == 0)
        return false;
    s = site_at(j, site_pa(b, k));
    return s->pa == site_pa(b, k) && s->traps >= j->adapt && !s->given_up;
}

void jit_not_trapped(struct x86_cpu *c, struct x86_block *b, unsigned k)
{
    struct jit *j = jit_of(c);
    struct jit_site *s = site_at(j, site_pa(b, k));

    if (++s->idle / IDLE < s->traps)
        return;
    s->given_up = true;
    jit_block_dead(c, b);
}

void jit_trapped(struct x86_cpu *c, struct x86_block *b, unsigned k)
{
    struct jit *j = jit_of(c);
    struct jit_site *s;

    if (j->adapt == 0)
        return;
    s = site_at(j, site_pa(b, k));
    if (s->pa != site_pa(b, k))
        *s = (struct jit_site){.pa = site_pa(b, k)};
    if (s->given_up || ++s->traps != j->adapt)
        return;
    c->x.adapted++;
    jit_block_dead(c, b);
}
