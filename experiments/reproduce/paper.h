/* paper.h: a paper's claims and what is run for them, as data: the tables that
 * experiments/reproduce/PAPER.def expands to. */
#ifndef EXPERIMENTS_REPRODUCE_PAPER_H
#define EXPERIMENTS_REPRODUCE_PAPER_H

#include "common/engine/ledger.h"

/* CALIBRATION: the price list was made from it; never counted as reproduced. */
enum claim_kind { CALIBRATION, PREDICTION, NOT_COMPARED };

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
