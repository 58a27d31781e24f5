/* services.s: a kernel that boot.s loads: by the boot parameters it finds the
 * tables of EFI and SAL, and calls each service that Linux calls on Ski, with
 * the results on the console. It ends by EFI's reset. */
    .include "start.inc"
    .include "text.inc"

    .macro pal name, index, a1=0
    mov r28 = \index
    movl r29 = \a1
    mov r30 = 0
    mov r31 = 0 ;;
    br.call.sptk.few b0 = pal ;;
    results "\name"
    .endm
    .macro sal name, index, a1=0
    movl r32 = \index
    mov r33 = \a1
    mov r34 = 0 ;;
    br.call.sptk.few b0 = sal ;;
    results "\name"
    .endm
    .macro results name
    mov r24 = r8
    mov r25 = r9
    mov r26 = r10
    mov r27 = r11 ;;
    show "\name:", r24
    show "  r9 ", r25
    show "  r10", r26
    show "  r11", r27
    .endm
    /* A runtime service of EFI: by the place of its descriptor in the table */
    .macro efi name, place
    movl r14 = efi_runtime ;;
    ld8 r14 = [r14] ;;
    adds r14 = 24 + 8 * \place, r14 ;;
    ld8 r14 = [r14] ;;
    br.call.sptk.few b0 = by_descriptor ;;
    mov r24 = r8 ;;
    show "efi \name:", r24
    .endm
    /* A field of the record at r10 must be below `limit`. */
    .macro below offset, bytes, limit, text
    adds r11 = \offset, r10 ;;
    ld\bytes r11 = [r11] ;;
    movl r14 = \limit ;;
    cmp.ltu p6, p7 = r11, r14 ;;
    mov r11 = 0 ;;
    (p6) mov r11 = 1 ;;
    show "\text", r11
    .endm
    .macro field from, offset, bytes, text
    adds r11 = \offset, \from ;;
    ld\bytes r11 = [r11] ;;
    show "\text", r11
    .endm

    start
    mov r10 = r28 ;;
    movl r11 = boot_param ;;
    st8 [r11] = r10 ;;
    ld8 r14 = [r10] ;;
    br.call.sptk.few b6 = puts ;;
    print ""
    field r10, 24, 8, "memory map, bytes:"
    field r10, 32, 8, "  each:"
    field r10, 44, 4, "console, rows and columns:"
    field r10, 72, 8, "initial RAM disk, bytes:"
    mov r11 = ar.k0 ;;
    show "ports:", r11

    /* ---- EFI's table, SAL's by its one entry, PAL by SAL's ---- */
    adds r10 = 8, r10 ;;
    ld8 r10 = [r10] ;;
    field r10, 0, 8, "efi:"
    adds r11 = 88, r10 ;;
    ld8 r11 = [r11] ;;
    movl r14 = efi_runtime ;;
    st8 [r14] = r11 ;;
    adds r11 = 112, r10 ;;
    ld8 r10 = [r11] ;;
    field r10, 0, 8, "efi's first table:"
    adds r10 = 16, r10 ;;
    ld8 r10 = [r10] ;;
    field r10, 0, 4, "sal:"
    adds r11 = 4, r10 ;;
    ld4 r11 = [r11] ;;
    mov r14 = 0
    mov r24 = r10 ;;
1:
    ld1 r15 = [r24], 1
    adds r11 = -1, r11 ;;
    add r14 = r14, r15
    cmp.ne p6, p7 = 0, r11 ;;
    (p6) br.cond.sptk.few 1b ;;
    zxt1 r14 = r14 ;;
    show "  sum:", r14
    adds r11 = 96 + 8, r10 ;;
    ld8 r14 = [r11], 8
    movl r15 = pal_proc ;;
    st8 [r15] = r14
    movl r15 = sal_proc
    ld8 r14 = [r11] ;;
    st8 [r15] = r14 ;;

    /* ---- PAL ---- */
    pal "pal_cache_flush", 1
    pal "pal_cache_info", 2
    pal "pal_cache_summary", 4
    pal "pal_mem_attrib", 5
    pal "pal_ptce_info", 6
    pal "pal_vm_summary", 8
    pal "pal_bus_get_features", 9
    pal "pal_debug_info", 11
    pal "pal_freq_base", 13
    pal "pal_freq_ratios", 14
    pal "pal_perf_mon_info", 15, pmu
    movl r10 = pmu ;;
    field r10, 0, 8, "  PMCs:"
    field r10, 32, 8, "  PMDs:"
    field r10, 64, 8, "  cycles:"
    field r10, 96, 8, "  bundles:"
    pal "pal_proc_get_features", 17
    pal "pal_rse_info", 19
    pal "pal_version", 20
    pal "pal_vm_page_size", 34
    pal "pal_logical_to_physical", 42
    pal "pal_brand_info", 274

    /* halt-light until the interval timer's interrupt */
    mov r8 = 0x40 ;;
    mov cr.itv = r8
    mov r9 = 0 ;;
    mov r8 = ar.itc ;;
    adds r8 = 1000, r8 ;;
    mov cr.itm = r8 ;;
    srlz.d ;;
    mov r28 = 29
    mov r12 = 0 ;;
    ssm PSR_I ;;
    srlz.d ;;
    br.call.sptk.few b0 = pal ;;
    rsm PSR_I ;;
    mov r24 = r8 ;;
    show "pal_halt_light:", r24
    show "  interrupt:", r12

    /* ---- SAL ---- */
    sal "sal_set_vectors", 0x1000000
    sal "sal_get_state_info", 0x1000001
    sal "sal_get_state_info_size", 0x1000002
    sal "sal_clear_state_info", 0x1000003
    sal "sal_mc_rendez", 0x1000004
    sal "sal_mc_set_params", 0x1000005
    sal "sal_register_physical_addr", 0x1000006
    sal "sal_cache_flush", 0x1000008
    sal "sal_cache_init", 0x1000009
    sal "sal_pci_config_read", 0x1000010
    sal "sal_pci_config_write", 0x1000011
    sal "sal_freq_base, platform", 0x1000012, 0
    sal "sal_freq_base, interval timer", 0x1000012, 1
    sal "sal_freq_base, clock", 0x1000012, 2
    sal "sal_freq_base, other", 0x1000012, 3
    sal "sal_physical_id_info", 0x1000013
    sal "sal_update_pal", 0x1000020

    /* ---- EFI ---- */
    movl r32 = time
    movl r33 = capabilities ;;
    efi "get_time", 0
    movl r10 = time ;;
    below 0, 2, 2200, "  year:"
    below 2, 1, 13, "  month:"
    below 3, 1, 32, "  day:"
    below 4, 1, 24, "  hour:"
    below 5, 1, 60, "  minute:"
    below 6, 1, 60, "  second:"
    efi "set_time", 1
    efi "get_wakeup_time", 2
    efi "set_wakeup_time", 3
    efi "set_virtual_address_map", 4
    efi "get_variable", 6
    efi "get_next_variable", 7
    efi "set_variable", 8
    efi "get_next_high_mono_count", 9
    print "reset"
    mov r32 = 0
    mov r33 = 0
    mov r34 = 0 ;;
    efi "reset_system", 10

    /* Calls by what was found; b0 returns to the caller's. */
pal:
    movl r14 = pal_proc ;;
    ld8 r14 = [r14] ;;
    mov b7 = r14 ;;
    br.cond.sptk.few b7 ;;
sal:
    movl r14 = sal_proc ;;
    ld8 r14 = [r14] ;;
    mov b7 = r14 ;;
    br.cond.sptk.few b7 ;;
by_descriptor:
    ld8 r15 = [r14] ;;
    mov b7 = r15 ;;
    br.cond.sptk.few b7 ;;

    library
    text_library

    .data
    .align 16
boot_param:
    data8 0
efi_runtime:
    data8 0
pal_proc:
    data8 0
sal_proc:
    data8 0
time:
    data8 0, 0
capabilities:
    data8 0, 0
pmu:
    .skip 128

    vector 0x3000
    mov r12 = cr.ivr ;;
    srlz.d ;;
    mov cr.eoi = r0 ;;
    rfi ;;
