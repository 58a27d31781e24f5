/* progress.c: one line on a terminal that says how far a long command is. */
#include "experiments/cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define WIDTH 39 /* of a narrow terminal, less the cursor */

static bool shown(bool quiet)
{
    return !quiet && isatty(STDERR_FILENO);
}

void progress_show(bool quiet, const char *fmt, ...)
{
    char text[WIDTH];
    va_list args;

    if (!shown(quiet))
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    fprintf(stderr, "\r%-*s", WIDTH, text);
}

void progress_clear(bool quiet)
{
    if (shown(quiet))
        fprintf(stderr, "\r%*s\r", WIDTH, "");
}
