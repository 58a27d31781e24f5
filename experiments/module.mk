# experiments/module.mk: the command line and what drives the engines; the only
# place where engines meet.
MODULES += experiments
experiments_SRC  := $(wildcard experiments/cli/*.c experiments/lib/*.c \
                      experiments/reproduce/*.c)
experiments_USES := bt pv hvm vti-ia64 analysis common
experiments_LIBS := $(LIBS_CJSON)
include experiments/guests/module.mk

# The data sets, where the program looks for them.
DATASETS := $(wildcard datasets/*/*.csv)
DATASETS_COPIED := $(DATASETS:%=$(B)/%)
all: $(DATASETS_COPIED)
$(B)/triptych: | $(DATASETS_COPIED)
$(DATASETS_COPIED): $(B)/%: %
	@mkdir -p $(@D) && cp $< $@

# What our VMMs' handlers execute, anew (some 20 minutes; valgrind).
.PHONY: calibrate-handlers
calibrate-handlers: $(B)/triptych
	$(Q)FLAGS='$(CODE) $(CODE_$(MODE))' sh build-aux/calibrate-handlers.sh \
	    $(B)/triptych datasets/handlers/x86-64.csv
