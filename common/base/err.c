/* err.c: status codes and the caller-owned error object. */
#include "common/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *status_text(enum status st)
{
    static const char *const texts[] = {
#define STATUS(name, text) [ST_##name] = text,
#include "common/base/status.def"
#undef STATUS
    };

    if ((size_t)st >= ARRAY_LEN(texts))
        return "unknown status";
    return texts[st];
}

enum status err_set_at(struct error *err, enum status st, int sys_errno,
                       const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    size_t used;

    if (err == NULL)
        return st;
    err->status = st;
    err->sys_errno = sys_errno;
    err->file = file;
    err->line = line;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    if (sys_errno != 0) {
        used = strlen(err->text);
        snprintf(err->text + used, sizeof(err->text) - used, ": %s",
                 strerror(sys_errno));
    }
    return st;
}
