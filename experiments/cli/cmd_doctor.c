/* cmd_doctor.c: triptych doctor: what works on this host, and why not. */
#include <stdlib.h>
#include <string.h>

#include <libelf.h>
#include <slirp/libslirp.h>

#include "common/h5/h5r.h"
#include "common/x86/cpuid.h"
#include "experiments/cli/command.h"
#include "experiments/cli/disasm.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/guests.h"
#include "experiments/cli/host.h"
#include "experiments/cli/json.h"

struct doctor_options {
    bool json;
};

#define AT(member) .offset = offsetof(struct doctor_options, member)

static const struct opt doctor_opts[] = {
    OPTION_JSON("as one JSON object of arrays"),
    {.name = NULL},
};

/* Where findings go; json is NULL for people. */
struct report {
    struct json *json;
    bool failed; /* something without which nothing runs */
};

static void group(struct report *r, const char *name)
{
    if (r->json != NULL)
        json_array(r->json, name);
    else
        printf("%s\n", name);
}

static void group_end(struct report *r)
{
    if (r->json != NULL)
        json_array_end(r->json);
}

/* `isa`: NULL where it does not matter. */
static void finding_of(struct report *r, const char *name, const char *isa,
                       bool ok, const char *text)
{
    if (r->json == NULL) {
        char shown[40];

        snprintf(shown, sizeof(shown), "%s%s%s", name, isa != NULL ? ", " : "",
                 isa != NULL ? isa : "");
        printf("  %-4s %-22s %s\n", ok ? "yes" : "no", shown, text);
        return;
    }
    json_object(r->json, NULL);
    json_string(r->json, "name", name);
    if (isa != NULL)
        json_string(r->json, "isa", isa);
    json_bool(r->json, "ok", ok);
    json_string(r->json, "text", text);
    json_object_end(r->json);
}

static void finding(struct report *r, const char *name, bool ok,
                    const char *text)
{
    finding_of(r, name, NULL, ok, text);
}

static void not_there(struct report *r, const struct planned *p)
{
    char text[120];

    for (; p->name != NULL; p++) {
        snprintf(text, sizeof(text), "%s: not there yet", p->text);
        finding_of(r, p->name, p->isa, false, text);
    }
}

static void engines(struct report *r)
{
    const struct engine_ops *const *e;
    struct error err;
    bool ok;

    group(r, "engines");
    for (e = engine_list; *e != NULL; e++) {
        ok = (*e)->probe(&err) == ST_OK;
        finding_of(r, (*e)->name, (*e)->isa, ok, ok ? (*e)->text : err.text);
        r->failed |= !ok;
    }
    not_there(r, engine_planned);
    group_end(r);
}

static void processors(struct report *r)
{
    const struct processor_ops *const *p;
    struct error err;
    bool ok;

    group(r, "processors");
    for (p = processor_list; *p != NULL; p++) {
        ok = (*p)->probe(&err) == ST_OK;
        finding_of(r, (*p)->name, (*p)->isa, ok, ok ? (*p)->text : err.text);
        r->failed |= !ok;
    }
    not_there(r, processor_planned);
    group_end(r);
}

static void host(struct report *r)
{
    struct host_info h;
    struct host_kvm k;
    char text[320];

    host_info(&h);
    host_kvm_probe(&k);
    group(r, "host");
    snprintf(text, sizeof(text), "%s, %u usable%s", h.cpu, h.cpus,
             h.virtual_machine ? ", itself a virtual machine: times swing"
                               : "");
    finding(r, "processor", true, text);
    finding(r, "kernel", true, h.kernel);
    snprintf(text, sizeof(text), "%llu MiB, %llu MiB available",
             (unsigned long long)(h.memory_bytes >> 20),
             (unsigned long long)(h.available_bytes >> 20));
    finding(r, "memory", h.available_bytes >= (768ull << 20), text);
    if (k.usable)
        snprintf(text, sizeof(text), "usable, back end %s, %s", k.back_end,
                 k.hardware                           ? "hardware-assisted"
                 : strcmp(k.back_end, "kvm_pvm") == 0 ? "not hardware-assisted"
                                                      : "nested");
    else
        snprintf(text, sizeof(text), "%s", k.why_not);
    finding(r, "/dev/kvm", k.usable, text);
    group_end(r);
}

static void libraries(struct report *r)
{
    char text[80];
    bool elf = elf_version(EV_CURRENT) != EV_NONE;

    group(r, "libraries");
    finding(r, "libelf", elf,
            elf ? "ELF files and notes"
                : "older than the header it was "
                  "built with");
    disasm_version(text, sizeof(text));
    strcat(text, ": listings, --trace");
    finding(r, "capstone", true, text);
    h5r_library_version(text, sizeof(text));
    strcat(text, ": results files");
    finding(r, "hdf5", true, text);
    snprintf(text, sizeof(text), "%s: --net user", slirp_version_string());
    finding(r, "libslirp", true, text);
    group_end(r);
}

static void guests(struct report *r)
{
    const struct guests_entry *g;
    struct error err;
    char text[320], *dir = NULL;
    unsigned i, nr_own = 0, nr_built = 0;
    bool ok;

    group(r, "guests");
    if (guests_folder(&dir, &err) != ST_OK)
        finding(r, "folder", false, err.text);
    for (i = 0; (g = guests_at(i)) != NULL; i++) {
        nr_own += g->own;
        nr_built += g->own && guests_present(g, NULL);
        if (dir == NULL || g->own)
            continue;
        ok = guests_present(g, dir);
        snprintf(text, sizeof(text), "%s %.200s%s", ok ? "in" : "not in", dir,
                 ok ? "" : ": " GUESTS_SCRIPT " fetches it");
        finding(r, g->name, ok, text);
    }
    snprintf(text, sizeof(text), "%u of %u built with the program", nr_built,
             nr_own);
    finding(r, "nano-*, trik*, ia64-*", nr_built == nr_own, text);
    free(dir);
    group_end(r);
}

static int run_doctor(const struct command *cmd, int argc, char **argv)
{
    struct doctor_options o = {0};
    struct report r = {0};
    struct json j;
    int nr_args, status;

    if (!command_parse(cmd, argc, argv, &o, 0, 0, &nr_args, &status))
        return status;
    if (o.json) {
        json_init(&j, stdout);
        json_object(&j, NULL);
        r.json = &j;
    }
    engines(&r);
    processors(&r);
    host(&r);
    libraries(&r);
    guests(&r);
    if (o.json)
        json_object_end(&j);
    return r.failed ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .args = "[OPTION]...",
    .summary = "what works on this host, and why not",
    .more = "Exit status 0 if what this build has works here.\n\n"
            "  triptych doctor\n"
            "  triptych doctor --json\n",
    .opts = doctor_opts,
    .run = run_doctor,
};
