/* take.c: runs as samples, and where they come from. */
#include "experiments/cli/take.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool copy_all(int from, int to)
{
    char buf[65536];
    ssize_t n, done, some;

    while ((n = read(from, buf, sizeof(buf))) > 0)
        for (done = 0; done < n; done += some)
            if ((some = write(to, buf + done, (size_t)(n - done))) <= 0)
                return false;
    return n == 0;
}

/* A copy of the disk image, so that each run finds it as it was. */
static enum status copy_disk(const char *path, char *copy, size_t size,
                             struct error *err)
{
    const char *dir = getenv("TMPDIR");
    int from, to, no = 0;

    snprintf(copy, size, "%s/triptych-disk-XXXXXX",
             dir != NULL && dir[0] != '\0' ? dir : "/tmp");
    from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return err_set_errno(err, ST_HOST, errno, "--disk %s", path);
    to = mkstemp(copy);
    if (to < 0) {
        no = errno;
        copy[0] = '\0';
    } else if (!copy_all(from, to)) {
        no = errno != 0 ? errno : EIO;
        unlink(copy);
    }
    close(from);
    if (to >= 0)
        close(to);
    return no == 0 ? ST_OK
                   : err_set_errno(err, ST_HOST, no, "copy of --disk %s", path);
}

void take_result(const struct run *r, struct sample *s)
{
    char reason[240];

    run_reason(r, reason, sizeof(reason));
    snprintf(s->end, sizeof(s->end), "%.*s", (int)sizeof(s->end) - 1, reason);
    s->exit_status = run_exit_status(r, false);
    s->insns = r->v->icount;
    s->guest_ns = clock_now(&r->m->clock);
    s->host_ns = r->host_ns;
    s->ledger_lost = r->v->ledger.lost;
}

static enum status run_once(const struct run_request *rq, const char *temp,
                            struct sample *s, int *signal, struct error *err)
{
    struct run r;
    enum status st = run_init(&r, rq, err);

    /* The machine has it open. */
    if (temp[0] != '\0')
        unlink(temp);
    if (st != ST_OK)
        return st;
    st = run_go(&r, err);
    if (st == ST_OK) {
        take_result(&r, s);
        sample_end(s);
        *signal = r.signal;
    }
    run_fini(&r);
    if (st == ST_OK && s->cuts.failed)
        st = err_set(err, ST_NOMEM, "intervals");
    return st;
}

enum status take_sample(struct campaign *c, const struct run_request *base,
                        unsigned engine, unsigned rep, bool warmup, int *signal,
                        struct error *err)
{
    struct sample *s = &c->sample[c->nr];
    struct run_request rq = *base;
    char temp[4096] = "";
    enum status st = sample_init(s, err);

    *signal = 0;
    if (st != ST_OK)
        return st;
    s->engine = engine;
    s->repetition = rep;
    s->warmup = warmup;
    rq.engine = c->engine[engine];
    rq.processor = c->processor[engine];
    rq.cuts = &s->cuts;
    rq.output = sample_console;
    rq.output_opaque = s;
    if (rq.disk != NULL && !rq.disk_readonly) {
        st = copy_disk(rq.disk, temp, sizeof(temp), err);
        rq.disk = temp;
    }
    if (st == ST_OK)
        st = run_once(&rq, temp, s, signal, err);
    if (st != ST_OK || *signal != 0)
        sample_fini(s);
    else
        c->nr++;
    return st;
}

void take_provenance(struct provenance *p, const struct command *cmd,
                     const struct run_request *rq, int argc,
                     const char *const *argv)
{
    *p = (struct provenance){
        .version = TRIPTYCH_VERSION,
        .command = cmd->name,
        .argv = argv,
        .nr_argv = (unsigned)argc,
        .kernel = rq->load.kernel,
        .ported = rq->ported,
        .initrd = rq->load.initrd,
        .bios = rq->load.bios,
        .disk = rq->disk,
        .cmdline = rq->load.cmdline,
        .cpu_model = cpuid_model_name(rq->cpu),
    };
}
