# rules.awk FILE...: small rules of the tree.
# 1. The first line of a file is `/* name.c: what it is` .
# 2. A header's guard is its path in capitals.
# 3. Outside tests, common and the engines never print to the standard streams,
#    exit or abort: they return a status and fill an error.
# 4. Nothing anonymous is left to do: TODO names an issue.
function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
}
# The line without comments and string literals; remembers open comments.
function code(line,   out, i, c, two) {
    out = ""
    gsub(/\\./, "", line)
    gsub(/'"'/, "", line)
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        two = substr(line, i, 2)
        if (comment) {
            if (two == "*/") {
                comment = 0
                i++
            }
        } else if (string) {
            if (c == "\"")
                string = 0
        } else if (two == "/*") {
            comment = 1
            i++
        } else if (two == "//") {
            break
        } else if (c == "\"") {
            string = 1
        } else {
            out = out c
        }
    }
    string = 0
    return out
}
FNR == 1 {
    comment = string = 0
    n = split(FILENAME, p, "/")
    library = FILENAME ~ /^(common|bt|pv|hvm|vti-ia64)\// && \
        FILENAME !~ /\/tests\//
    if (index($0, "/* " p[n] ": ") != 1)
        complain("the first line is not /* " p[n] ": what it is")
    guard = toupper(FILENAME)
    gsub(/[^A-Z0-9]/, "_", guard)
    guarded = FILENAME !~ /\.h$/
}
!guarded && /^#ifndef / {
    guarded = 1
    if ($2 != guard)
        complain("the guard is " $2 ", not " guard)
}
/TODO/ && !/TODO\(issue-[0-9]+\)/ { complain("TODO without an issue") }
library {
    c = code($0)
    if (c ~ /(^|[^A-Za-z0-9_.>])(v?printf|puts|putchar|perror|_?exit|_Exit|quick_exit|abort)[ \t]*\(/)
        complain("a library prints, exits or aborts")
    if (c ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/)
        complain("a library uses a standard stream")
}
END { exit bad }
