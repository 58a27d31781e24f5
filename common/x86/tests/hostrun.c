/* hostrun.c: one register-only 64-bit instruction on the host and on interp. */
#include "common/x86/tests/hostrun.h"

#include <sys/mman.h>

#include "common/tests/suite.h"
#include "common/x86/flags.h"

const uint64_t hostrun_values[HOSTRUN_VALUES] = {
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    0x0123456789abcdef,
    0x7fffffffffffffff,
    0x8000000000000000,
    0xfedcba9876543210,
    0xffffffffffffffff,
};

/* push rbx; push [rdi+32]; mov rax, [rdi] ... mov rbx, [rdi+24]; popfq */
static const uint8_t before[] = {0x53, 0xff, 0x77, 0x20, 0x48, 0x8b, 0x07,
                                 0x48, 0x8b, 0x4f, 0x08, 0x48, 0x8b, 0x57,
                                 0x10, 0x48, 0x8b, 0x5f, 0x18, 0x9d};
/* mov [rdi], rax ... mov [rdi+24], rbx; pushfq; pop [rdi+32]; cld; pop rbx;
 * ret */
static const uint8_t after[] = {0x48, 0x89, 0x07, 0x48, 0x89, 0x4f, 0x08, 0x48,
                                0x89, 0x57, 0x10, 0x48, 0x89, 0x5f, 0x18, 0x9c,
                                0x8f, 0x47, 0x20, 0xfc, 0x5b, 0xc3};

void hostrun_host(const uint8_t *bytes, unsigned n, struct hostrun *r)
{
    static uint8_t *page; /* tests run in processes of their own */
    void (*run)(struct hostrun *);

    if (page == NULL) {
        page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(page, MAP_FAILED);
        memcpy(page, before, sizeof(before));
    }
    memcpy(page + sizeof(before), bytes, n);
    memcpy(page + sizeof(before) + n, after, sizeof(after));
    r->flags = (r->flags & FL_ARITH) | FL_ONE | FL_IF;
    memcpy(&run, &page, sizeof(run));
    run(r);
}

int hostrun_interp(struct bare *b, const uint8_t *bytes, unsigned n,
                   struct hostrun *r)
{
    struct x86_cpu *c = b->c;
    int result;

    c->s.r[R_AX] = r->ax;
    c->s.r[R_CX] = r->cx;
    c->s.r[R_DX] = r->dx;
    c->s.r[R_BX] = r->bx;
    c->arith = arith_from_rflags(r->flags);
    c->s.r[R_IP] = 0x8000;
    result = bare_exec(b, bytes, n);
    r->ax = c->s.r[R_AX];
    r->cx = c->s.r[R_CX];
    r->dx = c->s.r[R_DX];
    r->bx = c->s.r[R_BX];
    r->flags = x86_rflags(c);
    return result;
}

static void text(char *out, const uint8_t *bytes, unsigned n)
{
    for (unsigned k = 0; k < n; k++)
        out += sprintf(out, "%02x ", bytes[k]);
}

#define SHOW(r)                                                                \
    (unsigned long long)(r).ax, (unsigned long long)(r).cx,                    \
        (unsigned long long)(r).dx, (unsigned long long)(r).bx,                \
        (unsigned)((r).flags & FL_ARITH)
#define SHOWN "%llx %llx %llx %llx fl=%x"

void hostrun_both(struct bare *b, const uint8_t *bytes, unsigned n,
                  const struct hostrun *in)
{
    struct hostrun h = *in, i = *in;
    char hex[64];

    hostrun_host(bytes, n, &h);
    text(hex, bytes, n);
    ck_assert_msg(hostrun_interp(b, bytes, n, &i) == BARE_DONE,
                  "%s: vector %u from " SHOWN, hex, b->event.vector, SHOW(*in));
    if (h.ax != i.ax || h.cx != i.cx || h.dx != i.dx || h.bx != i.bx ||
        ((h.flags ^ i.flags) & FL_ARITH) != 0)
        ck_abort_msg("%s: from " SHOWN "\n host   " SHOWN "\n interp " SHOWN,
                     hex, SHOW(*in), SHOW(h), SHOW(i));
}
