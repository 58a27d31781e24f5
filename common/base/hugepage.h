/* hugepage.h: memory for large tables that are used at random.
 *
 * Such a table costs a miss of the host's TLB for nearly every use; where the
 * host has huge pages and gives them on advice, it costs few. Contents and
 * validity do not depend on what the host does. */
#ifndef COMMON_BASE_HUGEPAGE_H
#define COMMON_BASE_HUGEPAGE_H

#include <stddef.h>

#define HUGEPAGE_BYTES ((size_t)2 << 20)

/* n zero bytes, aligned to 64 at least; free() takes them back. NULL: there is
 * no memory. */
void *hugepage_alloc(size_t n);

/* Advise huge pages for memory mapped at [p, p + n), p a page's start. */
void hugepage_advise(void *p, size_t n);

#endif
