/* price_exits.h: which sensitive operations a VM exit stands for. */
#ifndef EXPERIMENTS_LIB_PRICE_EXITS_H
#define EXPERIMENTS_LIB_PRICE_EXITS_H

#include "common/engine/ledger.h"

struct price_exit {
    unsigned nr; /* 0: none */
    uint8_t op[4];
    uint64_t sub; /* of the operation's row, or PRICE_ANY_SUB */
};

/* Of a row of LEDGER_EXIT. */
struct price_exit price_exit_of(unsigned reason, uint64_t sub);

#endif
