/* term.c: the terminal in raw mode. The process has one terminal, and signal
 * handlers must find it: hence the file-scope state. */
#include "experiments/cli/term.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/cc.h"

static struct termios saved, raw;
static int raw_fd = -1;
static volatile sig_atomic_t is_raw;

static const int fatal[] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                            SIGABRT, SIGQUIT, SIGSYS};

void term_restore(void)
{
    int keep = errno;

    if (is_raw) {
        is_raw = 0;
        tcsetattr(raw_fd, TCSADRAIN, &saved);
    }
    errno = keep;
}

void term_again(void)
{
    int keep = errno;

    if (raw_fd >= 0 && !is_raw && tcgetpgrp(raw_fd) == getpgrp() &&
        tcsetattr(raw_fd, TCSADRAIN, &raw) == 0)
        is_raw = 1;
    errno = keep;
}

/* The handler was reset on entry: raising again takes the default course. */
static void on_fatal(int sig)
{
    term_restore();
    raise(sig);
}

/* Leave handlers that others (a sanitizer, a processor) installed. */
static void guard_fatal_signals(void)
{
    struct sigaction sa = {.sa_handler = on_fatal}, old;
    unsigned i;

    sa.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
    sigemptyset(&sa.sa_mask);
    for (i = 0; i < ARRAY_LEN(fatal); i++)
        if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(fatal[i], &sa, NULL);
}

bool term_raw(int fd)
{
    if (!isatty(fd) || tcgetpgrp(fd) != getpgrp() || tcgetattr(fd, &saved) != 0)
        return false;
    raw = saved;
    cfmakeraw(&raw);
    raw.c_oflag = saved.c_oflag; /* our own messages end in a bare newline */
    raw_fd = fd;
    guard_fatal_signals();
    atexit(term_restore);
    term_again();
    return is_raw;
}
