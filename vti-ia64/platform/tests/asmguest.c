/* asmguest.c: guests from assembly. */
#include "vti-ia64/platform/tests/asmguest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tests/suite.h"

static void take(void *opaque, const uint8_t *buf, size_t len)
{
    struct asmguest_end *e = opaque;
    size_t at = strlen(e->console);

    for (size_t k = 0; k < len && at < sizeof(e->console) - 1; k++)
        e->console[at++] = (char)buf[k];
}

static void build(const char *source, bool user, char *path, size_t size)
{
    const char *dir = suite_tmpdir();
    char command[2048];

    if (system("command -v ia64-linux-gnu-as >/dev/null 2>&1") != 0)
        SKIP("no ia64-linux-gnu-as (package binutils-ia64-linux-gnu)");
    suite_tmpfile("guest.s", source, strlen(source));
    snprintf(path, size, "%s/guest", dir);
    snprintf(command, sizeof(command),
             "cd '%s' && ia64-linux-gnu-as -x guest.s -o guest.o 2>as.log && "
             "ia64-linux-gnu-ld %s -o guest guest.o; rm -f as.log guest.o",
             dir,
             user ? ""
                  : "-Ttext 0x100000 -Tdata 0x180000 "
                    "--section-start=.ivt=0x200000");
    ck_assert_int_eq(system(command), 0);
}

void asmguest_run(const char *source, bool user, uint64_t max,
                  struct asmguest_end *out)
{
    char path[512];
    const char *args[2] = {path, NULL};
    struct ski_config config = {.file = path,
                                .args = args,
                                .mem_bytes = 16 << 20,
                                .clock = CLOCK_VIRTUAL,
                                .ips = CLOCK_NS_PER_S,
                                .console = take,
                                .console_opaque = out,
                                .trace_from = UINT64_MAX};
    struct error err;
    struct ski *s;

    memset(out, 0, sizeof(*out));
    build(source, user, path, sizeof(path));
    ck_assert_ok(ski_create(&config, &s, &err), &err);
    ck_assert_int_eq(ski_user_mode(s), user);
    ck_assert_ok(engine_run(ski_vcpu(s), max, NULL, NULL, &out->end, &err),
                 &err);
    out->code = ski_machine(s)->end_code;
    out->insns = ski_vcpu(s)->icount;
    ski_destroy(s);
    remove(path);
}
