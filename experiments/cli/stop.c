/* stop.c: signals that end a run. Handlers find the vcpu through a
 * thread-local. */
#include "experiments/cli/stop.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "common/engine/processor.h"
#include "experiments/cli/term.h"

static _Thread_local struct vcpu *volatile stop_vcpu;
static volatile sig_atomic_t stop_sig;
static bool stop_held;
static volatile time_t stop_since; /* seconds, CLOCK_MONOTONIC */

static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};

static time_t seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

/* Who asks again does not want to wait. Twice at about the same time is asking
 * once: timeout(1) signals its child, then the group that the child is in. */
static void on_stop(int sig)
{
    struct vcpu *v = stop_vcpu;

    if (stop_sig != 0 && seconds() - stop_since >= 2) {
        term_restore();
        _exit(128 + sig);
    }
    if (stop_sig != 0)
        return;
    stop_since = seconds();
    stop_sig = sig;
    if (v != NULL)
        v->processor->kick(v);
}

static void on_continue(int sig)
{
    (void)sig;
    term_again();
}

/* No SA_RESTART: a wait for input must end, too. */
static void handle(int sig, void (*fn)(int))
{
    struct sigaction sa = {.sa_handler = fn};

    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

/* A signal that our parent had us ignore (nohup) stays ignored. */
static void handle_unless_ignored(int sig, void (*fn)(int))
{
    struct sigaction old;

    if (sigaction(sig, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        handle(sig, fn);
}

static void install(void)
{
    unsigned i;

    stop_sig = 0;
    for (i = 0; i < ARRAY_LEN(stopping); i++)
        handle_unless_ignored(stopping[i], on_stop);
    handle(SIGPIPE, SIG_IGN);
    handle(SIGCONT, on_continue);
}

static void uninstall(void)
{
    unsigned i;

    for (i = 0; i < ARRAY_LEN(stopping); i++)
        handle_unless_ignored(stopping[i], SIG_DFL);
    handle(SIGCONT, SIG_DFL);
}

void stop_begin(void)
{
    stop_held = true;
    install();
}

void stop_end(void)
{
    uninstall();
    stop_held = false;
}

void stop_arm(struct vcpu *v)
{
    stop_vcpu = v;
    if (!stop_held)
        install();
    else if (stop_sig != 0)
        v->processor->kick(v);
}

void stop_disarm(void)
{
    if (!stop_held)
        uninstall();
    stop_vcpu = NULL;
}

int stop_signal(void)
{
    return stop_sig;
}
