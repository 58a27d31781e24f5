#!/usr/bin/env bash
# test_files.sh: results files: put together, compared with each other, broken,
# foreign, of hostile sizes, half written. Whatever they are, a command gives a
# result or one line. Assembles its guests with binutils. Environment: TRIPTYCH.
source "$(dirname "$0")/../../common/tests/shell.sh"

refused() { # refused PATTERN ARG...
    refuses 1 "$@"
}
end='mov $0x22, %eax\n outl %eax, $0xf5\n mov $1, %eax\n outl %eax, $0xf5\n '
end+='xor %eax, %eax\n outl %eax, $0xf4'
guest one "mov \$100, %ecx\n 1: inb \$0x80, %al\n loop 1b\n $end"
guest two "nop\n $end"
guest spin '1: jmp 1b'
compare() { # compare FILE ARG...
    does 0 "compare $*" compare --mem 16M -o "$tmp/$1.h5" "${@:2}"
}
compare a --engines native,bt --reps 2 "$tmp/one"
compare b --engines native,hvm --reps 1 "$tmp/one"
compare interp --engines native --processor interp --reps 1 "$tmp/one"
compare other --engines native --reps 1 "$tmp/two"
compare host --engines native --reps 1 --clock host "$tmp/one"
does 0 'more memory' compare --mem 17M --engines native --reps 1 \
    -o "$tmp/mem.h5" "$tmp/one"
cp "$tmp/one" "$tmp/copy"
compare copy --engines native --reps 1 "$tmp/copy"

# ---- compared with each other -----------------------------------------------
cd "$tmp" || exit 1
does 0 'verify' verify a.h5 b.h5
expect 'verify: what' grep -q '^a.h5, b.h5: the same: 1 runs, 2 intervals' out
expect 'verify: who not' grep -q '^  not compared: hvm, only in b.h5$' out
does 0 'verify: the name of a guest does not count' verify a.h5 copy.h5
does 0 'verify: other processors' verify a.h5 interp.h5
does 0 'verify --json' verify --json a.h5 b.h5
expect 'verify --json: same' grep -q '"same": true' out
refused 'differ in kernel_' verify a.h5 other.h5
refused 'differ in mem: 16777216, 17825792' verify a.h5 mem.h5
refused 'differ in clock' verify a.h5 host.h5
refused "under the host's clock do not repeat" verify host.h5 host.h5

# ---- put together -----------------------------------------------------------
does 0 'merge' merge a.h5 b.h5 -o m.h5
expect 'merge: what' grep -qx \
    'm.h5: 2 files, 3 engines, 6 runs, 3 repetitions' out
expect 'merge: no .part' [ ! -e m.h5.part ]
does 0 'merged: runs' export --csv --table runs m.h5
expect 'merged: native has three' [ "$(grep -c '^native,' out)" -eq 3 ]
expect 'merged: the third is the third' grep -q '^native,[a-z]*,2,0,0,' out
does 0 'merged: verify' verify m.h5 a.h5
does 0 'merged: report' report m.h5 -o m.html
refused 'm.h5 and b.h5 have runs in common' merge m.h5 b.h5 -o x.h5
refused 'a.h5 and a.h5 have runs in common' merge a.h5 a.h5 -o x.h5
compare more --engines native --reps 1 "$tmp/one"
does 0 'merge --json' merge --json m.h5 more.h5 -o n.h5
expect 'merge --json: files' grep -q '"repetitions": 4' out
refused 'b.h5 and n.h5 have runs in common' merge b.h5 n.h5 -o x.h5
does 0 'as one campaign' export --csv m.h5
cp out merged.csv
compare whole --engines native,bt,hvm --reps 3 "$tmp/one"
does 0 'whole' export --csv whole.h5
expect 'merged: rows as of one campaign' \
    sh -c 'grep "^native" out >1; grep "^native" merged.csv >2; cmp 1 2'
refused 'native ran on jit and on interp|differ' merge a.h5 interp.h5 -o x.h5
refused 'differ in kernel_' merge a.h5 other.h5 -o x.h5
refused 'differ in mem' merge a.h5 mem.h5 -o x.h5
refused 'No such file' merge a.h5 b.h5 -o no/x.h5
expect 'refused: no file' [ ! -e x.h5 ]
expect 'refused: no .part' [ ! -e x.h5.part ]

# ---- what is no results file ------------------------------------------------
python=
for p in python3 /usr/bin/python3; do
    "$p" -c 'import h5py' 2>/dev/null && python=$p && break
done
echo 'hello, world' >text.h5
: >empty.h5
head -c 5000 a.h5 >cut.h5
truncate -s 2000000 cut.h5
bad='text.h5 empty.h5 cut.h5'
if [ -n "$python" ]; then
    cat >make.py <<'END'
import h5py, numpy, shutil
with h5py.File("foreign.h5", "w") as f:
    f["temperature"] = numpy.arange(10.0)
def change(name, fn):
    shutil.copy("a.h5", name)
    with h5py.File(name, "r+") as f:
        fn(f)
def replace(f, path, **how):
    kind = f[path].dtype
    del f[path]
    f.create_dataset(path, dtype=kind, **how)
def newer(f):
    f.attrs["schema_version"] = numpy.uint64(2)
def long(f):  # 2^50 rows, none of which is stored
    replace(f, "runs/table", shape=(1 << 50,), chunks=(1000,))
def chunk(f):  # a chunk of 1 TiB
    replace(f, "times/table", shape=(1 << 32,), chunks=(1 << 24,))
def square(f):
    replace(f, "runs/table", shape=(4, 4))
def away(f):
    del f["runs/table"]
    f["runs/table"] = h5py.ExternalLink("b.h5", "/runs/table")
def outside(f):
    kind = f["times/table"].dtype
    del f["times/table"]
    f.create_dataset("times/table", shape=(2,), dtype=kind,
                     external=[("secret", 0, 10000)])
def wide(f):
    del f["runs/table"]
    f.create_dataset("runs/table", shape=(1,), dtype=numpy.dtype(
        [("engine", "S1000000"), ("processor", "S16")]))
for name, fn in list(globals().items()):
    if name in ("newer", "long", "chunk", "square", "away", "outside", "wide"):
        change(name + ".h5", fn)
    # One count more in the ledger.
def more(f):
    t = f["exits/table"]
    row = t[3]
    row["count"] += 1
    t[3] = row
change("more.h5", more)
def extra(f):
    f["model/cycles"] = numpy.arange(3)
change("extra.h5", extra)
END
    head -c 100000 /dev/zero >secret
    expect 'files made with h5py' "$python" make.py
    bad="$bad foreign.h5 newer.h5 long.h5 chunk.h5 square.h5 away.h5
        outside.h5 wide.h5"
    does 1 'one count more' verify a.h5 more.h5
    expect 'one count more: found' grep -qE \
        '^  (native|bt) repetition 0: ledger differs in interval' out
    expect 'one count more: once' [ "$(wc -l <out)" -eq 2 ]
    does 1 'one count more, --json' verify --json a.h5 more.h5
    expect 'one count more, --json' grep -q '"nr_differences": 1' out
    refused 'ledger differs' merge a.h5 more.h5 -o x.h5
    refused 'has /model, which' merge a.h5 extra.h5 -o x.h5
else
    skip 'hostile ones made with h5py: no python3-h5py here'
fi
for f in $bad; do
    # The ledger is not what is broken in all of them.
    refused "$f" report "$f" -o x.html
    refused "$f" merge a.h5 "$f" -o x.h5
    refused "$f" verify "$f" a.h5
    case $f in
    chunk.h5 | outside.h5) refused "$f" export --csv --table times "$f" ;;
    *) refused "$f" export --csv --table runs "$f" ;;
    esac
done
expect 'no file was made of them' [ ! -e x.h5 ]
expect 'no page was made of them' [ ! -e x.html ]

# ---- killed -----------------------------------------------------------------
# At any time there is a whole file under the name, an older one, or none.
killed=0
kill_it() { # kill_it FILE ARG...: after 0 to 0.25 s
    local file=$1
    "$triptych" "${@:2}" </dev/null >out 2>err &
    sleep "0.$(printf '%03d' $((RANDOM % 250)))"
    kill -KILL $! 2>/dev/null && killed=$((killed + 1))
    wait $! 2>/dev/null
    [ ! -e "$file" ] || "$triptych" export --csv --table runs "$file" >out 2>err
}
for i in 1 2 3 4 5 6 7 8; do
    expect "compare killed: $i" kill_it k.h5 compare --mem 16M --reps 4 \
        --engines native -o k.h5 one
    expect "merge killed: $i" kill_it l.h5 merge a.h5 b.h5 -o l.h5
done 2>/dev/null
expect 'some were killed' [ $killed -gt 0 ]
compare k --engines native --reps 1 "$tmp/one"

# ---- the lines of docs/RESULTS.md -------------------------------------------
cd "$root" || exit 1
if [ -n "$python" ]; then
    awk '/^```python/ { on = 1; next } /^```/ { on = 0 } on' docs/RESULTS.md \
        >"$tmp/lines.py"
    cp "$tmp/a.h5" "$tmp/compare.h5"
    expect 'docs/RESULTS.md' \
        sh -c "cd '$tmp' && $python lines.py >py.out && cat py.out"
    expect 'docs/RESULTS.md: what they print' grep -qF \
        "['native', 'bt'] ['0x22', '(rest)'] (2, 2, 2)" "$tmp/py.out"
else
    skip 'the h5py lines of docs/RESULTS.md: no python3-h5py here'
fi
result
