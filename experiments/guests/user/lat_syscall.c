/* lat_syscall.c: lmbench's system-call latencies: null (getppid), read of a
 * byte of /dev/zero, write of a byte to /dev/null, stat, open and close. */
#include "experiments/guests/user/user.h"

#define N 10000u

static void null_call(void)
{
    int parent = getppid();
    unsigned i, same = 0;

    bench_start();
    for (i = 0; i < N; i++)
        same += getppid() == parent;
    bench_end(MARK_NULL_CALL, N);
    check(same == N, "getppid");
}

static void read_call(void)
{
    int fd = open("/dev/zero");
    unsigned i, sum = 0;
    char byte = 1;

    bench_start();
    for (i = 0; i < N; i++)
        sum += (unsigned)read(fd, &byte, 1);
    bench_end(MARK_READ, N);
    check(sum == N && byte == 0, "read of /dev/zero");
}

static void write_call(void)
{
    int fd = open("/dev/null");
    unsigned i, sum = 0;

    bench_start();
    for (i = 0; i < N; i++)
        sum += (unsigned)write(fd, "x", 1);
    bench_end(MARK_WRITE, N);
    check(sum == N, "write to /dev/null");
}

static void stat_call(void)
{
    unsigned i, same = 0;
    uint32_t size = 0;

    bench_start();
    for (i = 0; i < N; i++)
        same += stat("/data", &size) == 0 && size == 65536;
    bench_end(MARK_STAT, N);
    check(same == N, "stat of /data");
}

static void open_close(void)
{
    unsigned i, good = 0;

    bench_start();
    for (i = 0; i < N; i++)
        good += close(open("/data")) == 0;
    bench_end(MARK_OPEN_CLOSE, N);
    check(good == N, "open and close of /data");
}

int main(int argc, char **argv)
{
    static const struct choice choices[] = {
        {"null", null_call}, {"read", read_call},  {"write", write_call},
        {"stat", stat_call}, {"open", open_close},
    };

    choose(choices, ARRAY_LEN(choices), argc, argv);
    return 0;
}
