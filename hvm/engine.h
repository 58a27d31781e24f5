/* engine.h: what the rest of the tree may use of hvm. Today: the VMCS as data
 * and the VM-entry doctor. There is no engine yet. */
#ifndef HVM_ENGINE_H
#define HVM_ENGINE_H

#include "hvm/cpu/entry_checks.h"
#include "hvm/cpu/vmcs.h"
#include "hvm/cpu/vmx_caps.h"

#endif
