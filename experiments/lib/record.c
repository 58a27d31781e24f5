/* record.c: a results file: what it says about where it comes from. */
#include "experiments/lib/record.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "experiments/cli/host.h"
#include "experiments/lib/buildinfo.h"

/* ---- what is known before any run ---- */

/* `text` with the home folder as "~": it holds the user's name. The caller's
 * to free; NULL: out of memory. */
static char *without_home(const char *text, bool names)
{
    const char *home = getenv("HOME"), *at;
    size_t len = home != NULL ? strlen(home) : 0, used = 0;
    char *out = malloc(strlen(text) + 1);

    if (out == NULL)
        return NULL;
    while (*text != '\0') {
        at = names || len < 2 ? NULL : strstr(text, home);
        if (at == NULL)
            break;
        memcpy(out + used, text, (size_t)(at - text));
        used += (size_t)(at - text);
        out[used++] = '~';
        text = at + len;
    }
    memcpy(out + used, text, strlen(text) + 1);
    return out;
}

static void texts(struct h5w *w, const char *path, const char *const *text,
                  unsigned n, bool names, const char *long_name)
{
    char **clean = calloc(n + 1, sizeof(*clean));
    unsigned i, done = 0;

    for (; clean != NULL && done < n; done++) {
        clean[done] = without_home(text[done], names);
        if (clean[done] == NULL)
            break;
    }
    h5w_texts(w, path, (const char *const *)clean, done, false, long_name);
    for (i = 0; i < done; i++)
        free(clean[i]);
    free(clean);
}

static void attr_path(struct h5w *w, const char *object, const char *name,
                      const char *path, bool names)
{
    char *clean = without_home(path, names);

    h5w_attr(w, object, name, clean != NULL ? clean : "");
    free(clean);
}

/* Who did what when, for the attribute `history`. */
static void history(const char *command, char *line, size_t size)
{
    char date[32];
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
    snprintf(line, size, "%s triptych %s", date, command);
}

static void root(struct h5w *w, const char *version, const char *history)
{
    char text[128];

    h5w_attr(w, "/", "Conventions", H5_CONVENTIONS);
    h5w_attr_u64(w, "/", "schema_version", H5_SCHEMA_VERSION);
    h5w_attr(w, "/", "title",
             "One guest under several virtualization "
             "techniques");
    snprintf(text, sizeof(text), "triptych %s (%s)", version,
             buildinfo_revision);
    h5w_attr(w, "/", "source", text);
    h5w_attr(w, "/", "history", history);
}

static void config(struct h5w *w, const struct provenance *p,
                   const struct campaign *c)
{
    h5w_group(w, "/config");
    h5w_attr(w, "/config", "command", p->command);
    h5w_attr(w, "/config", "clock",
             c->clock == CLOCK_HOST ? "host" : "virtual");
    h5w_attr_u64(w, "/config", "repetitions", c->reps);
    h5w_attr_u64(w, "/config", "warmups_dropped", c->warm_up ? 1 : 0);
    h5w_attr_u64(w, "/config", "seed", c->seed);
    h5w_attr(w, "/config", "cpu_model", p->cpu_model);
    texts(w, "/config/argv", p->argv, p->nr_argv, p->names, "command line");
    texts(w, "/config/options", p->option, p->nr_options, p->names,
          "options as they were resolved");
}

static void environment(struct h5w *w, const struct provenance *p)
{
    static const char at[] = "/environment";
    const struct passwd *user;
    struct host_info h;
    char name[256];

    host_info(&h);
    h5w_group(w, at);
    h5w_attr(w, at, "host_cpu", h.cpu);
    h5w_attr_u64(w, at, "host_cpus", h.cpus);
    h5w_attr(w, at, "host_kernel", h.kernel);
    h5w_attr(w, at, "host_is_virtual", h.virtual_machine ? "yes" : "no");
    h5w_attr_u64(w, at, "host_memory_bytes", h.memory_bytes);
    h5w_attr(w, at, "tool_version", p->version);
    h5w_attr(w, at, "tool_revision", buildinfo_revision);
    h5w_attr(w, at, "compiler", buildinfo_compiler);
    h5w_attr(w, at, "flags", buildinfo_flags);
    if (!p->names)
        return;
    if (gethostname(name, sizeof(name) - 1) == 0) {
        name[sizeof(name) - 1] = '\0';
        h5w_attr(w, at, "host_name", name);
    }
    user = getpwuid(getuid());
    h5w_attr(w, at, "user_name", user != NULL ? user->pw_name : "unknown");
}

/* Path, size and SHA-256 of one of the guest's files. */
static enum status guest_file(struct h5w *w, const char *what, const char *path,
                              bool names, struct error *err)
{
    char name[40], digest[SHA256_TEXT];
    enum status st;
    uint64_t size;

    if (path == NULL)
        return ST_OK;
    st = sha256_file(path, digest, &size, err);
    if (st != ST_OK)
        return st;
    snprintf(name, sizeof(name), "%s_file", what);
    attr_path(w, "/guest", name, path, names);
    snprintf(name, sizeof(name), "%s_sha256", what);
    h5w_attr(w, "/guest", name, digest);
    snprintf(name, sizeof(name), "%s_bytes", what);
    h5w_attr_u64(w, "/guest", name, size);
    return ST_OK;
}

static enum status guest(struct h5w *w, const struct provenance *p,
                         const struct campaign *c, struct error *err)
{
    enum status st;

    h5w_group(w, "/guest");
    attr_path(w, "/guest", "name", c->guest, p->names);
    if (p->cmdline != NULL)
        h5w_attr(w, "/guest", "cmdline", p->cmdline);
    st = guest_file(w, "kernel", p->kernel, p->names, err);
    if (st == ST_OK)
        st = guest_file(w, "ported", p->ported, p->names, err);
    if (st == ST_OK)
        st = guest_file(w, "initrd", p->initrd, p->names, err);
    if (st == ST_OK)
        st = guest_file(w, "bios", p->bios, p->names, err);
    if (st == ST_OK)
        st = guest_file(w, "disk", p->disk, p->names, err);
    return st;
}

enum status record_open(const char *path, const struct provenance *p,
                        struct h5w **out, struct error *err)
{
    char line[64];
    enum status st = h5w_create(path, out, err);

    if (st != ST_OK)
        return st;
    history(p->command, line, sizeof(line));
    root(*out, p->version, line);
    environment(*out, p);
    return ST_OK;
}

enum status record_begin(const char *path, const struct provenance *p,
                         const struct campaign *c, struct h5w **out,
                         struct error *err)
{
    struct h5w *w;
    enum status st = record_open(path, p, &w, err);

    if (st != ST_OK)
        return st;
    config(w, p, c);
    st = guest(w, p, c, err);
    if (st == ST_OK)
        st = h5w_status(w, err);
    if (st != ST_OK) {
        h5w_abandon(w);
        return st;
    }
    *out = w;
    return ST_OK;
}

/* ---- files put together ---- */

/* The histories of all, oldest first, and a line of ours. The caller's to free;
 * NULL: out of memory. */
static char *histories(const struct recorded *from, unsigned nr)
{
    char line[64], *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    for (unsigned i = 0; i < nr; i++) {
        const char *h = facts_find(&from[i].facts, "/", "history");

        fprintf(out, "%s\n", h != NULL ? h : "");
    }
    history("merge", line, sizeof(line));
    fputs(line, out);
    fclose(out);
    return text;
}

/* What the files were, and those that they were merged from: a line of name and
 * SHA-256 each. */
static enum status sources(struct h5w *w, const struct recorded *from,
                           unsigned nr, struct error *err)
{
    enum status st = ST_OK;
    char digest[SHA256_TEXT], *text = NULL;
    const char *merged;
    uint64_t size;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL)
        return err_set(err, ST_NOMEM, "names");
    for (unsigned i = 0; st == ST_OK && i < nr; i++) {
        st = sha256_file(from[i].path, digest, &size, err);
        merged = facts_find(&from[i].facts, "/config", "merged");
        fprintf(out, "%s%s %s", i > 0 ? "\n" : "", basename(from[i].path),
                digest);
        if (merged != NULL)
            fprintf(out, "\n%s", merged);
    }
    fclose(out);
    if (st == ST_OK)
        h5w_attr(w, "/config", "merged", text);
    free(text);
    return st;
}

enum status record_merged(const char *path, const char *version,
                          const struct recorded *from, unsigned nr,
                          const struct campaign *c, struct error *err)
{
    static const char *const group[] = {"/environment", "/config", "/guest"};
    char *lines = histories(from, nr);
    struct h5w *w;
    enum status st = lines != NULL ? h5w_create(path, &w, err)
                                   : err_set(err, ST_NOMEM, "history");

    if (st != ST_OK) {
        free(lines);
        return st;
    }
    root(w, version, lines);
    free(lines);
    for (unsigned i = 0; i < ARRAY_LEN(group); i++)
        h5w_copy(w, from[0].file, group[i]);
    h5w_attr(w, "/config", "command", "merge");
    h5w_attr_u64(w, "/config", "repetitions", c->reps);
    st = sources(w, from, nr, err);
    if (st != ST_OK) {
        h5w_abandon(w);
        return st;
    }
    record_samples(w, c);
    return h5w_close(w, err);
}
