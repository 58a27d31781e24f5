/* usercalls.c: Linux/ia64 system calls of user-mode programs: those that a
 * static program without threads, signals and sockets makes.
 *
 * Number in r15, arguments in the output registers, result in r8; r10 is -1 and
 * r8 the error's number when the call failed. Error numbers are Linux's on
 * every architecture that matters here. What is not in the table fails with
 * ENOSYS. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/bits.h"
#include "vti-ia64/platform/ski_priv.h"

#define PAGE 16384ull

static uint64_t arg(const struct ski *s, unsigned n)
{
    unsigned r = 32 + cfm_sol(s->c->s.cfm) + n;

    return r < 128 ? s->c->s.gr[r].v : 0;
}

static uint64_t guest_ns(const struct ski *s)
{
    return (uint64_t)s->m.clock.start_date * CLOCK_NS_PER_S +
           clock_now(&s->m.clock);
}

/* ---- files: 0, 1 and 2 are the console ---- */
static int64_t console_write(struct ski *s, uint64_t va, uint64_t len)
{
    uint8_t buf[1024];
    uint64_t n;

    for (uint64_t done = 0; done < len; done += n) {
        n = len - done < sizeof(buf) ? len - done : sizeof(buf);
        if (!ski_um_read(s, va + done, buf, n))
            return done > 0 ? (int64_t)done : -EFAULT;
        machine_console_output(&s->m, CONSOLE_UART, buf, n);
    }
    return (int64_t)len;
}

static int64_t sys_write(struct ski *s)
{
    uint64_t len = arg(s, 2) < 1 << 20 ? arg(s, 2) : 1 << 20;

    if (arg(s, 0) == 1 || arg(s, 0) == 2)
        return console_write(s, arg(s, 1), len);
    return -EBADF;
}

static int64_t sys_writev(struct ski *s)
{
    int64_t total = 0, n;
    uint8_t v[16];

    if (arg(s, 0) != 1 && arg(s, 0) != 2)
        return -EBADF;
    if (arg(s, 2) > 1024)
        return -EINVAL;
    for (uint64_t k = 0; k < arg(s, 2); k++) {
        if (!ski_um_read(s, arg(s, 1) + k * 16, v, sizeof(v)))
            return -EFAULT;
        n = console_write(s, get_le64(v), get_le64(v + 8) & 0xfffff);
        if (n < 0)
            return n;
        total += n;
    }
    return total;
}

static int64_t sys_read(struct ski *s)
{
    uint64_t fd = arg(s, 0), va = arg(s, 1), done = 0;
    uint64_t len = arg(s, 2) < 1 << 20 ? arg(s, 2) : 1 << 20;
    uint8_t buf[1024];
    ssize_t n;

    if (fd == 0) {
        while (done < len && s->input_len > 0) {
            if (!ski_um_write(s, va + done, s->input, 1))
                return -EFAULT;
            memmove(s->input, s->input + 1, --s->input_len);
            done++;
        }
        return (int64_t)done;
    }
    if (fd >= SKI_FILES || s->file[fd].fd < 0)
        return -EBADF;
    while (done < len) {
        n = read(s->file[fd].fd, buf,
                 len - done < sizeof(buf) ? len - done : sizeof(buf));
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        if (!ski_um_write(s, va + done, buf, (uint64_t)n))
            return -EFAULT;
        done += (uint64_t)n;
    }
    return (int64_t)done;
}

static bool get_path(struct ski *s, uint64_t va, char *path, size_t size)
{
    for (size_t k = 0; k < size; k++) {
        if (!ski_um_read(s, va + k, &path[k], 1))
            return false;
        if (path[k] == '\0')
            return true;
    }
    return false;
}

/* Files are opened for reading only. */
static int64_t sys_open(struct ski *s)
{
    char path[256];
    int fd;

    if (!get_path(s, arg(s, 0), path, sizeof(path)))
        return -EFAULT;
    if ((arg(s, 1) & 3) != 0)
        return -EROFS;
    if (s->config.open == NULL)
        return -EACCES;
    for (int k = 3; k < SKI_FILES; k++) {
        if (s->file[k].fd >= 0)
            continue;
        fd = s->config.open(s->config.open_opaque, path, O_RDONLY);
        if (fd < 0)
            return -errno;
        s->file[k].fd = fd;
        return k;
    }
    return -EMFILE;
}

static int64_t sys_close(struct ski *s)
{
    uint64_t fd = arg(s, 0);

    if (fd < 3)
        return 0;
    if (fd >= SKI_FILES || s->file[fd].fd < 0)
        return -EBADF;
    close(s->file[fd].fd);
    s->file[fd].fd = -1;
    return 0;
}

static int64_t sys_lseek(struct ski *s)
{
    uint64_t fd = arg(s, 0);
    off_t at;

    if (fd < 3)
        return -ESPIPE;
    if (fd >= SKI_FILES || s->file[fd].fd < 0)
        return -EBADF;
    at = lseek(s->file[fd].fd, (off_t)arg(s, 1), (int)(arg(s, 2) & 3));
    return at < 0 ? -errno : at;
}

/* struct stat of ia64: 144 bytes; st_mode at 24, st_blksize at 120. The console
 * is a terminal. */
static int64_t sys_fstat(struct ski *s)
{
    uint8_t st[144] = {0};

    if (arg(s, 0) >= 3 && (arg(s, 0) >= SKI_FILES || s->file[arg(s, 0)].fd < 0))
        return -EBADF;
    put_le32(st + 24, arg(s, 0) < 3 ? 0020620 : 0100444);
    put_le64(st + 32, arg(s, 0) < 3 ? 0x8801 : 0); /* st_rdev: tty */
    put_le64(st + 120, 1024);
    return ski_um_write(s, arg(s, 1), st, sizeof(st)) ? 0 : -EFAULT;
}

static int64_t sys_ioctl(struct ski *s)
{
    uint8_t termios[36] = {0};

    if (arg(s, 0) < 3 && arg(s, 1) == 0x5401) /* TCGETS */
        return ski_um_write(s, arg(s, 2), termios, sizeof(termios)) ? 0
                                                                    : -EFAULT;
    return -ENOTTY;
}

/* ---- memory ---- */
static int64_t sys_brk(struct ski *s)
{
    struct ski_usermode *u = s->um;
    uint64_t to = arg(s, 0);

    if (to < u->brk0 || to - u->brk0 > s->config.mem_bytes)
        return (int64_t)u->brk;
    if (to > u->brk && !ski_um_back(s, u->brk, to - u->brk))
        return (int64_t)u->brk;
    u->brk = to;
    return (int64_t)to;
}

/* Anonymous memory only. */
static int64_t sys_mmap(struct ski *s)
{
    struct ski_usermode *u = s->um;
    uint64_t len = arg(s, 1), at = arg(s, 0);

    if (len == 0 || len > s->config.mem_bytes)
        return -EINVAL;
    if (!(arg(s, 3) & 0x20)) /* MAP_ANONYMOUS */
        return -ENODEV;
    len = align_up(len, PAGE);
    if (!(arg(s, 3) & 0x10)) { /* MAP_FIXED */
        at = u->mmap_next;
        u->mmap_next += len + PAGE;
    }
    return ski_um_back(s, at, len) ? (int64_t)at : -ENOMEM;
}

/* ---- the rest ---- */
static int64_t sys_uname(struct ski *s)
{
    static const char *const field[6] = {
        "Linux", "ski", "4.19.0", "#1 Ski user mode", "ia64", "(none)"};
    char buf[6 * 65] = {0};

    for (unsigned k = 0; k < 6; k++)
        snprintf(buf + k * 65, 65, "%s", field[k]);
    return ski_um_write(s, arg(s, 0), buf, sizeof(buf)) ? 0 : -EFAULT;
}

static int64_t put_time(struct ski *s, uint64_t va, uint64_t unit_ns)
{
    uint64_t ns = guest_ns(s);
    uint8_t b[16];

    put_le64(b, ns / CLOCK_NS_PER_S);
    put_le64(b + 8, ns % CLOCK_NS_PER_S / unit_ns);
    return ski_um_write(s, va, b, sizeof(b)) ? 0 : -EFAULT;
}

static int64_t sys_exit(struct ski *s)
{
    machine_stop(&s->m, MACHINE_GUEST_EXIT, (uint32_t)arg(s, 0) & 0xff);
    return 0;
}

static int64_t sys_gettimeofday(struct ski *s)
{
    return put_time(s, arg(s, 0), 1000);
}

static int64_t sys_clock_gettime(struct ski *s)
{
    return put_time(s, arg(s, 1), 1);
}

static int64_t sys_getrlimit(struct ski *s)
{
    uint8_t b[16];

    put_le64(b, ~0ull);
    put_le64(b + 8, ~0ull);
    return ski_um_write(s, arg(s, 1), b, sizeof(b)) ? 0 : -EFAULT;
}

static int64_t sys_getid(struct ski *s)
{
    (void)s;
    return 1000;
}

/* Calls whose success changes nothing here. */
static int64_t sys_zero(struct ski *s)
{
    (void)s;
    return 0;
}

static int64_t sys_enoent(struct ski *s)
{
    (void)s;
    return -ENOENT;
}

static const struct {
    uint16_t nr;
    const char *name;
    int64_t (*fn)(struct ski *s);
} calls[] = {
#define SYSCALL(nr, name, fn) {nr, #name, fn},
#include "vti-ia64/platform/usercalls.def"
#undef SYSCALL
};

static void report(struct ski *s, const char *name, uint64_t nr,
                   const uint64_t *a, int64_t r)
{
    char line[200], number[24];

    if (s->config.strace == NULL)
        return;
    snprintf(number, sizeof(number), "%llu", (unsigned long long)nr);
    snprintf(line, sizeof(line), "%s(%#llx, %#llx, %#llx) = %lld",
             name != NULL ? name : number, (unsigned long long)a[0],
             (unsigned long long)a[1], (unsigned long long)a[2], (long long)r);
    s->config.strace(s->config.strace_opaque, line);
}

void ski_um_syscall(struct ski *s)
{
    struct ia64_gr *gr = s->c->s.gr;
    uint64_t nr = gr[15].v, a[3] = {arg(s, 0), arg(s, 1), arg(s, 2)};
    const char *name = NULL;
    int64_t r = -ENOSYS;

    for (unsigned k = 0; k < ARRAY_LEN(calls); k++) {
        if (calls[k].nr != nr)
            continue;
        name = calls[k].name;
        r = calls[k].fn(s);
    }
    report(s, name, nr, a, r);
    gr[8] =
        (struct ia64_gr){r < 0 && r > -4096 ? (uint64_t)-r : (uint64_t)r, 0};
    gr[10] = (struct ia64_gr){r < 0 && r > -4096 ? ~0ull : 0, 0};
}
