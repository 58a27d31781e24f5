/* aml.h: writes ACPI Machine Language [ACPI "AML Specification"]: names with
 * constant values, devices and resource templates; no methods.
 *
 * Encodings are the shortest ones, as a compiler writes them. Names are one
 * segment of up to four characters, with an optional "\" before it. Scopes and
 * templates are ended in the reverse order of their begin; a writer whose
 * buffer was too small or that was nested too deep says so at the end. */
#ifndef COMMON_LOAD_AML_H
#define COMMON_LOAD_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AML_MAX_DEPTH 4

struct aml {
    uint8_t *buf;
    size_t cap, len;
    size_t open[AML_MAX_DEPTH]; /* where the bodies of open packages start */
    unsigned depth;
    bool bad;
};

/* Write into buf[0..cap), borrowed. */
void aml_init(struct aml *a, uint8_t *buf, size_t cap);

/* Whether all went well and nothing is open; a->len bytes are the result. */
bool aml_ok(const struct aml *a);

void aml_scope_begin(struct aml *a, const char *name);
void aml_device_begin(struct aml *a, const char *name);
void aml_end(struct aml *a); /* of either */

/* Name (name, value). The EISA ID is one like "PNP0501". */
void aml_name_integer(struct aml *a, const char *name, uint64_t v);
void aml_name_string(struct aml *a, const char *name, const char *v);
void aml_name_eisaid(struct aml *a, const char *name, const char *id);
void aml_name_package(struct aml *a, const char *name, const uint8_t *v,
                      uint8_t nr);

/* Name (_CRS, ResourceTemplate () {...}) */
void aml_crs_begin(struct aml *a);
void aml_io(struct aml *a, uint16_t port, uint8_t len);
void aml_irq(struct aml *a, unsigned irq); /* ISA, edge, active high */
void aml_memory32(struct aml *a, uint32_t base, uint32_t len);
void aml_interrupt(struct aml *a, uint32_t gsi); /* level, active high */
void aml_crs_end(struct aml *a);

#endif
