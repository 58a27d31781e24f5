/* regset.c: dump, compare and hash a state blob by its description. */
#include "common/engine/regset.h"

#include <string.h>

static const uint8_t *value(const struct reg_desc *r, const void *state)
{
    return (const uint8_t *)state + r->offset;
}

unsigned regset_diff(const struct regset *rs, const void *a, const void *b,
                     unsigned from)
{
    unsigned i;

    for (i = from; i < rs->nr; i++) {
        const struct reg_desc *r = &rs->reg[i];

        if (memcmp(value(r, a), value(r, b), r->size) != 0)
            return i;
    }
    return rs->nr;
}

/* FNV-1a over 8-byte steps with a final mix: register files are short and the
 * hash is taken often. */
static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x100000001b3ull;
    return h ^ (h >> 29);
}

uint64_t regset_hash(const struct regset *rs, const void *state)
{
    uint64_t h = 0xcbf29ce484222325ull;
    unsigned i, at;

    for (i = 0; i < rs->nr; i++) {
        const struct reg_desc *r = &rs->reg[i];
        const uint8_t *p = value(r, state);

        for (at = 0; at < r->size; at += 8) {
            unsigned n = r->size - at < 8u ? r->size - at : 8u;
            uint64_t v = 0;

            memcpy(&v, p + at, n);
            h = mix(h, v);
        }
    }
    h *= 0x9e3779b97f4a7c15ull;
    return h ^ (h >> 32);
}

char *regset_text(const struct reg_desc *r, const void *state, char *buf,
                  size_t len)
{
    static const char digit[] = "0123456789abcdef";
    const uint8_t *p = value(r, state);
    size_t at = 0;
    unsigned i;

    for (i = r->size; i-- > 0 && at + 2 < len;) {
        buf[at++] = digit[p[i] >> 4];
        buf[at++] = digit[p[i] & 15];
    }
    if (len > 0)
        buf[at] = '\0';
    return buf;
}

void regset_dump(const struct regset *rs, const void *state, const void *ref,
                 FILE *out)
{
    char buf[2 * 16 + 1];
    unsigned i;

    for (i = 0; i < rs->nr; i++) {
        if (ref != NULL) {
            i = regset_diff(rs, state, ref, i);
            if (i == rs->nr)
                break;
        }
        fprintf(out, "%s %s\n", rs->reg[i].name,
                regset_text(&rs->reg[i], state, buf, sizeof(buf)));
    }
}
