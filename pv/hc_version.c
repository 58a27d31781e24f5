/* hc_version.c: xen_version [XEN version.h]: the version whose ABI this is, as
 * an unprivileged guest sees it. */
#include "pv/domain.h"

#define MAJOR 4u
#define MINOR 17u

#define CAPABILITIES "xen-3.0-x86_64 xen-3.0-x86_32p "
#define DENIED       "<denied>"

/* The domain's UUID, as a toolstack would choose one. */
static const xen_domain_handle_t uuid = {0x74, 0x72, 0x69, 0x70, 0x74, 0x79,
                                         0x43, 0x68, 0x80, 0x70, 0x76, 0x64,
                                         0x6f, 0x6d, 0x61, 0x31};

/* A text in a field of n bytes, padded with zeroes. */
static int64_t put_text(struct pv_domain *d, uint64_t va, const char *text,
                        size_t n)
{
    char buf[1024] = {0};

    memcpy(buf, text, strlen(text) + 1);
    return pv_copy_to(d, va, buf, n);
}

static int64_t compile_info(struct pv_domain *d, uint64_t va)
{
    static const xen_compile_info_t info = {.compiler = "gcc",
                                            .compile_by = "triptych",
                                            .compile_domain = "",
                                            .compile_date = ""};

    return pv_copy_to(d, va, &info, sizeof(info));
}

static int64_t platform_parameters(struct pv_domain *d, uint64_t va)
{
    uint64_t start = d->is32 ? PV_HOLE32_START : PV_HOLE64_START;

    return pv_copy_to(d, va, &start, d->is32 ? 4 : 8);
}

static uint32_t features(const struct pv_domain *d)
{
    uint32_t f =
        1u << XENFEAT_mmu_pt_update_preserve_ad | 1u << XENFEAT_highmem_assist |
        1u << XENFEAT_gnttab_map_avail_bits | 1u << XENFEAT_direct_mapped;

    if ((d->vm_assist & 1u << VMASST_TYPE_pae_extended_cr3) != 0)
        f |= 1u << XENFEAT_pae_pgdir_above_4gb;
    return f;
}

static int64_t get_features(struct pv_domain *d, uint64_t va)
{
    xen_feature_info_t fi;
    int64_t rc = pv_copy_from(d, &fi, va, sizeof(fi));

    if (rc != 0)
        return rc;
    if (fi.submap_idx >= XENFEAT_NR_SUBMAPS)
        return -XEN_EINVAL;
    fi.submap = features(d);
    return pv_copy_to(d, va, &fi, sizeof(fi));
}

int64_t pv_do_xen_version(struct pv_domain *d, const uint64_t arg[6])
{
    uint64_t va = arg[1];

    switch ((uint32_t)arg[0]) {
    case XENVER_version:
        return MAJOR << 16 | MINOR;
    case XENVER_extraversion:
        return put_text(d, va, ".0-triptych", XEN_EXTRAVERSION_LEN);
    case XENVER_compile_info:
        return compile_info(d, va);
    case XENVER_capabilities:
        return put_text(d, va, CAPABILITIES, XEN_CAPABILITIES_INFO_LEN);
    case XENVER_changeset:
        return put_text(d, va, "unavailable", XEN_CHANGESET_INFO_LEN);
    case XENVER_platform_parameters:
        return platform_parameters(d, va);
    case XENVER_get_features:
        return get_features(d, va);
    case XENVER_pagesize:
        return va != 0 ? -XEN_EINVAL : (int64_t)PAGE_SIZE;
    case XENVER_guest_handle:
        return pv_copy_to(d, va, uuid, sizeof(uuid));
    case XENVER_commandline: /* the privileged domain's to know */
        return put_text(d, va, DENIED, sizeof(DENIED));
    case XENVER_build_id: /* likewise */
        return -XEN_EPERM;
    }
    return -XEN_ENOSYS;
}
