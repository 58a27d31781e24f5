# experiments/guests/module.mk: our own guests, for bare x86, 64- and 32-bit, in
# $(B)/guests. They need gcc and binutils only: no C library, no libgcc.
GUESTS := $(B)/guests
GUEST_DIR := experiments/guests
GUEST_CFLAGS := -std=c17 -iquote . $(WARN) $(WERROR) -O2 -ffreestanding \
    -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -fwrapv \
    -fno-strict-aliasing -fno-asynchronous-unwind-tables \
    -fno-tree-loop-distribute-patterns -mgeneral-regs-only
GUEST_CFLAGS_64 := -m64 -mno-red-zone -mcmodel=kernel
GUEST_CFLAGS_32 := -m32 -march=i686 -mregparm=3
GUEST_LDFLAGS := -nostdlib -static --build-id=none -z noexecstack \
    --no-warn-rwx-segments -z max-page-size=4096
GUEST_LDFLAGS_64 := -m elf_x86_64
GUEST_LDFLAGS_32 := -m elf_i386
GUEST_KERNEL_64 := --defsym=KBASE=0xffffffff80000000
GUEST_KERNEL_32 := --defsym=KBASE=0xc0000000

guest_obj = $(patsubst %,$(GUESTS)/obj$(1)/%.o,$(basename $(2)))
guest_src = $(wildcard $(patsubst %,$(GUEST_DIR)/%/*.[cS],$(1)))

# $(1) width
define GUEST_WIDTH_RULES
$(GUESTS)/obj$(1)/%.o: %.c $(READY) $(GUEST_DIR)/module.mk
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  GUEST $$< ($(1))";)$$(CC) $$(GUEST_CFLAGS) \
	    $$(GUEST_CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
$(GUESTS)/obj$(1)/%.o: %.S $(READY) $(GUEST_DIR)/module.mk
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  GUEST $$< ($(1))";)$$(CC) $$(GUEST_CFLAGS) \
	    $$(GUEST_CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach w,64 32,$(eval $(call GUEST_WIDTH_RULES,$(w))))

# ---- nanobenchmarks: every nano/*.S but common.S is one ----------------------

GUEST_NANO := $(filter-out common,$(basename $(notdir \
                $(wildcard $(GUEST_DIR)/nano/*.S))))
GUEST_NANO_64 := $(GUEST_NANO)
GUEST_NANO_32 := $(filter-out cr8wr,$(GUEST_NANO))
GUEST_BARE := $(call guest_src,platform bare lib)
GUEST_NANO_COMMON := $(GUEST_BARE) $(GUEST_DIR)/nano/common.S \
                     $(GUEST_DIR)/nano/main.c

# $(1) width, $(2) suffix of names, $(3) benchmark
define GUEST_NANO_RULES
ALL_GUESTS += $(GUESTS)/nano-$(3)$(2)
$(GUESTS)/nano-$(3)$(2): $(GUEST_DIR)/bare/link.ld $(call guest_obj,$(1),\
    $(GUEST_NANO_COMMON) $(GUEST_DIR)/nano/$(3).S)
	$$(Q)ld $(GUEST_LDFLAGS) $(GUEST_LDFLAGS_$(1)) $(GUEST_KERNEL_$(1)) \
	    -T $$< -o $$@ $$(filter %.o,$$^)
endef
$(foreach n,$(GUEST_NANO_64),$(eval $(call GUEST_NANO_RULES,64,,$(n))))
$(foreach n,$(GUEST_NANO_32),$(eval $(call GUEST_NANO_RULES,32,-32,$(n))))

.PHONY: own-guests
own-guests: $(ALL_GUESTS)
all: own-guests
