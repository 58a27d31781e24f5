/* console.c: the guest's serial line on this process's standard streams. */
#include "experiments/cli/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "experiments/cli/term.h"

#define ESCAPE_KEY 0x01 /* Ctrl-A */

/* The UART takes its time (the line's rate, and only while the guest asserts
 * RTS); a full queue is looked at again after RETRY_NS of guest time. */
#define RETRY_NS      100000000ull
#define GIVE_UP_TRIES 1000u /* 100 s with nobody reading */

/* Longest wait at a time: a signal just before it must not be missed long. */
#define MAX_WAIT_NS 50000000ull

enum source { FROM_NOWHERE, FROM_FILE, FROM_TERMINAL, FROM_PIPE };

struct console {
    struct machine *m;
    enum source source;
    int fd;
    bool close_fd;
    uint8_t in[256]; /* read, not yet taken by the guest's UART */
    size_t in_pos, in_len;
    struct clock_timer typing; /* FROM_FILE */
    unsigned tries;
    bool escaped, left; /* FROM_TERMINAL */
    uint8_t out[4096];
    size_t out_len;
    int out_errno;
    void (*stop)(void *);
    void *stop_opaque;
};

/* ---- output ---- */

static void output_failed(struct console *c, int no)
{
    c->out_errno = no;
    if (c->stop != NULL)
        c->stop(c->stop_opaque);
}

static void flush(struct console *c)
{
    struct pollfd pfd = {.fd = STDOUT_FILENO, .events = POLLOUT};
    size_t done = 0;
    ssize_t n;

    while (done < c->out_len && c->out_errno == 0) {
        n = write(STDOUT_FILENO, c->out + done, c->out_len - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            poll(&pfd, 1, 100);
        else if (n < 0 && errno != EINTR)
            output_failed(c, errno);
    }
    c->out_len = 0;
}

void console_write(void *opaque, const uint8_t *buf, size_t len)
{
    struct console *c = opaque;
    size_t i;

    for (i = 0; i < len; i++) {
        c->out[c->out_len++] = buf[i];
        if (buf[i] == '\n' || c->out_len == sizeof(c->out))
            flush(c);
    }
}

static void say(struct console *c, const char *text)
{
    flush(c);
    fprintf(stderr, "\n%s\n", text);
}

/* ---- input ---- */

/* Give the UART what it takes of what was read. */
static void feed(struct console *c)
{
    size_t n;

    if (c->in_pos == c->in_len)
        return;
    n = machine_console_input(c->m, c->in + c->in_pos, c->in_len - c->in_pos);
    c->in_pos += n;
    if (n > 0)
        c->m->nondeterministic = true;
}

/* Read more once everything was taken. False: nothing there now. */
static bool fill(struct console *c)
{
    ssize_t n;

    if (c->in_pos < c->in_len)
        return true;
    do
        n = read(c->fd, c->in, sizeof(c->in));
    while (n < 0 && errno == EINTR && c->source == FROM_FILE);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        c->source = FROM_NOWHERE;
    c->in_pos = 0;
    c->in_len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* One key after Ctrl-A. True: it is for the guest. */
static bool command_key(struct console *c, uint8_t key)
{
    switch (key) {
    case 'x':
    case 'X':
        c->left = true;
        c->stop(c->stop_opaque);
        return false;
    case ESCAPE_KEY:
        return true;
    default:
        say(c, "Ctrl-A x  leave\n"
               "Ctrl-A a  send Ctrl-A (also: Ctrl-A twice)\n"
               "Ctrl-A h  this list");
        return false;
    }
}

/* Take the keys out that are ours. */
static void filter_keys(struct console *c)
{
    size_t i, n = 0;
    uint8_t key;

    for (i = 0; i < c->in_len; i++) {
        key = c->in[i];
        if (!c->escaped && key == ESCAPE_KEY) {
            c->escaped = true;
            continue;
        }
        if (c->escaped) {
            c->escaped = false;
            if (key == 'a')
                key = ESCAPE_KEY;
            if (!command_key(c, key))
                continue;
        }
        c->in[n++] = key;
    }
    c->in_len = n;
}

/* FROM_FILE: all that the UART has room for. */
static void type(void *opaque)
{
    struct console *c = opaque;
    bool some = false;
    size_t n;

    while (fill(c)) {
        n = machine_console_input(c->m, c->in + c->in_pos,
                                  c->in_len - c->in_pos);
        c->in_pos += n;
        some |= n > 0;
        if (c->in_pos < c->in_len)
            break;
    }
    if (c->source == FROM_NOWHERE)
        return;
    c->tries = some ? 0 : c->tries + 1;
    if (c->tries < GIVE_UP_TRIES) {
        clock_arm(&c->m->clock, &c->typing, clock_now(&c->m->clock) + RETRY_NS);
        return;
    }
    fprintf(stderr, "triptych: --input: nobody reads the serial line; the rest "
                    "is dropped\n");
    c->source = FROM_NOWHERE;
}

static void wait_ns_only(uint64_t wait_ns)
{
    struct timespec ts = {.tv_nsec = (long)wait_ns};

    if (wait_ns > 0)
        nanosleep(&ts, NULL);
}

bool console_poll(void *opaque, uint64_t wait_ns)
{
    struct console *c = opaque;
    struct pollfd pfd = {.fd = c->fd, .events = POLLIN};
    struct timespec ts;

    flush(c);
    if (wait_ns > MAX_WAIT_NS)
        wait_ns = MAX_WAIT_NS;
    if (c->source != FROM_TERMINAL && c->source != FROM_PIPE) {
        wait_ns_only(wait_ns);
        return false;
    }
    feed(c);
    /* While the guest leaves bytes unread, no more are read. */
    if (c->in_pos < c->in_len) {
        wait_ns_only(wait_ns);
        return true;
    }
    ts = (struct timespec){.tv_nsec = (long)wait_ns};
    if (ppoll(&pfd, 1, &ts, NULL) > 0 && fill(c)) {
        if (c->source == FROM_TERMINAL)
            filter_keys(c);
        feed(c);
    }
    return c->source != FROM_NOWHERE;
}

/* ---- life ---- */

static enum status open_input(struct console *c, const char *path,
                              struct error *err)
{
    struct stat st;

    c->fd = STDIN_FILENO;
    if (path != NULL) {
        c->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (c->fd < 0)
            return err_set_errno(err, ST_HOST, errno, "--input %s", path);
        c->close_fd = true;
    }
    if (fstat(c->fd, &st) != 0)
        c->source = FROM_NOWHERE;
    else if (S_ISDIR(st.st_mode))
        return err_set(err, ST_HOST, "--input %s: is a folder", path);
    else if (S_ISREG(st.st_mode))
        c->source = FROM_FILE;
    else
        c->source = path == NULL && isatty(c->fd) ? FROM_TERMINAL : FROM_PIPE;
    return ST_OK;
}

enum status console_create(const char *input_path, struct console **out,
                           struct error *err)
{
    struct console *c = calloc(1, sizeof(*c));
    enum status st;

    if (c == NULL)
        return err_set(err, ST_NOMEM, "console");
    st = open_input(c, input_path, err);
    if (st != ST_OK) {
        console_destroy(c);
        return st;
    }
    *out = c;
    return ST_OK;
}

void console_start(struct console *c, struct machine *m, void (*stop)(void *),
                   void *stop_opaque)
{
    c->m = m;
    c->stop = stop;
    c->stop_opaque = stop_opaque;
    if (c->source == FROM_FILE) {
        clock_timer_init(&c->typing, type, c);
        clock_arm(&m->clock, &c->typing, 0);
    }
    if (c->source == FROM_TERMINAL) {
        if (term_raw(c->fd))
            fprintf(stderr, "triptych: Ctrl-A x leaves, Ctrl-A h helps\n");
        else
            c->source = FROM_NOWHERE;
    }
}

void console_close(struct console *c)
{
    flush(c);
    term_restore();
    c->stop = NULL;
}

void console_destroy(struct console *c)
{
    if (c == NULL)
        return;
    console_close(c);
    if (c->close_fd && c->fd >= 0)
        close(c->fd);
    free(c);
}

bool console_left(const struct console *c)
{
    return c->left;
}

int console_output_errno(const struct console *c)
{
    return c->out_errno;
}
