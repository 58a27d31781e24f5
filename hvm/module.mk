# hvm/module.mk: hardware assist on x86. To come: cpu/ (VMX as silicon does it),
# vmm/ (the VMM), kvm/ (the host's own processor).
MODULES += hvm
hvm_SRC  := $(wildcard hvm/*.c hvm/*/*.c)
hvm_USES := common
hvm_LIBS :=
