/* test_hc_misc.c: xen_version, vm_assist, nmi_op, physdev_op, platform_op,
 * console_io, and numbers that are no hypercall. */
#include "common/base/bits.h"
#include "common/tests/suite.h"
#include "pv/preempt.h"
#include "pv/tests/pvrig.h"

/* ---- xen_version ---- */

static int64_t version(struct pvrig *r, unsigned cmd, char *buf, size_t n)
{
    uint64_t va = pvrig_page(r, 0);
    int64_t rc;

    memset(buf, 0x55, n);
    pvrig_put(r, va, buf, n);
    rc = pvrig_call(r, __HYPERVISOR_xen_version, cmd, va, 0);
    pvrig_get(r, va, buf, n);
    return rc;
}

START_TEST(says_who_it_is)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    char buf[1024];

    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_xen_version, XENVER_version, 0, 0),
        4 << 16 | 17);
    ck_assert_int_eq(version(r, XENVER_extraversion, buf, 16), 0);
    ck_assert_ptr_nonnull(memchr(buf, '\0', 16));
    ck_assert_int_eq(version(r, XENVER_compile_info, buf, 144), 0);
    ck_assert_ptr_nonnull(memchr(buf, '\0', 64));
    ck_assert_int_eq(version(r, XENVER_capabilities, buf, 1024), 0);
    ck_assert_ptr_nonnull(strstr(buf, "xen-3.0-x86_64"));
    ck_assert_ptr_nonnull(strstr(buf, "xen-3.0-x86_32p"));
    ck_assert_int_eq(version(r, XENVER_changeset, buf, 64), 0);
    ck_assert_ptr_nonnull(memchr(buf, '\0', 64));
    ck_assert_int_eq(version(r, XENVER_platform_parameters, buf, 8), 0);
    ck_assert_uint_eq(_i == 1 ? get_le32(buf) : get_le64(buf),
                      _i == 1 ? PV_HOLE32_START : PV_HOLE64_START);
    ck_assert_int_eq(version(r, XENVER_guest_handle, buf, 17), 0);
    ck_assert_int_eq(buf[16], 0x55);
    ck_assert_int_eq(version(r, XENVER_commandline, buf, 64), 0);
    ck_assert_str_eq(buf, "<denied>");
    ck_assert_int_eq(version(r, XENVER_build_id, buf, 64), -XEN_EPERM);
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0), 4096);
    ck_assert_int_eq(version(r, XENVER_pagesize, buf, 8), -XEN_EINVAL);
    ck_assert_int_eq(version(r, 11, buf, 8), -XEN_ENOSYS);
    ck_assert_int_eq(version(r, UINT32_MAX, buf, 8), -XEN_ENOSYS);
    pvrig_free(r);
}
END_TEST

static uint32_t features(struct pvrig *r)
{
    xen_feature_info_t fi = {.submap_idx = 0};

    ck_assert_int_eq(pvrig_op(r, __HYPERVISOR_xen_version, XENVER_get_features,
                              &fi, sizeof(fi)),
                     0);
    return fi.submap;
}

START_TEST(says_what_it_can)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    xen_feature_info_t fi = {.submap_idx = 1};
    uint32_t f = features(r);

    ck_assert_uint_ne(f & 1u << XENFEAT_mmu_pt_update_preserve_ad, 0);
    ck_assert_uint_eq(f & 1u << XENFEAT_writable_page_tables, 0);
    ck_assert_uint_eq(f & 1u << XENFEAT_pae_pgdir_above_4gb, 0);
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_vm_assist, VMASST_CMD_enable,
                                VMASST_TYPE_pae_extended_cr3, 0),
                     0);
    ck_assert_uint_ne(features(r) & 1u << XENFEAT_pae_pgdir_above_4gb, 0);
    ck_assert_int_eq(pvrig_op(r, __HYPERVISOR_xen_version, XENVER_get_features,
                              &fi, sizeof(fi)),
                     -XEN_EINVAL);
    pvrig_free(r);
}
END_TEST

START_TEST(version_bad_addresses)
{
    static const unsigned cmds[] = {
        XENVER_extraversion,       XENVER_compile_info, XENVER_capabilities,
        XENVER_changeset,          XENVER_guest_handle, XENVER_commandline,
        XENVER_platform_parameters};
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t before = pvrig_hash(r);
    unsigned i;
    size_t k;

    for (i = 0; i < PVRIG_BAD; i++)
        ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_xen_version,
                                    XENVER_get_features, pvrig_bad(r, i), 0),
                         -XEN_EFAULT);
    for (i = 0; i < PVRIG_BAD_OUT; i++)
        for (k = 0; k < ARRAY_LEN(cmds); k++)
            ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_xen_version, cmds[k],
                                        pvrig_bad(r, i), 0),
                             -XEN_EFAULT);
    ck_assert_uint_eq(pvrig_hash(r), before);
    pvrig_free(r);
}
END_TEST

/* ---- vm_assist, nmi_op ---- */

START_TEST(assists)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    static const struct {
        unsigned cmd, type;
        int rc[2]; /* 64-bit, 32-bit */
    } cases[] = {
        {VMASST_CMD_enable, VMASST_TYPE_writable_pagetables, {0, 0}},
        {VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag, {0, 0}},
        {VMASST_CMD_enable, VMASST_TYPE_4gb_segments, {0, 0}},
        {VMASST_CMD_enable, VMASST_TYPE_m2p_strict, {0, -XEN_EINVAL}},
        {VMASST_CMD_enable, VMASST_TYPE_architectural_iopl, {0, 0}},
        {VMASST_CMD_disable, VMASST_TYPE_architectural_iopl, {0, 0}},
        {VMASST_CMD_enable, VMASST_TYPE_4gb_segments_notify, {0, 0}},
        {VMASST_CMD_disable, VMASST_TYPE_4gb_segments_notify, {0, 0}},
        {VMASST_CMD_disable, VMASST_TYPE_writable_pagetables, {0, 0}},
        {VMASST_CMD_enable, 6, {-XEN_EINVAL, -XEN_EINVAL}},
        {VMASST_CMD_enable, 64, {-XEN_EINVAL, -XEN_EINVAL}},
        {VMASST_CMD_enable, UINT32_MAX, {-XEN_EINVAL, -XEN_EINVAL}},
        {2, 0, {-XEN_ENOSYS, -XEN_ENOSYS}},
        {UINT32_MAX, 0, {-XEN_ENOSYS, -XEN_ENOSYS}},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_msg(pvrig_call(r, __HYPERVISOR_vm_assist, cases[i].cmd,
                                 cases[i].type, 0) == cases[i].rc[_i],
                      "case %zu", i);
    ck_assert_uint_eq(r->d->vm_assist & UINT32_MAX,
                      BIT(VMASST_TYPE_runstate_update_flag) |
                          BIT(VMASST_TYPE_4gb_segments));
    pvrig_free(r);
}
END_TEST

START_TEST(nmi_callback)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t cb[2] = {_i == 1 ? 0xc0001000 : 0xffffffff80001000};
    unsigned nr = __HYPERVISOR_nmi_op, i;

    ck_assert_int_eq(pvrig_op(r, nr, XENNMI_register_callback, cb, sizeof(cb)),
                     0);
    ck_assert_uint_eq(r->d->nmi.ip, cb[0]);
    ck_assert_int_eq(pvrig_call(r, nr, XENNMI_unregister_callback, 0, 0), 0);
    ck_assert_uint_eq(r->d->nmi.ip, 0);
    cb[0] = 0x800000000000;
    ck_assert_int_eq(pvrig_op(r, nr, XENNMI_register_callback, cb, sizeof(cb)),
                     _i == 1 ? 0 : -XEN_EINVAL);
    ck_assert_uint_eq(r->d->nmi.ip, 0);
    for (i = 0; i < PVRIG_BAD; i++)
        ck_assert_int_eq(
            pvrig_call(r, nr, XENNMI_register_callback, pvrig_bad(r, i), 0),
            -XEN_EFAULT);
    ck_assert_int_eq(pvrig_call(r, nr, 2, 0, 0), -XEN_ENOSYS);
    pvrig_free(r);
}
END_TEST

/* ---- physdev_op ---- */

START_TEST(ports)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned nr = __HYPERVISOR_physdev_op, w = _i == 1 ? 4 : 8;
    uint64_t map = pvrig_page(r, 2);
    uint32_t iopl = 3, n = 65536;
    uint8_t raw[16] = {0};

    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_set_iopl, &iopl, 4), 0);
    ck_assert_uint_eq(r->d->iopl, 3);
    iopl = 4;
    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_set_iopl, &iopl, 4),
                     -XEN_EINVAL);
    ck_assert_uint_eq(r->d->iopl, 3);
    memcpy(raw, &map, w);
    memcpy(raw + w, &n, 4);
    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_set_iobitmap, raw, 16), 0);
    ck_assert_uint_eq(r->d->iobmp_va, map);
    ck_assert_uint_eq(r->d->iobmp_ports, n);
    n++;
    memcpy(raw + w, &n, 4);
    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_set_iobitmap, raw, 16),
                     -XEN_EINVAL);
    map = pvrig_bad(r, 0);
    memcpy(raw, &map, w);
    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_set_iobitmap, raw, 16),
                     -XEN_EINVAL);
    ck_assert_uint_eq(r->d->iobmp_ports, 65536);
    pvrig_free(r);
}
END_TEST

START_TEST(page_of_eois)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned nr = __HYPERVISOR_physdev_op;
    uint64_t good = pvrig_mfn(r, pvrig_page(r, 2));
    uint64_t mfn = pvrig_mfn(r, r->tables);
    uint32_t count = pv_frame(r->d, good)->count;

    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_pirq_eoi_gmfn_v2, &mfn, 8),
                     -XEN_EINVAL);
    mfn = UINT32_MAX;
    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_pirq_eoi_gmfn_v2, &mfn, 8),
                     -XEN_EINVAL);
    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_pirq_eoi_gmfn_v1, &good, 8), 0);
    ck_assert_uint_eq(pv_frame(r->d, good)->count, count + 1);
    ck_assert_int_eq(pvrig_op(r, nr, PHYSDEVOP_pirq_eoi_gmfn_v2, &good, 8),
                     -XEN_EBUSY);
    ck_assert_uint_eq(pv_frame(r->d, good)->count, count + 1);
    pvrig_free(r);
}
END_TEST

START_TEST(no_devices)
{
    static const struct {
        unsigned cmd;
        int rc;
    } cases[] = {
        {PHYSDEVOP_IRQ_UNMASK_NOTIFY, 0},
        {PHYSDEVOP_eoi, -XEN_EINVAL},
        {PHYSDEVOP_irq_status_query, -XEN_EINVAL},
        {PHYSDEVOP_map_pirq, -XEN_EPERM},
        {PHYSDEVOP_unmap_pirq, -XEN_EPERM},
        {PHYSDEVOP_apic_read, -XEN_EPERM},
        {PHYSDEVOP_apic_write, -XEN_EPERM},
        {PHYSDEVOP_alloc_irq_vector, -XEN_EPERM},
        {PHYSDEVOP_free_irq_vector, -XEN_ENOSYS},
        {PHYSDEVOP_manage_pci_add, -XEN_EPERM},
        {PHYSDEVOP_manage_pci_add_ext, -XEN_EPERM},
        {PHYSDEVOP_manage_pci_remove, -XEN_EPERM},
        {PHYSDEVOP_restore_msi, -XEN_EPERM},
        {PHYSDEVOP_restore_msi_ext, -XEN_EPERM},
        {PHYSDEVOP_pci_mmcfg_reserved, -XEN_EPERM},
        {PHYSDEVOP_pci_device_add, -XEN_EPERM},
        {PHYSDEVOP_pci_device_remove, -XEN_EPERM},
        {PHYSDEVOP_prepare_msix, -XEN_EPERM},
        {PHYSDEVOP_release_msix, -XEN_EPERM},
        {PHYSDEVOP_get_free_pirq, -XEN_ENOSPC},
        {PHYSDEVOP_setup_gsi, -XEN_EPERM},
        {PHYSDEVOP_dbgp_op, -XEN_EPERM},
        {22, -XEN_ENOSYS},
        {32, -XEN_ENOSYS},
        {UINT32_MAX, -XEN_ENOSYS},
    };
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint64_t va = pvrig_page(r, 0), before = pvrig_hash(r);
    unsigned nr = __HYPERVISOR_physdev_op, cmd, i;
    int64_t rc;
    size_t k;

    for (k = 0; k < ARRAY_LEN(cases); k++)
        ck_assert_msg(pvrig_call(r, nr, cases[k].cmd, va, 0) == cases[k].rc,
                      "case %zu", k);
    for (i = 0; i < PVRIG_BAD; i++)
        for (cmd = 0; cmd < 40; cmd++) {
            rc = pvrig_call(r, nr, cmd, pvrig_bad(r, i), 0);
            ck_assert_msg(rc == -XEN_EFAULT || rc == -XEN_ENOSYS ||
                              rc == -XEN_EPERM ||
                              cmd == PHYSDEVOP_IRQ_UNMASK_NOTIFY,
                          "operation %u", cmd);
        }
    ck_assert_uint_eq(pvrig_hash(r), before);
    pvrig_free(r);
}
END_TEST

START_TEST(physdev_older_form)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    uint32_t op[8] = {PHYSDEVOP_set_iopl};
    uint64_t va = pvrig_page(r, 0);

    op[_i == 1 ? 1 : 2] = 2;
    pvrig_put(r, va, op, sizeof(op));
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_physdev_op_compat, va, 0, 0),
                     0);
    ck_assert_uint_eq(r->d->iopl, 2);
    op[0] = PHYSDEVOP_map_pirq;
    pvrig_put(r, va, op, sizeof(op));
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_physdev_op_compat, va, 0, 0),
                     -XEN_ENOSYS);
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_physdev_op_compat, pvrig_bad(r, 1), 0, 0),
        -XEN_EFAULT);
    pvrig_free(r);
}
END_TEST

START_TEST(platform)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    struct xen_platform_op op = {.interface_version = XENPF_INTERFACE_VERSION};
    uint64_t va = pvrig_page(r, 0);

    pvrig_put(r, va, &op, sizeof(op));
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_platform_op, va, 0, 0),
                     -XEN_EPERM);
    op.interface_version++;
    pvrig_put(r, va, &op, sizeof(op));
    ck_assert_int_eq(pvrig_call(r, __HYPERVISOR_platform_op, va, 0, 0),
                     -XEN_EACCES);
    ck_assert_int_eq(
        pvrig_call(r, __HYPERVISOR_platform_op, pvrig_bad(r, 0), 0, 0),
        -XEN_EFAULT);
    pvrig_free(r);
}
END_TEST

/* ---- console_io ---- */

START_TEST(console_io)
{
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    unsigned nr = __HYPERVISOR_console_io, i;
    uint64_t va = pvrig_page(r, 0);

    pvrig_put(r, va, "MARK a\x1b\x01line\n", 13);
    ck_assert_int_eq(pvrig_call(r, nr, CONSOLEIO_write, 13, va), 0);
    ck_assert_uint_eq(r->out_len, 11);
    ck_assert_mem_eq(r->out, "MARK aline\n", 11);
    ck_assert_int_eq(pvrig_call(r, nr, CONSOLEIO_write, 0, va), 0);
    ck_assert_int_eq(pvrig_call(r, nr, CONSOLEIO_read, 16, va), 0);
    ck_assert_int_eq(pvrig_call(r, nr, CONSOLEIO_read, 1u << 31, va),
                     -XEN_E2BIG);
    ck_assert_int_eq(pvrig_call(r, nr, 2, 1, va), -XEN_ENOSYS);
    for (i = 0; i < PVRIG_BAD; i++) {
        ck_assert_int_eq(pvrig_call(r, nr, CONSOLEIO_write, 8, pvrig_bad(r, i)),
                         -XEN_EFAULT);
        ck_assert_int_eq(
            pvrig_call(r, nr, CONSOLEIO_write, UINT32_MAX, pvrig_bad(r, i)),
            -XEN_EFAULT);
    }
    pvrig_free(r);
}
END_TEST

START_TEST(unknown_numbers)
{
    static const uint64_t nrs[] = {11, 27, 31, 34, 35, 36, 38, 39,
                                   42, 43, 47, 48, 55, 56, 64, UINT32_MAX};
    struct pvrig *r = pvrig_new(_i == 1, NULL);
    const uint64_t arg[6] = {1, 2, 3, 4, 5, 6};
    size_t i;

    for (i = 0; i < ARRAY_LEN(nrs); i++)
        ck_assert_int_eq(pv_hypercall(r->d, nrs[i], arg), -XEN_ENOSYS);
    ck_assert_int_eq(pv_hypercall(r->d, UINT64_MAX, arg), -XEN_ENOSYS);
    pvrig_free(r);
}
END_TEST

Suite *test_hc_misc_suite(void)
{
    Suite *s = suite_create("hc_misc");
    TCase *tc = tcase_create("version");

    tcase_add_loop_test(tc, says_who_it_is, 0, 2);
    tcase_add_loop_test(tc, says_what_it_can, 0, 2);
    tcase_add_loop_test(tc, version_bad_addresses, 0, 2);
    suite_add_tcase(s, tc);
    tc = tcase_create("misc");
    tcase_add_loop_test(tc, assists, 0, 2);
    tcase_add_loop_test(tc, nmi_callback, 0, 2);
    tcase_add_loop_test(tc, ports, 0, 2);
    tcase_add_loop_test(tc, page_of_eois, 0, 2);
    tcase_add_loop_test(tc, no_devices, 0, 2);
    tcase_add_loop_test(tc, physdev_older_form, 0, 2);
    tcase_add_loop_test(tc, platform, 0, 2);
    tcase_add_loop_test(tc, console_io, 0, 2);
    tcase_add_loop_test(tc, unknown_numbers, 0, 2);
    suite_add_tcase(s, tc);
    return s;
}
