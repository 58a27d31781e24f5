/* cpuid.h: CPUID models: what a guest is shown, whatever the engine. */
#ifndef COMMON_X86_CPUID_H
#define COMMON_X86_CPUID_H

#include <stdbool.h>
#include <stdint.h>

struct x86_cpu;

/* One feature bit a model may show; from cpuid-features.def. */
enum x86_feature {
#define FEATURE(name, leaf, reg, bit) X86_FEATURE_##name,
#include "common/x86/cpuid-features.def"
#undef FEATURE
    X86_FEATURES
};

struct cpuid_model;

/* By name, or NULL; and by index for `list cpus` (NULL past the end). */
const struct cpuid_model *cpuid_model_find(const char *name);
const struct cpuid_model *cpuid_model_at(unsigned n);
const struct cpuid_model *cpuid_model_default(void);
const char *cpuid_model_name(const struct cpuid_model *m);
const char *cpuid_model_text(const struct cpuid_model *m);

bool cpuid_model_has(const struct cpuid_model *m, enum x86_feature f);

/* Name of a feature as in cpuid-features.def. Never NULL. */
const char *cpuid_feature_name(enum x86_feature f);

/* Leaf 1 EAX: family, model, stepping; also EDX after RESET. */
uint32_t cpuid_model_signature(const struct cpuid_model *m);

/* Physical-address bits, and linear-address bits (32 or 48). */
unsigned cpuid_model_pa_bits(const struct cpuid_model *m);
unsigned cpuid_model_lin_bits(const struct cpuid_model *m);

/* Values of model-specific registers that identify the processor: revision of
 * the microcode (high half of IA32_BIOS_SIGN_ID), IA32_PLATFORM_ID,
 * IA32_ARCH_CAPABILITIES, IA32_MISC_ENABLE at RESET. */
uint32_t cpuid_model_microcode(const struct cpuid_model *m);
uint64_t cpuid_model_platform_id(const struct cpuid_model *m);
uint64_t cpuid_model_arch_capabilities(const struct cpuid_model *m);
uint64_t cpuid_model_misc_enable(const struct cpuid_model *m);

/* CPUID as executed by c (CR4.OSXSAVE, APIC enable and so on are dynamic). */
void x86_cpuid(const struct x86_cpu *c, uint32_t leaf, uint32_t subleaf,
               uint32_t out[4]);

#endif
