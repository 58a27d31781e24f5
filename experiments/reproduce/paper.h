/* paper.h: a paper's claims and what is run for them, as data: the tables that
 * experiments/reproduce/PAPER.def expands to. */
#ifndef EXPERIMENTS_REPRODUCE_PAPER_H
#define EXPERIMENTS_REPRODUCE_PAPER_H

#include "common/engine/ledger.h"

/* CALIBRATION: the price list was made from it; never counted as reproduced.
 * STRUCTURE: a count of parts of the translator's work, equal or not. */
enum claim_kind { CALIBRATION, PREDICTION, STRUCTURE, NOT_COMPARED };

enum measure_unit { CYCLES, S_40000 };

struct experiment {
    const char *name, *text;
    const char *absent; /* why it is not there; NULL: it is */
};

/* One interval of one guest under one engine, priced. */
struct measure {
    const char *id;
    const char *guest; /* and, after a blank, its command line */
    const char *interval, *engine, *controls, *cpu, *prices, *native;
    enum measure_unit unit;
};

struct component {
    const char *name, *benchmark;
    enum ledger_kind kind;
    const char *reasons; /* "IN,OUT", "MOV_TO_CR 8" */
};

/* What can be counted of the units that a guest became. A block is a symbol of
 * the guest; a unit is of a block if it begins there. */
enum parts {
    UNITS,       /* of all blocks */
    UNITS_INSNS, /* guest instructions in them */
    INSNS_OF,    /* those in the block's unit; 0: there is none */
    OPEN_TO,     /* exits of units that lead to the block, not linked */
    BACK_TO,     /* ...linked, from there or behind it */
};

struct structure {
    const char *id;
    enum parts parts;
    const char *block; /* NULL: all */
};

struct derived {
    const char *id, *experiment, *numerator, *denominator;
};

struct value_claim {
    const char *id, *experiment;
    enum claim_kind kind;
    double tolerance; /* a factor, over 1 */
    const char *reason;
};

struct order_claim {
    const char *experiment, *less, *more, *place, *text;
};

/* Lists end with an entry of NULLs. */
struct paper {
    const char *name, *title;
    const char *file; /* its published values, in datasets/papers */
    const struct experiment *experiment;
    const struct measure *measure;
    const struct component *component; /* of Figure 5's kind */
    const char *workload; /* ...and the guest that it is made with */
    const struct structure *structure; /* counted in one run under bt of... */
    const char *translated, *translated_controls; /* ...this guest */
    const char *const *block;
    const struct derived *derived;
    const struct value_claim *value;
    const struct order_claim *order;
    const char *const *note; /* where the paper contradicts itself */
};

extern const struct paper *const papers[]; /* ends with NULL */

/* The experiment of that name, or NULL. */
const struct experiment *paper_experiment(const struct paper *p,
                                          const char *name);

#endif
