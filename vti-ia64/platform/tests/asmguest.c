/* asmguest.c: guests from assembly. */
#include "vti-ia64/platform/tests/asmguest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "vti-ia64/cpu/state.h"
#include "vti-ia64/engine.h"

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

/* One run of the image at `path`. */
static void run(const char *path, bool user, const struct engine_ops *engine,
                const char *controls, uint64_t max, struct asmguest_end *out)
{
    const char *args[2] = {path, NULL};
    const struct engine_options options = {.controls = controls};
    struct ski_config config = {.engine = engine,
                                .options = &options,
                                .file = path,
                                .args = args,
                                .mem_bytes = 16 << 20,
                                .clock = CLOCK_VIRTUAL,
                                .ips = CLOCK_NS_PER_S,
                                .console = take,
                                .console_opaque = out,
                                .trace_from = UINT64_MAX};
    static struct ia64_state state;
    struct error err;
    struct ski *s;

    memset(out, 0, sizeof(*out));
    ck_assert_ok(ski_create(&config, &s, &err), &err);
    ck_assert_int_eq(ski_user_mode(s), user);
    ck_assert_ok(engine_run(ski_vcpu(s), max, NULL, NULL, &out->end, &err),
                 &err);
    out->code = ski_machine(s)->end_code;
    out->insns = ski_vcpu(s)->icount;
    engine_view(ski_vcpu(s), &state);
    out->registers = regset_hash(ski_vcpu(s)->regs, &state);
    ski_destroy(s);
}

void asmguest_run(const char *source, bool user, uint64_t max,
                  struct asmguest_end *out)
{
    static const char *const controls[] = {"none", "full"};
    struct asmguest_end other;
    char path[512];

    build(source, user, path, sizeof(path));
    run(path, user, &ia64_native_engine_ops, NULL, max, out);
    for (unsigned k = 0; k < ARRAY_LEN(controls) && !user; k++) {
        run(path, user, &ia64_hvm_engine_ops, controls[k], max, &other);
        ck_assert_int_eq(other.end, out->end);
        ck_assert_uint_eq(other.code, out->code);
        ck_assert_uint_eq(other.insns, out->insns);
        ck_assert_str_eq(other.console, out->console);
        ck_assert_uint_eq(other.registers, out->registers);
    }
    remove(path);
}
