/* suite_run.c: runs the suites of a folder and says what came of it. Apart from
 * suite.c, so that programs without suites can use that. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/tests/suite.h"

struct tally {
    unsigned passed, failed, skipped;
};

/* Check tells the name and the loop index of a test only in its log, whose
 * lines start with what it does tell: find those of `r` from *at on. */
static void test_name(const char *log, const char **at, TestResult *r,
                      char *name, size_t size)
{
    char prefix[512];
    const char *found, *end;

    name[0] = '\0';
    snprintf(prefix, sizeof(prefix), ":%d:%c:%s:", tr_lno(r),
             tr_rtype(r) == CK_PASS      ? 'P'
             : tr_rtype(r) == CK_FAILURE ? 'F'
                                         : 'E',
             tr_tcname(r));
    found = log != NULL ? strstr(*at, prefix) : NULL;
    if (found == NULL)
        return;
    found += strlen(prefix);
    end = strstr(found, ": ");
    if (end == NULL)
        return;
    snprintf(name, size, "%.*s", (int)(end - found), found);
    *at = end;
}

static void judge(TestResult *r, const char *name, struct tally *t)
{
    size_t mark = strlen(SUITE_SKIP_MARK);
    const char *msg = tr_msg(r) != NULL ? tr_msg(r) : "";

    if (tr_rtype(r) == CK_PASS) {
        t->passed++;
    } else if (strncmp(msg, SUITE_SKIP_MARK, mark) == 0) {
        t->skipped++;
        printf("SKIP  %s %s %s: %s\n", suite_folder, tr_tcname(r), name,
               msg + mark);
    } else {
        t->failed++;
        printf("FAIL  %s:%d: %s %s: %s\n",
               tr_lfile(r) != NULL ? tr_lfile(r) : suite_folder, tr_lno(r),
               tr_tcname(r), name, msg);
    }
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t cap = 0;

    if (f == NULL)
        return NULL;
    if (getdelim(&text, &cap, '\0', f) < 0) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

static void run_one(const struct suite_entry *e, struct tally *total)
{
    char path[] = "/tmp/triptych-suite-XXXXXX";
    int fd = mkstemp(path);
    Suite *s = e->make();
    SRunner *sr = srunner_create(s);
    struct tally t = {0};
    TestResult **results;
    char name[128], *log;
    const char *at;
    int i, n;

    if (fd >= 0) {
        close(fd);
        srunner_set_log(sr, path);
    }
    fflush(stdout);
    srunner_run_all(sr, CK_SILENT);
    log = fd >= 0 ? read_all(path) : NULL;
    at = log;
    results = srunner_results(sr);
    n = srunner_ntests_run(sr);
    for (i = 0; i < n; i++) {
        test_name(log, &at, results[i], name, sizeof(name));
        judge(results[i], name, &t);
    }
    if (t.skipped > 0 && t.passed + t.failed == 0)
        printf("NOTE  %s: test_%s.c only skipped\n", suite_folder, e->name);
    total->passed += t.passed;
    total->failed += t.failed;
    total->skipped += t.skipped;
    free(results);
    free(log);
    srunner_free(sr);
    if (fd >= 0)
        unlink(path);
}

static bool wanted(const char *name, char **names)
{
    if (*names == NULL)
        return true;
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

int suite_run(char **names)
{
    const struct suite_entry *e;
    struct tally t = {0};
    unsigned nr = 0;

    for (e = suite_list; e->name != NULL; e++) {
        if (!wanted(e->name, names))
            continue;
        run_one(e, &t);
        nr++;
    }
    if (nr == 0) {
        fprintf(stderr, "%s: no such suite; there are:", suite_folder);
        for (e = suite_list; e->name != NULL; e++)
            fprintf(stderr, " %s", e->name);
        fprintf(stderr, "\n");
        return 2;
    }
    printf("RESULT %s passed=%u failed=%u skipped=%u\n", suite_folder, t.passed,
           t.failed, t.skipped);
    return t.failed > 0;
}
