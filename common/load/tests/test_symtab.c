/* test_symtab.c: names of guest addresses. */
#include "common/load/symtab.h"

#include <elf.h>
#include <string.h>

#include "common/tests/suite.h"

static const char map[] = "00001000 T start\n"
                          "ffffffff81000020 t second\n"
                          "ffffffff81000000 T first\t[module]\n"
                          "0000000000000000 U elsewhere\n";

static void check(const struct symtab *t, uint64_t addr, const char *name,
                  uint64_t offset)
{
    uint64_t got = ~0ull;
    const char *s = symtab_lookup(t, addr, &got);

    if (name == NULL) {
        ck_assert_ptr_null(s);
        return;
    }
    ck_assert_ptr_nonnull(s);
    ck_assert_str_eq(s, name);
    ck_assert_uint_eq(got, offset);
}

START_TEST(system_map)
{
    const char *path = suite_tmpfile("System.map", map, sizeof(map) - 1);
    struct symtab t;
    struct error err;
    uint64_t addr;

    ck_assert_ok(symtab_load(path, &t, &err), &err);
    ck_assert_uint_eq(t.nr, 3);
    check(&t, 0xfff, NULL, 0);
    check(&t, 0x1000, "start", 0);
    check(&t, 0xffffffff8100001f, "first", 0x1f);
    check(&t, 0xffffffff81000020, "second", 0);
    check(&t, 0xffffffff8101001f, "second", 0xffff);
    check(&t, 0xffffffff81010020, NULL, 0);
    ck_assert(symtab_find(&t, "second", &addr));
    ck_assert_uint_eq(addr, 0xffffffff81000020);
    ck_assert(!symtab_find(&t, "elsewhere", &addr));
    symtab_fini(&t);
}
END_TEST

struct elf_file {
    Elf64_Ehdr eh;
    Elf64_Shdr sh[3]; /* null, .symtab, .strtab */
    Elf64_Sym sym[6];
    char str[24];
};

static void make_elf(struct elf_file *f)
{
    memset(f, 0, sizeof(*f));
    memcpy(f->eh.e_ident, ELFMAG, SELFMAG);
    f->eh.e_ident[EI_CLASS] = ELFCLASS64;
    f->eh.e_ident[EI_DATA] = ELFDATA2LSB;
    f->eh.e_ident[EI_VERSION] = EV_CURRENT;
    f->eh.e_type = ET_EXEC;
    f->eh.e_machine = EM_X86_64;
    f->eh.e_version = EV_CURRENT;
    f->eh.e_ehsize = sizeof(f->eh);
    f->eh.e_shoff = offsetof(struct elf_file, sh);
    f->eh.e_shentsize = sizeof(f->sh[0]);
    f->eh.e_shnum = 3;
    f->eh.e_shstrndx = 2;
    f->sh[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                            .sh_offset = offsetof(struct elf_file, sym),
                            .sh_size = sizeof(f->sym),
                            .sh_link = 2,
                            .sh_entsize = sizeof(f->sym[0]),
                            .sh_addralign = 8};
    f->sh[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                            .sh_offset = offsetof(struct elf_file, str),
                            .sh_size = sizeof(f->str),
                            .sh_addralign = 1};
    memcpy(f->str, "\0main\0label\0file.c\0", 20);
    f->sym[1] = (Elf64_Sym){.st_name = 1,
                            .st_value = 0x100010,
                            .st_size = 8,
                            .st_info = STT_FUNC,
                            .st_shndx = 1};
    f->sym[2] = (Elf64_Sym){.st_name = 6,
                            .st_value = 0x100010,
                            .st_info = STT_NOTYPE,
                            .st_shndx = 1};
    f->sym[3] =
        (Elf64_Sym){.st_name = 12, .st_info = STT_FILE, .st_shndx = SHN_ABS};
    f->sym[4] = (Elf64_Sym){
        .st_name = 0xffffff, .st_value = 1, .st_info = STT_FUNC, .st_shndx = 1};
    f->sym[5] = (Elf64_Sym){.st_name = 6,
                            .st_value = 0x81,
                            .st_info = STT_NOTYPE,
                            .st_shndx = SHN_ABS};
}

START_TEST(elf_symbols)
{
    struct elf_file f;
    struct symtab t;
    struct error err;

    make_elf(&f);
    ck_assert_ok(symtab_load(suite_tmpfile("elf", &f, sizeof(f)), &t, &err),
                 &err);
    ck_assert_uint_eq(t.nr, 2);
    check(&t, 0x100010, "main", 0);
    check(&t, 0x100017, "main", 7);
    check(&t, 0x100018, NULL, 0);
    check(&t, 0x10000f, NULL, 0);
    symtab_fini(&t);
}
END_TEST

static const char *const bad_maps[] = {
    "nonsense\n",
    "123 T\n",
    "123 TT name\n",
    "12345678123456781 T name\n",
    "12x T name\n",
    /* what Debian's packages have in the place of the real one */
    "ffffffffffffffff B The real System.map is elsewhere\n",
};

START_TEST(what_is_no_map_is_refused)
{
    const char *text = bad_maps[_i];
    struct symtab t;
    struct error err;

    ck_assert_int_eq(
        symtab_load(suite_tmpfile("bad", text, strlen(text)), &t, &err),
        ST_GUEST);
    ck_assert_ptr_nonnull(strstr(err.text, "line 1"));
}
END_TEST

START_TEST(a_file_without_symbols_is_refused)
{
    struct elf_file f;
    struct symtab t;
    struct error err;

    make_elf(&f);
    f.sh[1].sh_type = SHT_PROGBITS;
    ck_assert_int_eq(symtab_load(suite_tmpfile("elf", &f, sizeof(f)), &t, &err),
                     ST_GUEST);
    ck_assert_ptr_nonnull(strstr(err.text, "no symbols"));
}
END_TEST

Suite *test_symtab_suite(void)
{
    Suite *s = suite_create("symtab");
    TCase *tc = tcase_create("symtab");

    tcase_add_test(tc, system_map);
    tcase_add_test(tc, elf_symbols);
    tcase_add_loop_test(tc, what_is_no_map_is_refused, 0,
                        (int)ARRAY_LEN(bad_maps));
    tcase_add_test(tc, a_file_without_symbols_is_refused);
    suite_add_tcase(s, tc);
    return s;
}
