/* machine.h: the board that every engine shares: memory, buses, clock and
 * devices. It knows no engine and no processor; a vcpu plugs into `cpu`. */
#ifndef COMMON_MACHINE_MACHINE_H
#define COMMON_MACHINE_MACHINE_H

#include "common/base/err.h"
#include "common/machine/bus.h"
#include "common/machine/clock.h"
#include "common/machine/device.h"
#include "common/machine/gmem.h"

#define MACHINE_MAX_DEVICES 32
#define MACHINE_MAX_APICS   8

/* Why a machine ended its run; MACHINE_RUNNING while it has not. */
enum machine_end {
    MACHINE_RUNNING,
    MACHINE_POWEROFF,   /* ACPI S5, or the engine's own power-off */
    MACHINE_RESET,      /* port 0x92, 0xCF9, i8042, or the guest's request */
    MACHINE_GUEST_EXIT, /* exit port 0xF4; end_code is the value written */
};

/* What the board asks of the processor that sits in it. All slots filled
 * before the first access; `opaque` is the vcpu. */
struct machine_cpu_ops {
    /* The level of INTR changed (local APIC or 8259 has a vector to give). */
    void (*intr)(void *opaque, bool level);
    void (*nmi)(void *opaque);
    void (*init)(void *opaque);
    void (*sipi)(void *opaque, uint8_t vector);
    /* Something the run loop must look at before the next instruction: an
     * earlier timer, the end of the machine. */
    void (*attention)(void *opaque);
};

/* What a processor brings to the machine that it sits in. */
struct machine_plug {
    void *cpu; /* the vcpu: `opaque` of all the others */
    const struct machine_cpu_ops *ops;
    uint64_t (*icount)(void *opaque); /* of the clock */
    gmem_code_fn *code_written;       /* of the memory; NULL: keeps no code */
};

/* Takes console output; bytes as the guest wrote them. */
typedef void console_fn(void *opaque, const uint8_t *buf, size_t len);

/* Marker: `code` from port 0xF5 with value 0.., or a console line
 * "MARK name" (then name is not NULL). */
typedef void marker_fn(void *opaque, uint32_t code, uint32_t iterations,
                       const char *name);

/* Where console output comes from; each is scanned for marker lines alone. */
enum machine_console { CONSOLE_UART, CONSOLE_DEBUG, CONSOLE_NR };

/* The line that a console is in the middle of; see machine_console_output(). */
struct console_line {
    uint8_t len; /* bytes kept in text */
    bool skip;   /* too long for a marker: wait for the end of the line */
    char text[64];
};

struct machine_config {
    uint64_t ram_bytes; /* multiple of 4 KiB, at least 1 MiB */
    enum clock_mode clock;
    uint64_t ips;
    const char *disk_path; /* NULL: none */
    bool disk_readonly;
    const char *network; /* see dev/netdev.h; NULL: none */
    console_fn *console; /* UART 0 and debug console; may be NULL */
    void *console_opaque;
    marker_fn *marker; /* may be NULL */
    void *marker_opaque;
};

struct machine {
    struct gmem mem;
    struct bus bus;
    struct guest_clock clock;
    struct device device[MACHINE_MAX_DEVICES];
    unsigned nr_devices;
    struct machine_config config;

    const struct machine_cpu_ops *cpu;
    void *cpu_opaque;

    enum machine_end end;
    uint32_t end_code;
    /* Console input came from a person or a pipe, or the guest spoke to the
     * host's network. */
    bool nondeterministic;
    /* Takes typed bytes in place of the UART (machine_console_input()): an
     * engine's, whose guest has another console. NULL: the UART. */
    size_t (*typed)(void *opaque, const uint8_t *buf, size_t len);
    void *typed_opaque;
    struct console_line line[CONSOLE_NR];

    /* The board's devices, for wiring; see board.h. */
    struct uart16550 *uart;
    struct i8259 *pic;
    struct i8254 *pit;
    struct rtc *rtc;
    struct i8042 *kbc;
    struct lapic *lapic;
    struct ioapic *ioapic;
    struct acpi_pm *pm;
    struct virtio_blk *disk; /* NULL without --disk */
    struct virtio_net *net;  /* NULL without --net */

    /* Every local APIC by number of processor: who listens on the APIC bus
     * (dev/apic_bus.h). `lapic` is that of the processor whose turn it is. */
    struct lapic *apic[MACHINE_MAX_APICS];
    unsigned nr_apics;
};

/* Registers a device with the machine (its list runs reset, snapshot and fini
 * in order of registration). ST_LIMIT if the list is full. */
enum status machine_add_device(struct machine *m, const struct device_ops *ops,
                               void *dev, struct error *err) MUST_CHECK;

/* End the run; the first reason wins. */
void machine_stop(struct machine *m, enum machine_end end, uint32_t code);

/* The machine's end, clock, devices and RAM. `with_ram` false leaves RAM out
 * (for hashing devices alone). Vcpu state is the processor's to save. */
void machine_snapshot(struct machine *m, struct snap *s, bool with_ram);

/* The processor is this one from now on: it hears of pins, of earlier timers
 * and of written code. */
void machine_plug(struct machine *m, const struct machine_plug *plug);
/* The one that is there now, to be plugged in again. */
struct machine_plug machine_plugged(const struct machine *m);
/* No processor any more. False, and nothing is done, if it is not `cpu` that
 * is there. */
bool machine_unplug(struct machine *m, const void *cpu);

/* Create the board described by config: RAM (a hole from 3 GiB to 4 GiB, the
 * rest above), ROM-less, all devices, firmware tables not yet written (the
 * loader does: acpi_build()). ST_INVAL names the option and the rule. */
enum status machine_create(const struct machine_config *config,
                           struct machine **out, struct error *err) MUST_CHECK;
void machine_destroy(struct machine *m); /* NULL is a no-op */

/* Power-on state of all devices; the machine runs again. Time goes on. */
void machine_reset(struct machine *m);

/* Bytes a guest wrote to a console: to config.console as they are, and to the
 * scanner: a whole line "MARK name" or "MARK name text" (ended by CR or LF,
 * name without blanks, 58 characters after "MARK " at most) calls config.marker
 * with that name, after its line end went out. A longer line is no marker. */
void machine_console_output(struct machine *m, enum machine_console from,
                            const uint8_t *buf, size_t len);

/* Calls config.marker if there is one. */
void machine_marker(struct machine *m, uint32_t code, uint32_t iterations,
                    const char *name);

/* Bytes typed at the console. Returns how many the UART's queue (or `typed`)
 * took. */
size_t machine_console_input(struct machine *m, const uint8_t *buf, size_t len);

/* Interrupt acknowledge: what INTA gives the processor: the local APIC's
 * vector, or the 8259's through LINT0/ExtINT. */
uint8_t machine_intr_ack(struct machine *m);

#endif
