# analysis/module.mk: the report. Includes nothing of the tree; experiments
# reaches it through analysis.h.
MODULES += analysis
analysis_SRC  := $(wildcard analysis/*.c)
analysis_USES :=
analysis_LIBS := -lm
