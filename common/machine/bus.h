/* bus.h: port and MMIO ranges and who answers them.
 *
 * Reads nobody claims give all ones, writes nobody claims vanish; both are
 * counted. An access is given to the device whole, as the guest made it (size
 * 1, 2, 4 or 8 for MMIO; 1, 2 or 4 for ports), with the offset into the range;
 * an access that leaves its range, or is wider than the device takes, is split
 * into bytes. */
#ifndef COMMON_MACHINE_BUS_H
#define COMMON_MACHINE_BUS_H

#include "common/base/err.h"
#include "common/base/types.h"

#define BUS_MAX_RANGES 48

enum bus_kind { BUS_PORT, BUS_MMIO };

struct bus_ops {
    /* The low `size` bytes of the result count. */
    uint64_t (*read)(void *dev, uint64_t offset, unsigned size);
    void (*write)(void *dev, uint64_t offset, unsigned size, uint64_t value);
    /* Widest access the device takes whole, wider ones come as bytes (as the
     * ISA bus does it); 0: any. */
    unsigned max_size;
};

struct bus_range {
    uint64_t base;
    uint64_t len;
    const struct bus_ops *ops;
    void *dev;
    const char *name; /* for messages and the ledger; borrowed */
};

struct bus {
    struct bus_range range[2][BUS_MAX_RANGES]; /* by enum bus_kind */
    unsigned nr[2];
    uint64_t unclaimed_reads, unclaimed_writes;
};

void bus_init(struct bus *b);

/* Claim [base, base+len). ST_INVAL if it is empty or overlaps an earlier
 * claim, ST_LIMIT if the table is full. `dev` and `name` are borrowed. */
enum status bus_add(struct bus *b, enum bus_kind kind, uint64_t base,
                    uint64_t len, const struct bus_ops *ops, void *dev,
                    const char *name, struct error *err) MUST_CHECK;

/* The range that holds addr, or NULL. */
const struct bus_range *bus_find(const struct bus *b, enum bus_kind kind,
                                 uint64_t addr);

uint64_t bus_read(struct bus *b, enum bus_kind kind, uint64_t addr,
                  unsigned size);
void bus_write(struct bus *b, enum bus_kind kind, uint64_t addr, unsigned size,
               uint64_t value);

#endif
