/* regset.c: the registers of IA-64 by name. */
#include <stddef.h>

#include "vti-ia64/cpu/cpu.h"

#define R(name, field)                                                         \
    {                                                                          \
        name, offsetof(struct ia64_state, field), 8                            \
    }
#define GR(n) R("r" #n, gr[n].v), R("r" #n ".nat", gr[n].nat)
#define FR(n)                                                                  \
    {                                                                          \
        "f" #n, offsetof(struct ia64_state, fr[n]), 16                         \
    }
#define BANK(n) R("bank" #n, bank[n].v), R("bank" #n ".nat", bank[n].nat)
#define STACKED(n)                                                             \
    R("stacked" #n, stacked[n].v), R("stacked" #n ".nat", stacked[n].nat)
#define ENTRY(file, n)                                                         \
    R(#file #n ".va", file[n].va), R(#file #n ".pte", file[n].pte),            \
        R(#file #n ".itir", file[n].itir), R(#file #n ".rid", file[n].rid)
#define ITR(n) ENTRY(itr, n)
#define DTR(n) ENTRY(dtr, n)
#define ITC(n) ENTRY(itc, n)
#define DTC(n) ENTRY(dtc, n)
#define ALAT(n)                                                                \
    R("alat" #n ".reg", alat[n].reg), R("alat" #n ".pa", alat[n].pa),          \
        R("alat" #n ".size", alat[n].size)
#define X1(file, n) R(#file #n, file[n])
#define BR(n)       R("b" #n, br[n])
#define KR(n)       X1(kr, n)
#define RR(n)       X1(rr, n)
#define PKR(n)      X1(pkr, n)
#define DBR(n)      X1(dbr, n)
#define IBR(n)      X1(ibr, n)
#define PMC(n)      X1(pmc, n)
#define PMD(n)      X1(pmd, n)
#define S(field)    R(#field, field)

#define EACH8(m) m(0), m(1), m(2), m(3), m(4), m(5), m(6), m(7)
#define EACH16(m)                                                              \
    m(0), m(1), m(2), m(3), m(4), m(5), m(6), m(7), m(8), m(9), m(10), m(11),  \
        m(12), m(13), m(14), m(15)
#define EACH32(m)                                                              \
    m(0), m(1), m(2), m(3), m(4), m(5), m(6), m(7), m(8), m(9), m(10), m(11),  \
        m(12), m(13), m(14), m(15), m(16), m(17), m(18), m(19), m(20), m(21),  \
        m(22), m(23), m(24), m(25), m(26), m(27), m(28), m(29), m(30), m(31)
#define EACH96(m)                                                              \
    m(0), m(1), m(2), m(3), m(4), m(5), m(6), m(7), m(8), m(9), m(10), m(11),  \
        m(12), m(13), m(14), m(15), m(16), m(17), m(18), m(19), m(20), m(21),  \
        m(22), m(23), m(24), m(25), m(26), m(27), m(28), m(29), m(30), m(31),  \
        m(32), m(33), m(34), m(35), m(36), m(37), m(38), m(39), m(40), m(41),  \
        m(42), m(43), m(44), m(45), m(46), m(47), m(48), m(49), m(50), m(51),  \
        m(52), m(53), m(54), m(55), m(56), m(57), m(58), m(59), m(60), m(61),  \
        m(62), m(63), m(64), m(65), m(66), m(67), m(68), m(69), m(70), m(71),  \
        m(72), m(73), m(74), m(75), m(76), m(77), m(78), m(79), m(80), m(81),  \
        m(82), m(83), m(84), m(85), m(86), m(87), m(88), m(89), m(90), m(91),  \
        m(92), m(93), m(94), m(95)
#define EACH128(m)                                                             \
    m(0), m(1), m(2), m(3), m(4), m(5), m(6), m(7), m(8), m(9), m(10), m(11),  \
        m(12), m(13), m(14), m(15), m(16), m(17), m(18), m(19), m(20), m(21),  \
        m(22), m(23), m(24), m(25), m(26), m(27), m(28), m(29), m(30), m(31),  \
        m(32), m(33), m(34), m(35), m(36), m(37), m(38), m(39), m(40), m(41),  \
        m(42), m(43), m(44), m(45), m(46), m(47), m(48), m(49), m(50), m(51),  \
        m(52), m(53), m(54), m(55), m(56), m(57), m(58), m(59), m(60), m(61),  \
        m(62), m(63), m(64), m(65), m(66), m(67), m(68), m(69), m(70), m(71),  \
        m(72), m(73), m(74), m(75), m(76), m(77), m(78), m(79), m(80), m(81),  \
        m(82), m(83), m(84), m(85), m(86), m(87), m(88), m(89), m(90), m(91),  \
        m(92), m(93), m(94), m(95), m(96), m(97), m(98), m(99), m(100),        \
        m(101), m(102), m(103), m(104), m(105), m(106), m(107), m(108),        \
        m(109), m(110), m(111), m(112), m(113), m(114), m(115), m(116),        \
        m(117), m(118), m(119), m(120), m(121), m(122), m(123), m(124),        \
        m(125), m(126), m(127)

static const struct reg_desc regs[] = {
    S(ip),
    S(psr),
    S(cfm),
    S(pr),
    EACH128(GR),
    EACH16(BANK),
    EACH96(STACKED),
    S(bof),
    S(dirty),
    S(cfle),
    EACH128(FR),
    EACH8(BR),
    EACH8(KR),
    S(rsc),
    S(bsp),
    S(bspstore),
    S(rnat),
    S(fcr),
    S(eflag),
    S(csd),
    S(ssd),
    S(cflg),
    S(fsr),
    S(fir),
    S(fdr),
    S(ccv),
    S(unat),
    S(fpsr),
    S(pfs),
    S(lc),
    S(ec),
    S(itc_offset),
    S(dcr),
    S(itm),
    S(iva),
    S(pta),
    S(ipsr),
    S(isr),
    S(iip),
    S(ifa),
    S(itir),
    S(iipa),
    S(ifs),
    S(iim),
    S(iha),
    R("iib0", iib[0]),
    R("iib1", iib[1]),
    S(lid),
    S(tpr),
    R("irr0", irr[0]),
    R("irr1", irr[1]),
    R("irr2", irr[2]),
    R("irr3", irr[3]),
    S(itv),
    S(pmv),
    S(cmcv),
    R("lrr0", lrr[0]),
    R("lrr1", lrr[1]),
    R("insvc0", insvc[0]),
    R("insvc1", insvc[1]),
    R("insvc2", insvc[2]),
    R("insvc3", insvc[3]),
    EACH8(RR),
    EACH16(PKR),
    EACH16(DBR),
    EACH16(IBR),
    EACH32(PMC),
    EACH32(PMD),
    EACH16(ITR),
    EACH16(DTR),
    EACH128(ITC),
    EACH128(DTC),
    S(itc_next),
    S(dtc_next),
    EACH32(ALAT),
    S(alat_next),
    S(iipa_now),
    S(halted),
};

const struct regset ia64_regset = {
    .isa = "ia64",
    .blob_size = sizeof(struct ia64_state),
    .reg = regs,
    .nr = sizeof(regs) / sizeof(regs[0]),
};
