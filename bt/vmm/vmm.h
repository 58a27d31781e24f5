/* vmm.h: the VMM of binary translation: user code runs one to one, kernel code
 * translated with its sensitive operations replaced (bt_ops.def), memory
 * through shadow page tables. */
#ifndef BT_VMM_VMM_H
#define BT_VMM_VMM_H

#include "common/engine/engine.h"
#include "common/mmu/shadow.h"
#include "common/x86/cpu.h"

/* Rows of LEDGER_BT. */
enum bt_row {
#define BT_ROW(name, title) BT_##name,
#include "bt/vmm/bt_rows.def"
#undef BT_ROW
    BT_ROWS
};

/* What --controls chose. */
struct bt_options {
    enum disposition rdtsc; /* DISP_INLINE, DISP_ASK (call-out), DISP_EXIT */
    unsigned adapt; /* faults after which a site becomes a call-out; 0: never */
    unsigned unit;  /* instructions in a unit at most */
    size_t cache;   /* bytes of translated code */
};

struct bt_vmm {
    struct vcpu *v;
    struct bt_options o;
    struct shadow *shadow;
    uint8_t *arena;
    struct x86_walk_regs regs; /* in force in `shadow` */
    bool flush;                /* CR3 was loaded since */
    bool stale;                /* RAM came from elsewhere */
    uint32_t adapted;          /* sites, counted so far */
};

/* "rdtsc=inline,adapt=16,..."; NULL: the defaults. ST_INVAL names the word and
 * the rule. */
enum status bt_options_make(const char *controls, struct bt_options *out,
                            struct error *err) MUST_CHECK;
void bt_options_text(const struct bt_options *o,
                     char text[ENGINE_OPTIONS_TEXT]);

/* ---- vmm.c: slots of engine_ops ---- */
enum status bt_attach(struct vcpu *v, struct error *err);
void bt_detach(struct vcpu *v);
enum status bt_handle_exit(struct vcpu *v, struct vcpu_exit *exit,
                           struct error *err);
void bt_count(struct vcpu *v);
void bt_snapshot(struct vcpu *v, struct snap *s);
extern const struct disposition_table bt_dispositions;

/* ---- vmm_shadow.c ---- */
enum status bt_shadow_create(struct bt_vmm *b, struct error *err) MUST_CHECK;
void bt_shadow_destroy(struct bt_vmm *b);
void bt_shadow_invlpg(struct bt_vmm *b, uint64_t lin);
extern const struct mmu_ops bt_mmu_ops;

static inline struct bt_vmm *bt_vmm(const struct x86_cpu *c)
{
    return c->mmu_opaque;
}

#endif
