# common/module.mk: what every engine shares. Needs nothing else of the tree.
MODULES += common
common_DIRS := base machine dev load x86 mmu engine h5
common_SRC  := $(foreach d,$(common_DIRS),$(wildcard common/$(d)/*.c))
common_USES :=
common_LIBS := $(LIBS_ELF) $(LIBS_CAPSTONE) $(LIBS_HDF5) $(LIBS_UNPACK) $(LIBS_SLIRP) -lm
