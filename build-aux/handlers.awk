# handlers.awk: host instructions of the VMM in one profile that callgrind wrote
# with --compress-strings=no --compress-pos=no: prints "VMM ALL".
# -v root=FOLDER/: of the sources; -v engine=bt: ours is all C code but what counts, records and prints.
# -v engine=hvm: ours are the VMM's own files and what they call, but for the
# VMX model (silicon), the guest's processor and the ledger.
# ALL has the translated code, too.

function path(p)
{
    if (index(p, root) == 1)
        p = substr(p, length(root) + 1)
    sub(/^\.\//, "", p)
    return p
}

function not_vmm(p)
{
    return p ~ /^common\/engine\/ledger/ || p ~ /^common\/h5/ ||
           p ~ /^experiments\// || p !~ /^(bt|common|hvm)\//
}

function vmm(p)
{
    if (engine == "bt")
        return !not_vmm(p)
    return p ~ /^hvm\/vmm\// || p ~ /^common\/mmu\/shadow/
}

# A call from the VMM to what is not the VMM itself, but works for it.
function works_for_vmm(p)
{
    if (engine == "bt" || vmm(p) || not_vmm(p) || p ~ /^hvm\/cpu\//)
        return 0
    return file !~ /vmm_run\.c$/
}

/^fl=/ { file = here = path(substr($0, 4)); next }
/^f[ie]=/ { here = path(substr($0, 4)); next }
/^c(fi|fl)=/ { callee = path(substr($0, index($0, "=") + 1)); next }
/^fn=/ { translated = $0 ~ /^fn=0x/; next }
/^calls=/ {
    getline
    if (vmm(file) && works_for_vmm(callee == "" ? here : callee))
        work += $2
    callee = ""
    next
}
/^[0-9]+ [0-9]+$/ {
    if (vmm(file))
        work += $2
    else if (translated)
        code += $2
}
END { printf "%d %d\n", work, work + code }
