# experiments/module.mk: the command line and what drives the engines; the only
# place where engines meet.
MODULES += experiments
experiments_SRC  := $(wildcard experiments/cli/*.c experiments/lib/*.c)
experiments_USES := bt pv hvm vti-ia64 analysis common
experiments_LIBS := $(LIBS_CJSON)
include experiments/guests/module.mk
