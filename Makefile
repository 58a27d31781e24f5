# Makefile: one for the whole tree; each folder's module.mk says what it holds.
# `make help` lists the targets.

MODE  ?= release
BUILD ?= build
B     := $(BUILD)/$(MODE)
CC    ?= gcc
ifeq ($(origin CC),default)
CC    := gcc
endif
NPROC := $(shell nproc 2>/dev/null || echo 1)
# All processors, unless -j says otherwise (it wins over this).
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(NPROC)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory -Otarget
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
Q := $(if $(V),,@)

# ---- what the host has (build-aux/probe.sh writes the answers) --------------

# The probe is remade when it changed, or after something was missing.
UNPROBED := clean help depcheck format format-check sizes
ifneq ($(filter-out $(UNPROBED),$(or $(MAKECMDGOALS),all)),)
-include $(BUILD)/config.mk
endif
$(BUILD)/config.mk: build-aux/probe.sh build-aux/packages.txt
	$(Q)mkdir -p $(@D) && CC="$(CC)" sh build-aux/probe.sh >$@.tmp && mv $@.tmp $@

# ---- flags ------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wcast-qual -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2
WERROR ?=
# No strict aliasing: guest memory has no declared type and is accessed at
# every width through host pointers. Sibling calls at every level: handlers of
# the interpreter may end in a call of the next one, and the stack must not
# grow with the guest's run.
CODE := -fno-strict-aliasing -foptimize-sibling-calls -fno-math-errno
CODE_debug   := -Og -g3 -fwrapv
# Guest arithmetic wraps. The sources do not rely on -fwrapv (it is absent from
# the sanitizer build, which therefore reports signed overflow); with it a slip
# is a wrong number and not undefined behaviour.
CODE_release := -O2 -g -fwrapv -DNDEBUG
CODE_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
                -fno-sanitize-recover=undefined
CODE_cov     := -O0 -g --coverage -fwrapv
ifeq ($(CODE_$(MODE)),)
$(error MODE=$(MODE): there are debug, release, asan and cov)
endif

CFLAGS  ?=
LDFLAGS ?=
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -iquote . $(WARN) $(WERROR) $(CODE) \
             $(CODE_$(MODE)) $(CFLAGS_LIBS) $(CFLAGS)
ALL_LDFLAGS = $(CODE_$(MODE)) $(LDFLAGS)

# ---- the tree ---------------------------------------------------------------

MODULES :=
include $(sort $(wildcard */module.mk))

obj = $(patsubst %,$(B)/obj/%.o,$(basename $(1)))
archive = $(if $($(1)_SRC),$(B)/lib$(1).a)
# The archive of a module, then those it may use: the link order, and all that
# its tests see.
archives = $(call archive,$(1)) $(foreach m,$($(1)_USES),$(call archive,$(m)))
libs = $(foreach m,$(1) $($(1)_USES),$($(m)_LIBS)) -lpthread

# Every object waits for the libraries and knows the flags it was made with.
READY := $(B)/flags
$(READY): FORCE
	$(Q)sh build-aux/ready.sh "$(MISSING)" $(BUILD)/config.mk
	$(Q)mkdir -p $(@D); echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $@ || \
	    echo '$(CC) $(ALL_CFLAGS)' >$@
FORCE:

$(B)/obj/%.o: %.c $(READY)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<";)$(CC) $(ALL_CFLAGS) \
	    $(CFLAGS_$(patsubst %/,%,$(dir $<))) -MMD -MP -c -o $@ $<
$(B)/obj/%.o: %.S $(READY)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  AS    $<";)$(CC) -iquote . -g -MMD -MP -c -o $@ $<

# What a results file says of the program: rebuilt when it changes.
BUILDINFO := $(B)/gen/buildinfo.h
CFLAGS_experiments/lib += -DBUILDINFO_VALUES='"$(BUILDINFO)"'
$(B)/obj/experiments/lib/buildinfo.o: $(BUILDINFO)
$(BUILDINFO): FORCE
	@mkdir -p $(@D); sh build-aux/buildinfo.sh '$(CC)' '$(ALL_CFLAGS)' >$@.tmp; \
	    if cmp -s $@.tmp $@; then rm $@.tmp; else mv $@.tmp $@; fi

define MODULE_RULES
$$(B)/lib$(1).a: $$(call obj,$$($(1)_SRC)) $$(B)/lists/$(1).list
	@rm -f $$@
	$$(if $$(V),,@echo "  AR    $$@";)ar rcsD $$@ $$(filter %.o,$$^)
# A source that went away must leave the archive too.
$$(B)/lists/$(1).list: FORCE
	@mkdir -p $$(@D); echo '$$($(1)_SRC)' | cmp -s - $$@ || \
	    echo '$$($(1)_SRC)' >$$@
endef
$(foreach m,$(MODULES),$(eval $(call MODULE_RULES,$(m))))

$(B)/triptych: $(call archives,experiments)
	$(if $(V),,@echo "  LINK  $@";)$(CC) $(ALL_LDFLAGS) -o $@ $^ \
	    $(call libs,experiments)

.PHONY: all
all: $(B)/triptych
	@echo "$(B)/triptych"

# ---- tests ------------------------------------------------------------------
# Every folder .../tests with test_*.c in it makes one program; its list of
# suites is generated from the file names. Other .c files there are helpers,
# except fuzz_*.c and bench_*.c, which are programs of their own. What is in
# common/tests is linked where it is needed. test_*.sh are run with TRIPTYCH
# naming the binary, and end in the same RESULT line.

TEST_DIRS := $(sort $(patsubst %/,%,$(dir \
               $(wildcard */tests/test_*.c */*/tests/test_*.c))))
test_id  = $(subst /,-,$(patsubst %/tests,%,$(1)))
test_mod = $(firstword $(subst /, ,$(1)))
TEST_PROGS := $(foreach d,$(TEST_DIRS),$(B)/tests/$(call test_id,$(d)))
TEST_SCRIPTS := $(sort $(wildcard */tests/test_*.sh */*/tests/test_*.sh))
PROGS := $(wildcard $(foreach d,*/tests */*/tests,$(d)/fuzz_*.c $(d)/bench_*.c))
PROG_BINS := $(foreach p,$(PROGS),$(B)/$(basename $(notdir $(p))))
helpers = $(filter-out $(wildcard $(addprefix $(1)/,test_*.c fuzz_*.c \
            bench_*.c)),$(wildcard $(1)/*.c))
# The generated list declares the suites; the test files need not.
TEST_CFLAGS := -Wno-missing-prototypes -DTEST_MODE='"$(MODE)"' \
               -DTEST_BUILD='"$(B)"'
$(foreach d,$(sort common/tests $(TEST_DIRS) $(patsubst %/,%,$(dir $(PROGS)))),\
  $(eval CFLAGS_$(d) += $(TEST_CFLAGS)))

TESTING := $(B)/libtesting.a
TESTING_SRC := $(call helpers,common/tests)
$(TESTING): $(call obj,$(TESTING_SRC))
	@rm -f $@
	$(if $(V),,@echo "  AR    $@";)ar rcsD $@ $^

# $(1) folder, $(2) id
test_objs = $(B)/gen/$(2).o $(filter-out $(call obj,$(TESTING_SRC)),\
              $(call obj,$(wildcard $(1)/test_*.c) $(call helpers,$(1))))
# $(1) source
prog_objs = $(call obj,$(1)) $(filter-out $(call obj,$(TESTING_SRC)),\
              $(call obj,$(call helpers,$(patsubst %/,%,$(dir $(1))))))

# $(1) folder, $(2) id, $(3) module
define TEST_RULES
$$(B)/gen/$(2).c: build-aux/suites.sh $$(B)/lists/$(2).tests
	@mkdir -p $$(@D)
	$$(Q)sh build-aux/suites.sh $(1) >$$@
$$(B)/lists/$(2).tests: FORCE
	@mkdir -p $$(@D); echo '$$(wildcard $(1)/*.c)' | cmp -s - $$@ || \
	    echo '$$(wildcard $(1)/*.c)' >$$@
$$(B)/gen/$(2).o: $$(B)/gen/$(2).c $$(READY)
	$$(Q)$$(CC) $$(ALL_CFLAGS) -c -o $$@ $$<
$$(B)/tests/$(2): $$(call test_objs,$(1),$(2)) $$(TESTING) \
    $$(call archives,$(3))
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  LINK  $$@";)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ \
	    $$(LIBS_CHECK) $$(call libs,$(3))
endef
$(foreach d,$(TEST_DIRS),$(eval $(call TEST_RULES,$(d),$(call test_id,$(d)),$(call test_mod,$(d)))))

# $(1) source, $(2) module
define PROG_RULES
$$(B)/$$(basename $$(notdir $(1))): $$(call prog_objs,$(1)) $$(TESTING) \
    $$(call archives,$(2))
	$$(if $$(V),,@echo "  LINK  $$@";)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ \
	    $$(LIBS_CHECK) $$(call libs,$(2))
endef
$(foreach p,$(PROGS),$(eval $(call PROG_RULES,$(p),$(call test_mod,$(p)))))

# Programs that run their guests on interp, a second time on jit, which is
# linked in place of libtesting's processor: PROGRAM-jit. $(1) program,
# $(2) its objects, $(3) module
define JIT_RULES
$$(B)/$(1)-jit: $$(call obj,bt/translator/tests/processor.c) $(2) $$(TESTING) \
    $$(call archive,$(3)) $$(call archives,bt)
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  LINK  $$@";)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ \
	    $$(LIBS_CHECK) $$(call libs,bt)
endef
JIT_DIRS := hvm/cpu/tests hvm/vmm/tests
$(foreach d,$(JIT_DIRS),$(eval $(call JIT_RULES,tests/$(call test_id,$(d)),\
    $(call test_objs,$(d),$(call test_id,$(d))),$(call test_mod,$(d)))))
$(eval $(call JIT_RULES,fuzz_vmx,\
    $(call prog_objs,hvm/cpu/tests/fuzz_vmx.c),hvm))
TEST_PROGS += $(foreach d,$(JIT_DIRS),$(B)/tests/$(call test_id,$(d))-jit)
PROG_BINS += $(B)/fuzz_vmx-jit

.PHONY: programs tests
tests: $(TEST_PROGS)
programs: $(PROG_BINS)
.PHONY: $(notdir $(PROG_BINS))
$(notdir $(PROG_BINS)): %: $(B)/%

# Long runs of the oracles and fuzzers; each prints its count and seed.
SEED  ?= 2026
COUNT ?= 10000000
.PHONY: fuzz-host fuzz-kvm fuzz-decode fuzz-vmcs fuzz-vmx fuzz-vmx-jit \
        fuzz-jit fuzz-pv fuzz-asan
fuzz-host fuzz-kvm fuzz-decode fuzz-vmcs fuzz-vmx fuzz-vmx-jit \
fuzz-pv: fuzz-%: $(B)/fuzz_%
	$(Q)$< $(COUNT) $(SEED)
fuzz-jit: $(B)/fuzz_jit
	$(Q)$< $(COUNT) $(SEED) all $(or $(CACHE),0) $(or $(ENGINE),native)
# Damaged results files, under ASan and UBSan.
fuzz-h5: FILES = $(if $(filter file,$(origin COUNT)),20000,$(COUNT))
fuzz-h5:
	$(Q)+$(MAKE) MODE=asan fuzz_h5
	$(Q)$(BUILD)/asan/fuzz_h5 $(FILES) $(SEED)
# Ten minutes: five of the loaders, the rest of the decoder.
fuzz-asan:
	$(Q)+$(MAKE) MODE=asan fuzz_loader fuzz_decode
	$(Q)$(BUILD)/asan/fuzz_loader 300 $(SEED)
	$(Q)timeout 300 $(BUILD)/asan/fuzz_decode 1000000000 $(SEED) || \
	    test $$? -eq 124

# The two README commands install what is missing first, then start over with
# a fresh probe; the -all targets are for a host that has everything.
.PHONY: deps guests check check-all check-asan check-boot check-hvm-matrix \
        compare
deps:
	$(Q)sh build-aux/install-deps.sh && \
	    { grep -qs '^MISSING :=$$' $(BUILD)/config.mk || rm -f $(BUILD)/config.mk; }

guests: deps
	$(Q)+bash experiments/get-guests.sh

# Guests that were fetched once become what the script makes now. Without a
# mirror the tests that miss something are skipped.
.PHONY: guests-update
guests-update: deps
	$(Q)bash experiments/get-guests.sh --update || \
	    echo "the guests are not up to date" >&2

check: guests-update
	$(Q)+$(MAKE) check-all

# The + keeps make from holding the output back until the end.
check-all: depcheck headers $(B)/triptych $(TEST_PROGS) $(PROG_BINS) linkcheck
	$(Q)+MODE=$(MODE) TRIPTYCH=$(B)/triptych BOOT_CLOCKS=virtual \
	    $(if $(filter asan cov,$(MODE)),BOOT_INSNS=1G) \
	    sh build-aux/run-tests.sh $(B) $(TEST_PROGS) $(TEST_SCRIPTS)

check-asan: deps
	$(Q)+$(MAKE) MODE=asan check-all

check-boot: deps
	$(Q)+$(MAKE) all
	$(Q)+TRIPTYCH=$(B)/triptych BOOT="$(BOOT)" BOOT_SCALE=1 BOOT_DISK=1 \
	    sh build-aux/run-tests.sh $(B) experiments/tests/test_boot.sh

# Every kind of memory, and the first processor with VT-x, to each kernel.
HVM_KERNELS := amd64 686 686-pae
HVM_MATRIX := $(foreach k,$(HVM_KERNELS),\
    $(addprefix $(k):westmere-2010:,ept:on ept:off shadow:on shadow:off) \
    $(k):prescott-2005:shadow:off:p4-672)
check-hvm-matrix: deps
	$(Q)+$(MAKE) all
	$(Q)+TRIPTYCH=$(B)/triptych BOOT="$(HVM_KERNELS)" BOOT_CLOCKS=virtual \
	    BOOT_PV= BOOT_STRICT=1 BOOT_HVM="$(HVM_MATRIX)" \
	    sh build-aux/run-tests.sh $(B) experiments/tests/test_boot.sh

# Popek and Goldberg's equivalence, for all guests there are. Half an hour.
verify-all: deps
	$(Q)+$(MAKE) all && bash build-aux/verify-all.sh $(B)/triptych

compare: deps
	$(Q)+$(MAKE) all && bash build-aux/compare.sh $(B)/triptych

# ---- rules of the tree ------------------------------------------------------

FOLDERS := common bt pv hvm vti-ia64 experiments analysis
HEADERS := $(sort $(shell find $(FOLDERS) -name '*.h'))
SOURCES := $(sort $(shell find $(FOLDERS) -name '*.[ch]'))
# All that has comments, or is one.
TEXTS = Makefile README.md \
    $(shell find $(FOLDERS) build-aux docs datasets -name '*.[chS]' -o \
      -name '*.def' -o -name '*.inc' -o -name '*.md' -o -name '*.sh' -o \
      -name '*.awk' -o -name '*.mk')

.PHONY: headers depcheck linkcheck format format-check lint sizes help clean
headers: $(patsubst %,$(B)/headers/%.ok,$(HEADERS))
$(B)/headers/%.h.ok: %.h $(READY)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(@:.ok=.d) -MT $@ -fsyntax-only \
	    -x c -include $< /dev/null && touch $@

depcheck:
	$(Q)awk -f build-aux/depcheck.awk $(SOURCES)
	$(Q)awk -f build-aux/rules.awk $(SOURCES)
	$(Q)awk -f build-aux/references.awk $(TEXTS)

# Each archive links with nothing but those it may use.
linkcheck: $(foreach m,$(filter-out experiments,$(MODULES)),$(if $($(m)_SRC),$(B)/linkcheck/$(m)))
define LINKCHECK_RULES
$$(B)/linkcheck/$(1): $$(call archives,$(1))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ -Wl,--defsym=main=0 \
	    -Wl,--whole-archive $$(call archive,$(1)) -Wl,--no-whole-archive \
	    $$(filter-out $$(call archive,$(1)),$$^) $$(call libs,$(1))
endef
$(foreach m,$(filter-out experiments,$(MODULES)),$(eval $(call LINKCHECK_RULES,$(m))))

CLANG_FORMAT ?= clang-format
format:
	$(CLANG_FORMAT) -i $(SOURCES)
format-check:
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(SOURCES)
lint:
	-clang-tidy --quiet $(filter %.c,$(SOURCES)) -- $(ALL_CFLAGS) \
	    -Wno-missing-prototypes 2>/dev/null
	cppcheck --quiet --std=c11 --enable=warning,portability -I . \
	    --inline-suppr $(filter-out %/tests/%,$(FOLDERS))
	shellcheck $(TEST_SCRIPTS)
sizes:
	@sh build-aux/sizes.sh $(filter %.c,$(SOURCES))
clean:
	rm -rf $(BUILD)

help:
	@sed -n 's/^#: //p' Makefile
#: make               build build/release/triptych
#: make compare       the main job: a guest under every engine there is
#: make check         everything that can be checked in minutes; installs what
#:                    is missing first (root), or says how; guests that
#:                    were fetched once are brought up to date
#: make check-asan    the same tests under AddressSanitizer and UBSan
#: make check-boot    Debian's kernels with all their work, under both clocks,
#:                    and with a disk (BOOT="amd64 686": a selection)
#: make check-hvm-matrix  the three kernels under hvm with EPT and shadow
#:                    paging, with and without VPID, and on the first processor
#:                    with VT-x: as under native
#: make verify-all    verify for all guests: the small kernel, nanobenchmarks and
#:                    Debian's kernels, under every engine, to their ends
#: make fuzz-host     random instructions against the host processor, COUNT
#:                    cases a mode (10 million), SEED
#: make fuzz-kvm fuzz-decode fuzz-vmcs  privileged code against /dev/kvm; the
#:                    decoder against Capstone; VM-entry checks on random
#:                    VMCSs (COUNT, SEED)
#: make fuzz-vmx fuzz-vmx-jit  random VMCS contents, controls and guests in VMX
#:                    operation, on interp and on jit; COUNT guests
#: make fuzz-jit      random programs, jit against interp in lock step, COUNT
#:                    instructions a mode, a line for each; CACHE: bytes of the
#:                    code cache for all programs, else as drawn; ENGINE=bt:
#:                    under that engine, interp under native
#: make fuzz-pv       random hypercalls of PV domains, COUNT, SEED (with
#:                    MODE=asan under the sanitizers)
#: make fuzz-ia64-pal fuzz-ia64-ski  VT-i's PAL procedures, COUNT calls; images and
#:                    calls of Ski's platform, SECONDS (for MODE=asan)
#: make fuzz-ia64-bski SKI=bski  random programs for IA-64 against HP's Ski, whose
#:                    program SKI names, COUNT programs (1000), SEED
#: make fuzz-asan     ten minutes of loaders and decoder under ASan and UBSan
#: make fuzz-h5       damaged results files, given to all that reads them, under
#:                    ASan and UBSan, COUNT files (20 000), SEED
#: make guests        fetches Debian's kernels (network)
#: make deps          only the installing
#: make headers depcheck linkcheck format-check   parts of check: rules of the
#:                    tree
#: make tests programs               test programs; fuzzers and benchmarks
#: make format lint sizes   for people who change the sources
#: make clean         remove build/
#: MODE=release|debug|asan|cov   side by side in build/MODE; V=1 shows commands

-include $(shell [ -d $(B) ] && find $(B) -name '*.d')
