# experiments/guests/module.mk: our own guests, for bare x86, 64- and 32-bit, and
# IA-64, in $(B)/guests. They need gcc and binutils only: no C library, no
# libgcc.
GUESTS := $(B)/guests
GUEST_DIR := experiments/guests
GUEST_CFLAGS := -std=c17 -iquote . $(WARN) $(WERROR) -O2 -ffreestanding \
    -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -fwrapv \
    -fno-strict-aliasing -fno-asynchronous-unwind-tables \
    -fno-tree-loop-distribute-patterns -mgeneral-regs-only
GUEST_CFLAGS_64 := -m64 -mno-red-zone -mcmodel=kernel
GUEST_CFLAGS_32 := -m32 -march=i686 -mregparm=3
GUEST_CFLAGS_-user64 := -m64 -mno-red-zone
GUEST_CFLAGS_-user32 := $(GUEST_CFLAGS_32)
GUEST_LDFLAGS := -nostdlib -static --build-id=none -z noexecstack \
    --no-warn-rwx-segments -z max-page-size=4096
GUEST_LDFLAGS_64 := -m elf_x86_64
GUEST_LDFLAGS_32 := -m elf_i386
GUEST_KERNEL_64 := --defsym=KBASE=0xffffffff80000000
GUEST_KERNEL_32 := --defsym=KBASE=0xc0000000

guest_obj = $(patsubst %,$(GUESTS)/obj$(1)/%.o,$(basename $(2)))
guest_src = $(wildcard $(patsubst %,$(GUEST_DIR)/%/*.[cS],$(1)))

# $(1) 64 or 32: kernels; -user64 or -user32: programs
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
$(foreach w,64 32 -user64 -user32,$(eval $(call GUEST_WIDTH_RULES,$(w))))

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
$(GUESTS)/nano-$(3)$(2): $(GUEST_DIR)/platform/link.ld $(call guest_obj,$(1),\
    $(GUEST_NANO_COMMON) $(GUEST_DIR)/nano/$(3).S)
	$$(Q)ld $(GUEST_LDFLAGS) $(GUEST_LDFLAGS_$(1)) $(GUEST_KERNEL_$(1)) \
	    -T $$< -o $$@ $$(filter %.o,$$^)
endef
$(foreach n,$(GUEST_NANO_64),$(eval $(call GUEST_NANO_RULES,64,,$(n))))
$(foreach n,$(GUEST_NANO_32),$(eval $(call GUEST_NANO_RULES,32,-32,$(n))))

# Their ports to Xen PV: nano-xen/*.S, and those that are the same there.
GUEST_NANO_XEN_OWN := $(basename $(notdir \
                        $(wildcard $(GUEST_DIR)/nano-xen/*.S)))
GUEST_NANO_XEN_SAME := callret cpuid isprime popf rdtsc
GUEST_NANO_XEN_COMMON := $(call guest_src,platform xen lib) \
    $(GUEST_DIR)/nano-xen/gate.c $(GUEST_DIR)/nano/common.S \
    $(GUEST_DIR)/nano/main.c

# $(1) width, $(2) suffix of names, $(3) benchmark, $(4) its folder
define GUEST_NANO_XEN_RULES
ALL_GUESTS += $(GUESTS)/nano-$(3)$(2)-xen
$(GUESTS)/nano-$(3)$(2)-xen: $(GUEST_DIR)/platform/link.ld \
    $(call guest_obj,$(1),$(GUEST_NANO_XEN_COMMON) $(GUEST_DIR)/$(4)/$(3).S)
	$$(Q)ld $(GUEST_LDFLAGS) $(GUEST_LDFLAGS_$(1)) $(GUEST_KERNEL_$(1)) \
	    -T $$< -o $$@ $$(filter %.o,$$^)
endef
$(foreach n,$(GUEST_NANO_XEN_OWN),\
    $(eval $(call GUEST_NANO_XEN_RULES,64,,$(n),nano-xen)) \
    $(eval $(call GUEST_NANO_XEN_RULES,32,-32,$(n),nano-xen)))
$(foreach n,$(GUEST_NANO_XEN_SAME),\
    $(eval $(call GUEST_NANO_XEN_RULES,64,,$(n),nano)) \
    $(eval $(call GUEST_NANO_XEN_RULES,32,-32,$(n),nano)))

# ---- trik, the small kernel, and its programs -------------------------------
# Every user/*.c but lib.c is a program; an archive of them is in the kernel.

GUEST_USER_LIB := $(GUEST_DIR)/user/start.S $(GUEST_DIR)/user/lib.c \
                  $(GUEST_DIR)/lib/string.c
GUEST_PROGRAMS := $(filter-out lib,$(basename $(notdir \
                    $(wildcard $(GUEST_DIR)/user/*.c))))
GUEST_TRIK := $(GUEST_BARE) $(call guest_src,trik)
GUEST_TRIK_XEN := $(call guest_src,platform xen lib trik)

# A file to read and map: 64 KiB of text.
$(GUESTS)/data: $(GUEST_DIR)/module.mk
	@mkdir -p $(@D)
	$(Q)awk 'BEGIN { for (i = 0; i < 4096; i++) \
	    printf "0123456789abcde\n" }' >$@

# $(1) width
define GUEST_TRIK_RULES
$(GUESTS)/user$(1)/data: $(GUESTS)/data
	@mkdir -p $$(@D); cp $$< $$@
$(GUESTS)/user$(1)/%: $(GUESTS)/obj-user$(1)/$(GUEST_DIR)/user/%.o \
    $(call guest_obj,-user$(1),$(GUEST_USER_LIB))
	@mkdir -p $$(@D)
	$$(Q)ld $(GUEST_LDFLAGS) $(GUEST_LDFLAGS_$(1)) -s \
	    -Ttext-segment=0x400000 -z separate-code -o $$@ $$^
$(GUESTS)/ramdisk$(1): $(GUESTS)/user$(1)/data \
    $(patsubst %,$(GUESTS)/user$(1)/%,$(GUEST_PROGRAMS))
	@rm -f $$@
	$$(Q)ar rcSD $$@ $$^
$(GUESTS)/obj$(1)/$(GUEST_DIR)/trik/archive.o: $(GUESTS)/ramdisk$(1)
$(GUESTS)/obj$(1)/$(GUEST_DIR)/trik/archive.o: \
    GUEST_CFLAGS += -DRAMDISK='"$(GUESTS)/ramdisk$(1)"'
ALL_GUESTS += $(GUESTS)/trik$(1)
$(GUESTS)/trik$(1): $(GUEST_DIR)/platform/link.ld \
    $(call guest_obj,$(1),$(GUEST_TRIK))
	$$(Q)ld $(GUEST_LDFLAGS) $(GUEST_LDFLAGS_$(1)) $(GUEST_KERNEL_$(1)) \
	    -T $$< -o $$@ $$(filter %.o,$$^)
ALL_GUESTS += $(GUESTS)/trik$(1)-xen
$(GUESTS)/trik$(1)-xen: $(GUEST_DIR)/platform/link.ld \
    $(call guest_obj,$(1),$(GUEST_TRIK_XEN))
	$$(Q)ld $(GUEST_LDFLAGS) $(GUEST_LDFLAGS_$(1)) $(GUEST_KERNEL_$(1)) \
	    -T $$< -o $$@ $$(filter %.o,$$^)
endef
$(foreach w,64 32,$(eval $(call GUEST_TRIK_RULES,$(w))))
.SECONDARY: $(foreach w,64 32,$(call guest_obj,-user$(w),\
    $(GUEST_USER_LIB) \
    $(patsubst %,$(GUEST_DIR)/user/%.c,$(GUEST_PROGRAMS))))

# ---- IA-64: every ia64/*.s is a guest for Ski's platform --------------------

GUEST_IA64 := $(basename $(notdir $(wildcard $(GUEST_DIR)/ia64/*.s)))
# Addresses of .text, .data and .ivt. `services` is loaded by `boot`.
GUEST_IA64_AT          := 0x100000 0x180000 0x200000
GUEST_IA64_AT_services := 0x500000 0x580000 0x600000
guest_ia64_at = $(word $(2),$(or $(GUEST_IA64_AT_$(1)),$(GUEST_IA64_AT)))
# $(1) guest
define GUEST_IA64_RULES
ALL_GUESTS += $(GUESTS)/ia64-$(1)
$(GUESTS)/ia64-$(1): $(GUEST_DIR)/ia64/$(1).s $(READY) \
    $(wildcard $(GUEST_DIR)/ia64/*.inc) $(GUEST_DIR)/module.mk
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  GUEST $$< (ia64)";)ia64-linux-gnu-as -x \
	    -I $(GUEST_DIR)/ia64 -o $$@.o $$<
	$$(Q)ia64-linux-gnu-ld -Ttext $(call guest_ia64_at,$(1),1) \
	    -Tdata $(call guest_ia64_at,$(1),2) \
	    --section-start=.ivt=$(call guest_ia64_at,$(1),3) \
	    -o $$@ $$@.o && rm -f $$@.o
endef
$(foreach n,$(GUEST_IA64),$(eval $(call GUEST_IA64_RULES,$(n))))

# Lines of code by folder: what a port of the small kernel costs.
.PHONY: own-guests guest-sizes
guest-sizes:
	@for d in platform lib trik bare xen nano nano-xen user; do \
	    printf '%-10s' $$d; \
	    find $(GUEST_DIR)/$$d '(' -name '*.[chS]' -o -name '*.inc' ')' \
	        -exec cat {} + | \
	        $(CC) -fpreprocessed -dD -E -P -w -x c - | grep -c '[^ ]'; \
	done
own-guests: $(ALL_GUESTS)
all check-all: own-guests
