/* test_build.c: kernels that are no guests of this kind: each is refused with a
 * sentence that names the note, and what the others get. */
#include "pv/tests/pvrig.h"

#include <elf.h>

#include "common/base/bits.h"
#include "common/load/loader.h"
#include "common/tests/suite.h"
#include "common/x86/cpuid.h"
#include "pv/engine.h"

struct trial {
    struct machine *m;
    struct vcpu *v;
};

static enum status build(struct trial *t, const uint8_t file[PVRIG_KERNEL],
                         uint64_t ram, const char *cmdline, struct error *err)
{
    const struct machine_config mc = {
        .ram_bytes = ram, .clock = CLOCK_VIRTUAL, .ips = CLOCK_NS_PER_S};
    const struct processor_config pc = {.trace_from = UINT64_MAX,
                                        .cpu = cpuid_model_default()};
    char path[32];
    const struct load_request rq = {
        .kernel = pvrig_file(file, PVRIG_KERNEL, path), .cmdline = cmdline};

    ck_assert_ok(machine_create(&mc, &t->m, err), err);
    ck_assert_ok(
        interp_processor_ops.create(t->m, &pv_engine_ops, &pc, &t->v, err),
        err);
    ck_assert_ok(pv_engine_ops.attach(t->v, err), err);
    return pv_engine_ops.load(t->v, &rq, err);
}

static void fini(struct trial *t)
{
    pv_engine_ops.detach(t->v);
    interp_processor_ops.destroy(t->v);
    machine_destroy(t->m);
}

static void refused(const uint8_t file[PVRIG_KERNEL], enum status want,
                    const char *words)
{
    struct trial t;
    struct error err;

    ck_assert_int_eq(build(&t, file, PVRIG_RAM, "", &err), want);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
    fini(&t);
}

/* ---- notes: one more, which counts, as it comes last ---- */
static const struct bad_note {
    uint32_t type;
    const char *text; /* NULL: the number */
    uint64_t number;
    enum status st;
    const char *words;
    bool only32;
} bad_notes[] = {
    {XEN_ELFNOTE_LOADER, "linux", 0, ST_NOTSUP, "XEN_ELFNOTE_LOADER", false},
    {XEN_ELFNOTE_FEATURES, "!auto_translated_physmap", 0, ST_NOTSUP,
     "auto_translated_physmap", false},
    {XEN_ELFNOTE_FEATURES, "writable_page_tables|!dom0", 0, ST_NOTSUP, "dom0",
     false},
    {XEN_ELFNOTE_PAE_MODE, "no", 0, ST_NOTSUP, "XEN_ELFNOTE_PAE_MODE", true},
    {XEN_ELFNOTE_VIRT_BASE, NULL, 0x1000, ST_GUEST, "XEN_ELFNOTE_VIRT_BASE",
     false},
    {XEN_ELFNOTE_VIRT_BASE, NULL, PV_HOLE64_START, ST_GUEST,
     "XEN_ELFNOTE_VIRT_BASE", false},
    {XEN_ELFNOTE_VIRT_BASE, NULL, 0xf5800000, ST_GUEST, "XEN_ELFNOTE_VIRT_BASE",
     true},
    {XEN_ELFNOTE_VIRT_BASE, NULL, 1ull << 60, ST_GUEST, "XEN_ELFNOTE_VIRT_BASE",
     false},
    {XEN_ELFNOTE_INIT_P2M, NULL, PV_HOLE64_START, ST_GUEST,
     "XEN_ELFNOTE_INIT_P2M", false},
    {XEN_ELFNOTE_INIT_P2M, NULL, 12, ST_GUEST, "XEN_ELFNOTE_INIT_P2M", false},
    {XEN_ELFNOTE_HYPERCALL_PAGE, NULL, 0x1234, ST_GUEST,
     "XEN_ELFNOTE_HYPERCALL_PAGE", false},
    {XEN_ELFNOTE_HYPERCALL_PAGE, NULL, 0x1000, ST_GUEST,
     "XEN_ELFNOTE_HYPERCALL_PAGE", false},
    {XEN_ELFNOTE_BSD_SYMTAB, "yes", 0, ST_GUEST, "XEN_ELFNOTE_BSD_SYMTAB",
     false},
    {XEN_ELFNOTE_PADDR_OFFSET, NULL, 0xffff0000, ST_GUEST, "segment", false},
};

START_TEST(refuses_notes)
{
    const struct bad_note *n = &bad_notes[_i];
    uint8_t file[PVRIG_KERNEL];
    bool is32 = n->only32;
    size_t len = pvrig_kernel(file, is32);

    if (n->text != NULL)
        len += pvrig_note(file + PVRIG_NOTES + len, n->type, n->text,
                          (uint32_t)strlen(n->text) + 1);
    else
        len += pvrig_note(file + PVRIG_NOTES + len, n->type, &n->number,
                          is32 ? 4 : 8);
    pvrig_headers(file, is32, len);
    refused(file, n->st, n->words);
}
END_TEST

START_TEST(refuses_no_notes)
{
    uint8_t file[PVRIG_KERNEL];

    pvrig_kernel(file, _i == 1);
    pvrig_headers(file, _i == 1, 0);
    refused(file, ST_GUEST, "XEN_ELFNOTE_ENTRY");
    memset(file, 0x55, sizeof(file));
    refused(file, ST_GUEST, "ELF");
}
END_TEST

/* What a kernel may ask for */
START_TEST(takes_notes)
{
    static const char *const features[] = {
        "!writable_page_tables|pae_pgdir_above_4gb",
        "!writable_descriptor_tables", "!supervisor_mode_kernel", "|||",
        "auto_translated_physmap"};
    uint8_t file[PVRIG_KERNEL];
    size_t len = pvrig_kernel(file, false);
    struct error err;
    struct trial t;

    len += pvrig_note(file + PVRIG_NOTES + len, XEN_ELFNOTE_FEATURES,
                      features[_i], (uint32_t)strlen(features[_i]) + 1);
    pvrig_headers(file, false, len);
    ck_assert_ok(build(&t, file, PVRIG_RAM, "", &err), &err);
    fini(&t);
}
END_TEST

/* A symbol table behind the kernel: its strings are in the last section of what
 * is there, an ELF file of three. */
START_TEST(loads_symbols)
{
    uint8_t file[PVRIG_KERNEL], got[4 + sizeof(Elf64_Ehdr)];
    static const char strings[] = "\0first\0second";
    size_t len = pvrig_kernel(file, false);
    Elf64_Shdr sh[3] = {[1] = {.sh_type = SHT_SYMTAB,
                               .sh_link = 2,
                               .sh_offset = 0x800,
                               .sh_size = 2 * sizeof(Elf64_Sym),
                               .sh_entsize = sizeof(Elf64_Sym)},
                        [2] = {.sh_type = SHT_STRTAB,
                               .sh_offset = 0x900,
                               .sh_size = sizeof(strings)}};
    Elf64_Ehdr eh;
    struct error err;
    struct trial t;
    char text[sizeof(strings)];
    uint64_t end;

    len +=
        pvrig_note(file + PVRIG_NOTES + len, XEN_ELFNOTE_BSD_SYMTAB, "yes", 4);
    pvrig_headers(file, false, len);
    memcpy(&eh, file, sizeof(eh));
    eh.e_shoff = 0xa00;
    eh.e_shnum = 3;
    eh.e_shentsize = sizeof(sh[0]);
    memcpy(file, &eh, sizeof(eh));
    memcpy(file + 0x900, strings, sizeof(strings));
    memcpy(file + 0xa00, sh, sizeof(sh));
    ck_assert_ok(build(&t, file, PVRIG_RAM, "", &err), &err);
    /* The kernel's one page ends here. */
    end = x86_cpu(t.v)->s.r[R_IP] + PAGE_SIZE;
    ck_assert_int_eq(pv_copy_from(pv_domain(t.v), got, end, sizeof(got)), 0);
    memcpy(&eh, got + 4, sizeof(eh));
    ck_assert_uint_eq(eh.e_shnum, 3);
    ck_assert_int_eq(
        pv_copy_from(pv_domain(t.v), sh, end + 4 + eh.e_shoff, sizeof(sh)), 0);
    ck_assert_uint_eq(sh[2].sh_type, SHT_STRTAB);
    ck_assert_uint_eq(get_le32(got), sh[2].sh_offset + sh[2].sh_size);
    ck_assert_int_eq(pv_copy_from(pv_domain(t.v), text,
                                  end + 4 + sh[2].sh_offset, sizeof(text)),
                     0);
    ck_assert_mem_eq(text, strings, sizeof(text));
    fini(&t);
}
END_TEST

/* Notes cut anywhere: a guest or a refusal, never more. */
START_TEST(cut_notes)
{
    uint8_t file[PVRIG_KERNEL];
    size_t len = pvrig_kernel(file, _i == 1), n;
    unsigned taken = 0;
    struct error err;
    struct trial t;

    for (n = 0; n <= len; n += 4) {
        pvrig_headers(file, _i == 1, n);
        taken += build(&t, file, PVRIG_RAM, "", &err) == ST_OK;
        fini(&t);
    }
    ck_assert_uint_ge(taken, 1);
    ck_assert_uint_lt(taken, len / 4);
}
END_TEST

/* ---- the rest of the request ---- */
START_TEST(refuses_requests)
{
    static char line[MAX_GUEST_CMDLINE + 1];
    uint8_t file[PVRIG_KERNEL];
    struct error err;
    struct trial t;

    pvrig_kernel(file, _i == 1);
    memset(line, 'x', sizeof(line) - 1);
    ck_assert_int_eq(build(&t, file, PVRIG_RAM, line, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "command line"));
    fini(&t);
    line[MAX_GUEST_CMDLINE - 1] = '\0';
    ck_assert_ok(build(&t, file, PVRIG_RAM, line, &err), &err);
    fini(&t);
    ck_assert_int_eq(build(&t, file, 4u << 20, "", &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "--mem"));
    fini(&t);
}
END_TEST

Suite *test_build_suite(void)
{
    Suite *s = suite_create("build");
    TCase *tc = tcase_create("notes");

    tcase_add_loop_test(tc, refuses_notes, 0, ARRAY_LEN(bad_notes));
    tcase_add_loop_test(tc, refuses_no_notes, 0, 2);
    tcase_add_loop_test(tc, takes_notes, 0, 5);
    tcase_add_test(tc, loads_symbols);
    tcase_add_loop_test(tc, cut_notes, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("requests");
    tcase_add_loop_test(tc, refuses_requests, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
