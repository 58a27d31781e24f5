/* disasm.c: an x86 instruction as text, by Capstone. */
#include "experiments/cli/disasm.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>

struct disasm {
    csh handle[3]; /* 16, 32, 64 bits */
};

enum status disasm_create(struct disasm **out, struct error *err)
{
    static const cs_mode modes[] = {CS_MODE_16, CS_MODE_32, CS_MODE_64};
    struct disasm *d = calloc(1, sizeof(*d));
    unsigned i;

    if (d == NULL)
        return err_set(err, ST_NOMEM, "disassembler");
    for (i = 0; i < ARRAY_LEN(modes); i++) {
        if (cs_open(CS_ARCH_X86, modes[i], &d->handle[i]) != CS_ERR_OK) {
            disasm_destroy(d);
            return err_set(err, ST_HOST, "Capstone has no x86 support here");
        }
    }
    *out = d;
    return ST_OK;
}

void disasm_destroy(struct disasm *d)
{
    unsigned i;

    if (d == NULL)
        return;
    for (i = 0; i < ARRAY_LEN(d->handle); i++)
        if (d->handle[i] != 0)
            cs_close(&d->handle[i]);
    free(d);
}

unsigned disasm_text(struct disasm *d, unsigned bits, uint64_t addr,
                     const uint8_t *bytes, size_t len, char *buf, size_t size)
{
    csh handle = d->handle[bits == 16 ? 0 : bits == 32 ? 1 : 2];
    cs_insn *insn = NULL;
    unsigned used;

    if (cs_disasm(handle, bytes, len, addr, 1, &insn) == 0) {
        snprintf(buf, size, "(bad)");
        return 0;
    }
    snprintf(buf, size, "%s%s%s", insn->mnemonic,
             insn->op_str[0] != '\0' ? " " : "", insn->op_str);
    used = insn->size;
    cs_free(insn, 1);
    return used;
}

void disasm_version(char *buf, size_t size)
{
    int major, minor;

    cs_version(&major, &minor);
    snprintf(buf, size, "%d.%d", major, minor);
}
