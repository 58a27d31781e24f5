/* console.h: the guest's serial line on this process's standard streams.
 *
 * Output goes to stdout at every line end and at every poll. Input comes from
 *  - a file (--input, or stdin redirected from a regular file): it reaches the
 *    guest at the serial line's rate in guest time, so a run stays repeatable;
 *  - a terminal, in raw mode: Ctrl-A x leaves, Ctrl-A h lists such keys;
 *  - a pipe or socket, as it arrives.
 * The last two mark the run as not repeatable once a byte came. End of input is
 * no end of the run. The terminal's mode is restored by console_destroy(), at
 * exit(), and when a fatal signal arrives. One console per process. */
#ifndef EXPERIMENTS_CLI_CONSOLE_H
#define EXPERIMENTS_CLI_CONSOLE_H

#include "common/machine/machine.h"

struct console;

/* `input_path` NULL: stdin. ST_HOST if it cannot be opened. */
enum status console_create(const char *input_path, struct console **out,
                           struct error *err);
void console_destroy(struct console *c); /* NULL is a no-op; flushes */

/* What machine_config.console wants; opaque is the console. */
void console_write(void *opaque, const uint8_t *buf, size_t len);

/* Begin typing into m, whose clock runs. `stop` is called when the person at
 * the terminal wants to leave, and when stdout is gone. */
void console_start(struct console *c, struct machine *m, void (*stop)(void *),
                   void *stop_opaque);

/* What engine_run() wants; opaque is the console. Flushes output, takes input,
 * waits at most wait_ns for some. True while input may still come. */
bool console_poll(void *opaque, uint64_t wait_ns);

/* The run is over: flush, give the terminal back. */
void console_close(struct console *c);

/* The person pressed Ctrl-A x. */
bool console_left(const struct console *c);

/* errno of the first write to stdout that failed, or 0. */
int console_output_errno(const struct console *c);

#endif
