/* nano.h: what a nanobenchmark consists of.
 *
 * Each NAME.S is one claim: a loop of a fixed number of iterations whose body
 * is the operation and nothing else. main.c runs it between two markers, and
 * an empty loop of as many iterations before, the same way: the difference is
 * the operation. Operations after Adams and Agesen, "A Comparison of Software
 * and Hardware Techniques for x86 Virtualization", ASPLOS 2006, section 6.3,
 * and more of the kind. */
#ifndef EXPERIMENTS_GUESTS_NANO_NANO_H
#define EXPERIMENTS_GUESTS_NANO_NANO_H

#include "experiments/guests/platform/platform.h"

/* In every NAME.S, by the macros of nano_asm.inc. */
extern const uint32_t nano_code; /* of the marker */
extern const uint32_t nano_iterations;
extern const uint32_t nano_user; /* 1: the loop runs in user mode */
void nano_loop(uintptr_t n);
void nano_setup(void); /* empty unless it has one */
/* Whether what can be seen of the loop's work is right; true without one. */
bool nano_check(void);

/* ---- for their use --------------------------------------------------- */

/* The empty loop, for kernel mode and, in section .user, for user mode. */
void nano_empty(uintptr_t n);
void nano_empty_user(uintptr_t n);

/* fn(n) in user mode; it ends with INT 0x80. */
void nano_user_call(uintptr_t fn, uintptr_t n, uintptr_t stack);
void nano_user_done(void); /* the gate of that INT */

/* 32768 pages of virtual memory from here on, all of them the same page. */
#define NANO_PAGES    0x20000000
#define NANO_NR_PAGES 32768
#define NANO_USER     0x10000000 /* section .user, then a stack */

/* Their entries, filled in with `flags`; the page tables are consecutive in
 * memory, so this is an array. */
extern pte_t *nano_ptes;
void nano_map_pages(pte_t flags);
void nano_touch_pages(void); /* read a word of each, then flush nothing */

#endif
