/* start.c: the state in which a loaded guest begins. */
#include "common/x86/start.h"

#include <string.h>

#include "common/engine/processor.h"
#include "common/x86/state.h"

static struct x86_seg flat(uint16_t sel, uint32_t attr)
{
    return (struct x86_seg){.sel = sel,
                            .base = 0,
                            .limit = UINT32_MAX,
                            .attr = SA_P | SA_S | SA_G | SA_ACCESSED |
                                    SA_WRITABLE | attr};
}

static void set_segments(struct x86_state *s, const struct load_entry *e)
{
    unsigned i;

    for (i = 0; i < SEG_COUNT; i++)
        s->seg[i] = flat(e->ds, SA_DB);
    s->seg[SEG_CS] =
        flat(e->cs, SA_CODE | (e->kind == ENTRY_LONG64 ? SA_L : SA_DB));
    /* Type 11 is the busy TSS in both modes. */
    s->tr = (struct x86_seg){
        .sel = e->tr, .limit = 0x67, .attr = SA_P | SYS_TSS32_BUSY};
    s->ldtr = (struct x86_seg){.attr = SA_P | SYS_LDT};
    s->gdtr = (struct x86_dtable){e->gdt_base, e->gdt_limit};
    s->idtr = (struct x86_dtable){0, 0};
}

static void set_mode(struct x86_state *s, const struct load_entry *e)
{
    s->cr0 = CR0_PE | CR0_ET;
    s->cr4 = 0;
    s->efer = 0;
    if (e->kind == ENTRY_LONG64) {
        s->cr0 |= CR0_PG;
        s->cr3 = e->cr3;
        s->cr4 = CR4_PAE;
        s->efer = EFER_LME | EFER_LMA;
    }
}

void x86_start(struct vcpu *v, const struct load_entry *entry)
{
    struct x86_state *s = v->state;

    if (entry->kind != ENTRY_REAL_RESET) {
        memset(s->r, 0, sizeof(s->r));
        s->r[R_IP] = entry->rip;
        s->r[R_AX] = entry->rax;
        s->r[R_BX] = entry->rbx;
        s->r[R_SI] = entry->rsi;
        s->r[R_DI] = entry->rdi;
        s->r[R_BP] = entry->rbp;
        s->r[R_SP] = entry->rsp;
        s->rflags = FL_ONE;
        s->mtrr_def = 0x806; /* as firmware leaves it: enabled, write-back */
        set_mode(s, entry);
        set_segments(s, entry);
    }
    v->processor->state_changed(v);
}
