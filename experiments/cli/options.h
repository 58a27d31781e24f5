/* options.h: long options from a table.
 *
 * A command describes its options once, as a const table of struct opt that
 * names a member of its own struct of values; parsing, checking, suggestions
 * and --help come from that. Accepted forms: --name VALUE, --name=VALUE, -c
 * VALUE for the few that have a letter; options may stand before and after
 * other arguments; "--" ends them; the last of several wins. */
#ifndef EXPERIMENTS_CLI_OPTIONS_H
#define EXPERIMENTS_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"

enum opt_type {
    OPT_FLAG,     /* bool: set to true */
    OPT_STRING,   /* const char * */
    OPT_OPTIONAL, /* const char *: --name (then "") or --name=VALUE */
    OPT_SIZE,     /* uint64_t bytes; 512M, 1G, 4_096k: powers of 1024 */
    OPT_COUNT,    /* uint64_t; 10M, 2_000_000: powers of 1000 */
    OPT_WORD,     /* int: the value of one of `words` */
};

struct opt_word {
    const char *word;
    int value;
};

struct opt {
    const char *name; /* without the dashes; NULL ends the table */
    char letter;      /* 0: none */
    enum opt_type type;
    size_t offset;                /* of the member, in the struct of values */
    const char *arg;              /* "SIZE", for the help; NULL for flags */
    const char *help;             /* a line or more */
    const struct opt_word *words; /* OPT_WORD; ends with NULL */
    uint64_t min, max;            /* OPT_SIZE, OPT_COUNT; max 0: no limit */
};

/* Parse argv[0..argc-1] into *values, which the caller has filled with the
 * defaults. Arguments that are no options are moved to the front of argv and
 * counted in *nr_args. ST_INVAL with one line for the user. `--help` and `-h`
 * stop the parsing: ST_OK with *help true. */
enum status opts_parse(const struct opt *opts, int argc, char **argv,
                       void *values, int *nr_args, bool *help,
                       struct error *err);

/* The options as a table for people. */
void opts_print(const struct opt *opts, FILE *out);

/* The word of `words` that has this value, or "?". */
const char *opts_word(const struct opt_word *words, int value);

/* Number with optional '_' between digits, 0x prefix, and suffix k, M, G or T
 * (either case) in powers of `base` (1000 or 1024; then "KiB" and the like are
 * fine too). ST_INVAL says what is wrong with the text, not where it is from.
 */
enum status opts_number(const char *text, unsigned base, uint64_t *out,
                        struct error *err);

/* The name in names[] (NULL terminated) that a typist may have meant by
 * `word`, or NULL if none is near. */
const char *opts_nearest(const char *word, const char *const *names);

#endif
