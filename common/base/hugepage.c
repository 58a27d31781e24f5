/* hugepage.c: memory for large tables that are used at random. */
#include "common/base/hugepage.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/bits.h"

#define ALIGN_SMALL 64u

/* Less would leave most of a huge page empty. */
#define WORTH_IT (HUGEPAGE_BYTES / 4)

void *hugepage_alloc(size_t n)
{
    size_t align = n < WORTH_IT ? ALIGN_SMALL : HUGEPAGE_BYTES;
    size_t size = align_up(n, align);
    void *p = aligned_alloc(align, size);

    if (p == NULL)
        return NULL;
    if (align == HUGEPAGE_BYTES)
        hugepage_advise(p, size);
    return memset(p, 0, n);
}

/* A host that has none says no, which is harmless. */
void hugepage_advise(void *p, size_t n)
{
    (void)madvise(p, n, MADV_HUGEPAGE);
}
