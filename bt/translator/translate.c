/* translate.c: a unit from a block: the passes in order. */
#include "bt/translator/trans.h"

/* ---- pass 1: what is translated, and how ---- */
static void take(struct trans *t)
{
    unsigned max = t->j->unit_max;

    t->n = t->b->n < max ? t->b->n : max;
    t->u->adapted = 0;
    for (unsigned k = 0; k < t->n; k++) {
        if (jit_adapted(t->j, t->b, k))
            t->u->adapted |= BIT(k);
        else
            t->op[k] = trans_inline(t, &t->b->insn[k]);
    }
}

/* [SDM3 "Limit Checking"]: all of it lies in CS's limit. */
static bool in_limit(const struct trans *t)
{
    const struct x86_insn *last = &t->b->insn[t->n - 1];

    return t->code64 ||
           t->ip + last->off + last->len - 1 <= t->j->mode[t->mode].cs_limit;
}

/* ---- pass 4: code ---- */
void trans_note(struct trans *t, enum jit_part part, unsigned k)
{
    struct trans_notes *n = t->notes;

    if (n == NULL || n->nr == ARRAY_LEN(n->part))
        return;
    n->part[n->nr++] = (struct trans_part){
        .offset = emit_offset(&t->e), .part = (uint8_t)part, .k = (uint8_t)k};
}

static struct emit_mem place(const struct trans *t, uint64_t lin)
{
    return emit_at(HR_CPU, JIT_DISP(itlb) + (int32_t)((t->mode * JIT_ITLB +
                                                       jit_itlb_slot(lin)) *
                                                      sizeof(uint32_t)));
}

static uint64_t exit_lin(const struct trans *t, uint64_t ip)
{
    return t->code64 ? ip : (t->j->mode[t->mode].cs_base + ip) & 0xffffffff;
}

static bool same_page(const struct trans *t, uint64_t ip)
{
    return ((exit_lin(t, ip) ^ t->u->lin) & PAGE_MASK) == 0;
}

static void set_field(struct trans *t, unsigned k, uint32_t offset)
{
    t->u->exit[k].field = (const uint8_t *)(uintptr_t)(t->e.run + offset);
    t->stub_used[k] = true;
}

/* Compare the place, then jump. */
static void exit_far(struct trans *t, unsigned k)
{
    struct emit *e = &t->e;

    emit_mi(e, EO_CMP, E32, place(t, exit_lin(t, t->u->exit[k].ip)),
            0x7fffffff);
    t->u->exit[k].xid = (const uint8_t *)(uintptr_t)(emit_here(e) - 4);
    emit_jcc(e, CC_NE, &t->stub[k], EMIT_NEAR);
    set_field(t, k, emit_jmp_patchable_label(e, &t->stub[k]));
}

void trans_exit(struct trans *t, unsigned k, uint64_t ip)
{
    t->u->exit[k].ip = ip;
    if (same_page(t, ip))
        set_field(t, k, emit_jmp_patchable_label(&t->e, &t->stub[k]));
    else
        exit_far(t, k);
}

void trans_exit_if(struct trans *t, enum emit_cc cc, unsigned k, uint64_t ip)
{
    t->u->exit[k].ip = ip;
    if (same_page(t, ip)) {
        set_field(t, k, emit_jcc_patchable_label(&t->e, cc, &t->stub[k]));
    } else {
        emit_jcc(&t->e, cc, &t->far[k], EMIT_NEAR);
        t->far_used[k] = true;
    }
}

static void enter(struct trans *t)
{
    trans_note(t, JIT_PART_ENTRY, 0);
    emit_mi(&t->e, EO_SUB, E32, AT_CPU(jit_left), (int64_t)t->n);
    emit_jcc(&t->e, CC_S, &t->entry, EMIT_NEAR);
    if (t->u->xid2 != 0) {
        emit_mi(&t->e, EO_CMP, E32, place(t, t->u->lin + PAGE_SIZE),
                t->u->xid2);
        emit_jcc(&t->e, CC_NE, &t->entry, EMIT_NEAR);
    }
    t->fl = TF_SAVED;
}

void trans_call_out(struct trans *t, unsigned k)
{
    emit_mov_imm(&t->e, HR_S1, t->u->insns + k);
    emit_call_to(&t->e, (uint64_t)(uintptr_t)t->j->callout[t->bank]);
}

static void one(struct trans *t)
{
    const struct trans_op *op = t->op[t->k];

    if (op == NULL) {
        trans_flags_save(t);
        trans_call_out(t, t->k);
        t->fl = TF_SAVED;
        t->ended = t->k + 1 == t->n; /* the helper goes on elsewhere */
        return;
    }
    op->fn(t, op->arg);
    t->cold[t->k].flags = (uint8_t)t->fl;
    if (t->cold[t->k].used && !t->ended)
        emit_bind(&t->e, &t->cold[t->k].back);
}

/* Taken branches that leave the page. */
static void far_exits(struct trans *t)
{
    for (unsigned k = 0; k < 2; k++) {
        if (!t->far_used[k])
            continue;
        trans_note(t, JIT_PART_EXIT, k);
        emit_bind(&t->e, &t->far[k]);
        exit_far(t, k);
    }
}

/* A run in line. */
static void members(struct trans *t)
{
    struct trans_run *r = &t->run[t->k];
    struct trans_cold *cold = &t->cold[t->k];
    unsigned end = t->k + r->n;

    trans_note(t, JIT_PART_INSN, t->k);
    trans_run_begin(t, r);
    r->flags = (uint8_t)t->fl;
    t->in_run = r;
    t->op[t->k]->fn(t, t->op[t->k]->arg);
    while (++t->k < end) {
        t->i = &t->b->insn[t->k];
        trans_note(t, JIT_PART_INSN, t->k);
        t->op[t->k]->fn(t, t->op[t->k]->arg);
    }
    t->in_run = NULL;
    cold->flags = (uint8_t)t->fl;
    emit_bind(&t->e, &cold->back);
}

static void body(struct trans *t)
{
    t->k = 0;
    while (t->k < t->n) {
        t->i = &t->b->insn[t->k];
        if (t->run[t->k].n != 0) {
            members(t);
        } else {
            trans_note(t, JIT_PART_INSN, t->k);
            one(t);
            t->k++;
        }
    }
    t->k = t->n - 1;
    if (!t->ended) {
        trans_note(t, JIT_PART_EXIT, 0);
        trans_flags_save(t);
        trans_exit(t, 0, trans_next_ip(t));
    }
    far_exits(t);
}

/* ---- pass 6 ---- */
static void keep_insns(struct trans *t)
{
    struct jit *j = t->j;

    for (unsigned k = 0; k < t->n; k++) {
        const struct x86_insn *i = &t->b->insn[k];

        j->insns[j->nr_insns++] = (struct jit_insn){
            .insn = *i,
            .ip = t->ip,
            .unit = (uint32_t)(t->u - j->units),
            .left = (uint8_t)(t->n - k),
            .mode = (uint8_t)t->mode,
            .adapted = (t->u->adapted & BIT(k)) != 0,
            .loads_seg = !t->code64 && trans_loads_segment(i)};
    }
}

static void abort_both(struct jit *j)
{
    codecache_abort(&j->cc);
    codecache_abort(&j->cold);
}

static struct jit_unit *commit(struct trans *t, struct x86_block *b)
{
    struct jit *j = t->j;
    struct jit_unit *u = t->u;

    if (!emit_ok(&t->e) || !emit_ok(&t->aside)) {
        abort_both(j);
        b->heat = 0;
        j->stats.failed++;
        return NULL;
    }
    u->cold_bytes = emit_offset(&t->e);
    u->cold = codecache_commit(&j->cold, u->cold_bytes);
    u->bytes = emit_offset(&t->aside);
    u->code = codecache_commit(&j->cc, u->bytes);
    u->n = (uint8_t)t->n;
    u->next = b->units;
    b->units = u;
    j->nr_units++;
    keep_insns(t);
    j->stats.units++;
    j->stats.insns += t->n;
    j->stats.host_bytes += u->bytes + u->cold_bytes;
    return u;
}

static bool reserve(struct jit *j, struct emit *in_line, struct emit *aside)
{
    struct codecache_span a, b;

    if (!codecache_reserve(&j->cc, TRANS_UNIT_BYTES, &a))
        return false;
    if (!codecache_reserve(&j->cold, TRANS_UNIT_BYTES, &b)) {
        codecache_abort(&j->cc);
        return false;
    }
    emit_init(in_line, a.rw, a.size, (uint64_t)(uintptr_t)a.rx);
    emit_init(aside, b.rw, b.size, (uint64_t)(uintptr_t)b.rx);
    return true;
}

/* Full again after so few instructions: what is warm has no room. Only what is
 * hotter is worth translating then, and has to show it anew. */
#define FULL_SOON 50000000u

static void make_room(struct x86_cpu *c)
{
    struct jit *j = jit_of(c);
    uint64_t now = clock_icount(&c->v.m->clock);

    if (now - j->full_at >= FULL_SOON)
        j->scarce = 0;
    else if (j->scarce < JIT_SCARCE)
        j->scarce++;
    j->full_at = now;
    for (uint32_t k = 0; k < j->nr_units; k++) {
        if (!j->units[k].dead)
            j->units[k].block->heat = 0;
    }
    jit_flush(c);
}

static bool room(struct trans *t)
{
    struct jit *j = t->j;

    if (j->nr_units < JIT_UNITS && j->nr_insns <= JIT_INSNS - JIT_UNIT_MAX &&
        reserve(j, &t->e, &t->aside))
        return true;
    make_room(t->c);
    return reserve(j, &t->e, &t->aside);
}

static void set_mode(struct trans *t, uint64_t ip)
{
    t->key = t->j->mode[t->mode].key;
    t->code64 = JM_CODE(t->key) == 3;
    t->bank = t->code64 ? JIT_BANK64 : JIT_BANK32;
    t->ip = ip;
    t->ip_mask = t->code64 ? ~0ull : 0xffffffff;
}

static void emit(struct trans *t)
{
    trans_flag_pass(t);
    trans_run_pass(t);
    enter(t);
    body(t);
    trans_cold_pass(t);
}

struct jit_unit *jit_translate(struct x86_cpu *c, struct x86_block *b,
                               unsigned m, uint64_t lin, uint32_t xid,
                               uint32_t xid2)
{
    struct jit *j = jit_of(c);
    struct trans t = {.c = c, .j = j, .b = b, .mode = m};
    uint32_t generation = j->generation;

    if (!room(&t))
        return NULL;
    if (generation != j->generation) { /* the id of the page is gone */
        abort_both(j);
        return NULL;
    }
    set_mode(&t, c->s.r[R_IP]);
    t.u = &j->units[j->nr_units];
    *t.u = (struct jit_unit){.block = b,
                             .ip = t.ip,
                             .lin = lin,
                             .xid = xid,
                             .xid2 = xid2,
                             .insns = j->nr_insns,
                             .mode = (uint8_t)m};
    take(&t);
    if (!in_limit(&t)) {
        abort_both(j);
        return NULL;
    }
    emit(&t);
    return commit(&t, b);
}

bool jit_translate_again(struct x86_cpu *c, struct jit_unit *u, uint8_t *buf,
                         struct trans_notes *notes)
{
    struct trans t = {.c = c,
                      .j = jit_of(c),
                      .b = u->block,
                      .mode = u->mode,
                      .u = u,
                      .notes = notes};

    notes->nr = 0;
    set_mode(&t, u->ip);
    emit_init(&t.e, buf, TRANS_UNIT_BYTES, (uint64_t)(uintptr_t)u->code);
    emit_init(&t.aside, buf + TRANS_UNIT_BYTES, TRANS_UNIT_BYTES,
              (uint64_t)(uintptr_t)u->cold);
    take(&t);
    emit(&t);
    for (unsigned k = 0; k < t.n; k++) {
        notes->called_out[k] = t.op[k] == NULL;
        notes->live[k] = t.live[k];
    }
    return emit_ok(&t.e) && emit_ok(&t.aside) && t.n == u->n &&
           emit_offset(&t.e) == u->cold_bytes &&
           emit_offset(&t.aside) == u->bytes;
}
