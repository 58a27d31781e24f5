/* rig.h: a vcpu that runs small programs, with a log of every event that is
 * delivered and a device to play tricks with.
 *
 * All vectors have handlers that log and return; faults return behind the
 * faulting instruction, `skip` bytes long. 1 MiB of RAM, a local APIC. */
#ifndef COMMON_X86_TESTS_RIG_H
#define COMMON_X86_TESTS_RIG_H

#include "common/dev/lapic.h"
#include "common/engine/engine.h"
#include "common/x86/tests/guest_asm.h"
#include "common/x86/tests/tables.h"

#define RIG_CODE  0x10000u
#define RIG_STUBS 0x20000u /* handlers, 16 bytes each */
#define RIG_DATA  0x40000u /* free, up to 0xeffff */
#define RIG_LOG   512u

/* The device: ports, and memory with 16 bytes for each register, where a second
 * page reads as 0 and does nothing. What writes do: */
#define RIG_PORT 0x500u
#define RIG_MMIO 0xfed00000u
enum rig_reg {
    RIG_RAISE = 0, /* 8 bits: this vector becomes pending at the local APIC */
    RIG_NMI = 1,
    RIG_DMA = 2,   /* dma_bytes go to dma_pa, as a device writes memory */
    RIG_STOP = 3,  /* the machine ends */
    RIG_TIMER = 4, /* 32 bits: `timer` fires that many ns from now */
    RIG_NOTHING = 8,
};

enum rig_mode { RIG_REAL, RIG_PROT, RIG_PROT3, RIG_LONG, RIG_LONG3 };

struct rig_event {
    uint8_t vector;
    uint64_t icount; /* retired before the handler's first instruction */
    uint64_t ip, flags;
    uint16_t cs;
    uint32_t error; /* 0: none */
    uint64_t cr2, dr6;
    uint64_t cx; /* what RCX was */
};

struct rig {
    struct bare b;
    struct x86_cpu *c;
    enum rig_mode mode;
    unsigned skip; /* 0: return to the faulting instruction */
    struct rig_event log[RIG_LOG];
    unsigned nr;              /* events; those past RIG_LOG are not kept */
    struct clock_timer timer; /* makes timer_vector pending */
    uint8_t timer_vector;
    uint64_t dma_pa;
    uint8_t dma_bytes[16];
    unsigned dma_len;
    unsigned touched;  /* accesses to the device */
    uint64_t db_flags; /* set in the flags that a #DB handler returns to */
    /* Called for each event, before it is logged. */
    void (*hook)(struct rig *r, struct rig_event *e);
};

/* Registers 0, IF 0, RIP at RIG_CODE. */
void rig_init(struct rig *r, enum rig_mode mode);
void rig_fini(struct rig *r);

void rig_put(struct rig *r, uint64_t pa, const void *bytes, size_t n);

/* Code made by GUEST16/32/64 at RIG_CODE. */
#define rig_guest(r, name)                                                     \
    rig_put((r), RIG_CODE, name##_code, (size_t)(name##_end - name##_code))

/* The processor's run(); never fails. */
enum exit_kind rig_run(struct rig *r, uint64_t budget);

/* Until something but the budget ends it, or `most` have retired. */
enum exit_kind rig_finish(struct rig *r, uint64_t most);

/* engine_run() without polling */
enum run_end rig_engine(struct rig *r, uint64_t max_insns);

/* Fails the test if registers, counts, logs or (with_ram) memory differ. */
void rig_check_same(const struct rig *a, const struct rig *b, bool with_ram,
                    const char *what, uint64_t n);

/* A page of 4 KiB for 32-bit paging with tables at RIG_PD: maps linear page lin
 * to pa with these bits of the entry. rig_paging() maps the first MiB and the
 * device one to one, present, writable, user, and turns paging on. */
#define RIG_PD 0xe0000u
#define RIG_PT 0xe1000u /* of the first 4 MiB */
void rig_paging(struct rig *r);
void rig_map(struct rig *r, uint32_t lin, uint32_t pa, uint32_t bits);
uint32_t rig_pte(struct rig *r, uint32_t lin);

/* Where instruction n of 32-bit code begins. */
unsigned rig_insn_offset(const struct rig *r, const uint8_t *code, unsigned n);

#endif
