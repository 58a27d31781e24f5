/* json.h: writing JSON to a stream, indented, one member a line. */
#ifndef EXPERIMENTS_CLI_JSON_H
#define EXPERIMENTS_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH 16

struct json {
    FILE *out;
    unsigned depth;
    bool used[JSON_MAX_DEPTH]; /* something was written at this depth */
};

void json_init(struct json *j, FILE *out);

/* `key` is NULL inside arrays and for the outermost value. Nesting is at most
 * JSON_MAX_DEPTH - 1 deep. Closing the outermost value ends the line. */
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

/* NULL gives null. Bytes that are not UTF-8 become \u00XX. */
void json_string(struct json *j, const char *key, const char *value);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_double(struct json *j, const char *key, double value); /* %.17g */
void json_bool(struct json *j, const char *key, bool value);

#endif
