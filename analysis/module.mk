# analysis/module.mk: statistics, tables, plots and the report. To come; it
# reads HDF5 files and data sets and includes nothing of the tree.
MODULES += analysis
analysis_SRC  := $(wildcard analysis/*.c)
analysis_USES :=
analysis_LIBS :=
