/* cmd_export.c: triptych export: tables of a results file as CSV or JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/h5/h5r.h"
#include "experiments/cli/guarded.h"
#include "experiments/cli/json.h"

enum table {
    TABLE_LEDGER,
    TABLE_TIMES,
    TABLE_RUNS,
    TABLE_STATS,
    TABLE_CYCLES,
    TABLE_CLAIMS,
    TABLE_COUNT
};

struct export_options {
    const char *path;
    bool csv, json;
    int table; /* -1: not given */
};

#define AT(member) .offset = offsetof(struct export_options, member)

static const struct opt_word table_words[] = {{"ledger", TABLE_LEDGER},
                                              {"times", TABLE_TIMES},
                                              {"runs", TABLE_RUNS},
                                              {"statistics", TABLE_STATS},
                                              {"cycles", TABLE_CYCLES},
                                              {"claims", TABLE_CLAIMS},
                                              {NULL, 0}};

static const struct h5_schema *const schemas[TABLE_COUNT] = {
    [TABLE_LEDGER] = &h5_schema_exits,  [TABLE_TIMES] = &h5_schema_times,
    [TABLE_RUNS] = &h5_schema_runs,     [TABLE_STATS] = &h5_schema_stats,
    [TABLE_CYCLES] = &h5_schema_cycles, [TABLE_CLAIMS] = &h5_schema_claims,
};

static const struct opt export_opts[] = {
    {.name = "csv", .type = OPT_FLAG, AT(csv), .help = "comma-separated"},
    OPTION_JSON("JSON"),
    {.name = "table",
     .type = OPT_WORD,
     AT(table),
     .arg = "NAME",
     .help = "ledger, times, runs, statistics, cycles (of --price)\n"
             "or claims (of reproduce); --csv: ledger, --json:\n"
             "ledger and times",
     .words = table_words},
    {.name = NULL},
};

/* [RFC 4180 "Definition of the CSV Format"] */
static void csv_text(const char *s, FILE *out)
{
    if (s[strcspn(s, ",\"\r\n")] == '\0') {
        fputs(s, out);
        return;
    }
    fputc('"', out);
    for (; *s != '\0'; s++) {
        if (*s == '"')
            fputc('"', out);
        fputc(*s, out);
    }
    fputc('"', out);
}

static void csv(const struct h5_schema *schema, const char *rows, size_t n,
                FILE *out)
{
    const char *at;
    unsigned f;
    uint64_t u;
    double d;
    size_t i;

    for (f = 0; f < schema->nr; f++)
        fprintf(out, "%s%s", f > 0 ? "," : "", schema->field[f].name);
    fputc('\n', out);
    for (i = 0; i < n; i++) {
        for (f = 0; f < schema->nr; f++) {
            at = rows + i * schema->record + schema->field[f].offset;
            if (f > 0)
                fputc(',', out);
            memcpy(&u, at, sizeof(u));
            memcpy(&d, at, sizeof(d));
            if (schema->field[f].type == H5_TEXT)
                csv_text(at, out);
            else if (schema->field[f].type == H5_U64)
                fprintf(out, "%" PRIu64, u);
            else
                fprintf(out, "%.17g", d);
        }
        fputc('\n', out);
    }
}

static void json_rows(struct json *j, const char *name,
                      const struct h5_schema *schema, const char *rows,
                      size_t n)
{
    const struct h5_field *field;
    const char *at;
    unsigned f;
    uint64_t u;
    double d;
    size_t i;

    json_array(j, name);
    for (i = 0; i < n; i++) {
        json_object(j, NULL);
        for (f = 0; f < schema->nr; f++) {
            field = &schema->field[f];
            at = rows + i * schema->record + field->offset;
            memcpy(&u, at, sizeof(u));
            memcpy(&d, at, sizeof(d));
            if (field->type == H5_TEXT)
                json_string(j, field->name, at);
            else if (field->type == H5_U64)
                json_u64(j, field->name, u);
            else
                json_double(j, field->name, d);
        }
        json_object_end(j);
    }
    json_array_end(j);
}

static enum status export_one(struct h5r *r, const struct export_options *o,
                              enum table table, struct json *j, FILE *out,
                              struct error *err)
{
    const struct h5_schema *schema = schemas[table];
    enum status st;
    void *rows;
    size_t n;

    st = h5r_table(r, schema, &rows, &n, err);
    if (st != ST_OK)
        return st;
    if (o->csv)
        csv(schema, rows, n, out);
    else
        json_rows(j, opts_word(table_words, table), schema, rows, n);
    free(rows);
    return ST_OK;
}

static enum status export_file(void *opaque, FILE *out, int *exit_status,
                               struct error *err)
{
    const struct export_options *o = opaque;
    enum table table = o->table < 0 ? TABLE_LEDGER : (enum table)o->table;
    struct h5r *r;
    struct json j;
    enum status st = h5r_open(o->path, &r, err);

    (void)exit_status;
    if (st != ST_OK)
        return st;
    json_init(&j, out);
    if (o->json)
        json_object(&j, NULL);
    st = export_one(r, o, table, &j, out, err);
    if (st == ST_OK && o->json && o->table < 0)
        st = export_one(r, o, TABLE_TIMES, &j, out, err);
    if (st == ST_OK && o->json)
        json_object_end(&j);
    h5r_close(r);
    return st;
}

static int export_command(const struct command *cmd, int argc, char **argv)
{
    struct export_options o = {.table = -1};
    int nr_args, status;

    if (!command_parse(cmd, argc, argv, &o, 1, 1, &nr_args, &status))
        return status;
    if (o.csv == o.json)
        return command_usage(cmd, "either --csv or --json");
    o.path = argv[0];
    return guarded(cmd, o.path, export_file, &o);
}

const struct command cmd_export = {
    .name = "export",
    .args = "[OPTION]... FILE.h5",
    .summary = "tables of a results file as CSV or JSON",
    .more = "Columns and units: docs/RESULTS.md.\n\n"
            "  triptych compare -o out.h5 nano-in\n"
            "  triptych export --csv out.h5 | grep ^hvm,jit,in\n"
            "  triptych export --json --table statistics out.h5\n",
    .opts = export_opts,
    .run = export_command,
};
