/* term.h: the terminal in raw mode, given back whatever happens. */
#ifndef EXPERIMENTS_CLI_TERM_H
#define EXPERIMENTS_CLI_TERM_H

#include <stdbool.h>

/* Put the terminal at `fd` in raw mode: every key goes to the guest. False if
 * fd is no terminal, or one in whose foreground we are not. It is restored by
 * term_restore(), at exit(), and when a fatal signal arrives (which then takes
 * its default course). One terminal per process. */
bool term_raw(int fd);

/* Async-signal-safe; a no-op when nothing is raw. */
void term_restore(void);

/* Raw again after the process was stopped and continued. Async-signal-safe. */
void term_again(void);

#endif
