# bt/module.mk: binary translation: translator/ (the `jit` processor, on which
# any engine may run) and, to come, vmm/ (the binary-translation VMM).
MODULES += bt
bt_SRC  := $(wildcard bt/*.c bt/translator/*.c bt/vmm/*.c)
bt_USES := common
bt_LIBS :=
