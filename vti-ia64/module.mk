# vti-ia64/module.mk: hardware assist on Itanium. To come: cpu/ (IA-64 with
# VT-i and the PAL virtualization services), platform/ (Ski's), vmm/.
MODULES += vti-ia64
vti-ia64_SRC  := $(wildcard vti-ia64/*.c vti-ia64/*/*.c)
vti-ia64_USES := common
vti-ia64_LIBS :=
