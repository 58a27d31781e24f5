/* engines.c: the lists of engines and processors. */
#include "experiments/cli/engines.h"

#include <stdio.h>
#include <string.h>

#include "bt/engine.h"
#include "common/x86/cpu.h"
#include "hvm/engine.h"
#include "pv/engine.h"
#include "vti-ia64/engine.h"

const struct engine_ops *const engine_list[] = {
    &native_engine_ops,      &bt_engine_ops,
    &pv_engine_ops,          &hvm_engine_ops,
    &ia64_native_engine_ops, &ia64_hvm_engine_ops,
    &ia64_te_engine_ops,     NULL,
};

const struct processor_ops *const processor_list[] = {
    &jit_processor_ops,
    &interp_processor_ops,
    &kvm_processor_ops,
    &ia64_model_processor_ops,
    NULL,
};

const struct planned engine_planned[] = {
    {"te", "x86", "classic trap-and-emulate of a deprivileged kernel", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct planned processor_planned[] = {
    {NULL, NULL, NULL, NULL},
};

const struct engine_ops *engine_find(const char *name, const char *isa)
{
    unsigned i;

    for (i = 0; engine_list[i] != NULL; i++)
        if (strcmp(engine_list[i]->name, name) == 0 &&
            strcmp(engine_list[i]->isa, isa) == 0)
            return engine_list[i];
    return NULL;
}

const struct processor_ops *processor_find(const char *name, const char *isa)
{
    unsigned i;

    for (i = 0; processor_list[i] != NULL; i++)
        if (strcmp(processor_list[i]->name, name) == 0 &&
            strcmp(processor_list[i]->isa, isa) == 0)
            return processor_list[i];
    return NULL;
}

static const struct planned *find_planned(const struct planned *p,
                                          const char *name, const char *isa)
{
    for (; p->name != NULL; p++)
        if (strcmp(p->name, name) == 0 && strcmp(p->isa, isa) == 0)
            return p;
    return NULL;
}

static bool pairs(const struct engine_ops *e, const struct planned *p)
{
    char word[40];

    snprintf(word, sizeof(word), " %s ", e->name);
    return strstr(p->engines, word) != NULL;
}

static bool has_processor(const struct engine_ops *e, const char *name)
{
    unsigned i;

    for (i = 0; e->processors[i] != NULL; i++)
        if (strcmp(e->processors[i], name) == 0)
            return true;
    return false;
}

/* "jit, interp" */
static const char *processors_text(const struct engine_ops *e, char *text,
                                   size_t size)
{
    size_t used = 0;

    for (unsigned i = 0; e->processors[i] != NULL && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 i > 0 ? ", " : "", e->processors[i]);
    return text;
}

/* The named one, or why not. */
static enum status named(const struct engine_ops *e, const char *name,
                         const struct processor_ops **p, struct error *err)
{
    const struct planned *later = find_planned(processor_planned, name, e->isa);
    char text[80];

    *p = processor_find(name, e->isa);
    if (*p == NULL && later == NULL)
        return err_set(err, ST_INVAL,
                       "--processor %s: %s has no such processor "
                       "(triptych list processors)",
                       name, e->isa);
    if (*p != NULL ? !has_processor(e, name) : !pairs(e, later))
        return err_set(err, ST_INVAL, "--processor %s: %s runs on %s", name,
                       e->name, processors_text(e, text, sizeof(text)));
    if (*p == NULL)
        return err_set(err, ST_NOTSUP, "--processor %s: not there yet", name);
    return (*p)->probe(err);
}

/* The fastest one that works here. */
static enum status fastest(const struct engine_ops *e,
                           const struct processor_ops **p, struct error *err)
{
    unsigned i;

    for (i = 0; e->processors[i] != NULL; i++) {
        *p = processor_find(e->processors[i], e->isa);
        if (*p != NULL && (*p)->probe(err) == ST_OK)
            return ST_OK;
    }
    return err_set(err, ST_NOTSUP,
                   "--engine %s: no processor works here "
                   "(triptych doctor)",
                   e->name);
}

enum status engines_choose(const char *engine, const char *processor,
                           const char *isa, const struct engine_ops **e,
                           const struct processor_ops **p, struct error *err)
{
    enum status st;

    *e = engine_find(engine, isa);
    if (*e == NULL && find_planned(engine_planned, engine, isa) != NULL)
        return err_set(err, ST_NOTSUP, "--engine %s: not there yet for %s",
                       engine, isa);
    if (*e == NULL)
        return err_set(err, ST_INVAL,
                       "--engine %s: %s has no such engine "
                       "(triptych list engines)",
                       engine, isa);
    st = (*e)->probe(err);
    if (st != ST_OK)
        return st;
    return processor != NULL ? named(*e, processor, p, err)
                             : fastest(*e, p, err);
}
