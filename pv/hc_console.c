/* hc_console.c: console_io [XEN xen.h]: the VMM's own console, as Xen built for
 * debugging gives it to every guest. There is nothing to read from it. */
#include "pv/preempt.h"

#define CHUNK 128u

static bool printable(uint8_t c)
{
    return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t' || c >= 0xa0;
}

static int64_t write_chunk(struct pv_domain *d, uint64_t va, uint32_t n)
{
    uint8_t in[CHUNK], out[CHUNK];
    int64_t rc = pv_copy_from(d, in, va, n);
    uint32_t i;
    size_t len = 0;

    if (rc != 0)
        return rc;
    for (i = 0; i < n; i++)
        if (printable(in[i]))
            out[len++] = in[i];
    machine_console_output(d->m, CONSOLE_DEBUG, out, len);
    return 0;
}

static int64_t write_all(struct pv_domain *d, uint32_t count, uint64_t va)
{
    uint32_t done = 0, n;
    int64_t rc = 0;

    while (done < count && done < PV_PREEMPT_BYTES && rc == 0) {
        n = count - done < CHUNK ? count - done : CHUNK;
        rc = write_chunk(d, va + done, n);
        done += n;
    }
    if (rc != 0 || done == count)
        return rc;
    return pv_preempt(
        d, __HYPERVISOR_console_io, 3,
        (const uint64_t[]){CONSOLEIO_write, count - done, va + done});
}

int64_t pv_do_console_io(struct pv_domain *d, const uint64_t arg[6])
{
    uint32_t count = (uint32_t)arg[1];

    switch ((uint32_t)arg[0]) {
    case CONSOLEIO_write:
        return write_all(d, count, arg[2]);
    case CONSOLEIO_read:
        return count > INT32_MAX ? -XEN_E2BIG : 0;
    }
    return -XEN_ENOSYS;
}
