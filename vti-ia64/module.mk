# vti-ia64/module.mk: IA-64: cpu/ (the processor model with VT-i), platform/
# (Ski's), vmm/ (the VMM).
MODULES += vti-ia64
vti-ia64_SRC  := $(wildcard vti-ia64/*.c vti-ia64/*/*.c)
vti-ia64_USES := common
vti-ia64_LIBS := $(LIBS_ELF)

# Long runs: the decoder against GNU objdump; random code (for MODE=asan), also
# under hvm; PAL's virtualization support and Ski's platform with hostile
# arguments (COUNT calls; SECONDS); random programs against HP's Ski, whose bski
# SKI names.
SECONDS ?= 180
.PHONY: fuzz-ia64-decode fuzz-ia64-run fuzz-ia64-equal fuzz-ia64-pal \
        fuzz-ia64-ski fuzz-ia64-bski
fuzz-ia64-decode: $(B)/fuzz_ia64_decode
	$(Q)$< $(COUNT) $(SEED)
fuzz-ia64-run: $(B)/fuzz_ia64_run
	$(Q)$< $(COUNT) $(SEED)
fuzz-ia64-equal: $(B)/fuzz_ia64_equal
	$(Q)$< $(COUNT) $(SEED)
fuzz-ia64-pal: $(B)/fuzz_ia64_pal
	$(Q)$< $(COUNT) $(SEED)
fuzz-ia64-ski: $(B)/fuzz_ia64_ski
	$(Q)$< $(SECONDS) $(SEED)
fuzz-ia64-bski: $(B)/fuzz_ia64_bski $(GUESTS)/ia64-programs
	$(Q)$< "$(or $(SKI),$(error SKI=bski: the program of HP's simulator))" \
	    $(if $(filter file,$(origin COUNT)),1000,$(COUNT)) $(SEED)
