/* cmd_list.c: triptych list: what this build knows by name. */
#include <stdlib.h>
#include <string.h>

#include "common/x86/cpuid.h"
#include "experiments/cli/command.h"
#include "experiments/cli/engines.h"
#include "experiments/cli/guests.h"
#include "experiments/cli/json.h"
#include "experiments/cli/own.h"
#include "experiments/lib/price.h"
#include "experiments/reproduce/paper.h"
#include "hvm/engine.h"
#include "vti-ia64/engine.h"

struct list_options {
    bool json;
};

#define AT(member) .offset = offsetof(struct list_options, member)

static const struct opt list_opts[] = {
    OPTION_JSON("as a JSON array of objects"),
    {.name = NULL},
};

/* Where rows go. For people a list is made twice: first only the names are
 * measured. */
struct rows {
    struct json *json; /* NULL: for people */
    bool measure;
    int name, state; /* widths */
};

static int widest(int width, const char *text)
{
    int len = (int)strlen(text);

    return len > width ? len : width;
}

static void row(struct rows *r, const char *name, const char *isa,
                const char *state, const char *text)
{
    if (r->measure) {
        r->name = widest(r->name, name);
        r->state = widest(r->state, state);
        return;
    }
    if (r->json == NULL) {
        printf("%-*s  %-4s  ", r->name, name, isa);
        if (r->state > 0)
            printf("%-*s  ", r->state, state);
        printf("%s\n", text);
        return;
    }
    json_object(r->json, NULL);
    json_string(r->json, "name", name);
    json_string(r->json, "isa", isa);
    json_string(r->json, "state", state);
    json_string(r->json, "text", text);
    json_object_end(r->json);
}

static const char *state_of(enum status probe)
{
    return probe == ST_OK ? "works" : "not here";
}

static void list_planned(struct rows *r, const struct planned *p)
{
    for (; p->name != NULL; p++)
        row(r, p->name, p->isa, "not there yet", p->text);
}

static void list_engines(struct rows *r)
{
    const struct engine_ops *const *e;

    for (e = engine_list; *e != NULL; e++)
        row(r, (*e)->name, (*e)->isa, state_of((*e)->probe(NULL)), (*e)->text);
    list_planned(r, engine_planned);
}

static void list_processors(struct rows *r)
{
    const struct processor_ops *const *p;

    for (p = processor_list; *p != NULL; p++)
        row(r, (*p)->name, (*p)->isa, state_of((*p)->probe(NULL)), (*p)->text);
    list_planned(r, processor_planned);
}

static void list_cpus(struct rows *r)
{
    const struct cpuid_model *m;
    unsigned i;

    for (i = 0; (m = cpuid_model_at(i)) != NULL; i++)
        row(r, cpuid_model_name(m), "x86",
            m == cpuid_model_default() ? "default" : "", cpuid_model_text(m));
}

static void list_controls(struct rows *r)
{
    const struct ia64_control *control;
    const struct vmx_caps *caps;

    for (unsigned i = 0; (caps = vmx_caps_at(i)) != NULL; i++)
        row(r, caps->name, "x86", "", caps->text);
    for (unsigned i = 0; (control = ia64_control_at(i)) != NULL; i++)
        row(r, control->name, "ia64", "", control->text);
}

static void list_guests(struct rows *r)
{
    const struct guests_entry *g;
    char *dir = NULL;
    unsigned i;

    if (guests_folder(&dir, NULL) != ST_OK)
        dir = NULL;
    for (i = 0; (g = guests_at(i)) != NULL; i++)
        row(r, g->name, g->isa,
            guests_present(g, dir) ? "there"
            : g->own               ? "not built"
                                   : "not fetched",
            g->text);
    free(dir);
}

static void list_experiments(struct rows *r)
{
    char name[80];

    for (unsigned i = 0; papers[i] != NULL; i++)
        for (const struct experiment *e = papers[i]->experiment;
             e->name != NULL; e++) {
            snprintf(name, sizeof(name), "%s/%s", papers[i]->name, e->name);
            row(r, name, "x86", e->absent == NULL ? "" : "not there yet",
                e->absent == NULL ? e->text : e->absent);
        }
}

static void list_papers(struct rows *r)
{
    for (unsigned i = 0; papers[i] != NULL; i++)
        row(r, papers[i]->name, "x86", "", papers[i]->title);
}

static void list_price(struct rows *r, const char *dir, const char *name)
{
    struct price_list p;
    struct error err;
    char text[80];

    if (price_load(dir, name, &p, &err) != ST_OK) {
        row(r, name, "x86", "broken", err.text);
        return;
    }
    snprintf(text, sizeof(text), "%u rows and %u of handlers; sha256 %.16s",
             p.nr_prices, p.nr_handlers, p.sha256);
    row(r, name, "x86", "", text);
    price_fini(&p);
}

static void list_prices(struct rows *r)
{
    struct error err;
    char **names = NULL, *dir = NULL;
    unsigned nr = 0;
    enum status st = own_datasets(&dir, &err);

    if (st == ST_OK)
        st = price_names(dir, &names, &nr, &err);
    if (st != ST_OK && !r->measure)
        fprintf(stderr, "triptych list: %s\n", err.text);
    for (unsigned i = 0; st == ST_OK && i < nr; i++)
        list_price(r, dir, names[i]);
    price_names_free(names, nr);
    free(dir);
}

static const struct {
    const char *name;
    void (*list)(struct rows *r);
} topics[] = {
    {"guests", list_guests},         {"engines", list_engines},
    {"processors", list_processors}, {"cpus", list_cpus},
    {"controls", list_controls},     {"experiments", list_experiments},
    {"papers", list_papers},         {"prices", list_prices},
};

static void print(void (*list)(struct rows *r), bool as_json)
{
    struct rows r = {.measure = true};
    struct json j;

    if (!as_json) {
        list(&r);
        r.measure = false;
        list(&r);
        return;
    }
    json_init(&j, stdout);
    json_array(&j, NULL);
    r = (struct rows){.json = &j};
    list(&r);
    json_array_end(&j);
}

static int run_list(const struct command *cmd, int argc, char **argv)
{
    struct list_options o = {0};
    const char *names[ARRAY_LEN(topics) + 1] = {NULL}, *near;
    int nr_args, status;
    unsigned i;

    if (!command_parse(cmd, argc, argv, &o, 1, 1, &nr_args, &status))
        return status;
    for (i = 0; i < ARRAY_LEN(topics); i++) {
        names[i] = topics[i].name;
        if (strcmp(topics[i].name, argv[0]) != 0)
            continue;
        print(topics[i].list, o.json);
        return EXIT_STATUS_OK;
    }
    near = opts_nearest(argv[0], names);
    if (near != NULL)
        return command_usage(cmd, "no list '%s'; did you mean %s?", argv[0],
                             near);
    return command_usage(cmd, "no list '%s'; there are %s", argv[0], cmd->args);
}

const struct command cmd_list = {
    .name = "list",
    .args = "guests|engines|processors|cpus|controls|experiments|papers|prices",
    .summary = "what there is by name",
    .more = "Columns: name, instruction set, state, what it is.\n\n"
            "  triptych list guests\n"
            "  triptych list --json engines\n",
    .opts = list_opts,
    .run = run_list,
};
