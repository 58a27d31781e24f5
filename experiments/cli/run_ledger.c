/* run_ledger.c: run --ledger: one run as a results file. */
#include "experiments/cli/run_ledger.h"

#include <stdlib.h>

enum status run_ledger_begin(struct run_ledger *l, const char *path,
                             const struct provenance *p, struct run_request *rq,
                             struct error *err)
{
    enum status st;

    l->c.guest = rq->guest;
    l->c.engine[0] = rq->engine;
    l->c.processor[0] = rq->processor;
    l->c.nr_engines = 1;
    l->c.reps = 1;
    l->c.clock = rq->clock;
    l->c.sample = calloc(1, sizeof(*l->c.sample));
    if (l->c.sample == NULL)
        return err_set(err, ST_NOMEM, "ledger");
    st = sample_init(&l->c.sample[0], err);
    if (st == ST_OK) {
        l->c.nr = 1;
        rq->cuts = &l->c.sample[0].cuts;
        st = record_begin(path, p, &l->c, &l->w, err);
    }
    if (st != ST_OK)
        run_ledger_fini(l);
    return st;
}

enum status run_ledger_end(struct run_ledger *l, const struct run *r,
                           struct error *err)
{
    struct h5w *w = l->w;

    if (l->c.sample[0].cuts.failed)
        return err_set(err, ST_NOMEM, "--ledger: intervals");
    take_result(r, &l->c.sample[0]);
    record_samples(w, &l->c);
    l->w = NULL;
    return h5w_close(w, err);
}

void run_ledger_fini(struct run_ledger *l)
{
    h5w_abandon(l->w);
    campaign_fini(&l->c);
    l->w = NULL;
}
