#!/usr/bin/env bash
# test_reproduce.sh: reproduce and --price: lists, errors in one line, the
# smallest experiment, and that two runs print the same. Environment: TRIPTYCH.
source "$(dirname "$0")/../../common/tests/shell.sh"
export LC_ALL=C

paper=adams-agesen-2006
try 0 'nanobenchmarks' reproduce
try 0 'macrobenchmarks +not yet' reproduce
try 0 '"experiment": "rdtsc"' reproduce --json
try 0 "^$paper" list papers
try 0 "^$paper/table1" list experiments
try 0 '^p4-672 .*rows' list prices
try 0 '^core2-2660' list prices
try 2 "no paper 'popek'" reproduce popek
try 2 "no experiment 'nothing'" reproduce $paper/nothing
try 2 'not there yet' reproduce $paper/macrobenchmarks
try 2 'which paper' reproduce --explain nano.in.hvm
try 2 "no claim 'x'" reproduce --explain x $paper
try 2 "no price list 'x'" compare --price x nano-in

# Values that made the price list are never counted.
try 0 'table1.vm-entry.p4-672 .* calibration' reproduce $paper/table1
try 0 'calibration, not counted: 8' reproduce $paper/table1

# A small experiment twice, as text, JSON and HDF5.
try 0 'rdtsc.inline < rdtsc.callout .*holds' reproduce $paper/rdtsc
cp "$tmp/out" "$tmp/first"
try 0 'orderings: 2 of 2 hold' reproduce $paper/rdtsc
expect 'two runs print the same' cmp "$tmp/out" "$tmp/first"
try 0 '"orderings_held": 2' reproduce --json -o "$tmp/r.h5" $paper/rdtsc
expect '-o: a file' [ -s "$tmp/r.h5" ]
expect '-o: no .part is left' [ ! -e "$tmp/r.h5.part" ]
try 0 'structure: 9 equal, 0 not' reproduce $paper/isprime
try 0 'ours: 1, counted' reproduce --explain bt.isprime.chained $paper
try 0 'handler, instructions' reproduce --explain rdtsc.callout $paper
try 0 'published 2030 cycles \(printed\): Adams' \
    reproduce --explain rdtsc.trap $paper

# Model cycles stand by themselves, and only where all has a price.
try 0 'model_cycles by price list p4-672' \
    compare --engines native,bt --reps 1 --price p4-672 nano-in
try 0 'in +native +[0-9.]+' \
    compare --engines native,bt --reps 1 --price p4-672 nano-in
try 0 'TLB misses' compare --engines hvm --reps 1 --price p4-672 nano-in
try 0 '"prices": "p4-672"' \
    compare --engines native --reps 1 --price p4-672 --json nano-in
try 0 'setup +native +refused: no price: SENSITIVE MOV_TO_CR 0x4' \
    compare --engines native --reps 1 --price p4-672 nano-in
result
