/* pvrig.c: a small PV domain for tests of hypercalls. */
#include "pv/tests/pvrig.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/bits.h"
#include "common/engine/engine.h"
#include "common/load/loader.h"
#include "common/tests/elffile.h"
#include "common/x86/cpuid.h"
#include "pv/check.h"
#include "pv/engine.h"
#include "pv/evtchn.h"
#include "pv/mmu.h"
#include "pv/pte.h"
#include "pv/snapshot.h"
#include "pv/time.h"
#include "pv/vcpu.h"

/* Also in programs without Check. */
#define must(cond)                                                             \
    do {                                                                       \
        if (!(cond)) {                                                         \
            fprintf(stderr, "pvrig: line %d: %s\n", __LINE__, #cond);          \
            abort();                                                           \
        }                                                                      \
    } while (0)

#define BASE64  0xffffffff80000000ull
#define BASE32  0xc0000000ull
#define TEXT_PA 0x1000u

/* ---- a kernel ---- */

size_t pvrig_note(uint8_t *p, uint32_t type, const void *desc, uint32_t n)
{
    put_le32(p, 4);
    put_le32(p + 4, n);
    put_le32(p + 8, type);
    memcpy(p + 12, "Xen", 4);
    memcpy(p + 16, desc, n);
    return 16 + align_up(n, 4);
}

static size_t notes(uint8_t *p, bool is32)
{
    uint64_t base = is32 ? BASE32 : BASE64, entry = base + TEXT_PA;
    uint32_t w = is32 ? 4 : 8;
    size_t n = pvrig_note(p, XEN_ELFNOTE_VIRT_BASE, &base, w);

    n += pvrig_note(p + n, XEN_ELFNOTE_ENTRY, &entry, w);
    n += pvrig_note(p + n, XEN_ELFNOTE_PAE_MODE, "yes", 4);
    return n + pvrig_note(p + n, XEN_ELFNOTE_LOADER, "generic", 8);
}

const char *pvrig_file(const void *data, size_t n, char path[32])
{
    int fd = memfd_create("pvrig", MFD_CLOEXEC);

    must(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return path;
}

size_t pvrig_kernel(uint8_t file[PVRIG_KERNEL], bool is32)
{
    size_t n;

    memset(file, 0xf4, PVRIG_KERNEL);
    memset(file, 0, 0x1000);
    n = notes(file + PVRIG_NOTES, is32);
    pvrig_headers(file, is32, n);
    return n;
}

void pvrig_headers(uint8_t file[PVRIG_KERNEL], bool is32, size_t note_bytes)
{
    uint64_t entry = (is32 ? BASE32 : BASE64) + TEXT_PA;
    Elf64_Phdr ph[2] = {{.p_type = PT_LOAD,
                         .p_flags = PF_R | PF_W | PF_X,
                         .p_offset = 0x1000,
                         .p_vaddr = entry,
                         .p_paddr = TEXT_PA,
                         .p_filesz = 0x1000,
                         .p_memsz = 0x1000,
                         .p_align = 0x1000},
                        {.p_type = PT_NOTE,
                         .p_offset = PVRIG_NOTES,
                         .p_filesz = note_bytes,
                         .p_memsz = note_bytes,
                         .p_align = 4}};

    elffile_headers(file, is32, entry, ph, ARRAY_LEN(ph));
}

static const char *kernel(bool is32)
{
    static char path[2][32];
    static uint8_t file[PVRIG_KERNEL];

    if (path[is32][0] != '\0')
        return path[is32];
    pvrig_kernel(file, is32);
    return pvrig_file(file, sizeof(file), path[is32]);
}

/* ---- life ---- */

static void console(void *opaque, const uint8_t *buf, size_t len)
{
    struct pvrig *r = opaque;

    if (len > sizeof(r->out) - r->out_len)
        len = sizeof(r->out) - r->out_len;
    memcpy(r->out + r->out_len, buf, len);
    r->out_len += len;
}

static void find_places(struct pvrig *r)
{
    struct start_info_x86_32 si32;
    struct start_info si;
    uint64_t frames;

    if (r->d->is32) {
        pvrig_get(r, r->d->start_info_va, &si32, sizeof(si32));
        r->tables = si32.pt_base;
        frames = si32.nr_pt_frames;
    } else {
        pvrig_get(r, r->d->start_info_va, &si, sizeof(si));
        r->tables = si.pt_base;
        frames = si.nr_pt_frames;
    }
    /* The stack's page is behind the tables. */
    r->scratch = r->tables + (frames + 1) * PAGE_SIZE;
}

struct pvrig *pvrig_new(bool is32, const char *disk)
{
    return pvrig_new_net(is32, disk, NULL);
}

struct pvrig *pvrig_new_net(bool is32, const char *disk, const char *network)
{
    struct pvrig *r = calloc(1, sizeof(*r));
    struct machine_config mc = {.ram_bytes = PVRIG_RAM,
                                .clock = CLOCK_VIRTUAL,
                                .ips = 1000000000,
                                .disk_path = disk,
                                .network = network,
                                .console = console,
                                .console_opaque = r};
    struct processor_config pc = {.trace_from = UINT64_MAX};
    struct load_request rq = {.kernel = kernel(is32), .cmdline = ""};
    struct error err;

    must(r != NULL);
    pc.cpu = cpuid_model_default();
    must(pc.cpu != NULL);
    must(machine_create(&mc, &r->m, &err) == ST_OK);
    must(interp_processor_ops.create(r->m, &pv_engine_ops, &pc, &r->v, &err) ==
         ST_OK);
    must(pv_engine_ops.attach(r->v, &err) == ST_OK);
    must(pv_engine_ops.load(r->v, &rq, &err) == ST_OK);
    r->d = pv_domain(r->v);
    find_places(r);
    return r;
}

void pvrig_free(struct pvrig *r)
{
    pv_engine_ops.detach(r->v);
    interp_processor_ops.destroy(r->v);
    machine_destroy(r->m);
    free(r);
}

void pvrig_done(struct pvrig *r)
{
    must(pv_check(r->d) && !pv_crashed(r->d));
    pvrig_free(r);
}

/* ---- memory ---- */

uint64_t pvrig_page(const struct pvrig *r, unsigned n)
{
    return r->scratch + (uint64_t)n * PAGE_SIZE;
}

uint64_t pvrig_mfn(struct pvrig *r, uint64_t va)
{
    unsigned index;
    uint64_t mfn;

    must(pv_find_l1e(r->d, va, &mfn, &index));
    return PV_PTE_MFN(pv_pte_read(r->d, mfn, index));
}

void pvrig_put(struct pvrig *r, uint64_t va, const void *p, size_t n)
{
    must(pv_copy_to(r->d, va, p, n) == 0);
}

void pvrig_get(struct pvrig *r, uint64_t va, void *p, size_t n)
{
    must(pv_copy_from(r->d, p, va, n) == 0);
}

uint32_t pvrig_get32(struct pvrig *r, uint64_t va)
{
    uint32_t v;

    pvrig_get(r, va, &v, sizeof(v));
    return v;
}

uint64_t pvrig_bad(const struct pvrig *r, unsigned i)
{
    static const uint64_t bad64[] = {0xffff800000000000ull, 0x800000000000ull,
                                     0xfffffffffffffffcull, 0x400000};
    static const uint64_t bad32[] = {0xf5800000, 0xe0000000, 0xfffffffc,
                                     0x400000};

    if (i >= PVRIG_BAD)
        return r->tables;
    return r->d->is32 ? bad32[i] : bad64[i];
}

/* ---- hypercalls ---- */

int64_t pvrig_call(struct pvrig *r, unsigned nr, uint64_t a, uint64_t b,
                   uint64_t c)
{
    const uint64_t arg[6] = {a, b, c};

    return pv_hypercall(r->d, nr, arg);
}

int64_t pvrig_op(struct pvrig *r, unsigned nr, uint64_t op, void *arg, size_t n)
{
    uint64_t va = pvrig_page(r, 0);
    int64_t rc;

    pvrig_put(r, va, arg, n);
    rc = pvrig_call(r, nr, op, va, 0);
    pvrig_get(r, va, arg, n);
    return rc;
}

int64_t pvrig_map(struct pvrig *r, uint64_t va, uint64_t e, uint64_t flags)
{
    const uint64_t arg32[6] = {va, (uint32_t)e, e >> 32, flags};
    const uint64_t arg64[6] = {va, e, flags};

    return pv_hypercall(r->d, __HYPERVISOR_update_va_mapping,
                        r->d->is32 ? arg32 : arg64);
}

void pvrig_unmap(struct pvrig *r, uint64_t va)
{
    must(pvrig_map(r, va, 0, UVMF_NONE) == 0);
}

/* ---- running ---- */
#define TRAPS      32u
#define TRAP_BYTES 16u

static uint64_t trap_ip(const struct pvrig *r, unsigned vec)
{
    return pvrig_page(r, PVRIG_TRAPS) + vec * TRAP_BYTES;
}

void pvrig_arm(struct pvrig *r)
{
    static const uint8_t loop[2] = {0xeb, 0xfe};
    unsigned vec;

    for (vec = 0; vec < TRAPS; vec++) {
        r->d->trap[vec] = (struct trap_info){
            .vector = (uint8_t)vec,
            .cs = r->d->is32 ? PV_SEL32_RING1_CS : PV_SEL64_KERNEL_CS,
            .address = trap_ip(r, vec)};
        pvrig_put(r, trap_ip(r, vec), loop, sizeof(loop));
    }
    r->d->c->s.r[R_SP] = r->d->kernel_sp = pvrig_page(r, PVRIG_STACK) + 0x800;
}

void pvrig_run(struct pvrig *r, const void *code, size_t n, unsigned insns)
{
    uint64_t ip = pvrig_page(r, PVRIG_CODE);
    enum run_end end;
    struct error err;

    pvrig_put(r, ip, code, n);
    r->d->c->s.r[R_IP] = ip;
    must(engine_run(r->v, r->v->icount + insns, NULL, NULL, &end, &err) ==
         ST_OK);
    must(end == RUN_BUDGET || end == RUN_CRASHED);
}

int pvrig_trap(const struct pvrig *r)
{
    uint64_t ip = r->d->c->s.r[R_IP] - trap_ip(r, 0);

    return ip < TRAPS * TRAP_BYTES ? (int)(ip / TRAP_BYTES) : -1;
}

void pvrig_to_user(struct pvrig *r)
{
    must(!r->d->is32);
    must(pv_new_user_baseptr(r->d, r->d->kernel_cr3 >> PAGE_SHIFT) == 0);
    pv_toggle_mode(r->d);
}

/* ---- time and events ---- */

void pvrig_advance(struct pvrig *r, uint64_t ns)
{
    struct guest_clock *clk = &r->m->clock;
    uint64_t end = clock_now(clk) + ns, due;

    while ((due = clock_next_due(clk)) <= end) {
        if (due > clock_now(clk))
            clock_skip_to(clk, due);
        clock_run_due(clk);
    }
    clock_skip_to(clk, end);
}

void pvrig_send(struct pvrig *r, uint32_t port)
{
    struct evtchn_send op = {.port = port};

    must(pvrig_op(r, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &op,
                  sizeof(op)) == 0);
}

bool pvrig_pending(struct pvrig *r, uint32_t port)
{
    return pv_evtchn_pending(r->d, port);
}

void pvrig_clear(struct pvrig *r, uint32_t port)
{
    struct pv_domain *d = r->d;
    unsigned sel = d->is32
                       ? offsetof(struct vcpu_info_x86_32, evtchn_pending_sel)
                       : offsetof(struct vcpu_info, evtchn_pending_sel);
    unsigned at =
        (unsigned)(d->is32 ? offsetof(struct shared_info_x86_32, evtchn_pending)
                           : offsetof(struct shared_info, evtchn_pending)) +
        port / 8;
    uint8_t b, zero[8] = {0};

    pv_shared_read(d, at, &b, 1);
    b = (uint8_t)(b & ~(1u << port % 8));
    pv_shared_write(d, at, &b, 1);
    pv_vinfo_write(d, sel, zero, d->is32 ? 4 : 8);
    pv_set_upcall_pending(d, false);
}

static void walk(struct pvrig *r, struct snap *s)
{
    machine_snapshot(r->m, s, true);
    pv_engine_ops.snapshot(r->v, s);
    must(snap_status(s, NULL) == ST_OK);
}

void pvrig_save(struct pvrig *r, struct snap *s)
{
    snap_init_save(s, &r->m->clock);
    walk(r, s);
}

void pvrig_load(struct pvrig *r, const struct snap *s)
{
    struct snap load;

    snap_init_load(&load, &r->m->clock, s->buf, s->len);
    walk(r, &load);
}

uint64_t pvrig_hash(struct pvrig *r)
{
    struct snap s;
    uint64_t h;

    snap_init_hash(&s, &r->m->clock);
    walk(r, &s);
    h = snap_hash(&s);
    snap_fini(&s);
    return h;
}
