# references.awk FILE...: what comments and documents name is there: functions,
# written name(), occur in some code, and files are among FILE..., by the whole
# path or the end of it. Not ours, and not looked for, is what stands in a
# citation, [KEY ...], between < and >, or after "Linux's", "Xen's" and the like;
# NAME, FILE and PAPER stand for anything.
BEGIN {
    for (i = 1; i < ARGC; i++) {
        path = ARGV[i]
        known[path]
        while (sub(/^[^\/]*\//, "", path))
            known[path]
    }
}
function refer(kind, what) {
    if (what !~ /NAME|FILE|PAPER/) {
        nr++
        where[nr] = FILENAME ":" FNR
        kinds[nr] = kind
        whats[nr] = what
    }
}
# Text for people: note what it refers to.
function prose(s,   before, what) {
    if (cited && !sub(/^[^\]]*\]/, "", s))
        return
    gsub(/\[[A-Z][^\]]*\]/, " ", s)
    cited = sub(/\[[A-Z][^\]]*$/, "", s)
    while (match(s, /[A-Za-z0-9_.\/-]*[A-Za-z0-9_]+(\(\)|\.(c|h|S|def|inc|md|sh|awk|mk)([^A-Za-z0-9_*{-]|$))/)) {
        before = substr(s, 1, RSTART - 1)
        what = substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
        if (before ~ /[<*{}$]$|(Linux|Xen|Ski|KVM)'s `?$/)
            continue
        if (what ~ /\(\)$/) {
            sub(/\(\)$/, "", what)
            sub(/.*[.\/-]/, "", what)
            if (what ~ /^[A-Za-z_]/)
                refer("function", what)
        } else {
            sub(/[^A-Za-z0-9_]$/, "", what)
            while (sub(/^\.\.?\//, "", what))
                ;
            # `ld8.c` is an instruction of IA-64.
            if (what !~ /^([.\/-]|ld[0-9a-z]*\.c$)/)
                refer("file", what)
        }
    }
}
function code(s,   n, i, word) {
    n = split(s, word, /[^A-Za-z0-9_]+/)
    for (i = 1; i <= n; i++)
        defined[word[i]]
}
FNR == 1 {
    comment = cited = 0
    document = FILENAME ~ /\.md$/
    plain = FILENAME !~ /\.([chS]|def|inc)$/
}
document {
    prose($0)
    next
}
plain {
    code($0)
    next
}
{
    rest = $0
    while (rest != "") {
        at = index(rest, comment ? "*/" : "/*")
        part = at ? substr(rest, 1, at - 1) : rest
        rest = at ? substr(rest, at + 2) : ""
        if (comment)
            prose(part)
        else
            code(part)
        if (at) {
            comment = !comment
            cited = 0
        }
    }
}
END {
    for (i = 1; i <= nr; i++)
        if (kinds[i] == "file" ? !(whats[i] in known) : \
            !(whats[i] in defined)) {
            printf "%s: there is no %s %s\n", where[i], kinds[i], whats[i]
            bad = 1
        }
    exit bad
}
