/* test_smc.c: code that changes: what runs is always what memory holds.
 *
 * Each program runs at once, then instruction by instruction with all derived
 * state dropped before each, which must come to the same; and EAX at the end is
 * what the changed code makes of it. */
#include "common/x86/block.h"

#include "common/base/rng.h"
#include "common/tests/suite.h"
#include "common/x86/decode.h"
#include "common/x86/interp.h"
#include "common/x86/tests/rig.h"
#include "common/x86/walk.h"

#define MOST 5000u

static struct rig one, ref;

/* In all of them: MOV $n, %al has its immediate in its second byte. */

/* the very next instruction */
GUEST32(next, "lea 1f - next_code + 0x10000, %ebx\n movb $7, 1(%ebx)\n"
              "1: mov $1, %al\n hlt");
/* later in the same block */
GUEST32(later, "lea 1f - later_code + 0x10000, %ebx\n movb $7, 1(%ebx)\n"
               "nop\n nop\n nop\n inc %ecx\n 1: mov $1, %al\n hlt");
/* earlier in the same block, which runs again */
GUEST32(earlier, "lea 1f - earlier_code + 0x10000, %ebx\n xor %ecx, %ecx\n"
                 "1: mov $1, %al\n movb $7, 1(%ebx)\n inc %ecx\n"
                 "cmp $2, %ecx\n jne 1b\n hlt");
/* its own bytes: the running instruction is not changed */
GUEST32(itself,
        "1: movb $0x90, 1b - itself_code + 0x10000\n mov $7, %al\n hlt");
/* another instruction in its place: longer, shorter */
GUEST32(longer, "lea 1f - longer_code + 0x10000, %ebx\n"
                "movl $0xf49007b0, (%ebx)\n 1: inc %eax\n inc %eax\n inc %eax\n"
                "hlt");
GUEST32(to_jump, "lea 1f - to_jump_code + 0x10000, %ebx\n mov $7, %al\n"
                 "movw $0x02eb, (%ebx)\n 1: nop\n nop\n mov $1, %al\n hlt");
GUEST32(to_ud, "lea 1f - to_ud_code + 0x10000, %ebx\n mov $7, %al\n"
               "movw $0x0b0f, (%ebx)\n 1: mov $1, %al\n hlt");
/* another block; one that ran before */
GUEST32(other, "call 1f\n movb $7, 1f - other_code + 0x10001\n call 1f\n hlt\n"
               "1: mov $1, %al\n ret");
/* by a read-modify-write, XCHG, CMPXCHG8B, PUSH, CALL, SSE, x87, MOVS */
GUEST32(by_add, "lea 1f - by_add_code + 0x10000, %ebx\n addb $6, 1(%ebx)\n"
                "1: mov $1, %al\n hlt");
GUEST32(by_xchg, "lea 1f - by_xchg_code + 0x10000, %ebx\n mov $7, %cl\n"
                 "xchg %cl, 1(%ebx)\n 1: mov $1, %al\n hlt");
GUEST32(by_cmpxchg8b, "lea 1f - by_cmpxchg8b_code + 0x10000, %esi\n"
                      "mov (%esi), %eax\n mov 4(%esi), %edx\n"
                      "mov $0xf407b0, %ebx\n mov %edx, %ecx\n"
                      "lock cmpxchg8b (%esi)\n 1: mov $1, %al\n hlt\n"
                      ".skip 8, 0x90");
GUEST32(by_push, "lea 1f - by_push_code + 0x10004, %esp\n pushl $0xf407b0\n"
                 "1: mov $1, %al\n hlt\n nop");
GUEST32(by_call, "lea 1f - by_call_code + 0x10004, %esp\n jmp 2f\n"
                 ".org by_call_code + 0x7ab\n 2: call 3f\n"
                 ".org by_call_code + 0x100b0\n"
                 "3: lea 1f - by_call_code + 0x10000, %ebx\n jmp *%ebx\n"
                 "1: mov $1, %al\n nop\n nop\n hlt");
GUEST32(by_sse, "lea 1f - by_sse_code + 0x10000, %ebx\n movups (%ebx), %xmm0\n"
                "movl $7, 0x40000\n movd 0x40000, %xmm1\n pslldq $1, %xmm1\n"
                "por %xmm1, %xmm0\n movups %xmm0, (%ebx)\n"
                "1: mov $0, %al\n hlt\n .skip 16, 0x90");
GUEST32(by_fist, "lea 1f - by_fist_code + 0x10000, %ebx\n"
                 "movl $0xf407b0, 0x40000\n fildl 0x40000\n fistpl (%ebx)\n"
                 "1: mov $1, %al\n hlt\n nop");
GUEST32(by_movs, "lea 1f - by_movs_code + 0x10000, %edi\n"
                 "lea 2f - by_movs_code + 0x10000, %esi\n mov $2, %ecx\n"
                 "rep movsb\n 1: mov $1, %al\n hlt\n 2: mov $7, %al");
/* REP STOS over itself and on: it goes on to its end */
GUEST32(by_stos,
        "lea 1f - by_stos_code + 0x10000, %edi\n mov $9, %ecx\n"
        "mov $7, %edx\n mov $0x90, %al\n"
        "1: rep stosb\n mov $1, %dl\n mov $2, %dl\n mov $3, %dl\n nop\n"
        "mov %edx, %eax\n hlt");
/* by a device */
GUEST32(by_dma, "mov $0x502, %edx\n out %al, %dx\n mov $1, %al\n hlt");
/* a hundred times, with the block warm */
GUEST32(often, "xor %ecx, %ecx\n lea 1f - often_code + 0x10000, %ebx\n"
               "2: incb 1(%ebx)\n 1: mov $0, %al\n inc %ecx\n cmp $100, %cl\n"
               "jne 2b\n hlt");
/* bytes next to code: nothing happens to the code */
GUEST32(data_near, "mov $7, %al\n mov $50, %ecx\n"
                   "1: movl $0x12345678, 2f - data_near_code + 0x10000\n"
                   "incl 3f - data_near_code + 0x10000\n loop 1b\n jmp 3f + 4\n"
                   "2: .long 0\n 3: .long 0\n hlt");

static const struct program {
    const char *name;
    const uint8_t *code, *end;
    unsigned al;
} programs[] = {
#define PROGRAM(n, al)                                                         \
    {                                                                          \
#n, n##_code, n##_end, al                                              \
    }
    PROGRAM(next, 7),    PROGRAM(later, 7),        PROGRAM(earlier, 7),
    PROGRAM(itself, 7),  PROGRAM(longer, 7),       PROGRAM(to_jump, 7),
    PROGRAM(to_ud, 7),   PROGRAM(other, 7),        PROGRAM(by_add, 7),
    PROGRAM(by_xchg, 7), PROGRAM(by_cmpxchg8b, 7), PROGRAM(by_push, 7),
    PROGRAM(by_call, 7), PROGRAM(by_sse, 7),       PROGRAM(by_fist, 7),
    PROGRAM(by_movs, 7), PROGRAM(by_stos, 7),      PROGRAM(by_dma, 7),
    PROGRAM(often, 100), PROGRAM(data_near, 7),
#undef PROGRAM
};

static void begin(struct rig *r, const struct program *p)
{
    rig_init(r, RIG_PROT);
    rig_put(r, RIG_CODE, p->code, (size_t)(p->end - p->code));
    r->skip = 2;
    r->c->s.cr4 |= CR4_OSFXSR;
    r->dma_pa = RIG_CODE + 7;
    r->dma_bytes[0] = 7;
    r->dma_len = 1;
}

/* Until it halts, one by one, nothing kept. */
static void run_fresh(struct rig *r)
{
    enum exit_kind kind;

    do {
        interp_processor_ops.drop(&r->c->v);
        kind = rig_run(r, 1);
    } while ((kind == EXIT_BUDGET || kind == EXIT_ATTENTION) &&
             r->c->v.icount < MOST);
}

static void check_program(const struct program *p, uint64_t budget)
{
    enum exit_kind kind = EXIT_BUDGET;

    begin(&one, p);
    while ((kind == EXIT_BUDGET || kind == EXIT_ATTENTION) &&
           one.c->v.icount < MOST)
        kind = rig_run(&one, budget);
    ck_assert_msg(kind == EXIT_HALTED, "%s: %s", p->name, exit_kind_text(kind));
    ck_assert_msg((one.c->s.r[R_AX] & 0xff) == p->al, "%s: al is %u", p->name,
                  (unsigned)one.c->s.r[R_AX] & 0xff);
    begin(&ref, p);
    run_fresh(&ref);
    rig_check_same(&one, &ref, true, p->name, budget);
    rig_fini(&ref);
    rig_fini(&one);
}

START_TEST(program)
{
    static const uint64_t budgets[] = {MOST, 1, 2, 3, 5};

    for (unsigned k = 0; k < ARRAY_LEN(budgets); k++)
        check_program(&programs[_i], budgets[k]);
}
END_TEST

/* A page full of code and of data: writes to the data cost no code. */
START_TEST(hot_data)
{
    begin(&one, &programs[ARRAY_LEN(programs) - 1]);
    ck_assert_str_eq(programs[ARRAY_LEN(programs) - 1].name, "data_near");
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.c->interp->blocks.invalidated, 0);
    rig_fini(&one);
}
END_TEST

/* ---- instructions across a page edge ---- */
#define EDGE (RIG_CODE + 0x1000u)

/* MOV $imm32, %eax at every place across the edge; every byte of it is changed
 * by the guest's store, warm. Then by DMA. */
GUEST32(edge, "mov $0x10ff0, %ebx\n 1: call *%ebx\n test %ecx, %ecx\n jz 2f\n"
              "movb $0x55, (%ecx)\n xor %ecx, %ecx\n jmp 1b\n 2: hlt");

static void check_edge(unsigned head, unsigned byte, bool dma)
{
    uint32_t at = EDGE - head;
    uint8_t code[6] = {0xb8, 1, 2, 3, 4, 0xc3}, value = 0x55;

    rig_init(&one, RIG_PROT);
    rig_guest(&one, edge);
    rig_put(&one, RIG_CODE + 1, &at, 4);
    rig_put(&one, at, code, sizeof(code));
    one.c->s.r[R_CX] = dma ? 0 : at + byte;
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    if (dma) {
        rig_put(&one, at + byte, &value, 1);
        one.c->s.r[R_IP] = RIG_CODE;
        one.c->s.activity = X86_ACTIVE;
        ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    }
    code[byte] = value;
    ck_assert_msg(get_le32(code + 1) == (uint32_t)one.c->s.r[R_AX],
                  "%u before the edge, byte %u: %x", head, byte,
                  (unsigned)one.c->s.r[R_AX]);
    rig_fini(&one);
}

START_TEST(page_edge)
{
    for (unsigned byte = 1; byte < 5; byte++) {
        check_edge((unsigned)_i, byte, false);
        check_edge((unsigned)_i, byte, true);
    }
}
END_TEST

/* The second page is another one after a change of the tables and INVLPG. */
GUEST32(remap, "call *%ebx\n mov %eax, %esi\n movl %ecx, (%edi)\n"
               "invlpg (%edx)\n call *%ebx\n hlt");

START_TEST(second_page_remapped)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, remap);
    rig_put(&one, EDGE - 3, "\xb8\x01\x02", 3);
    rig_put(&one, EDGE, "\x03\x04\xc3", 3);
    rig_put(&one, 0x50000, "\x33\x44\xc3", 3);
    rig_paging(&one);
    one.c->s.r[R_BX] = EDGE - 3;
    one.c->s.r[R_CX] = 0x50000 | 7;
    one.c->s.r[R_DI] = RIG_PT + 4 * (EDGE >> 12);
    one.c->s.r[R_DX] = EDGE;
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.c->s.r[R_SI], 0x04030201);
    ck_assert_uint_eq(one.c->s.r[R_AX], 0x44330201);
    rig_fini(&one);
}
END_TEST

/* Both pages are one and the same: its end is the instruction's beginning, its
 * beginning the end. */
GUEST32(folded, "call *%ebx\n mov %eax, %esi\n movb $0x55, (%edi)\n"
                "call *%ebx\n hlt");

START_TEST(second_page_is_the_first)
{
    for (unsigned k = 0; k < 2; k++) {
        rig_init(&one, RIG_PROT);
        rig_guest(&one, folded);
        rig_put(&one, 0x50ffd, "\xb8\x01\x02", 3);
        rig_put(&one, 0x50000, "\x03\x04\xc3", 3);
        rig_paging(&one);
        rig_map(&one, 0x51000, 0x50000, 7);
        one.c->s.r[R_BX] = 0x50ffd;
        one.c->s.r[R_DI] = k == 0 ? 0x50000 : 0x50fff;
        ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
        ck_assert_uint_eq(one.c->s.r[R_SI], 0x04030201);
        ck_assert_uint_eq(one.c->s.r[R_AX], k == 0 ? 0x04550201 : 0x04035501);
        rig_fini(&one);
    }
}
END_TEST

/* ---- aliases ---- */
START_TEST(other_linear_address)
{
    rig_init(&one, RIG_PROT);
    rig_guest(&one, next);
    rig_paging(&one);
    /* EBX points to the alias: skip the LEA */
    rig_map(&one, 0x60000, RIG_CODE, 7);
    one.c->s.r[R_IP] = RIG_CODE + 6;
    one.c->s.r[R_BX] = 0x60000 + 10;
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.c->s.r[R_AX], 7);
    rig_fini(&one);
}
END_TEST

/* A write translation of the alias from before the page held code. */
START_TEST(other_linear_address_warm)
{
    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE, "\xc6\x03\x01\xc6\x03\x02\xff\xd6\xff\xd6\xf4", 11);
    rig_put(&one, 0x50000, "\xb0\x01\xc6\x03\x07\xc3", 6);
    rig_paging(&one);
    rig_map(&one, 0x60000, 0x50000, 7);
    one.c->s.r[R_BX] = 0x60001;
    one.c->s.r[R_SI] = 0x50000;
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.c->s.r[R_AX], 7);
    rig_fini(&one);
}
END_TEST

/* The same bytes are other instructions for another code size. */
START_TEST(two_code_sizes)
{
    static const uint8_t code[] = {0xb8, 1, 0, 0xb9, 2, 0, 0xf4};

    rig_init(&one, RIG_PROT);
    rig_put(&one, RIG_CODE, code, sizeof(code));
    for (unsigned k = 0; k < 6; k++) {
        one.c->s.seg[SEG_CS].attr ^= SA_DB; /* 16, 32, 16... */
        one.c->s.r[R_IP] = RIG_CODE;
        one.c->s.r[R_AX] = one.c->s.r[R_CX] = 0;
        x86_update_mode(one.c);
        ck_assert_int_eq(rig_run(&one, 1), EXIT_BUDGET);
        ck_assert_uint_eq(one.c->s.r[R_AX], k % 2 ? 0x02b90001 : 1);
        ck_assert_uint_eq(one.c->s.r[R_IP], RIG_CODE + (k % 2 ? 5 : 3));
    }
    rig_fini(&one);
}
END_TEST

/* ---- places ---- */

/* ROM: runs as RAM does; stores vanish. */
START_TEST(rom)
{
    struct error err;

    rig_init(&one, RIG_PROT);
    ck_assert_ok(gmem_add(&one.b.m.mem, 0xfff00000, 4096, true, &err), &err);
    ck_assert(gmem_load(&one.b.m.mem, 0xfff00000,
                        "\xc6\x03\x07\xb0\x01\x43\xb0\x02\xf4", 9));
    gmem_clear_dirty(&one.b.m.mem);
    one.c->s.r[R_IP] = 0xfff00000;
    one.c->s.r[R_BX] = 0xfff00004;
    ck_assert_int_eq(rig_finish(&one, MOST), EXIT_HALTED);
    ck_assert_uint_eq(one.c->s.r[R_AX], 2);
    ck_assert_uint_eq(one.c->v.icount, 5);
    ck_assert_uint_eq(*gmem_flags(&one.b.m.mem, 0xfff00000) & GMEM_PAGE_DIRTY,
                      0);
    rig_fini(&one);
}
END_TEST

/* Device memory: each time what the device says, and where the code leaves it
 * what is there. */
static uint64_t code_read(void *opaque, uint64_t off, unsigned size)
{
    const uint8_t *code = opaque;

    return size == 1 ? code[off & 15] : 0;
}

static void code_write(void *opaque, uint64_t off, unsigned size,
                       uint64_t value)
{
    (void)size;
    ((uint8_t *)opaque)[off & 15] = (uint8_t)value;
}

static const struct bus_ops code_ops = {
    .read = code_read, .write = code_write, .max_size = 1};

START_TEST(device_memory)
{
    uint8_t code[16] = {0xb0, 1, 0xc6, 3, 7, 0xeb, 0xf9};
    struct error err;

    rig_init(&one, RIG_PROT);
    ck_assert_ok(bus_add(&one.b.m.bus, BUS_MMIO, 0xd0000000, 4096, &code_ops,
                         code, "code", &err),
                 &err);
    one.c->s.r[R_IP] = 0xd0000000;
    one.c->s.r[R_BX] = 0xd0000001;
    ck_assert_int_eq(rig_run(&one, 1), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.r[R_AX], 1);
    ck_assert_int_eq(rig_run(&one, 3), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.r[R_AX], 7);
    rig_fini(&one);
}
END_TEST

/* Code that begins where there is no memory and goes on in the RAM that is
 * mapped behind, and the other way round. */
START_TEST(hole_and_ram)
{
    /* the hole's last bytes, FF, with 25 imm32 from RAM: JMP *0x12345 */
    rig_init(&one, RIG_PROT);
    rig_paging(&one);
    rig_map(&one, 0x70000, 0x80000000, 7);
    rig_map(&one, 0x71000, 0x50000, 7);
    rig_put(&one, 0x50000, "\x25\x00\x00\x04\x00", 5);
    tables_poke(&one.b, 0x40000, RIG_CODE, 4);
    one.c->s.r[R_IP] = 0x70fff;
    rig_run(&one, 1);
    ck_assert_uint_eq(one.nr, 0);
    ck_assert_uint_eq(one.c->s.r[R_IP], RIG_CODE);
    /* and RAM, B8, with an immediate of ones */
    rig_put(&one, 0xfffff, "\xb8", 1);
    rig_map(&one, 0x71000, 0xff000, 7);
    rig_map(&one, 0x72000, 0x80000000, 7);
    interp_processor_ops.drop(&one.c->v);
    one.c->s.r[R_IP] = 0x71fff;
    ck_assert_int_eq(rig_run(&one, 1), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.r[R_AX], 0xffffffff);
    rig_fini(&one);
}
END_TEST

/* An undefined instruction right before a page that is not there: #UD, for it
 * needs no more bytes; a longer one: #PF of the second page. */
START_TEST(page_missing_behind)
{
    rig_init(&one, RIG_PROT);
    rig_paging(&one);
    rig_map(&one, 0x51000, 0x51000, 0);
    rig_put(&one, 0x50ffe, "\x0f\x0b", 2);
    one.c->s.r[R_IP] = 0x50ffe;
    rig_run(&one, 1);
    ck_assert_uint_eq(one.log[0].vector, VEC_UD);
    rig_put(&one, 0x50ffe, "\x90\xb8", 2);
    one.c->s.r[R_IP] = 0x50ffe;
    one.nr = 0;
    rig_run(&one, 2);
    ck_assert_uint_eq(one.log[0].vector, VEC_PF);
    ck_assert_uint_eq(one.log[0].ip, 0x50fff);
    ck_assert_uint_eq(one.log[0].cr2, 0x51000);
    rig_fini(&one);
}
END_TEST

/* ---- the store of blocks gets full ---- */
START_TEST(store_full)
{
    struct x86_block_cache *bc;

    begin(&one, &programs[0]);
    bc = &one.c->interp->blocks;
    bc->arena_size = 16384;
    /* 2000 blocks of two instructions, then back */
    for (unsigned k = 0; k < 2000; k++)
        rig_put(&one, 0x50000 + 3 * k, "\x40\xeb\x00", 3);
    rig_put(&one, 0x50000 + 3 * 2000, "\xe9\x8b\xe8\xff\xff", 5);
    one.c->s.r[R_IP] = 0x50000;
    one.c->s.r[R_AX] = 0;
    ck_assert_int_eq(rig_run(&one, 3 * 4001), EXIT_BUDGET);
    ck_assert_uint_eq(one.c->s.r[R_AX], 6000);
    ck_assert_uint_eq(one.c->s.r[R_IP], 0x50000);
    ck_assert_uint_gt(bc->refilled, 3);
    rig_fini(&one);
}
END_TEST

/* ---- chance ----
 * Random bytes run and are overwritten at random; with derived state and
 * without it comes to the same. */
static void run_random(struct rig *r, uint64_t seed, bool fresh)
{
    struct rng rng = {.state = seed};
    uint8_t bytes[256];

    rig_init(r, RIG_PROT);
    r->skip = 1;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned k = 0; k < sizeof(bytes); k++)
            bytes[k] = (uint8_t)rng_next(&rng);
        rig_put(r, 0x50f80 + rng_below(&rng, 64), bytes,
                1 + rng_below(&rng, 100 + 155 * (round == 0)));
        r->c->s.r[R_IP] = 0x50f80 + rng_below(&rng, 240);
        r->c->s.r[R_BX] = r->c->s.r[R_SI] = 0x50f00 + rng_below(&rng, 512);
        r->c->s.r[R_DI] = 0x50f00 + rng_below(&rng, 512);
        r->c->s.r[R_CX] = rng_below(&rng, 32);
        r->c->s.activity = X86_ACTIVE;
        if (fresh) {
            for (unsigned k = 0; k < 30; k++) {
                interp_processor_ops.drop(&r->c->v);
                rig_run(r, 1);
            }
        } else {
            rig_run(r, 30);
        }
    }
}

START_TEST(chance)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        run_random(&one, seed + 1000 * (uint64_t)_i, false);
        run_random(&ref, seed + 1000 * (uint64_t)_i, true);
        rig_check_same(&one, &ref, true, "seed", seed + 1000 * (uint64_t)_i);
        rig_fini(&one);
        rig_fini(&ref);
    }
}
END_TEST

Suite *test_smc_suite(void)
{
    Suite *s = suite_create("smc");
    TCase *tc = tcase_create("programs");

    tcase_add_loop_test(tc, program, 0, ARRAY_LEN(programs));
    tcase_add_test(tc, hot_data);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("page edge");
    tcase_add_loop_test(tc, page_edge, 1, 6);
    tcase_add_test(tc, second_page_remapped);
    tcase_add_test(tc, second_page_is_the_first);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("alias");
    tcase_add_test(tc, other_linear_address);
    tcase_add_test(tc, other_linear_address_warm);
    tcase_add_test(tc, two_code_sizes);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("places");
    tcase_add_test(tc, rom);
    tcase_add_test(tc, device_memory);
    tcase_add_test(tc, hole_and_ram);
    tcase_add_test(tc, page_missing_behind);
    tcase_add_test(tc, store_full);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    tc = tcase_create("chance");
    tcase_add_loop_test(tc, chance, 0, 4);
    tcase_set_timeout(tc, 60); /* sanitizers, loaded hosts */
    suite_add_tcase(s, tc);
    return s;
}
