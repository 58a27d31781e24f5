/* schema.h: the records of a results file and their description. */
#ifndef COMMON_H5_SCHEMA_H
#define COMMON_H5_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#define H5_CONVENTIONS    "Triptych-1"
#define H5_SCHEMA_VERSION 1u

enum h5_type { H5_U64, H5_F64, H5_TEXT };

struct h5_field {
    const char *name;
    enum h5_type type;
    size_t offset, size; /* in the record; TEXT: with its final NUL */
    const char *units;   /* "" for text */
    const char *text;
};

/* A table: path in the file, fields, size of a record. */
struct h5_schema {
    const char *path;
    const char *text;
    const struct h5_field *field;
    unsigned nr;
    size_t record;
};

#define H5_MEMBER_U64(name, size)                uint64_t name;
#define H5_MEMBER_F64(name, size)                double name;
#define H5_MEMBER_TEXT(name, size)               char name[size];
#define H5_MEMBER(name, type, size, units, text) H5_MEMBER_##type(name, size)

#define EXITS_FIELD H5_MEMBER
struct h5_exits {
#include "common/h5/schema.def"
#undef EXITS_FIELD
};
#define TIMES_FIELD H5_MEMBER
struct h5_times {
#include "common/h5/schema.def"
#undef TIMES_FIELD
};
#define RUNS_FIELD H5_MEMBER
struct h5_runs {
#include "common/h5/schema.def"
#undef RUNS_FIELD
};
#define STATS_FIELD H5_MEMBER
struct h5_stats {
#include "common/h5/schema.def"
#undef STATS_FIELD
};
#define CYCLES_FIELD H5_MEMBER
struct h5_cycles {
#include "common/h5/schema.def"
#undef CYCLES_FIELD
};
#define CLAIMS_FIELD H5_MEMBER
struct h5_claims {
#include "common/h5/schema.def"
#undef CLAIMS_FIELD
};

extern const struct h5_schema h5_schema_exits, h5_schema_times, h5_schema_runs,
    h5_schema_stats, h5_schema_cycles, h5_schema_claims;

#endif
