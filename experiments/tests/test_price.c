/* test_price.c: price lists: what is refused and how it is said; arithmetic on
 * ledgers made by hand. */
#include "experiments/lib/price.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/engine/disposition.h"
#include "common/tests/suite.h"
#include "experiments/lib/price_exits.h"
#include "experiments/lib/sample.h"

#define DATASETS TEST_BUILD "/datasets"
#define HEADER   "engine,kind,reason,sub,low,high,unit,source,place,class,note\n"
#define HANDLERS                                                               \
    "engine,kind,reason,sub,instructions,guest,interval,events,note\n"
#define MODEL                                                                  \
    "*,MODEL,CLOCK,*,1000,1000,Hz,s,p,printed,\n"                              \
    "*,MODEL,CPI,*,1,2,cycles/instruction,s,p,printed,\n"                      \
    "*,MODEL,HANDLER_CPI,*,1,3,cycles/instruction,s,p,printed,\n"

static const char *dir;

static void put(const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "we");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void make_folder(void)
{
    char path[256];

    dir = suite_tmpdir();
    snprintf(path, sizeof(path), "%s/processors", dir);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/handlers", dir);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    put("handlers/x86-64.csv", HANDLERS);
}

static const struct {
    const char *list, *says;
} bad[] = {
    {"", "empty"},
    {"engine,kind\n", "t.csv:1: the header is not"},
    {HEADER, "no MODEL row CPI"},
    {HEADER MODEL "*,SENSITIVE,IN,*,1,1,cycles,s,p,printed\n",
     "t.csv:5: 10 fields, not 11"},
    {HEADER MODEL "*,SENSITIVE,IN,*,1,1,cycles,\"s,p,printed,\n",
     "t.csv:5: quotation marks do not match"},
    {HEADER MODEL "vmx,SENSITIVE,IN,*,1,1,cycles,s,p,printed,\n",
     "t.csv:5: no engine 'vmx'"},
    {HEADER MODEL "*,SENSIBLE,IN,*,1,1,cycles,s,p,printed,\n",
     "t.csv:5: no kind of ledger rows 'SENSIBLE'"},
    {HEADER MODEL "*,SENSITIVE,INN,*,1,1,cycles,s,p,printed,\n",
     "t.csv:5: no row of kind SENSITIVE is called 'INN'"},
    {HEADER MODEL "*,PROCESSOR,JIT_units,*,1,1,cycles,s,p,printed,\n",
     "t.csv:5: PROCESSOR rows are private"},
    {HEADER MODEL "*,SENSITIVE,IN,x,1,1,cycles,s,p,printed,\n",
     "t.csv:5: sub: a number or *"},
    {HEADER MODEL "*,SENSITIVE,IN,*,-1,1,cycles,s,p,printed,\n",
     "t.csv:5: low and high: numbers"},
    {HEADER MODEL "*,SENSITIVE,IN,*,1,nan,cycles,s,p,printed,\n",
     "t.csv:5: low and high: numbers"},
    {HEADER MODEL "*,SENSITIVE,IN,*,2,1,cycles,s,p,printed,\n",
     "t.csv:5: low is above high"},
    {HEADER MODEL "*,SENSITIVE,IN,*,1,1,ns,s,p,printed,\n",
     "t.csv:5: unit: cycles, not 'ns'"},
    {HEADER MODEL "*,SENSITIVE,IN,*,1,1,cycles,,p,printed,\n",
     "t.csv:5: a value without its source"},
    {HEADER MODEL "*,SENSITIVE,IN,*,1,1,cycles,s,p,memory,\n",
     "t.csv:5: no class 'memory'"},
    {HEADER MODEL "*,SENSITIVE,IN,*,1,1,cycles,s,p,assumed,\n",
     "t.csv:5: class assumed wants a note"},
    {HEADER MODEL "*,SENSITIVE,IN,*,1,1,cycles,s,p,printed,\n"
                  "*,SENSITIVE,IN,*,1,1,cycles,s,p,printed,\n",
     "t.csv:6: SENSITIVE IN has a price already"},
    {HEADER "*,MODEL,IPC,*,1,1,cycles,s,p,printed,\n",
     "t.csv:2: MODEL has CLOCK, CPI, HANDLER_CPI"},
};

START_TEST(refused)
{
    struct price_list p;
    struct error err;

    make_folder();
    put("processors/t.csv", bad[_i].list);
    ck_assert_int_eq(price_load(dir, "t", &p, &err), ST_INVAL);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s\nnot: %s",
                  bad[_i].says, err.text);
}
END_TEST

START_TEST(no_such_list)
{
    static const char *const names[] = {"nothing", "../README", "", "a/b"};
    struct price_list p;
    struct error err;

    ck_assert_int_eq(price_load(DATASETS, names[_i], &p, &err), ST_INVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "no price list"));
}
END_TEST

/* Every list of ours can be read, and none is empty. */
START_TEST(ours)
{
    struct price_list p;
    struct error err;
    char **names;
    unsigned nr;

    ck_assert_ok(price_names(DATASETS, &names, &nr, &err), &err);
    ck_assert_uint_ge(nr, 2);
    for (unsigned i = 0; i < nr; i++) {
        ck_assert_ok(price_load(DATASETS, names[i], &p, &err), &err);
        ck_assert_uint_gt(p.nr_prices, 0);
        ck_assert_uint_gt(p.nr_handlers, 0);
        price_fini(&p);
    }
    price_names_free(names, nr);
}
END_TEST

/* ---- arithmetic ---- */
#define LIST                                                                   \
    HEADER MODEL "*,SENSITIVE,IN,*,100,100,cycles,s,p,printed,\n"              \
                 "*,SENSITIVE,IN,8,200,300,cycles,s,p,printed,\n"              \
                 "*,SENSITIVE,EXCEPTION,*,50,50,cycles,s,p,printed,\n"         \
                 "hvm,VMX,EXIT,*,1000,1000,cycles,s,p,printed,\n"
#define WORK                                                                   \
    HANDLERS "hvm,EXIT,IO_INSTRUCTION,*,10,g,i,1,\n"                           \
             "bt,BT_CALLOUT,IN,*,20,g,i,1,\n"

static struct price_list list;

static void load_list(void)
{
    struct error err;

    make_folder();
    put("processors/t.csv", LIST);
    put("handlers/x86-64.csv", "# a comment\n" WORK);
    ck_assert_ok(price_load(dir, "t", &list, &err), &err);
}

static void unload_list(void)
{
    price_fini(&list);
}

static void priced(const char *engine, const struct ledger *l, uint64_t insns,
                   struct priced *out)
{
    struct error err;

    ck_assert_ok(price_ledger(&list, engine, l, insns, NULL, NULL, out, &err),
                 &err);
}

START_TEST(of_a_native_run)
{
    struct ledger l;
    struct priced p;
    struct error err;

    ck_assert_ok(ledger_init(&l, &err), &err);
    ledger_add(&l, LEDGER_SENSITIVE, SENS_IN, 7, 2);
    ledger_add(&l, LEDGER_SENSITIVE, SENS_IN, 8, 1);
    ledger_add(&l, LEDGER_SENSITIVE, SENS_EXCEPTION, 14, 1);
    ledger_add(&l, LEDGER_PROCESSOR, 0, 0, 12345);
    /* 10 instructions, of which 3 are INs; the exception is none. */
    priced("native", &l, 10, &p);
    ck_assert_uint_eq(p.nr_missing, 0);
    ck_assert_double_eq(p.cycles.low, 7 + 2 * 100 + 200 + 50);
    ck_assert_double_eq(p.cycles.high, 14 + 2 * 100 + 300 + 50);
    ledger_fini(&l);
}
END_TEST

/* The VMM's operations are not the processor's. */
START_TEST(of_a_vmm)
{
    struct ledger l;
    struct priced p;
    struct error err;

    ck_assert_ok(ledger_init(&l, &err), &err);
    ledger_add(&l, LEDGER_SENSITIVE, SENS_IN, 7, 5);
    ledger_add(&l, LEDGER_BT_CALLOUT, SENS_IN, 7, 4);
    priced("bt", &l, 5, &p);
    ck_assert_double_eq(p.cycles.low, 1 * 100 + 4 * 20 * 1);
    ck_assert_double_eq(p.cycles.high, 1 * 100 + 4 * 20 * 3);
    ledger_clear(&l);
    ledger_add(&l, LEDGER_SENSITIVE, SENS_IN, 7, 5);
    ledger_add(&l, LEDGER_EXIT, 30, 7, 5);
    ledger_add(&l, LEDGER_VMX, 4, 0, 5);
    priced("hvm", &l, 5, &p);
    ck_assert_double_eq(p.cycles.low, 5 * 1000 + 5 * 10 * 1);
    ck_assert_double_eq(p.cycles.high, 5 * 1000 + 5 * 10 * 3);
    ledger_fini(&l);
}
END_TEST

START_TEST(rows_without_a_price)
{
    struct ledger l;
    struct priced p;
    struct error err;

    ck_assert_ok(ledger_init(&l, &err), &err);
    ledger_add(&l, LEDGER_SENSITIVE, SENS_HLT, 0, 1);
    ledger_add(&l, LEDGER_SENSITIVE, SENS_MOV_TO_CR, 3, 1);
    ledger_add(&l, LEDGER_VMX, 4, 0, 1); /* priced for hvm alone */
    priced("native", &l, 2, &p);
    ck_assert_uint_eq(p.nr_missing, 3);
    ck_assert_str_eq(p.missing,
                     "SENSITIVE HLT, SENSITIVE MOV_TO_CR 0x3, VMX EXIT");
    ledger_fini(&l);
}
END_TEST

static const struct {
    unsigned reason;
    uint64_t sub;
    unsigned op;
    uint64_t op_sub;
} exits[] = {
    {0, 14, SENS_EXCEPTION, 14},
    {1, 0, SENS_EXTINT, PRICE_ANY_SUB},
    {10, 4, SENS_CPUID, 4},
    {28, 0x03, SENS_MOV_TO_CR, 3},
    {28, 0x18, SENS_MOV_FROM_CR, 8},
    {28, 0x20, SENS_CLTS, PRICE_ANY_SUB},
    {28, 0x30, SENS_LMSW, PRICE_ANY_SUB},
    {30, 0x80, SENS_IN, 0x80},
    {32, 0x1b, SENS_WRMSR, 0x1b},
};

START_TEST(exits_stand_for)
{
    struct price_exit e = price_exit_of(exits[_i].reason, exits[_i].sub);

    ck_assert_uint_ge(e.nr, 1);
    ck_assert_uint_eq(e.op[0], exits[_i].op);
    ck_assert_uint_eq(e.sub, exits[_i].op_sub);
}
END_TEST

/* Every name in price_exits.def is one of VMX. */
START_TEST(exit_names)
{
    static const char *const names[] = {
#define PRICE_EXIT(reason, sub, ...) reason,
#include "experiments/lib/price_exits.def"
#undef PRICE_EXIT
    };
    struct ledger_row r = {.kind = LEDGER_EXIT};
    char text[40];
    bool found;

    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        found = false;
        for (r.reason = 0; r.reason < 80 && !found; r.reason++) {
            sample_reason_name(&r, text, sizeof(text));
            found = strcmp(text, names[i]) == 0;
        }
        ck_assert_msg(found, "%s", names[i]);
    }
}
END_TEST

Suite *test_price_suite(void)
{
    Suite *s = suite_create("price");
    TCase *lists = tcase_create("lists"), *sums = tcase_create("sums");

    tcase_add_loop_test(lists, refused, 0, ARRAY_LEN(bad));
    tcase_add_loop_test(lists, no_such_list, 0, 4);
    tcase_add_test(lists, ours);
    tcase_add_test(lists, exit_names);
    tcase_add_loop_test(lists, exits_stand_for, 0, ARRAY_LEN(exits));
    suite_add_tcase(s, lists);
    tcase_add_checked_fixture(sums, load_list, unload_list);
    tcase_add_test(sums, of_a_native_run);
    tcase_add_test(sums, of_a_vmm);
    tcase_add_test(sums, rows_without_a_price);
    suite_add_tcase(s, sums);
    return s;
}
