# bt/module.mk: binary translation. To come: translator/ (the `jit` processor,
# on which any engine may run) and vmm/ (the binary-translation VMM).
MODULES += bt
bt_SRC  := $(wildcard bt/*.c bt/*/*.c)
bt_USES := common
bt_LIBS :=
