# pv/module.mk: paravirtualization by Xen's ABI. To come: hypercalls, direct
# paging, event channels, grant tables, rings, the domain builder.
MODULES += pv
pv_SRC  := $(wildcard pv/*.c pv/*/*.c)
pv_USES := common
pv_LIBS :=
