/* aml.c: writes ACPI Machine Language. */
#include "common/load/aml.h"

#include <string.h>

#include "common/base/bits.h"

/* [ACPI "AML Byte Stream Byte Values"]. */
enum {
    OP_ZERO = 0x00,
    OP_ONE = 0x01,
    OP_NAME = 0x08,
    OP_BYTE = 0x0a,
    OP_WORD = 0x0b,
    OP_DWORD = 0x0c,
    OP_STRING = 0x0d,
    OP_QWORD = 0x0e,
    OP_SCOPE = 0x10,
    OP_BUFFER = 0x11,
    OP_PACKAGE = 0x12,
    OP_EXTENDED = 0x5b,
    OP_EXT_DEVICE = 0x82,
};

void aml_init(struct aml *a, uint8_t *buf, size_t cap)
{
    memset(a, 0, sizeof(*a));
    a->buf = buf;
    a->cap = cap;
}

bool aml_ok(const struct aml *a)
{
    return !a->bad && a->depth == 0;
}

static void put(struct aml *a, const void *p, size_t n)
{
    if (n > a->cap - a->len) {
        a->bad = true;
        return;
    }
    memcpy(a->buf + a->len, p, n);
    a->len += n;
}

static void put8(struct aml *a, unsigned v)
{
    uint8_t b = (uint8_t)v;

    put(a, &b, 1);
}

/* The low n bytes of v. */
static void put_le(struct aml *a, uint64_t v, unsigned n)
{
    uint8_t b[8];

    put_le64(b, v);
    put(a, b, n);
}

static void put_integer(struct aml *a, uint64_t v)
{
    if (v <= 1) {
        put8(a, v == 0 ? OP_ZERO : OP_ONE);
    } else if (v <= 0xff) {
        put8(a, OP_BYTE);
        put_le(a, v, 1);
    } else if (v <= 0xffff) {
        put8(a, OP_WORD);
        put_le(a, v, 2);
    } else if (v <= 0xffffffff) {
        put8(a, OP_DWORD);
        put_le(a, v, 4);
    } else {
        put8(a, OP_QWORD);
        put_le(a, v, 8);
    }
}

static void put_name(struct aml *a, const char *name)
{
    unsigned i;

    if (*name == '\\')
        put8(a, (uint8_t)*name++);
    for (i = 0; i < 4; i++)
        put8(a, *name != '\0' ? (uint8_t)*name++ : '_');
    if (*name != '\0')
        a->bad = true;
}

/* ---- packages: what is between begin and end, with its length before it ----
 */

static void begin(struct aml *a)
{
    if (a->depth == AML_MAX_DEPTH)
        a->bad = true;
    else
        a->open[a->depth++] = a->len;
}

/* Insert bytes at the innermost package's start. */
static void insert(struct aml *a, const uint8_t *p, size_t n)
{
    size_t at = a->open[a->depth - 1];
    size_t body = a->len - at;

    put(a, p, n);
    if (a->bad)
        return;
    memmove(a->buf + at + n, a->buf + at, body);
    memcpy(a->buf + at, p, n);
}

/* [ACPI "Package Length Encoding"]: the length counts its own bytes. */
static void end(struct aml *a)
{
    uint8_t b[3] = {0};
    size_t n = a->depth > 0 ? a->len - a->open[a->depth - 1] : 0;

    if (a->depth == 0 || n + 3 > 0xfffff) {
        a->bad = true;
        return;
    }
    if (n + 1 <= 0x3f) {
        b[0] = (uint8_t)(n + 1);
        insert(a, b, 1);
    } else if (n + 2 <= 0xfff) {
        b[0] = (uint8_t)(0x40 | ((n + 2) & 0xf));
        b[1] = (uint8_t)((n + 2) >> 4);
        insert(a, b, 2);
    } else {
        b[0] = (uint8_t)(0x80 | ((n + 3) & 0xf));
        b[1] = (uint8_t)((n + 3) >> 4);
        b[2] = (uint8_t)((n + 3) >> 12);
        insert(a, b, 3);
    }
    a->depth--;
}

void aml_scope_begin(struct aml *a, const char *name)
{
    put8(a, OP_SCOPE);
    begin(a);
    put_name(a, name);
}

void aml_device_begin(struct aml *a, const char *name)
{
    put8(a, OP_EXTENDED);
    put8(a, OP_EXT_DEVICE);
    begin(a);
    put_name(a, name);
}

void aml_end(struct aml *a)
{
    end(a);
}

/* ---- names ---- */

static void def_name(struct aml *a, const char *name)
{
    put8(a, OP_NAME);
    put_name(a, name);
}

void aml_name_integer(struct aml *a, const char *name, uint64_t v)
{
    def_name(a, name);
    put_integer(a, v);
}

void aml_name_string(struct aml *a, const char *name, const char *v)
{
    def_name(a, name);
    put8(a, OP_STRING);
    put(a, v, strlen(v) + 1);
}

static unsigned hex(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10) & 0xf;
}

/* [ACPI "EISAID (EISA ID String To Integer Conversion Macro)"]. */
void aml_name_eisaid(struct aml *a, const char *name, const char *id)
{
    unsigned letters, digits;

    if (strlen(id) != 7) {
        a->bad = true;
        return;
    }
    letters = (id[0] & 0x1fu) << 10 | (id[1] & 0x1fu) << 5 | (id[2] & 0x1fu);
    digits = hex(id[3]) << 12 | hex(id[4]) << 8 | hex(id[5]) << 4 | hex(id[6]);
    /* Each half is big-endian. */
    aml_name_integer(a, name,
                     __builtin_bswap16((uint16_t)letters) |
                         (uint32_t)__builtin_bswap16((uint16_t)digits) << 16);
}

void aml_name_package(struct aml *a, const char *name, const uint8_t *v,
                      uint8_t nr)
{
    unsigned i;

    def_name(a, name);
    put8(a, OP_PACKAGE);
    begin(a);
    put8(a, nr);
    for (i = 0; i < nr; i++)
        put_integer(a, v[i]);
    end(a);
}

/* ---- resources [ACPI "Resource Data Types for ACPI"] ---- */

void aml_crs_begin(struct aml *a)
{
    def_name(a, "_CRS");
    put8(a, OP_BUFFER);
    begin(a);
}

void aml_io(struct aml *a, uint16_t port, uint8_t len)
{
    put8(a, 0x47);
    put8(a, 1); /* decodes 16 bits */
    put_le(a, port, 2);
    put_le(a, port, 2);
    put8(a, 1); /* alignment */
    put8(a, len);
}

void aml_irq(struct aml *a, unsigned irq)
{
    put8(a, 0x22);
    put_le(a, irq < 16 ? BIT(irq) : 0, 2);
}

void aml_memory32(struct aml *a, uint32_t base, uint32_t len)
{
    put8(a, 0x86);
    put_le(a, 9, 2);
    put8(a, 1); /* writable */
    put_le(a, base, 4);
    put_le(a, len, 4);
}

void aml_interrupt(struct aml *a, uint32_t gsi)
{
    put8(a, 0x89);
    put_le(a, 6, 2);
    put8(a, 1); /* consumer, level, active high, exclusive */
    put8(a, 1); /* one of them */
    put_le(a, gsi, 4);
}

void aml_crs_end(struct aml *a)
{
    struct aml size;
    uint8_t b[10];

    put8(a, 0x79); /* end tag, without a checksum */
    put8(a, 0);
    if (a->depth == 0 || a->bad) {
        a->bad = true;
        return;
    }
    aml_init(&size, b, sizeof(b));
    put_integer(&size, a->len - a->open[a->depth - 1]);
    insert(a, b, size.len);
    end(a);
}
