/* objdump.c: GNU objdump as an oracle for the decoder.
 *
 * Known differences, all of them in encodings that Rev. 2.3 of the manual does
 * not define and that later processors use, or in hints:
 *  - cache hints that are reserved: objdump says data8, we show the access
 *    (hints change nothing);
 *  - lfetch.count, and hint.m with an immediate that sets a DAHR register;
 *  - mov from DAHR registers;
 *  - mux1 with a permutation that does not exist: objdump shows its number. */
#include "vti-ia64/cpu/tests/objdump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vti-ia64/cpu/disasm.h"
#include "vti-ia64/cpu/tests/randcode.h"

bool objdump_present(void)
{
    return system("command -v " OBJDUMP " >/dev/null 2>&1") == 0;
}

static bool explained(const char *theirs, const char *ours)
{
    if (strstr(theirs, "dahr") != NULL ||
        strstr(theirs, "lfetch.count") != NULL)
        return true;
    if (strstr(theirs, "hint.m") != NULL && strstr(ours, "hint.m") != NULL)
        return true;
    if (strstr(theirs, "mux1") != NULL && strstr(ours, "data8") != NULL)
        return true;
    return strncmp(theirs, "data8", 5) == 0 &&
           (strstr(ours, ".nt") != NULL || strstr(ours, ".d") != NULL ||
            strstr(ours, "hint.m") != NULL);
}

/* "  1c:\t[MII] \t (p06) add r1=r2,r3;;\n": the text of the instruction without
 * the template. NULL: no such line. */
static char *instruction(char *line)
{
    char *p = strchr(line, ':');

    if (p == NULL || line[0] != ' ' ||
        strspn(line, " 0123456789abcdef") != (size_t)(p - line))
        return NULL;
    p++;
    p += strspn(p, " \t");
    if (*p == '[')
        p += 5;
    p += strspn(p, " \t");
    p[strcspn(p, "\n")] = '\0';
    while (*p != '\0' && p[strlen(p) - 1] == ' ')
        p[strlen(p) - 1] = '\0';
    return p;
}

/* Numbers of data8 have no fixed width; stops may stand apart. */
static void normalize(char *text)
{
    char *p = strstr(text, "data8 0x"), *q;

    if (p != NULL) {
        p += 8;
        for (q = p; *q == '0' && q[1] != '\0' && q[1] != ';'; q++)
            ;
        memmove(p, q, strlen(q) + 1);
    }
    p = strstr(text, " ;;");
    if (p != NULL)
        memmove(p, p + 1, strlen(p));
}

struct compare {
    FILE *in;
    long bad;
    uint64_t slots, known;
};

static void one(struct compare *k, const struct ia64_bundle *b, unsigned nr,
                uint64_t ip)
{
    char line[256], ours[IA64_DISASM_MAX], *theirs;

    do {
        if (fgets(line, sizeof(line), k->in) == NULL) {
            k->bad++;
            return;
        }
        theirs = instruction(line);
    } while (theirs == NULL);
    ia64_disasm(b, nr, ip, ours, sizeof(ours));
    normalize(theirs);
    normalize(ours);
    k->slots++;
    if (strcmp(theirs, ours) == 0)
        return;
    if (explained(theirs, ours)) {
        k->known++;
    } else if (k->bad++ < 10) {
        fprintf(stderr, "%llx.%u objdump: %s\n      ours: %s\n",
                (unsigned long long)ip, nr, theirs, ours);
    }
}

static bool write_file(const char *path, uint64_t seed, unsigned n)
{
    FILE *f = fopen(path, "wb");
    struct rng r = {seed};
    uint8_t b[16];

    if (f == NULL)
        return false;
    for (unsigned k = 0; k < n; k++) {
        randcode_bundle(&r, b);
        fwrite(b, 1, sizeof(b), f);
    }
    return fclose(f) == 0;
}

long objdump_compare(uint64_t seed, unsigned n, const char *dir,
                     uint64_t *slots, uint64_t *known)
{
    struct compare k = {0};
    struct rng r = {seed};
    char path[512], command[800];
    uint8_t bytes[16];

    snprintf(path, sizeof(path), "%s/bundles-%ld.bin", dir, (long)getpid());
    snprintf(command, sizeof(command),
             OBJDUMP " -D -z -b binary -m ia64 --no-show-raw-insn '%s'", path);
    if (!write_file(path, seed, n))
        return -1;
    k.in = popen(command, "r");
    for (unsigned nr = 0; k.in != NULL && nr < n; nr++) {
        struct ia64_bundle b;
        const struct ia64_template *t;

        randcode_bundle(&r, bytes);
        b = ia64_bundle_get(bytes);
        t = &ia64_templates[b.template];
        for (unsigned s = 0; s < 3; s++)
            if (t->reserved || t->unit[s] != IA64_UNIT_L)
                one(&k, &b, s, nr * 16ull);
    }
    unlink(path);
    if (k.in == NULL || pclose(k.in) != 0)
        return -1;
    *slots += k.slots;
    *known += k.known;
    return k.bad;
}
