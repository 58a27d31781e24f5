/* trace.c: executed instructions as text on stderr (--trace):
 *
 *     count  address  <symbol+offset>  bytes  text
 */
#include "experiments/cli/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/x86/cpu.h"
#include "experiments/cli/disasm.h"
#include "experiments/cli/options.h"
#include "vti-ia64/engine.h"

struct trace {
    const struct symtab *symbols;
    uint64_t left;         /* instructions still to show */
    struct disasm *disasm; /* x86 */
};

static void print(const struct trace *t, uint64_t icount, uint64_t ip,
                  const char *hex, const char *text)
{
    char where[300] = "";
    uint64_t offset;
    const char *name = symtab_lookup(t->symbols, ip, &offset);

    if (name != NULL)
        snprintf(where, sizeof(where), "<%s+0x%" PRIx64 "> ", name, offset);
    fprintf(stderr, "%12" PRIu64 " %08" PRIx64 " %s%-20s %s\n", icount, ip,
            where, hex, text);
}

static void line_x86(void *opaque, struct vcpu *v, uint64_t ip,
                     const uint8_t *bytes, unsigned len)
{
    struct trace *t = opaque;
    struct x86_cpu *c = x86_cpu(v);
    char hex[2 * 15 + 1] = "", text[200];
    unsigned i, used;

    if (t->left == 0) {
        c->config.trace_from = UINT64_MAX; /* on at full speed */
        return;
    }
    t->left--;
    used = disasm_text(t->disasm, 8u << c->code_size, ip, bytes, len, text,
                       sizeof(text));
    for (i = 0; i < (used > 0 ? used : len); i++)
        snprintf(hex + 2 * i, sizeof(hex) - 2 * i, "%02x", bytes[i]);
    print(t, x86_icount(c), ip, hex, text);
}

/* ip: of the bundle, and the slot in its low bits. */
static void line_ia64(void *opaque, struct vcpu *v, uint64_t ip,
                      const uint8_t *bytes, unsigned len)
{
    struct trace *t = opaque;
    char hex[20], text[IA64_TRACE_MAX];

    (void)len;
    if (t->left == 0) {
        ia64_trace_stop(v);
        return;
    }
    t->left--;
    snprintf(hex, sizeof(hex), "%011" PRIx64, ia64_trace_insn(ip, bytes, text));
    print(t, v->icount, ip, hex, text);
}

static enum status parse(const char *spec, uint64_t *from, uint64_t *count,
                         struct error *err)
{
    const char *comma = strchr(spec, ',');
    char first[32];
    struct error why;

    *from = 0;
    *count = UINT64_MAX;
    if (*spec == '\0')
        return ST_OK;
    snprintf(first, sizeof(first), "%.*s", (int)strcspn(spec, ","), spec);
    if (opts_number(first, 1000, from, &why) != ST_OK ||
        (comma != NULL && opts_number(comma + 1, 1000, count, &why) != ST_OK))
        return err_set(err, ST_INVAL, "--trace=%s: %s", spec, why.text);
    return ST_OK;
}

enum status trace_create(const char *spec, const char *isa,
                         const struct symtab *symbols,
                         struct processor_config *config, struct trace **out,
                         struct error *err)
{
    bool x86 = strcmp(isa, "x86") == 0;
    struct trace *t = calloc(1, sizeof(*t));
    enum status st;

    if (t == NULL)
        return err_set(err, ST_NOMEM, "trace");
    t->symbols = symbols;
    st = parse(spec, &config->trace_from, &t->left, err);
    if (st == ST_OK && x86)
        st = disasm_create(&t->disasm, err);
    if (st != ST_OK) {
        trace_destroy(t);
        return st;
    }
    config->trace = x86 ? line_x86 : line_ia64;
    config->trace_opaque = t;
    *out = t;
    return ST_OK;
}

void trace_destroy(struct trace *t)
{
    if (t == NULL)
        return;
    disasm_destroy(t->disasm);
    free(t);
}
