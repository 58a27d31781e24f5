/* bare.c: a vcpu on a board without devices, to run single instructions. */
#include "common/x86/tests/bare.h"

#include "common/engine/engine.h"
#include "common/tests/suite.h"
#include "common/x86/block.h"
#include "common/x86/cpuid.h"
#include "common/x86/decode.h"
#include "common/x86/op.h"

#define TABLES 0xf0000u

void bare_init(struct bare *b, const char *model)
{
    struct processor_config config = {.trace_from = UINT64_MAX};
    struct vcpu *v;
    struct error err;

    memset(b, 0, sizeof(*b));
    gmem_init(&b->m.mem);
    bus_init(&b->m.bus);
    clock_init(&b->m.clock, CLOCK_VIRTUAL, CLOCK_NS_PER_S);
    ck_assert_ok(gmem_add(&b->m.mem, 0, 1 << 20, false, &err), &err);
    config.cpu = cpuid_model_find(model);
    ck_assert_ptr_nonnull(config.cpu);
    ck_assert_ok(interp_processor_ops.create(&b->m, &native_engine_ops, &config,
                                             &v, &err),
                 &err);
    b->c = x86_cpu(v);
    b->c->s.rflags = FL_ONE;
}

void bare_fini(struct bare *b)
{
    interp_processor_ops.destroy(&b->c->v);
    gmem_fini(&b->m.mem);
}

static void flat(struct bare *b, unsigned cpl, uint32_t code)
{
    struct x86_state *s = &b->c->s;
    uint32_t attr = SA_P | SA_S | SA_ACCESSED | SA_WRITABLE | SA_G | cpl << 5;
    unsigned n;

    for (n = 0; n < SEG_COUNT; n++)
        s->seg[n] = (struct x86_seg){.sel = (uint16_t)(0x10 | cpl),
                                     .limit = 0xffffffff,
                                     .attr = attr | SA_DB};
    s->seg[SEG_CS].sel = (uint16_t)(8 | cpl);
    s->seg[SEG_CS].attr = attr | SA_CODE | code;
    s->r[R_IP] = 0x8000;
    x86_update_mode(b->c);
    x86_tlb_flush(b->c, true);
}

void bare_real(struct bare *b)
{
    struct x86_state *s = &b->c->s;
    unsigned n;

    for (n = 0; n < SEG_COUNT; n++)
        s->seg[n] = (struct x86_seg){
            .limit = 0xffff, .attr = SA_P | SA_S | SA_WRITABLE | SA_ACCESSED};
    s->seg[SEG_CS].attr |= SA_CODE;
    s->cr0 = CR0_ET;
    s->r[R_IP] = 0x8000;
    x86_update_mode(b->c);
    x86_tlb_flush(b->c, true);
}

void bare_protected(struct bare *b, unsigned cpl)
{
    b->c->s.cr0 = CR0_ET | CR0_PE;
    flat(b, cpl, SA_DB);
}

void bare_long64(struct bare *b, unsigned cpl)
{
    struct x86_state *s = &b->c->s;
    uint64_t e;
    unsigned n;

    e = (TABLES + 0x1000) | 7;
    gmem_write(&b->m.mem, TABLES, &e, 8);
    e = (TABLES + 0x2000) | 7;
    gmem_write(&b->m.mem, TABLES + 0x1000, &e, 8);
    for (n = 0; n < 512; n++) {
        e = (uint64_t)n << 21 | 0x87;
        gmem_write(&b->m.mem, TABLES + 0x2000 + 8 * n, &e, 8);
    }
    s->cr3 = TABLES;
    s->cr4 = CR4_PAE;
    s->efer = EFER_LME | EFER_LMA;
    s->cr0 = CR0_ET | CR0_PE | CR0_PG;
    flat(b, cpl, SA_L);
}

int bare_exec(struct bare *b, const void *bytes, unsigned n)
{
    struct x86_cpu *c = b->c;
    struct x86_insn *i = b->insn;
    enum x86_decode_result r = x86_decode(bytes, n, c->code_size, c->model, i);
    int code;

    if (r != X86_DEC_OK)
        i->fn = x86_op_undefined;
    else
        ck_assert_uint_eq(i->len, n);
    i->off = 0;
    i[1] = (struct x86_insn){.fn = x86_op_block_end, .off = i->len};
    c->insn = c->insn0 = i;
    code = setjmp(c->leave);
    if (code == 0) {
        i->fn(c, i);
        return BARE_DONE;
    }
    ck_assert_int_eq(code, X86_LEAVE_EVENT);
    b->event = c->event;
    return c->event.vector;
}
