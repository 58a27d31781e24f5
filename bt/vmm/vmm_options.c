/* vmm_options.c: --controls of binary translation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bt/translator/options.h"
#include "bt/vmm/vmm.h"

#define ADAPT_DEFAULT 16u

static enum status choose_rdtsc(const char *value, struct bt_options *o,
                                struct error *err)
{
    if (strcmp(value, "inline") == 0)
        o->rdtsc = DISP_INLINE;
    else if (strcmp(value, "callout") == 0)
        o->rdtsc = DISP_ASK;
    else if (strcmp(value, "trap") == 0)
        o->rdtsc = DISP_EXIT;
    else
        return err_set(err, ST_INVAL,
                       "--controls rdtsc=%s: inline, callout or trap", value);
    return ST_OK;
}

/* A number with K or M behind it, from low to high. */
static enum status number(const char *name, const char *value, uint64_t low,
                          uint64_t high, uint64_t *out, struct error *err)
{
    char *end;
    uint64_t v = strtoull(value, &end, 10);

    if (end != value && (*end == 'K' || *end == 'M'))
        v *= *end++ == 'K' ? 1024 : 1024 * 1024;
    if (end == value || *end != '\0' || value[0] == '-' || v < low || v > high)
        return err_set(err, ST_INVAL, "--controls %s=%s: %llu to %llu", name,
                       value, (unsigned long long)low,
                       (unsigned long long)high);
    *out = v;
    return ST_OK;
}

static enum status choose(char *word, struct bt_options *o, struct error *err)
{
    char *value = strchr(word, '=');
    enum status st;
    uint64_t v = 0;

    if (value == NULL)
        return err_set(
            err, ST_INVAL,
            "--controls %s: bt has rdtsc=, adapt=, unit=, cache=", word);
    *value++ = '\0';
    if (strcmp(word, "rdtsc") == 0)
        return choose_rdtsc(value, o, err);
    if (strcmp(word, "adapt") == 0) {
        if (strcmp(value, "off") == 0) {
            o->adapt = 0;
            return ST_OK;
        }
        st = number(word, value, 1, 1000000, &v, err);
        o->adapt = (unsigned)v;
    } else if (strcmp(word, "unit") == 0) {
        st = number(word, value, 1, JIT_UNIT_LONGEST, &v, err);
        o->unit = (unsigned)v;
    } else if (strcmp(word, "cache") == 0) {
        st = number(word, value, JIT_CACHE_LEAST, JIT_CACHE_MOST, &v, err);
        o->cache = v;
    } else {
        st = err_set(
            err, ST_INVAL,
            "--controls %s=: bt has rdtsc=, adapt=, unit=, cache=", word);
    }
    return st;
}

enum status bt_options_make(const char *controls, struct bt_options *out,
                            struct error *err)
{
    enum status st = ST_OK;
    char text[256], *word, *rest = NULL;

    *out = (struct bt_options){.rdtsc = DISP_INLINE,
                               .adapt = ADAPT_DEFAULT,
                               .unit = JIT_UNIT_USUAL,
                               .cache = JIT_CACHE_USUAL};
    if (controls == NULL)
        return ST_OK;
    if ((size_t)snprintf(text, sizeof(text), "%s", controls) >= sizeof(text))
        return err_set(err, ST_INVAL, "--controls: too long");
    for (word = strtok_r(text, ",", &rest); st == ST_OK && word != NULL;
         word = strtok_r(NULL, ",", &rest))
        st = choose(word, out, err);
    return st;
}

void bt_options_text(const struct bt_options *o, char text[ENGINE_OPTIONS_TEXT])
{
    char adapt[16] = "off";

    if (o->adapt != 0)
        snprintf(adapt, sizeof(adapt), "%u", o->adapt);
    snprintf(text, ENGINE_OPTIONS_TEXT, "rdtsc=%s adapt=%s unit=%u cache=%zuK",
             o->rdtsc == DISP_INLINE ? "inline"
             : o->rdtsc == DISP_ASK  ? "callout"
                                     : "trap",
             adapt, o->unit, o->cache / 1024);
}
