/* bare.h: what the files of the bare platform share. */
#ifndef EXPERIMENTS_GUESTS_BARE_BARE_H
#define EXPERIMENTS_GUESTS_BARE_BARE_H

#include "experiments/guests/platform/platform.h"

extern pte_t boot_root[512];

void bare_main(uintptr_t start_info); /* from entry.S */
void bare_desc_init(void);            /* GDT, TSS, IDT, system calls */
void bare_uart_init(void);
void bare_pages_init(void); /* takes the mapping at 0 away */
void bare_pic_init(void);

#endif
