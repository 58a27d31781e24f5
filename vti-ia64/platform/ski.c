/* ski.c: the machine that Ski's images run on. */
#include "vti-ia64/platform/ski.h"

#include <stdlib.h>

#include "vti-ia64/cpu/op.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/platform/ski_priv.h"

#define IPI_BLOCK 0xfee00000ull
#define IPI_SIZE  0x200000ull

/* `break` with these immediates is the platform's. [Ski, break instruction] */
#define BREAK_SSC  0x80001ull
#define BREAK_SSC0 0x80000ull
#define BREAK_HALT 0ull
#define BREAK_USER 0x100000ull

/* ---- local SAPIC: interprocessor interrupt block, one processor ---- */
static uint64_t ipi_read(void *dev, uint64_t offset, unsigned size)
{
    (void)dev;
    (void)offset;
    (void)size;
    return 0;
}

/* Data: vector 7:0, delivery mode 10:8 (0 INT, 4 NMI, 7 ExtINT). Addresses name
 * a processor in bits 19:4; ours is 0. */
static void ipi_write(void *dev, uint64_t offset, unsigned size, uint64_t v)
{
    struct ski *s = dev;
    unsigned mode = v >> 8 & 7;

    if (size != 8 || (offset >> 4 & 0xffff) != 0)
        return;
    if (mode == 0)
        ia64_sapic_pend(s->c, v & 0xff);
    else if (mode == 4)
        ia64_sapic_pend(s->c, 2);
    else if (mode == 7)
        ia64_sapic_pend(s->c, 0);
}

static const struct bus_ops ipi_ops = {.read = ipi_read, .write = ipi_write};

/* ---- break ---- */
static bool serve_break(void *opaque, struct ia64_cpu *c, uint64_t imm)
{
    struct ski *s = opaque;

    if (s->user) {
        if (imm != BREAK_USER)
            return false;
        ski_um_syscall(s);
        return true;
    }
    if (imm == BREAK_SSC || imm == BREAK_SSC0) {
        ski_ssc(s, c->s.gr[15].v);
        return true;
    }
    if (imm == BREAK_HALT) {
        machine_stop(&s->m, MACHINE_POWEROFF, 0);
        return true;
    }
    return false;
}

static size_t typed(void *opaque, const uint8_t *buf, size_t len)
{
    return ski_input(opaque, buf, len);
}

/* ---- life ---- */
static enum status build(struct ski *s, struct error *err)
{
    const struct ski_config *k = &s->config;
    struct processor_config pc = {.trace_from = k->trace_from,
                                  .trace = k->trace,
                                  .trace_opaque = k->trace_opaque};
    struct vcpu *v;
    enum status st;

    gmem_init(&s->m.mem);
    bus_init(&s->m.bus);
    clock_init(&s->m.clock, k->clock, k->ips);
    s->m.config.ram_bytes = k->mem_bytes;
    s->m.config.console = k->console;
    s->m.config.console_opaque = k->console_opaque;
    s->m.config.marker = k->marker;
    s->m.config.marker_opaque = k->marker_opaque;
    s->m.typed = typed;
    s->m.typed_opaque = s;
    st = gmem_add(&s->m.mem, 0, k->mem_bytes, false, err);
    if (st == ST_OK)
        st = bus_add(&s->m.bus, BUS_MMIO, IPI_BLOCK, IPI_SIZE, &ipi_ops, s,
                     "local SAPIC", err);
    if (st == ST_OK)
        st = machine_add_device(&s->m, &ski_device_ops, s, err);
    if (st == ST_OK)
        st = ia64_model_processor_ops.create(&s->m, k->engine, &pc, &v, err);
    if (st != ST_OK)
        return st;
    s->c = ia64_cpu(v);
    s->c->alat_miss = k->alat_miss;
    s->c->break_fn = serve_break;
    s->c->break_opaque = s;
    return ST_OK;
}

/* The image is loaded: registers are what the guest starts with. */
static enum status start(struct ski *s, struct error *err)
{
    struct vcpu *v = &s->c->v;

    v->processor->state_changed(v);
    v->options = s->config.options;
    if (v->engine->attach == NULL)
        return ST_OK;
    if (s->user)
        return err_set(err, ST_INVAL,
                       "%s: a Linux program has no kernel to virtualize "
                       "(--engine native)",
                       s->config.file);
    return v->engine->attach(v, err);
}

enum status ski_create(const struct ski_config *config, struct ski **out,
                       struct error *err)
{
    struct ski *s = calloc(1, sizeof(*s));
    enum status st;

    if (s == NULL)
        return err_set(err, ST_NOMEM, "Ski's platform");
    s->config = *config;
    ski_files_init(s);
    st = build(s, err);
    if (st == ST_OK)
        st = ski_load(s, err);
    if (st == ST_OK)
        st = start(s, err);
    if (st != ST_OK) {
        ski_destroy(s);
        return st;
    }
    *out = s;
    return ST_OK;
}

void ski_destroy(struct ski *s)
{
    if (s == NULL)
        return;
    ski_um_destroy(s);
    ski_files_fini(s);
    if (s->c != NULL && s->c->v.engine->detach != NULL)
        s->c->v.engine->detach(&s->c->v);
    if (s->c != NULL)
        ia64_model_processor_ops.destroy(&s->c->v);
    gmem_fini(&s->m.mem);
    free(s);
}

struct vcpu *ski_vcpu(struct ski *s)
{
    return &s->c->v;
}

struct machine *ski_machine(struct ski *s)
{
    return &s->m;
}

bool ski_user_mode(const struct ski *s)
{
    return s->user;
}

size_t ski_input(struct ski *s, const uint8_t *buf, size_t len)
{
    size_t n = sizeof(s->input) - s->input_len;

    n = len < n ? len : n;
    memcpy(s->input + s->input_len, buf, n);
    s->input_len += n;
    if (n > 0)
        ski_interrupt(s, SKI_IRPT_KEYBOARD);
    return n;
}
