/* bench_vmx.c: [COUNT]: processor time of a VM exit and a VM entry: a guest
 * that executes CPUID in a loop, a VMM that steps over it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/x86/defs.h"
#include "hvm/cpu/tests/vmguest.h"

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double round_trips(struct vmguest *g, unsigned long n)
{
    double start = seconds();
    struct error err;
    unsigned long k;

    for (k = 0; k < n; k++) {
        if (g->v->processor->run(g->v, 1000, &g->exit, &err) != ST_OK ||
            g->exit.kind != EXIT_SENSITIVE ||
            vmx_exit(g->v, &g->exit, &err) != ST_OK)
            return -1;
        vmx_write(g->v, VMCS_GUEST_RIP,
                  vmx_read(g->v, VMCS_GUEST_RIP) +
                      vmx_read(g->v, VMCS_VM_EXIT_INSTRUCTION_LEN));
        vmx_retired(g->v);
        if (vmx_vmresume(g->v) != VMX_OK)
            return -1;
    }
    return (seconds() - start) / (double)n * 1e9;
}

int main(int argc, char **argv)
{
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
    static struct vmguest g;

    for (unsigned vpid = 0; vpid < 2; vpid++) {
        vg_init(&g, "all", VG_64);
        if (vpid) {
            vg_ctl(&g, PROC2_VPID, true);
            VG_SET(&g, VIRTUAL_PROCESSOR_ID, 1);
        }
        /* l: inc rbx; cpuid; jmp l */
        vg_code(&g, "\x48\xff\xc3\x0f\xa2\xeb\xf9", 7);
        vg_enter(&g);
        printf("%s VPID: %.0f ns for exit and entry\n",
               vpid ? "with" : "without", round_trips(&g, n));
        vg_fini(&g);
    }
    return 0;
}
