/* run.h: one run of one guest: what was asked, what came of it. */
#ifndef EXPERIMENTS_CLI_RUN_H
#define EXPERIMENTS_CLI_RUN_H

#include "common/engine/engine.h"
#include "common/load/loader.h"
#include "common/load/symtab.h"
#include "common/x86/cpuid.h"
#include "experiments/cli/console.h"
#include "experiments/cli/ski_open.h"
#include "experiments/cli/trace.h"
#include "experiments/lib/cuts.h"

/* What was asked. Strings are borrowed; NULL is "not given". */
struct run_request {
    const struct engine_ops *engine;
    const struct processor_ops *processor;
    struct engine_options options; /* checked for that engine */
    const struct cpuid_model *cpu;
    const char *guest; /* as the user named it; for reports */
    struct load_request load;
    /* In place of load.kernel under an engine that loads guests by rules of its
     * own; NULL: that engine takes the same. */
    const char *ported;
    const char *disk;
    bool disk_readonly;
    const char *network; /* as machine_config has it */
    uint64_t mem_bytes;
    uint64_t max_insns; /* UINT64_MAX: no limit */
    enum clock_mode clock;
    uint64_t ips;
    const char *input;
    const char *trace;   /* see trace.h */
    const char *symbols; /* path; NULL: those of the kernel, if it has any */
    bool hash;           /* compute state_hash at the end */
    /* Names of markers that have codes only; it, or what it gives, may be NULL.
     */
    const char *(*marker_name)(uint32_t code);
    struct cuts *cuts; /* cut at each marker and at the end; may be NULL */
    /* Takes the console's output in place of stdout; then nothing is typed but
     * `input`. May be NULL. */
    console_fn *output;
    void *output_opaque;
};

/* A marker, and when it came. */
struct run_marker {
    char name[48]; /* of a console line, or "" */
    uint32_t code, iterations;
    uint64_t insns, guest_ns, host_ns;
};

#define RUN_MAX_MARKERS 4096

struct ski;

struct run {
    const struct run_request *rq;
    struct machine *m;
    struct vcpu *v;
    struct ski *ski;       /* ia64: owns both; NULL: x86 */
    const char *args[3];   /* of the guest, for it */
    struct ski_open files; /* that it may open */
    struct console *console;
    struct symtab symbols;
    struct trace *trace;
    struct load_entry entry;

    uint64_t host_start, host_ns; /* of engine_run() */
    uint64_t cut_start;           /* host time after the last cut */
    enum run_end end;
    int signal;             /* that stopped it, or 0 */
    bool left;              /* by Ctrl-A x */
    int output_errno;       /* stdout failed */
    int dump_errno;         /* the network's dump failed */
    uint64_t state_hash[2]; /* registers; RAM and devices */
    struct run_marker *marker;
    unsigned nr_markers;
    uint64_t lost_markers;
};

/* Create everything and load the guest. On failure nothing is left. The
 * request is borrowed until run_fini(). */
enum status run_init(struct run *r, const struct run_request *rq,
                     struct error *err);

/* Run to the end. ST_OK: how it ended is in *r. */
enum status run_go(struct run *r, struct error *err);
void run_fini(struct run *r);

/* The symbols and, if it was asked for, the trace: sets it in *config. */
enum status run_trace(struct run *r, struct processor_config *config,
                      struct error *err);

/* The machine, the vcpu and the guest of an IA-64 run (run_ia64.c). */
enum status run_ia64_make(struct run *r, const struct machine_config *config,
                          struct error *err);

/* ---- reports (run_report.c) ---- */

/* CPUID models and boot protocols are x86's. */
bool run_has_cpuid(const struct run_request *rq);

/* How it ended, one line: "power-off", "triple fault at rip=0x...". */
void run_reason(const struct run *r, char *buf, size_t size);

/* The exit status of the process; `qemu`: as isa-debug-exit does it. */
int run_exit_status(const struct run *r, bool qemu);

/* "power-off after 1_234 instructions, 0.012 s, 100.0 MIPS" */
void run_print_end(const struct run *r, FILE *out);

/* The run as one JSON object. */
void run_print_json(const struct run *r, int exit_status, FILE *out);

#endif
