/* engine.c: binary translation as an engine. */
#include "bt/engine.h"

#include "bt/vmm/vmm.h"
#include "common/base/cc.h"

static const char *const processors[] = {"jit", NULL};

static enum status probe(struct error *err)
{
    (void)err;
    return ST_OK;
}

static enum status options(const struct engine_options *o,
                           const struct processor_ops *processor,
                           char text[ENGINE_OPTIONS_TEXT], struct error *err)
{
    struct bt_options chosen;
    enum status st;

    (void)processor;
    if (o->paging != NULL && strcmp(o->paging, "shadow") != 0)
        return err_set(err, ST_INVAL,
                       "--paging %s: bt has shadow page tables only",
                       o->paging);
    if (o->vpid != NULL)
        return err_set(err, ST_INVAL, "--vpid: bt has none");
    st = bt_options_make(o->controls, &chosen, err);
    if (st == ST_OK)
        bt_options_text(&chosen, text);
    return st;
}

static const char *const row_names[] = {
#define BT_ROW(name, title) #name,
#include "bt/vmm/bt_rows.def"
#undef BT_ROW
};

/* The translator's; after them JIT_REASON_CALLOUT. */
static const char *const jit_names[] = {
#define STAT(name, text) "JIT_" #name,
#include "bt/translator/stats.def"
#undef STAT
};

const char *bt_reason_name(enum ledger_kind kind, unsigned reason)
{
    switch (kind) {
    case LEDGER_PROCESSOR:
        return reason < ARRAY_LEN(jit_names) ? jit_names[reason] : NULL;
    case LEDGER_BT:
        return reason < ARRAY_LEN(row_names) ? row_names[reason] : NULL;
    case LEDGER_BT_CALLOUT:
    case LEDGER_BT_INLINE:
    case LEDGER_BT_TRAP:
        return reason < SENS_COUNT ? sensitive_name((enum x86_sensitive)reason)
                                   : NULL;
    default:
        return NULL;
    }
}

const struct engine_ops bt_engine_ops = {
    .name = "bt",
    .isa = "x86",
    .text = "binary translation: kernel code translated, shadow page tables",
    .processors = processors,
    .dispositions = &bt_dispositions,
    .probe = probe,
    .handle_exit = bt_handle_exit,
    .options = options,
    .attach = bt_attach,
    .detach = bt_detach,
    .count = bt_count,
    .snapshot = bt_snapshot,
};
