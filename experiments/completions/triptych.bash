# triptych.bash: completion for bash: source it, or put it as `triptych` into
# /usr/share/bash-completion/completions/. Asks the program itself.
_triptych_names() { # _triptych_names TOPIC
    "${COMP_WORDS[0]}" list "$1" 2>/dev/null | awk '{ print $1 }'
}
_triptych() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local verb=${COMP_WORDS[1]} words
    [ "$cur" != = ] || cur=
    if [ "$COMP_CWORD" -eq 1 ] || [ "$prev" = help ]; then
        words=$("${COMP_WORDS[0]}" help 2>/dev/null |
            awk '/^  [a-z]+ / { print $1 }')
    else
        case $prev in
        --engine | --engines) words=$(_triptych_names engines) ;;
        --processor) words=$(_triptych_names processors) ;;
        --cpu) words=$(_triptych_names cpus) ;;
        --price) words=$(_triptych_names prices) ;;
        --controls) words=$(_triptych_names controls) ;;
        --paging) words="shadow ept" ;;
        --vpid) words="on off" ;;
        --clock) words="virtual host" ;;
        --net) words="none user user,restrict=on" ;;
        --protocol) words="auto bzimage32 bzimage64 pvh multiboot elf" ;;
        --exit-status) words="plain qemu" ;;
        --table) words="ledger times runs statistics" ;;
        *)
            case $verb:$cur in
            *:-*) words=$("${COMP_WORDS[0]}" help "$verb" 2>/dev/null |
                awk '/^  --/ { sub(/\[.*/, "", $1); print $1 }') ;;
            list:*) words="guests engines processors cpus controls experiments papers prices" ;;
            reproduce:*) words="$(_triptych_names papers) $(_triptych_names experiments)" ;;
            run:* | compare:* | verify:* | explain:*) words=$(_triptych_names guests) ;;
            esac
            ;;
        esac
    fi
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _triptych triptych build/release/triptych
