/* request.h: the options that describe a guest and its machine, the same for
 * every command that runs one, and what they resolve to. */
#ifndef EXPERIMENTS_CLI_REQUEST_H
#define EXPERIMENTS_CLI_REQUEST_H

#include "experiments/cli/guests.h"
#include "experiments/cli/options.h"
#include "experiments/cli/run.h"

/* Member `g` of a command's struct of values; request.def has the options. */
struct guest_options {
    const char *cpu, *protocol, *initrd, *append, *disk, *net, *bios, *input;
    struct engine_options engine; /* of those that have any */
    uint64_t mem, max_insns, ips;
    int isa, clock;
    bool disk_readonly;
};

#define GUEST_DEFAULTS                                                         \
    {                                                                          \
        .mem = 512ull << 20, .max_insns = UINT64_MAX, .clock = CLOCK_VIRTUAL,  \
        .ips = CLOCK_NS_PER_S                                                  \
    }

extern const struct opt_word request_clock_words[], request_isa_words[];

/* "x86" or "ia64". */
const char *request_isa(const struct guest_options *o);

/* What the request's strings point into. */
struct request_files {
    struct guests_files guest;
    char *cmdline;
};

/* Fill in all of *rq that the options say; engine and processor are left to the
 * caller. `arg` is the GUEST argument, or NULL. ST_INVAL: a usage error.
 * request_files_free(f) in any case. */
enum status request_make(const struct guest_options *o, const char *arg,
                         struct request_files *f, struct run_request *rq,
                         struct error *err) MUST_CHECK;
void request_files_free(struct request_files *f);

/* For a guest that runs more than once, with the same end each time
 * (`repeatable`) or not: a network that does not fit is ST_INVAL. */
enum status request_check_network(const struct run_request *rq, bool repeatable,
                                  struct error *err) MUST_CHECK;

/* Check the options that only some engines know for these, which will run rq.
 * ST_INVAL names an option that none of them has, or the rule. */
enum status request_check_engine(const struct run_request *rq,
                                 const struct engine_ops *e,
                                 const struct processor_ops *p,
                                 struct error *err) MUST_CHECK;
/* The same for several, one of which must know them. */
enum status request_check_engines(const struct run_request *rq,
                                  const struct engine_ops *const *e,
                                  const struct processor_ops *const *p,
                                  unsigned nr, struct error *err) MUST_CHECK;

/* Each option of the table as "name=value", those not given left out; the list
 * and its strings are freed by request_lines_free(). NULL: out of memory. */
char **request_lines(const struct opt *opts, const void *values, unsigned *nr);
void request_lines_free(char **lines, unsigned nr);

#endif
