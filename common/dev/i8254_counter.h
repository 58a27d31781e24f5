/* i8254_counter.h: one counter of an 8254, as a function of time.
 *
 * Nothing here runs: count and output are computed from the tick (1/1193182 s
 * since power-on) at which they are asked for. Modes 0-5, binary and BCD, both
 * latches, gate [8254 "Mode Definitions", "Read Operations"]. A count of 1,
 * illegal in modes 2 and 3, leaves the output high. Every call passes `now`,
 * which never decreases. */
#ifndef COMMON_DEV_I8254_COUNTER_H
#define COMMON_DEV_I8254_COUNTER_H

#include "common/machine/snap.h"

#define I8254_HZ         1193182u
#define I8254_NEVER      INT64_MAX
#define I8254_TICK_LIMIT ((int64_t)1 << 60)

struct i8254_counter {
    /* The control word. */
    uint8_t mode; /* 0..5 */
    uint8_t rw;   /* 1 low byte, 2 high byte, 3 low then high */
    bool bcd;

    bool loaded;   /* n and start count: the counter has begun */
    bool stopped;  /* by the gate, with `held` ticks elapsed */
    bool gate;     /* level of the gate input */
    bool idle_out; /* output while not yet loaded */
    bool next_set; /* a new count waits for the trigger or the cycle's end */
    uint32_t n;    /* count: 1..65536 (10000 in BCD) */
    uint32_t next_n;
    int64_t start; /* tick at which n was loaded; may lie ahead */
    int64_t held;
    int64_t next_at;     /* modes 2, 3: when next_n is taken... */
    int64_t next_start;  /* ...and what `start` is then */
    uint16_t idle_count; /* count while not yet loaded */

    /* The data port. */
    bool read_high, write_high; /* rw 3: which byte is next */
    uint8_t write_low;
    uint8_t latched; /* bytes of count_latch not yet read, 0..2 */
    uint16_t count_latch;
    bool status_latched;
    uint8_t status_latch;
};

/* Power-on: mode 0, no count, output low, nothing counts. */
void i8254_counter_reset(struct i8254_counter *c, bool gate);

/* Control word (bits 5-0: RW, mode, BCD); RW 0 latches the count. */
void i8254_counter_control(struct i8254_counter *c, uint8_t v, int64_t now);
/* Read-back: latch count, status or both. */
void i8254_counter_latch(struct i8254_counter *c, bool count, bool status,
                         int64_t now);
void i8254_counter_write(struct i8254_counter *c, uint8_t v, int64_t now);
uint8_t i8254_counter_read(struct i8254_counter *c, int64_t now);
void i8254_counter_gate(struct i8254_counter *c, bool level, int64_t now);

bool i8254_counter_out(struct i8254_counter *c, int64_t now);

/* The first tick after now at which the output may differ, or I8254_NEVER. */
int64_t i8254_counter_next(struct i8254_counter *c, int64_t now);

void i8254_counter_snapshot(struct i8254_counter *c, struct snap *s);

#endif
