/* paper.c: the papers that there are. */
#include "experiments/reproduce/paper.h"

#include <stddef.h>
#include <string.h>

static const struct experiment adams_experiments[] = {
#define EXPERIMENT(name, text) {name, text, NULL},
#define ABSENT(name, why)      {name, "", why},
#include "experiments/reproduce/adams-agesen-2006.def"
    {NULL, NULL, NULL},
};

static const struct measure adams_measures[] = {
#define MEASURE(...) {__VA_ARGS__},
#include "experiments/reproduce/adams-agesen-2006.def"
    {.id = NULL},
};

static const struct component adams_components[] = {
#define COMPONENT(...) {__VA_ARGS__},
#include "experiments/reproduce/adams-agesen-2006.def"
    {.name = NULL},
};

static const struct structure adams_structure[] = {
#define PARTS(...) {__VA_ARGS__},
#include "experiments/reproduce/adams-agesen-2006.def"
    {.id = NULL},
};

static const char *const adams_blocks[] = {
#define BLOCK(symbol) symbol,
#include "experiments/reproduce/adams-agesen-2006.def"
    NULL,
};

static const struct derived adams_derived[] = {
#define DERIVED(...) {__VA_ARGS__},
#include "experiments/reproduce/adams-agesen-2006.def"
    {.id = NULL},
};

static const struct value_claim adams_values[] = {
#define VALUE(...)                    {__VA_ARGS__},
#define NOT_COMPARABLE(...)           NOT_COMPARABLE_3(__VA_ARGS__)
#define NOT_COMPARABLE_3(id, of, why) {id, of, NOT_COMPARED, 0, why},
#include "experiments/reproduce/adams-agesen-2006.def"
    {.id = NULL},
};

static const struct order_claim adams_orders[] = {
#define ORDER(...) {__VA_ARGS__},
#include "experiments/reproduce/adams-agesen-2006.def"
    {.experiment = NULL},
};

static const char *const adams_notes[] = {
#define NOTE(text) text,
#include "experiments/reproduce/adams-agesen-2006.def"
    NULL,
};

static const struct paper adams_agesen_2006 = {
    .name = "adams-agesen-2006",
    .title = "K. Adams and O. Agesen, A Comparison of Software and Hardware "
             "Techniques for x86 Virtualization, ASPLOS 2006",
    .file = "papers/adams-agesen-2006.csv",
    .experiment = adams_experiments,
    .measure = adams_measures,
    .component = adams_components,
    .workload = "trik64",
    .structure = adams_structure,
    .translated = "nano-isprime",
    .translated_controls = "unit=12",
    .block = adams_blocks,
    .derived = adams_derived,
    .value = adams_values,
    .order = adams_orders,
    .note = adams_notes,
};

const struct paper *const papers[] = {&adams_agesen_2006, NULL};

const struct experiment *paper_experiment(const struct paper *p,
                                          const char *name)
{
    for (const struct experiment *e = p->experiment; e->name != NULL; e++)
        if (strcmp(e->name, name) == 0)
            return e;
    return NULL;
}
