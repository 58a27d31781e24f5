# pv/module.mk: paravirtualization by Xen's ABI.
MODULES += pv
pv_SRC  := $(wildcard pv/*.c)
pv_USES := common
pv_LIBS :=
