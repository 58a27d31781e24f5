/* cc.h: compiler attributes and the few macros every file may use. */
#ifndef COMMON_BASE_CC_H
#define COMMON_BASE_CC_H

#include <stddef.h>

#define likely(x)        __builtin_expect(!!(x), 1)
#define unlikely(x)      __builtin_expect(!!(x), 0)
#define PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define NORETURN         __attribute__((noreturn))
#define NOINLINE         __attribute__((noinline))
#define ALWAYS_INLINE    inline __attribute__((always_inline))
#define UNUSED           __attribute__((unused))
#define MUST_CHECK       __attribute__((warn_unused_result))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
