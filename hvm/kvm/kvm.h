/* kvm.h: the host's own processor, through /dev/kvm, as a processor of hvm.
 *
 * The kernel's KVM is the VMM here, with the controls it chooses; the machine
 * and its interrupt controllers are ours (no irqchip in the kernel). Exits to
 * us are counted in rows of VMX's reasons, whatever the host's processor calls
 * them; exits that KVM handles itself are not seen. What is behind /dev/kvm is
 * said: VT-x, AMD-V, either of them nested, or PVM, which is no hardware
 * assist. Only with --clock host: KVM counts no instructions. Guest TSC and
 * most MSRs are KVM's. [Linux Documentation/virt/kvm/api.rst] */
#ifndef HVM_KVM_KVM_H
#define HVM_KVM_KVM_H

#include "common/engine/processor.h"

extern const struct processor_ops kvm_processor_ops;

/* "kvm_intel", "kvm_amd", "kvm_pvm" or "unknown". */
const char *kvm_module(void);
/* That module uses the host's virtualization hardware... */
bool kvm_is_hardware_assist(void);
/* ...under another hypervisor. */
bool kvm_is_nested(void);

#endif
