/* schema.c: the descriptions of the tables. */
#include "common/h5/schema.h"

#include "common/base/cc.h"

#define DESCRIBE(record, name_, type_, size_, units_, text_)                   \
    {.name = #name_,                                                           \
     .type = H5_##type_,                                                       \
     .offset = offsetof(struct record, name_),                                 \
     .size = (size_),                                                          \
     .units = (units_),                                                        \
     .text = (text_)},

#define EXITS_FIELD(...) DESCRIBE(h5_exits, __VA_ARGS__)
static const struct h5_field exits[] = {
#include "common/h5/schema.def"
};
#undef EXITS_FIELD

#define TIMES_FIELD(...) DESCRIBE(h5_times, __VA_ARGS__)
static const struct h5_field times[] = {
#include "common/h5/schema.def"
};
#undef TIMES_FIELD

#define RUNS_FIELD(...) DESCRIBE(h5_runs, __VA_ARGS__)
static const struct h5_field runs[] = {
#include "common/h5/schema.def"
};
#undef RUNS_FIELD

#define STATS_FIELD(...) DESCRIBE(h5_stats, __VA_ARGS__)
static const struct h5_field stats[] = {
#include "common/h5/schema.def"
};
#undef STATS_FIELD

#define CYCLES_FIELD(...) DESCRIBE(h5_cycles, __VA_ARGS__)
static const struct h5_field cycles[] = {
#include "common/h5/schema.def"
};
#undef CYCLES_FIELD

#define CLAIMS_FIELD(...) DESCRIBE(h5_claims, __VA_ARGS__)
static const struct h5_field claims[] = {
#include "common/h5/schema.def"
};
#undef CLAIMS_FIELD

const struct h5_schema h5_schema_exits = {
    "/exits/table", "counts of sensitive operations, exits and the like", exits,
    ARRAY_LEN(exits), sizeof(struct h5_exits)};
const struct h5_schema h5_schema_times = {
    "/times/table", "instructions and times of each interval", times,
    ARRAY_LEN(times), sizeof(struct h5_times)};
const struct h5_schema h5_schema_runs = {
    "/runs/table", "every run, in the order they were made", runs,
    ARRAY_LEN(runs), sizeof(struct h5_runs)};
const struct h5_schema h5_schema_stats = {
    "/statistics/table", "derived: medians, ratios and their intervals", stats,
    ARRAY_LEN(stats), sizeof(struct h5_stats)};
const struct h5_schema h5_schema_cycles = {
    "/cycles/table", "model cycles of each interval by a price list", cycles,
    ARRAY_LEN(cycles), sizeof(struct h5_cycles)};
const struct h5_schema h5_schema_claims = {
    "/claims/table", "claims of a paper: published values and ours", claims,
    ARRAY_LEN(claims), sizeof(struct h5_claims)};
