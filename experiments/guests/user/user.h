/* user.h: what the programs of the small kernel are written with.
 *
 * A benchmark calls bench_start(), does its work a fixed number of times, and
 * calls bench_end(). What it computed, it checks: check() ends the program with
 * status 1 if that is wrong, and so, through init, the run. */
#ifndef EXPERIMENTS_GUESTS_USER_USER_H
#define EXPERIMENTS_GUESTS_USER_USER_H

#include "experiments/guests/lib/string.h"
#include "experiments/guests/marks.h"
#include "experiments/guests/trik/abi.h"

#include <stdbool.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE_SIZE    4096u

/* System calls; -E* is an error. */
_Noreturn void exit(int status);
int fork(void);
int exec(const char *path, const char *const *argv);
int wait(int *status);
int getppid(void);
int getpid(void);
int read(int fd, void *buf, size_t n);
int write(int fd, const void *buf, size_t n);
int open(const char *path);
int close(int fd);
int stat(const char *path, uint32_t *size);
int pipe(int fd[2]);
int dup(int fd);
void *mmap(int fd, size_t size, unsigned prot); /* NULL: an error */
int munmap(void *at, size_t size);
int mprotect(void *at, size_t size, unsigned prot);
int signal(unsigned sig, void (*handler)(int));
int kill(int pid, unsigned sig);
int yield(void);
int free_pages(void);

void bench_start(void);
void bench_end(enum mark_code code, unsigned iterations);
void print(const char *s);
/* If not `ok`, say what is wrong and exit with status 1. */
void check(bool ok, const char *what);
/* Wait for a child; it must have ended with `status`. */
void reap(int status);
/* The number that a string of digits means. */
unsigned to_number(const char *s);
/* The function of a name, or the program fails. */
struct choice {
    const char *name;
    void (*run)(void);
};
void choose(const struct choice *c, unsigned nr, int argc, char **argv);

int main(int argc, char **argv);

#endif
