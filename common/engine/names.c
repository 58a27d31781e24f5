/* names.c: texts of the contracts' enumerations. */
#include "common/engine/disposition.h"
#include "common/engine/engine.h"
#include "common/engine/vcpu.h"

const char *sensitive_text(enum x86_sensitive op)
{
    static const char *const text[] = {
#define SENSITIVE(name, text, sub) [SENS_##name] = text,
#include "common/x86/sensitive.def"
#undef SENSITIVE
    };

    return (unsigned)op < SENS_COUNT ? text[op] : "?";
}

const char *sensitive_name(enum x86_sensitive op)
{
    static const char *const name[] = {
#define SENSITIVE(name, text, sub) [SENS_##name] = #name,
#include "common/x86/sensitive.def"
#undef SENSITIVE
    };

    return (unsigned)op < SENS_COUNT ? name[op] : "?";
}

const char *exit_kind_text(enum exit_kind kind)
{
    static const char *const text[] = {
#define EXIT(name, text) [EXIT_##name] = text,
#include "common/engine/exit.def"
#undef EXIT
    };

    return (unsigned)kind < ARRAY_LEN(text) ? text[kind] : "?";
}

const char *run_end_text(enum run_end end)
{
    static const char *const text[] = {
        [RUN_MACHINE] = "the machine ended the run",
        [RUN_SHUTDOWN] = "shutdown: a fault while delivering a double fault",
        [RUN_DEADLOCK] = "halted with nothing left that could wake it",
        [RUN_BUDGET] = "instruction budget used up",
        [RUN_STALLED] =
            "events are delivered without end and no instruction retires",
        [RUN_KICKED] = "interrupted from outside",
        [RUN_CRASHED] = "the VMM ended the guest",
    };

    return (unsigned)end < ARRAY_LEN(text) ? text[end] : "?";
}
