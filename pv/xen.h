/* xen.h: Xen's public headers, as the hypervisor's side sees them.
 *
 * Structures named as there are those of 64-bit guests; with the suffix _x86_32
 * those of 32-bit guests. */
#ifndef PV_XEN_H
#define PV_XEN_H

/* <errno.h> first: [XEN io/xs_wire.h] has names for what it defines. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <xen/callback.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/foreign/x86_32.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>
#include <xen/io/console.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>

_Static_assert(sizeof(struct vcpu_info) == 64, "Xen ABI");
_Static_assert(sizeof(struct vcpu_info_x86_32) == 64, "Xen ABI");

#endif
