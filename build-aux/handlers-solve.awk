# handlers-solve.awk: what one event of the row asked for costs the VMM, from
# the work of an interval and its ledger rows (export --csv), less the rows
# already known. Prints a line of datasets/handlers/*.csv for each name.
# -v engine -v guest -v interval -v work -v kind -v names=A,B -v sub (a number or
# *); first file: what is known, then the ledger.
BEGIN { FS = ","; nr_names = split(names, want, ",") }

FNR == 1 { file++ }

file == 1 {
    if ($1 == engine)
        known[$2 "," $3 "," $4] = $5
    next
}

$3 != interval || $6 == "SENSITIVE" || $6 == "PROCESSOR" { next }

{
    for (i = 1; i <= nr_names; i++)
        if ($6 == kind && $9 == want[i] && (sub_of == "*" || sub_of == $8)) {
            count += $10
            next
        }
    if (($6 "," $9 "," $8) in known)
        work -= $10 * known[$6 "," $9 "," $8]
    else if (($6 "," $9 ",*") in known)
        work -= $10 * known[$6 "," $9 ",*"]
}

END {
    if (count == 0) {
        printf "%s %s: no %s %s\n", engine, guest, kind, names >"/dev/stderr"
        exit 1
    }
    for (i = 1; i <= nr_names; i++)
        printf "%s,%s,%s,%s,%.0f,%s,%s,%d,%s\n", engine, kind, want[i], sub_of,
            work / count, guest, interval, count,
            (nr_names > 1 ? "shared equally with the others of its line" : "")
}
