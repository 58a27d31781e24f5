/* log.c: messages for people. */
#include "common/base/log.h"

#include <stdarg.h>
#include <stdio.h>

static void sink_stderr(enum log_level level, const char *tag, const char *text)
{
    (void)level;
    fprintf(stderr, "%s: %s\n", tag, text);
}

/* The one piece of process-wide state that common/ has (see DESIGN). */
static enum log_level log_level = LOG_WARN;
static log_sink *log_out = sink_stderr;

void log_setup(enum log_level level, log_sink *sink)
{
    log_level = level;
    log_out = sink != NULL ? sink : sink_stderr;
}

void log_msg(enum log_level level, const char *tag, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    if (level > log_level)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_out(level, tag, text);
}
