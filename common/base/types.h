/* types.h: address kinds as one-member structs, so that mixing them does not
 * compile. Host addresses stay pointers. */
#ifndef COMMON_BASE_TYPES_H
#define COMMON_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Guest-physical address. */
typedef struct {
    uint64_t a;
} gpa_t;

static inline gpa_t gpa(uint64_t a)
{
    return (gpa_t){a};
}

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096u
#define PAGE_MASK  (~(uint64_t)4095)

#endif
