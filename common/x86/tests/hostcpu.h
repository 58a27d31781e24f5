/* hostcpu.h: the host processor as an oracle: run one instruction at CPL 3 in
 * 64-, 32- or 16-bit code from a given state and see what it did.
 *
 * The state goes in through a signal frame (sigreturn), with RFLAGS.TF set; the
 * instruction runs, and the trap or fault that ends it brings the state out in
 * the next frame. One caller at a time: this owns the process's signal
 * handlers, fixed addresses below 4 GiB, and two LDT entries. */
#ifndef COMMON_X86_TESTS_HOSTCPU_H
#define COMMON_X86_TESTS_HOSTCPU_H

#include <stdbool.h>
#include <stdint.h>

/* Where code and data are, on the host and for the instruction. In 16-bit code
 * CS has base HOSTCPU_CODE and DS, ES, SS have base HOSTCPU_DATA, limits
 * 64 KiB; SS is a 32-bit stack segment. */
#define HOSTCPU_CODE       0x10000000u
#define HOSTCPU_CODE_BYTES 0x10000u
#define HOSTCPU_DATA       0x20000000u
#define HOSTCPU_DATA_BYTES 0x10000u

struct hostcpu_state {
    uint64_t r[16];
    uint64_t rip; /* in 16-bit code: offset in CS */
    uint64_t rflags;
    uint8_t fx[512]; /* FXSAVE image, 64-bit form */
};

struct hostcpu_result {
    struct hostcpu_state state;
    int trap;       /* vector: 1 (completed), or the fault's */
    uint64_t error; /* error code */
    uint64_t cr2;
};

/* Map the regions, install the handlers. False with a reason in *why if this
 * host cannot (no LDT, addresses taken). */
bool hostcpu_init(const char **why);

/* Host addresses of the two regions. */
uint8_t *hostcpu_code(void);
uint8_t *hostcpu_data(void);

/* Run one instruction from *in. `repeats`: it is a string instruction with a
 * repeat prefix: run it until it ends. */
void hostcpu_run(unsigned code_size, const struct hostcpu_state *in,
                 bool repeats, struct hostcpu_result *out);

#endif
