/* ssc.c: system calls of Ski's simulated system: console, disks, time.
 *
 * Pointers are physical. Calls count no instructions beyond the break. A call
 * without a result leaves that of the last one in r8, as on Ski. */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/platform/ski_priv.h"

enum {
    SSC_STOP = 0,
    SSC_HALT_LIGHT = 19,
    SSC_CONSOLE_INIT = 20,
    SSC_GETCHAR = 21,
    SSC_PUTCHAR = 31,
    SSC_OPEN = 50,
    SSC_CLOSE = 51,
    SSC_READ = 52,
    SSC_WRITE = 53,
    SSC_GET_COMPLETION = 54,
    SSC_WAIT_COMPLETION = 55,
    SSC_CONNECT_INTERRUPT = 58,
    SSC_GENERATE_INTERRUPT = 59,
    SSC_SET_PERIODIC_INTERRUPT = 60,
    SSC_GET_RTC = 65,
    SSC_EXIT = 66,
    SSC_LOAD_SYMBOLS = 69,
    SSC_GET_TOD = 74,
    SSC_GET_ARGS = 75,
    SSC_CTL_TRACE = 76,
    SSC_GET_INITRAMFS = 77,
    SSC_NETDEV_PROBE = 100,
    SSC_NETDEV_SEND = 101,
    SSC_NETDEV_RECV = 102,
    SSC_NETDEV_ATTACH = 103,
    SSC_NETDEV_DETACH = 104,
};

static uint64_t arg(const struct ski *s, unsigned n)
{
    return s->c->s.gr[32 + n].v;
}

/* ---- console ---- */
static uint64_t getchar_(struct ski *s)
{
    uint8_t ch = s->input[0];

    if (s->input_len == 0)
        return 0;
    memmove(s->input, s->input + 1, --s->input_len);
    return ch;
}

static void putchar_(struct ski *s, uint8_t ch)
{
    machine_console_output(&s->m, CONSOLE_UART, &ch, 1);
}

/* ---- interrupts ---- */
void ski_interrupt(struct ski *s, uint64_t type)
{
    for (unsigned k = 0; k < s->nr_connections; k++)
        if (s->connection[k].type == type)
            ia64_sapic_pend(s->c, s->connection[k].vector);
}

static void connect(struct ski *s, uint64_t type, uint64_t vector)
{
    unsigned k = 0;

    while (k < s->nr_connections && s->connection[k].type != type)
        k++;
    if (k == SKI_CONNECTIONS)
        return;
    if (k == s->nr_connections)
        s->nr_connections++;
    s->connection[k] = (struct ski_connection){type, (uint8_t)vector};
    /* What was typed before would wait for the next key. */
    if (type == SKI_IRPT_KEYBOARD && s->input_len > 0)
        ski_interrupt(s, type);
}

/* ---- time ---- */
static uint64_t now_ns(const struct ski *s)
{
    return (uint64_t)s->m.clock.start_date * CLOCK_NS_PER_S +
           clock_now(&s->m.clock);
}

static void get_rtc(struct ski *s, uint64_t pa)
{
    uint64_t ns = now_ns(s);
    time_t t = (time_t)(ns / CLOCK_NS_PER_S);
    struct tm tm;
    uint32_t out[8];

    gmtime_r(&t, &tm);
    out[0] = (uint32_t)tm.tm_year;
    out[1] = (uint32_t)tm.tm_mon;
    out[2] = (uint32_t)tm.tm_mday;
    out[3] = (uint32_t)tm.tm_hour;
    out[4] = (uint32_t)tm.tm_min;
    out[5] = (uint32_t)tm.tm_sec;
    out[6] = (uint32_t)(ns / 1000000 % 1000);
    out[7] = (uint32_t)tm.tm_wday;
    gmem_write(&s->m.mem, pa, out, sizeof(out));
}

static void get_tod(struct ski *s, uint64_t pa, uint64_t zone_pa)
{
    uint64_t ns = now_ns(s);
    uint32_t out[2] = {(uint32_t)(ns / CLOCK_NS_PER_S),
                       (uint32_t)(ns / 1000 % 1000000)};
    static const uint32_t utc[2];

    gmem_write(&s->m.mem, pa, out, sizeof(out));
    if (zone_pa != 0)
        gmem_write(&s->m.mem, zone_pa, utc, sizeof(utc));
}

/* ---- the command line and the initial RAM disk ---- */

/* What follows the image's name, each with a blank behind it; no terminator. */
static uint64_t get_args(struct ski *s, uint64_t pa)
{
    const char *const *a = s->config.args;
    uint64_t len = 0;

    if (a == NULL || *a == NULL)
        return 0;
    while (*++a != NULL) {
        gmem_write(&s->m.mem, pa + len, *a, strlen(*a));
        len += strlen(*a);
        gmem_write(&s->m.mem, pa + len++, " ", 1);
    }
    return len;
}

static uint64_t get_initramfs(struct ski *s, uint64_t pa)
{
    int64_t n;
    int fd;

    if (s->config.initramfs == NULL)
        return 0;
    fd = open(s->config.initramfs, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    n = ski_transfer(s, fd, pa, s->config.mem_bytes, false);
    close(fd);
    return n < 0 ? 0 : (uint64_t)n;
}

/* ---- the network: as Ski's with -nonet: no interface, an address of 0 ---- */
static uint64_t probe_network(struct ski *s, uint64_t address_pa)
{
    static const uint8_t none[6];

    gmem_write(&s->m.mem, address_pa, none, sizeof(none));
    return ~0ull;
}

/* Calls that have a result. */
static bool with_result(struct ski *s, uint64_t nr, uint64_t *result)
{
    const struct ski_requests r = {arg(s, 0), arg(s, 1), arg(s, 2), arg(s, 3)};

    switch (nr) {
    case SSC_GETCHAR:
        *result = getchar_(s);
        return true;
    case SSC_OPEN:
        *result = (uint64_t)ski_file_open(s, arg(s, 0), arg(s, 1));
        return true;
    case SSC_CLOSE:
        *result = (uint64_t)ski_file_close(s, arg(s, 0));
        return true;
    case SSC_READ:
    case SSC_WRITE:
        *result = (uint64_t)ski_file_requests(s, &r, nr == SSC_WRITE);
        return true;
    case SSC_GET_COMPLETION:
        *result = (uint64_t)ski_file_completed(s, arg(s, 0));
        return true;
    case SSC_WAIT_COMPLETION:
        *result = (uint64_t)ski_file_wait(s, arg(s, 0));
        return true;
    case SSC_GET_ARGS:
        *result = get_args(s, arg(s, 0));
        return true;
    case SSC_GET_INITRAMFS:
        *result = get_initramfs(s, arg(s, 0));
        return true;
    case SSC_LOAD_SYMBOLS: /* for a debugger, which there is not */
        *result = ski_file_is_elf(s, arg(s, 1)) ? 0 : ~0ull;
        return true;
    case SSC_NETDEV_PROBE:
        *result = probe_network(s, arg(s, 1));
        return true;
    case SSC_NETDEV_SEND:
    case SSC_NETDEV_RECV:
    case SSC_NETDEV_ATTACH:
    case SSC_NETDEV_DETACH:
        *result = ~0ull;
        return true;
    default:
        return false;
    }
}

/* Those that have none. What stands here with no effect has none on Ski either;
 * nor have numbers that are no calls. */
static void without_result(struct ski *s, uint64_t nr)
{
    switch (nr) {
    case SSC_STOP:
        machine_stop(&s->m, MACHINE_POWEROFF, 0);
        break;
    case SSC_HALT_LIGHT:
        s->c->s.halted = 1;
        break;
    case SSC_PUTCHAR:
        putchar_(s, (uint8_t)arg(s, 0));
        break;
    case SSC_CONNECT_INTERRUPT:
        connect(s, arg(s, 0), arg(s, 1));
        break;
    case SSC_GENERATE_INTERRUPT:
        ski_interrupt(s, arg(s, 0));
        break;
    case SSC_GET_RTC:
        get_rtc(s, arg(s, 0));
        break;
    case SSC_GET_TOD:
        get_tod(s, arg(s, 0), arg(s, 1));
        break;
    case SSC_EXIT:
        s->result = arg(s, 0);
        machine_stop(&s->m, MACHINE_GUEST_EXIT, (uint32_t)arg(s, 0));
        break;
    case SSC_CONSOLE_INIT:
    case SSC_CTL_TRACE:
    case SSC_SET_PERIODIC_INTERRUPT:
    default:
        break;
    }
}

void ski_ssc(struct ski *s, uint64_t nr)
{
    if (!with_result(s, nr, &s->result))
        without_result(s, nr);
    s->c->s.gr[8] = (struct ia64_gr){s->result, 0};
}
