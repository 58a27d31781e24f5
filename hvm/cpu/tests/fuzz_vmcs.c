/* fuzz_vmcs.c: COUNT SEED: random VMCS contents and capability MSRs through all
 * VM-entry checks, VMREAD and VMWRITE. Meant for the sanitizer build. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/rng.h"
#include "hvm/cpu/tests/vmcs_base.h"

static uint64_t noise(struct rng *r)
{
    uint64_t v = rng_next(r);

    switch (rng_below(r, 4)) {
    case 0:
        return v;
    case 1:
        return v >> rng_below(r, 64);
    case 2:
        return BITQ(rng_below(r, 64));
    default:
        return 0;
    }
}

static bool read_noise(void *opaque, uint64_t pa, uint64_t *out)
{
    struct rng *r = opaque;

    *out = noise(r) ^ pa;
    return rng_below(r, 8) != 0;
}

int main(int argc, char **argv)
{
    unsigned long long count = argc > 1 ? strtoull(argv[1], NULL, 0) : 100000;
    struct rng r = {argc > 2 ? strtoull(argv[2], NULL, 0) : 2026};
    unsigned long long seed = r.state, n, passed = 0, hits[ENTRY_CHECKS] = {0};
    enum entry_verdict verdicts[ENTRY_CHECKS];
    unsigned i, k, failed, never = 0;

    for (n = 0; n < count; n++) {
        struct vmx_caps caps = *vmx_caps_at((unsigned)rng_below(&r, 7));
        struct entry_cpu cpu = {.ia32e = rng_below(&r, 3),
                                .vmcs_pointer = noise(&r),
                                .read = rng_below(&r, 2) ? read_noise : NULL,
                                .opaque = &r};
        struct entry_failure failure;
        const struct entry_check *first;
        uint64_t out, state;
        struct vmcs v;
        char text[80];

        vmcs_base(&v, (enum base)rng_below(&r, BASE_COUNT));
        for (k = (unsigned)rng_below(&r, 24); k > 0; k--)
            v.value[rng_below(&r, VMCS_COUNT)] ^= noise(&r);
        if (rng_below(&r, 4) == 0)
            caps.msr[rng_below(&r, CAP_COUNT)] ^= noise(&r);
        /* The reader draws from r: both walks must see the same memory. */
        state = r.state;
        failed = vmx_entry_check_all(&v, &caps, &cpu, verdicts);
        r.state = state;
        first = vmx_entry_check(&v, &caps, &cpu, &failure);
        if ((first == NULL) != (failed == 0)) {
            printf("FAIL  case %llu: the two walks differ\n", n);
            return 1;
        }
        if (first != NULL)
            entry_explain(&failure, &v, &caps, text, sizeof(text));
        passed += failed == 0;
        for (i = 0; i < ENTRY_CHECKS; i++)
            hits[i] += verdicts[i] == ENTRY_FAIL;
        k = (unsigned)noise(&r);
        if (vmcs_write(&v, &caps, k, noise(&r)) == VMX_OK &&
            vmcs_read(&v, &caps, k, &out) != VMX_OK) {
            printf("FAIL  case %llu: %x written, not read\n", n, k);
            return 1;
        }
    }
    for (i = 0; i < ENTRY_CHECKS; i++)
        never += hits[i] == 0;
    printf("fuzz_vmcs: %llu cases, seed %llu: %llu pass; %u of %u checks never "
           "failed\n",
           count, seed, passed, never, (unsigned)ENTRY_CHECKS);
    return 0;
}
