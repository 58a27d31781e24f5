/* abi.h: what the small kernel and its programs agree on. */
#ifndef EXPERIMENTS_GUESTS_TRIK_ABI_H
#define EXPERIMENTS_GUESTS_TRIK_ABI_H

enum syscall_number {
#define SYSCALL(nr, name) SYS_##name = (nr),
#include "experiments/guests/trik/syscalls.def"
#undef SYSCALL
};

/* Errors, as Linux numbers them; calls return them negated. */
#define E_NOENT 2
#define E_AGAIN 11
#define E_NOMEM 12
#define E_FAULT 14
#define E_CHILD 10
#define E_BADF  9
#define E_INVAL 22
#define E_MFILE 24
#define E_NODEV 19
#define E_SRCH  3
#define E_PIPE  32
#define E_NOSYS 38

#define PROT_READ  1u
#define PROT_WRITE 2u

#define NR_SIGNALS 32
#define SIG_ILL    4u
#define SIG_FPE    8u
#define SIG_KILL   9u
#define SIG_USR1   10u
#define SIG_SEGV   11u
#define SIG_DFL    0u /* a handler: the process ends, status 128 + signal */

#define MAX_PATH 64
#define MAX_ARGS 8
#define ARG_MAX  512 /* bytes of all arguments */

#endif
