/* err.h: status codes and the caller-owned error object.
 *
 * `err` is the last parameter of every function that can fail, may be NULL, is
 * written only on failure and is never read by the callee. The innermost
 * function that knows the reason sets it; callers pass it on unchanged. */
#ifndef COMMON_BASE_ERR_H
#define COMMON_BASE_ERR_H

#include "common/base/cc.h"

enum status {
#define STATUS(name, text) ST_##name,
#include "common/base/status.def"
#undef STATUS
};

struct error {
    enum status status;
    int sys_errno; /* errno of the host call that failed, or 0 */
    const char *file;
    int line;
    char text[240]; /* one line, no newline */
};

/* The short text of a status. Never NULL. */
const char *status_text(enum status st);

/* Fill *err (if not NULL) and return st, so that callers can write
 * `return err_set(err, ST_INVAL, "mem %s: ...", arg);`. */
#define err_set(err, st, ...)                                                  \
    err_set_at((err), (st), 0, __FILE__, __LINE__, __VA_ARGS__)

/* As err_set, with the host's errno; its text is appended to the message. */
#define err_set_errno(err, st, no, ...)                                        \
    err_set_at((err), (st), (no), __FILE__, __LINE__, __VA_ARGS__)

enum status err_set_at(struct error *err, enum status st, int sys_errno,
                       const char *file, int line, const char *fmt, ...)
    PRINTF(6, 7);

#endif
