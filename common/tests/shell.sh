# shellcheck shell=bash
# shell.sh: what the shell tests, */tests/test_*.sh, share. A test begins with
#     source "$(dirname "$0")/../../common/tests/shell.sh"
# and ends with `result`, which prints the line that build-aux/run-tests.sh
# reads: RESULT SUITE passed=N failed=N skipped=N.
#
# Variables set here; all paths are absolute:
#   suite      the test's name, of test_SUITE.sh
#   root       the source tree, the current folder
#   triptych   the binary: $TRIPTYCH, or build/release/triptych of the tree
#   guests     the folder of fetched guests: $TRIPTYCH_GUESTS, or where the
#              program looks
#   tmp        a folder of the test's own, removed at its end
#   passed, failed, skipped   the counts
# Files in $tmp that the functions write, beside those they are told to: out and
# err, of the program; expect.
set -u
suite=$(basename "$0" .sh)
suite=${suite#test_}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
triptych=$(realpath -m -- "${TRIPTYCH:-$root/build/release/triptych}")
guests=${TRIPTYCH_GUESTS:-${XDG_CACHE_HOME:-$HOME/.cache}/triptych/guests}
passed=0 failed=0 skipped=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$root" || exit 1

# ---- counting ---------------------------------------------------------------

pass() {
    passed=$((passed + 1))
}
fail() { # fail TEXT...
    failed=$((failed + 1))
    echo "FAIL  $suite: $*"
}
skip() { # skip TEXT...: what is left out, and why
    skipped=$((skipped + 1))
    echo "SKIP  $suite: $*"
}
show() { # show FILE: the end of a console
    tail -n 15 "$1" | tr -d '\r' | sed 's/^/      /'
}
result() {
    echo "RESULT $suite passed=$passed failed=$failed skipped=$skipped"
    exit $((failed > 0))
}

expect() { # expect TITLE COMMAND...: it succeeds; if not, show what it printed
    local title=$1
    shift
    if "$@" >"$tmp/expect" 2>&1; then
        pass
    else
        fail "$title: $(head -n 5 "$tmp/expect")"
    fi
}
check() { # check TITLE HAVE WANT
    if [ "$2" = "$3" ]; then
        pass
    else
        fail "$1: $2, not $3"
    fi
}

# ---- the program ------------------------------------------------------------

execute() { # execute ARG...: its status; output in out and err; stdin is $input
    timeout -k 10 600 "$triptych" "$@" <"${input:-/dev/null}" >"$tmp/out" \
        2>"$tmp/err"
}
does() { # does STATUS TITLE ARG...: it ends with STATUS
    local want=$1 title=$2 got
    shift 2
    execute "$@"
    got=$?
    check "$title: $(cat "$tmp/err" "$tmp/out" | head -n 5): status" $got "$want"
}
says() { # says STATUS PATTERN ARG...: it ends with STATUS and says PATTERN
    does "$1" "${*:3}" "${@:3}"
    expect "${*:3}: no '$2' in: $(head -n 3 "$tmp/out" "$tmp/err")" \
        grep -qE -- "$2" "$tmp/out" "$tmp/err"
}
refuses() { # refuses STATUS PATTERN ARG...: in one line on stderr, which is all
    says "$@"
    expect "${*:3}: one line: $(cat "$tmp/err")" [ "$(wc -l <"$tmp/err")" -eq 1 ]
    expect "${*:3}: nothing on stdout" [ ! -s "$tmp/out" ]
}
# try STATUS PATTERN ARG...: as says, but a usage error, status 2, is one line.
try() {
    if [ "$1" -eq 2 ]; then
        refuses "$@"
    else
        says "$@"
    fi
}

facts() { # facts NAME: the JSON of a run, $tmp/NAME.json, without host's times
    grep -v '"host_ns"' "$tmp/$1.json"
}
same() { # same A B: the same run; if not, print how they differ
    diff <(facts "$1") <(facts "$2")
}

# ---- guests -----------------------------------------------------------------

guest() { # guest NAME CODE: a 32-bit ELF of CODE, with printf's escapes
    printf '%b\n' ".globl _start\n_start:\n$2" >"$tmp/$1.s"
    assemble "$1"
}
assemble() { # assemble NAME: of $tmp/NAME.s, entered at 2 MiB in flat protected mode
    as --32 -o "$tmp/$1.o" "$tmp/$1.s"
    ld -m elf_i386 -Ttext 0x200000 -o "$tmp/$1" "$tmp/$1.o" ||
        fail "$1: cannot be assembled"
}

slow_build() { # sanitizers or coverage: what takes long must be left out
    case ${MODE:-release} in asan | cov) ;; *) return 1 ;; esac
}
# boots_need FILE...: fetched guests; without them, and in a slow build, the
# test ends here.
boots_need() {
    local file
    if slow_build; then
        skip "boots are left out in MODE=$MODE"
        result
    fi
    for file; do
        [ ! -s "$guests/$file" ] || continue
        skip "$guests/$file is not there (make guests)"
        result
    done
}
# boot NAME ARG...: `triptych run` to MARK end and status 0; the console is
# $tmp/NAME. The test ends here if that fails.
boot() {
    local name=$1 got
    shift
    timeout -k 10 1500 "$triptych" run "$@" </dev/null >"$tmp/$name" \
        2>"$tmp/err"
    got=$?
    echo "      $name: $(tail -n 1 "$tmp/err")"
    check "$name: status" $got 0
    check "$name: MARK end" "$(tr -d '\r' <"$tmp/$name" | grep -c '^MARK end')" 1
    [ $failed -gt 0 ] || return
    show "$tmp/$name"
    result
}
said() { # said CONSOLE TAG WORD: what stands in its line "TAG ok ... WORD"
    tr -d '\r' <"$tmp/$1" | sed -n "s/^$2 ok \(.*\) $3\$/\1/p"
}
md5() { # of stdin
    md5sum | cut -d ' ' -f 1
}
