/* ssc.c: system calls of Ski's simulated system: console, disks, time.
 *
 * Pointers are physical. Calls count no instructions beyond the break.
 * Disk requests are done at once; their completion waits to be asked for. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/bits.h"
#include "vti-ia64/cpu/sapic.h"
#include "vti-ia64/platform/ski_priv.h"

/* Longest transfer of one request, and requests in one call. */
#define MAX_TRANSFER (64u << 20)
#define MAX_REQUESTS 4096u

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
};

static uint64_t arg(const struct ski *s, unsigned n)
{
    return s->c->s.gr[32 + n].v;
}

/* ---- files ---- */
static int64_t open_file(struct ski *s, uint64_t path_pa, uint64_t how)
{
    static const int access[4] = {-1, O_RDONLY, O_WRONLY, O_RDWR};
    char path[256];
    int fd, slot = -1;

    for (unsigned k = 0; k < sizeof(path); k++) {
        if (!gmem_read(&s->m.mem, path_pa + k, &path[k], 1))
            return -1;
        if (path[k] == '\0')
            break;
        if (k == sizeof(path) - 1)
            return -1;
    }
    for (int k = 3; k < SKI_FILES && slot < 0; k++)
        if (s->file[k] < 0)
            slot = k;
    if (how == 0 || how > 3 || slot < 0 || s->config.open == NULL)
        return -1;
    fd = s->config.open(s->config.open_opaque, path, access[how]);
    if (fd < 0)
        return -1;
    s->file[slot] = fd;
    return slot;
}

static int host_fd(const struct ski *s, uint64_t fd)
{
    return fd < SKI_FILES ? s->file[fd] : -1;
}

static int64_t close_file(struct ski *s, uint64_t fd)
{
    if (host_fd(s, fd) < 0)
        return -1;
    close(s->file[fd]);
    s->file[fd] = -1;
    return 0;
}

/* One request: `len` bytes between the file and memory at pa. Bytes moved, or
 * -1. */
static int64_t transfer(struct ski *s, int fd, uint64_t pa, uint32_t len,
                        bool write_it)
{
    uint8_t buf[4096];
    uint64_t done = 0;
    ssize_t n;

    while (done < len) {
        size_t want = len - done < sizeof(buf) ? len - done : sizeof(buf);

        if (write_it) {
            gmem_read(&s->m.mem, pa + done, buf, want);
            n = write(fd, buf, want);
        } else {
            n = read(fd, buf, want);
            if (n > 0)
                gmem_write(&s->m.mem, pa + done, buf, (uint64_t)n);
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (uint64_t)n;
    }
    return (int64_t)done;
}

/* SSC_READ, SSC_WRITE: arguments fd, number of requests, their address, offset
 * in the file. A request is an address (8), a length (4) and 4 of padding. */
static int64_t disk(struct ski *s, bool write_it)
{
    uint64_t nr = arg(s, 1), at = arg(s, 2), offset = arg(s, 3);
    int fd = host_fd(s, arg(s, 0));
    uint64_t total = 0;
    int64_t n;
    uint8_t rq[16];

    if (fd < 0 || nr > MAX_REQUESTS || s->nr_done == SKI_COMPLETIONS ||
        lseek(fd, (off_t)offset, SEEK_SET) < 0)
        return -1;
    for (uint64_t k = 0; k < nr; k++) {
        gmem_read(&s->m.mem, at + k * 16, rq, sizeof(rq));
        if (get_le32(rq + 8) > MAX_TRANSFER)
            return -1;
        n = transfer(s, fd, get_le64(rq), get_le32(rq + 8), write_it);
        if (n < 0)
            return -1;
        total += (uint64_t)n;
        if (n == 0)
            break;
    }
    s->done[s->nr_done++] =
        (struct ski_completion){(uint32_t)arg(s, 0), (uint32_t)total};
    return write_it ? (int64_t)offset : 0;
}

/* The oldest completion, of that file or of any. */
static int64_t completion(struct ski *s, uint64_t pa, bool any)
{
    struct ski_completion want;

    gmem_read(&s->m.mem, pa, &want, sizeof(want));
    for (unsigned k = 0; k < s->nr_done; k++) {
        if (!any && s->done[k].fd != want.fd)
            continue;
        gmem_write(&s->m.mem, pa, &s->done[k], sizeof(want));
        memmove(&s->done[k], &s->done[k + 1],
                (s->nr_done - k - 1) * sizeof(s->done[0]));
        s->nr_done--;
        return 0;
    }
    return -1;
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
static void connect(struct ski *s, uint64_t type, uint64_t vector)
{
    for (unsigned k = 0; k < s->nr_connections; k++) {
        if (s->connection[k].type == type) {
            s->connection[k].vector = vector & 0xff;
            return;
        }
    }
    if (s->nr_connections == SKI_CONNECTIONS)
        return;
    s->connection[s->nr_connections].type = type;
    s->connection[s->nr_connections++].vector = vector & 0xff;
}

static void generate(struct ski *s, uint64_t type)
{
    for (unsigned k = 0; k < s->nr_connections; k++)
        if (s->connection[k].type == type)
            ia64_sapic_pend(s->c, s->connection[k].vector);
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
static int64_t get_args(struct ski *s, uint64_t pa)
{
    const char *const *a = s->config.args;
    uint64_t len = 0;

    for (; a != NULL && *a != NULL; a++) {
        if (len != 0)
            gmem_write(&s->m.mem, pa + len++, " ", 1);
        gmem_write(&s->m.mem, pa + len, *a, strlen(*a));
        len += strlen(*a);
    }
    gmem_write(&s->m.mem, pa + len, "", 1);
    return (int64_t)len + 1;
}

static int64_t get_initramfs(struct ski *s, uint64_t pa)
{
    int64_t n = 0, total = 0;
    int fd;

    if (s->config.initramfs == NULL)
        return 0;
    fd = open(s->config.initramfs, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    do {
        n = transfer(s, fd, pa + (uint64_t)total, MAX_TRANSFER, false);
        total += n > 0 ? n : 0;
    } while (n == MAX_TRANSFER);
    close(fd);
    return total;
}

void ski_ssc(struct ski *s, uint64_t nr)
{
    struct ia64_gr *r8 = &s->c->s.gr[8];

    switch (nr) {
    case SSC_HALT_LIGHT:
        s->c->s.halted = 1;
        break;
    case SSC_GETCHAR:
        *r8 = (struct ia64_gr){getchar_(s), 0};
        break;
    case SSC_PUTCHAR:
        putchar_(s, (uint8_t)arg(s, 0));
        break;
    case SSC_OPEN:
        *r8 = (struct ia64_gr){(uint64_t)open_file(s, arg(s, 0), arg(s, 1)), 0};
        break;
    case SSC_CLOSE:
        *r8 = (struct ia64_gr){(uint64_t)close_file(s, arg(s, 0)), 0};
        break;
    case SSC_READ:
    case SSC_WRITE:
        *r8 = (struct ia64_gr){(uint64_t)disk(s, nr == SSC_WRITE), 0};
        break;
    case SSC_GET_COMPLETION:
    case SSC_WAIT_COMPLETION:
        *r8 = (struct ia64_gr){
            (uint64_t)completion(s, arg(s, 0), nr == SSC_GET_COMPLETION), 0};
        break;
    case SSC_CONNECT_INTERRUPT:
        connect(s, arg(s, 0), arg(s, 1));
        break;
    case SSC_GENERATE_INTERRUPT:
        generate(s, arg(s, 0));
        break;
    case SSC_GET_RTC:
        get_rtc(s, arg(s, 0));
        break;
    case SSC_GET_TOD:
        get_tod(s, arg(s, 0), arg(s, 1));
        break;
    case SSC_GET_ARGS:
        *r8 = (struct ia64_gr){(uint64_t)get_args(s, arg(s, 0)), 0};
        break;
    case SSC_GET_INITRAMFS:
        *r8 = (struct ia64_gr){(uint64_t)get_initramfs(s, arg(s, 0)), 0};
        break;
    case SSC_STOP:
        machine_stop(&s->m, MACHINE_POWEROFF, 0);
        break;
    case SSC_EXIT:
        machine_stop(&s->m, MACHINE_GUEST_EXIT, (uint32_t)arg(s, 0));
        break;
    /* As on Ski without a debugger or a profiler: nothing happens. */
    case SSC_CONSOLE_INIT:
    case SSC_CTL_TRACE:
    case SSC_LOAD_SYMBOLS:
    case SSC_SET_PERIODIC_INTERRUPT:
        break;
    default: /* network devices: there is none */
        *r8 = (struct ia64_gr){~0ull, 0};
        break;
    }
}
