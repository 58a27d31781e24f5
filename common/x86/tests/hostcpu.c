/* hostcpu.c: the host processor as an oracle. */
#include "common/x86/tests/hostcpu.h"

#include <asm/ldt.h>
#include <asm/prctl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define LDT_CODE16 ((0u << 3) | 7u)
#define LDT_DATA16 ((1u << 3) | 7u)
#define LDT_STACK  ((2u << 3) | 7u)
#define USER_CS    0x33u
#define USER_CS32  0x23u
#define USER_DS    0x2bu
#define FL_TF      0x100u

enum phase { IDLE, ENTER, RUNNING, DONE };

static struct {
    volatile enum phase phase;
    unsigned code_size;
    bool repeats;
    struct hostcpu_state in;
    struct hostcpu_result out;
    greg_t home[NGREG]; /* the frame that hostcpu_run() continues from */
    uint8_t home_fx[512];
    uint8_t alt[65536];
} hc;

static const int greg_of[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static uint64_t selectors(unsigned cs, unsigned ss)
{
    return cs | (uint64_t)ss << 48;
}

static void frame_enter(ucontext_t *uc)
{
    greg_t *g = uc->uc_mcontext.gregs;

    memcpy(hc.home, g, sizeof(hc.home));
    memcpy(hc.home_fx, uc->uc_mcontext.fpregs, sizeof(hc.home_fx));
    for (unsigned k = 0; k < 16; k++)
        g[greg_of[k]] = (greg_t)hc.in.r[k];
    g[REG_RIP] = (greg_t)hc.in.rip;
    g[REG_EFL] = (greg_t)((hc.in.rflags & 0x040cd5) | 0x202 | FL_TF);
    if (hc.code_size == 3)
        g[REG_CSGSFS] = (greg_t)selectors(USER_CS, USER_DS);
    else if (hc.code_size == 2)
        g[REG_CSGSFS] = (greg_t)selectors(USER_CS32, USER_DS);
    else
        g[REG_CSGSFS] = (greg_t)selectors(LDT_CODE16, LDT_STACK);
    memcpy(uc->uc_mcontext.fpregs, hc.in.fx, 416);
    hc.phase = RUNNING;
}

static void frame_leave(ucontext_t *uc)
{
    greg_t *g = uc->uc_mcontext.gregs;
    struct hostcpu_state *s = &hc.out.state;

    for (unsigned k = 0; k < 16; k++)
        s->r[k] = (uint64_t)g[greg_of[k]];
    s->rip = (uint64_t)g[REG_RIP];
    s->rflags = (uint64_t)g[REG_EFL] & ~(uint64_t)FL_TF;
    memcpy(s->fx, uc->uc_mcontext.fpregs, sizeof(s->fx));
    hc.out.trap = (int)g[REG_TRAPNO];
    hc.out.error = (uint64_t)g[REG_ERR];
    hc.out.cr2 = (uint64_t)g[REG_CR2];
    memcpy(g, hc.home, sizeof(hc.home));
    memcpy(uc->uc_mcontext.fpregs, hc.home_fx, sizeof(hc.home_fx));
    hc.phase = DONE;
}

static void on_signal(int sig, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
    greg_t *g = uc->uc_mcontext.gregs;

    (void)si;
    /* The guest's AC is not ours. */
    __asm__ volatile("pushfq\n\tandq $~0x40000, (%%rsp)\n\tpopfq"
                     :
                     :
                     : "cc", "memory");
    if (hc.phase == ENTER) {
        frame_enter(uc);
    } else if (hc.phase == RUNNING) {
        if (sig == SIGTRAP && g[REG_TRAPNO] == 1 && hc.repeats &&
            (uint64_t)g[REG_RIP] == hc.in.rip)
            return; /* one iteration; TF is still set */
        frame_leave(uc);
    } else {
        signal(sig, SIG_DFL); /* ours: let it kill us */
    }
}

static bool map_at(uint32_t at, uint32_t bytes, int prot)
{
    return mmap((void *)(uintptr_t)at, bytes, prot,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
                0) == (void *)(uintptr_t)at;
}

static bool set_ldt(unsigned entry, uint32_t base, unsigned contents,
                    unsigned big)
{
    struct user_desc d = {.entry_number = entry,
                          .base_addr = base,
                          .limit = 0xffff,
                          .seg_32bit = big,
                          .contents = contents,
                          .useable = 1};

    return syscall(SYS_modify_ldt, 1, &d, sizeof(d)) == 0;
}

bool hostcpu_init(const char **why)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    stack_t ss = {.ss_sp = hc.alt, .ss_size = sizeof(hc.alt)};
    struct sigaction sa = {.sa_sigaction = on_signal,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    if (!map_at(HOSTCPU_CODE, HOSTCPU_CODE_BYTES,
                PROT_READ | PROT_WRITE | PROT_EXEC) ||
        !map_at(HOSTCPU_DATA, HOSTCPU_DATA_BYTES, PROT_READ | PROT_WRITE)) {
        *why = "the host will not map the fixed addresses";
        return false;
    }
    /* A 32-bit stack: IRET to a 16-bit one does not keep all of ESP. */
    if (!set_ldt(0, HOSTCPU_CODE, 2, 0) || !set_ldt(1, HOSTCPU_DATA, 0, 0) ||
        !set_ldt(2, HOSTCPU_DATA, 0, 1)) {
        *why = "modify_ldt() is not there";
        return false;
    }
    sigaltstack(&ss, NULL);
    for (unsigned k = 0; k < sizeof(signals) / sizeof(signals[0]); k++)
        sigaction(signals[k], &sa, NULL);
    return true;
}

uint8_t *hostcpu_code(void)
{
    return (uint8_t *)(uintptr_t)HOSTCPU_CODE;
}

uint8_t *hostcpu_data(void)
{
    return (uint8_t *)(uintptr_t)HOSTCPU_DATA;
}

/* Signal frames of 64-bit processes do not carry DS and ES. */
static void load_data_segments(unsigned sel)
{
    __asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es" : : "r"(sel));
}

void hostcpu_run(unsigned code_size, const struct hostcpu_state *in,
                 bool repeats, struct hostcpu_result *out)
{
    hc.code_size = code_size;
    hc.repeats = repeats;
    hc.in = *in;
    load_data_segments(code_size == 1 ? LDT_DATA16 : USER_DS);
    hc.phase = ENTER;
    /* Signal frames do not carry ID and NT either: a POPF of the last case may
     * have set them. */
    __asm__ volatile("pushfq\n\tandq $~0x204000, (%%rsp)\n\tpopfq\n\tint3" ::
                         : "memory", "cc");
    while (hc.phase != DONE) {
    }
    hc.phase = IDLE;
    load_data_segments(USER_DS);
    *out = hc.out;
}
