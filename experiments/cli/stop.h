/* stop.h: signals that end a run: the vcpu is kicked and the run ends between
 * two instructions. A second one ends the process at once. */
#ifndef EXPERIMENTS_CLI_STOP_H
#define EXPERIMENTS_CLI_STOP_H

#include "common/engine/vcpu.h"

/* SIGINT, SIGTERM and SIGHUP from now on kick v, in the calling thread.
 * SIGPIPE is ignored: a reader that left is seen by the write that fails. */
void stop_arm(struct vcpu *v);

/* Default actions again; v may be destroyed. */
void stop_disarm(void);

/* The signal that came, or 0. */
int stop_signal(void);

#endif
