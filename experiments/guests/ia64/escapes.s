/* escapes.s: instructions that are sensitive and not privileged, one by one, by
 * a kernel at level 0. It prints the names of those that do not give what they
 * give at level 0 of a machine that is its own, and exits with their number: 0,
 * unless a VMM without VT-i has it at another level. */
    .include "start.inc"

    .set PSR_UP, 1 << 2
    .set PSR_DT, 1 << 17
    .set PSR_SP, 1 << 20
    /* Rights 5: what level 0 may write, others not. */
    .set PTE_RIGHTS_5, PTE | 5 << 9 | 3 << 7
    .set PAGE, 0x2000000

    /* r9 should be `want`; r13 counts. */
    .macro should_be want, name
    movl r10 = \want ;;
    cmp.eq p6, p7 = r9, r10 ;;
    (p6) br.cond.sptk.few 8f ;;
    adds r13 = 1, r13 ;;
    print "\name"
8:
    .endm

    start
    mov r13 = 0 ;;
    print "kernel"

    /* A VHPT at 256 KiB, of 64 KiB: 8 bytes for each page of 16 KiB. */
    movl r8 = 0x40000 | 16 << 2 ;;
    mov cr.pta = r8 ;;
    srlz.d ;;
    movl r8 = 2 << PAGE_SHIFT ;;
    thash r9 = r8 ;;
    should_be 0x40000 + 2 * 8, "thash"

    /* Region 0 has identifier 1, whether data is translated or not. */
    rsm PSR_DT ;;
    srlz.d ;;
    movl r8 = 2 << PAGE_SHIFT ;;
    ttag r9 = r8 ;;
    ssm PSR_DT ;;
    srlz.d ;;
    should_be 2 | 1 << 39, "ttag"

    rsm PSR_IC ;;
    srlz.d ;;
    mov cr.ifs = r0 ;;
    srlz.d ;;
    cover ;;
    srlz.d ;;
    mov r9 = cr.ifs ;;
    ssm PSR_IC ;;
    srlz.d ;;
    alloc r2 = ar.pfs, 0, 0, 8, 0 ;;
    should_be 1 << 63 | 8, "cover"

    /* The level of the last br.call, that of "kernel" at least. */
    alloc r9 = ar.pfs, 0, 0, 8, 0 ;;
    extr.u r9 = r9, 62, 2 ;;
    should_be 0, "alloc r=ar.pfs"
    mov r9 = ar.pfs ;;
    extr.u r9 = r9, 62, 2 ;;
    should_be 0, "mov r=ar.pfs"

    mov ar.rsc = 0 ;;
    mov r9 = ar.rsc ;;
    should_be 0, "ar.rsc"

    /* Secure monitors are secure from levels 1 to 3. */
    mov r8 = 0x77 ;;
    mov pmd[r0] = r8 ;;
    ssm PSR_SP ;;
    srlz.d ;;
    mov r9 = pmd[r0] ;;
    sum PSR_UP ;;
    mov r8 = psr.um ;;
    rum PSR_UP ;;
    rsm PSR_SP ;;
    srlz.d ;;
    should_be 0x77, "mov r=pmd"
    and r9 = PSR_UP, r8 ;;
    should_be PSR_UP, "sum"

    rsm PSR_IC ;;
    srlz.d ;;
    movl r8 = PAGE ;;
    mov cr.ifa = r8 ;;
    mov r9 = PAGE_SHIFT << 2 ;;
    mov cr.itir = r9 ;;
    movl r10 = PAGE | PTE_RIGHTS_5 ;;
    itc.d r10 ;;
    ssm PSR_IC ;;
    srlz.d ;;
    probe.w r9 = r8, 0 ;;
    should_be 1, "probe"

    exit_with r13
    library
