/* disk.c: a virtio block device, if there is one where the board has it; one
 * request at a time, waited for by looking. [VIRTIO "Virtio Over MMIO", "Block
 * Device"] */
#include "experiments/guests/bare/bare.h"
#include "experiments/guests/bare/cpu_asm.h"
#include "experiments/guests/lib/string.h"

#define DISK_PHYS 0xfeb00000u
#define REGISTER(offset)                                                       \
    ((volatile uint32_t *)(DEVICE_VA + DISK_PHYS - DEVICE_PHYS + (offset)))

enum mmio_register {
    MMIO_MAGIC = 0x000,
    MMIO_VERSION = 0x004,
    MMIO_DEVICE_ID = 0x008,
    MMIO_DRIVER_FEATURES = 0x020,
    MMIO_DRIVER_FEATURES_SEL = 0x024,
    MMIO_QUEUE_SEL = 0x030,
    MMIO_QUEUE_NUM = 0x038,
    MMIO_QUEUE_READY = 0x044,
    MMIO_QUEUE_NOTIFY = 0x050,
    MMIO_INTERRUPT_STATUS = 0x060,
    MMIO_INTERRUPT_ACK = 0x064,
    MMIO_STATUS = 0x070,
    MMIO_QUEUE_DESC = 0x080, /* three addresses, low and high halves */
    MMIO_QUEUE_DRIVER = 0x090,
    MMIO_QUEUE_DEVICE = 0x0a0,
    MMIO_CONFIG = 0x100, /* capacity in sectors: low, high */
};

#define MAGIC              0x74726976u /* "virt" */
#define ID_BLOCK           2u
#define QUEUE_SIZE         4u
#define DESC_NEXT          1u
#define DESC_WRITE         2u /* by the device */
#define TYPE_IN            0u
#define TYPE_OUT           1u
#define STATUS_NEEDS_RESET 0x40u
#define SECTOR_BYTES       512u

static struct {
    struct {
        uint64_t addr;
        uint32_t len;
        uint16_t flags, next;
    } desc[QUEUE_SIZE]; /* first: it has to be aligned to 16 bytes */
    struct {
        uint16_t flags, idx, ring[QUEUE_SIZE];
    } avail;
    volatile struct {
        uint16_t flags, idx;
        struct {
            uint32_t id, len;
        } ring[QUEUE_SIZE];
    } used;
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    volatile uint8_t status;
    bool tried, there;
} disk __attribute__((aligned(16)));

static void set_address(enum mmio_register reg, const volatile void *p)
{
    *REGISTER(reg) = (uint32_t)((uintptr_t)p - KBASE);
    *REGISTER(reg + 4) = 0;
}

static bool find(void)
{
    if (*REGISTER(MMIO_MAGIC) != MAGIC || *REGISTER(MMIO_VERSION) != 2 ||
        *REGISTER(MMIO_DEVICE_ID) != ID_BLOCK)
        return false;
    *REGISTER(MMIO_STATUS) = 0;
    *REGISTER(MMIO_STATUS) = 1 | 2; /* ACKNOWLEDGE, DRIVER */
    *REGISTER(MMIO_DRIVER_FEATURES_SEL) = 0;
    *REGISTER(MMIO_DRIVER_FEATURES) = 0;
    *REGISTER(MMIO_DRIVER_FEATURES_SEL) = 1;
    *REGISTER(MMIO_DRIVER_FEATURES) = 1; /* VERSION_1 */
    *REGISTER(MMIO_STATUS) = 1 | 2 | 8;  /* FEATURES_OK */
    if (!(*REGISTER(MMIO_STATUS) & 8))
        return false;
    *REGISTER(MMIO_QUEUE_SEL) = 0;
    *REGISTER(MMIO_QUEUE_NUM) = QUEUE_SIZE;
    set_address(MMIO_QUEUE_DESC, disk.desc);
    set_address(MMIO_QUEUE_DRIVER, &disk.avail);
    set_address(MMIO_QUEUE_DEVICE, &disk.used);
    *REGISTER(MMIO_QUEUE_READY) = 1;
    *REGISTER(MMIO_STATUS) = 1 | 2 | 8 | 4; /* DRIVER_OK */
    disk.avail.flags = 1;                   /* no interrupts */
    return true;
}

static bool present(void)
{
    if (!disk.tried) {
        disk.tried = true;
        disk.there = find();
    }
    return disk.there;
}

uint64_t plat_disk_sectors(void)
{
    return present() ? *REGISTER(MMIO_CONFIG) |
                           (uint64_t)*REGISTER(MMIO_CONFIG + 4) << 32
                     : 0;
}

static void describe(unsigned i, const volatile void *p, uint32_t len,
                     unsigned flags)
{
    disk.desc[i].addr = (uintptr_t)p - KBASE;
    disk.desc[i].len = len;
    disk.desc[i].flags = (uint16_t)flags;
    disk.desc[i].next = (uint16_t)(i + 1);
}

bool plat_disk_rw(uint64_t sector, void *buf, bool write)
{
    if (!present())
        return false;
    disk.header.type = write ? TYPE_OUT : TYPE_IN;
    disk.header.sector = sector;
    disk.status = 0xff;
    describe(0, &disk.header, sizeof(disk.header), DESC_NEXT);
    describe(1, buf, SECTOR_BYTES, DESC_NEXT | (write ? 0 : DESC_WRITE));
    describe(2, &disk.status, 1, DESC_WRITE);
    disk.avail.ring[disk.avail.idx % QUEUE_SIZE] = 0;
    cpu_barrier();
    disk.avail.idx++;
    cpu_barrier();
    *REGISTER(MMIO_QUEUE_NOTIFY) = 0;
    while (disk.used.idx != disk.avail.idx) {
        if (*REGISTER(MMIO_STATUS) & STATUS_NEEDS_RESET)
            return false;
        cpu_barrier();
    }
    *REGISTER(MMIO_INTERRUPT_ACK) = *REGISTER(MMIO_INTERRUPT_STATUS);
    return disk.status == 0;
}
