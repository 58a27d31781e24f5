/* string.c: the memory and string functions that gcc and our guests call. */
#include "experiments/guests/lib/string.h"

#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n)
{
    const uint8_t *s = from;
    uint8_t *d = to;

    for (; n >= sizeof(uintptr_t); n -= sizeof(uintptr_t)) {
        *(uintptr_t *)(void *)d = *(const uintptr_t *)(const void *)s;
        d += sizeof(uintptr_t);
        s += sizeof(uintptr_t);
    }
    while (n-- > 0)
        *d++ = *s++;
    return to;
}

void *memset(void *to, int c, size_t n)
{
    uintptr_t word = (uint8_t)c * (~(uintptr_t)0 / 255);
    uint8_t *d = to;

    for (; n >= sizeof(uintptr_t); n -= sizeof(uintptr_t)) {
        *(uintptr_t *)(void *)d = word;
        d += sizeof(uintptr_t);
    }
    while (n-- > 0)
        *d++ = (uint8_t)c;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (; n > 0; n--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n] != '\0')
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}
