# depcheck.awk FILE...: who may include whom. Dependencies run one way:
# common <- {bt, pv, hvm, vti-ia64} <- experiments. From outside, an engine is
# its engine.h (and processor.h), analysis its analysis.h; nobody includes an
# engine's folder but experiments. Inside common, base needs only base.
BEGIN {
    ok["common"] = "common"
    ok["bt"] = ok["pv"] = ok["hvm"] = ok["vti-ia64"] = "common"
    ok["experiments"] = "common bt pv hvm vti-ia64 analysis"
    ok["analysis"] = ""
    outward["bt"] = outward["pv"] = outward["hvm"] = outward["vti-ia64"] = \
        " engine.h processor.h "
    outward["analysis"] = " analysis.h "
}
function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    bad = 1
}
FNR == 1 {
    split(FILENAME, p, "/")
    from = p[1]
    part = p[2]
    tests = FILENAME ~ /\/tests\//
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, q, "\"")
    n = split(q[2], r, "/")
    to = r[1]
    if (n < 2) {
        complain("include \"" q[2] "\" from the root of the tree")
        next
    }
    # Test glue may be used by every folder's tests.
    if (tests && q[2] ~ /^common\/tests\//)
        next
    if (to != from && index(" " ok[from] " ", " " to " ") == 0)
        complain(from " may not include " q[2])
    if (to != from && (to in outward) && \
        index(outward[to], " " r[n] " ") == 0)
        complain("from " from ", " to " is only" outward[to])
    if (from == "common" && part == "base" && !tests && r[2] != "base")
        complain("common/base may not include " q[2])
    if (!tests && q[2] ~ /\/tests\//)
        complain("only tests include " q[2])
}
END { exit bad }
