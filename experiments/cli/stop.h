/* stop.h: signals that end a run: the vcpu is kicked and the run ends between
 * two instructions. A second one ends the process at once. */
#ifndef EXPERIMENTS_CLI_STOP_H
#define EXPERIMENTS_CLI_STOP_H

#include "common/engine/vcpu.h"

/* From here to stop_end() these signals end nothing by themselves: they are for
 * stop_signal(), and stop the runs that are armed. For commands that make
 * several runs and have something to clean up. */
void stop_begin(void);
void stop_end(void);

/* SIGINT, SIGTERM and SIGHUP from now on kick v, in the calling thread. A
 * second one, not at once, ends the process with status 128+N. */
void stop_arm(struct vcpu *v);

/* Back to what stop_begin() or, without it, the process had. */
void stop_disarm(void);

/* The signal that came since stop_begin() or stop_arm(), or 0. */
int stop_signal(void);

#endif
