# Completes command lines of drfctl in bash, which drfctl itself is asked for.

_drfctl() {
    local rest=${COMP_LINE:0:COMP_POINT} words=() piece at
    # Bash splits words at = : and @ as well; what stands together is put together again.
    for ((at = 0; at <= COMP_CWORD; at++)); do
        if ((at == 0)) || [[ $rest == [[:space:]]* ]]; then
            words+=("")
            rest=${rest#"${rest%%[![:space:]]*}"}
        fi
        piece=${COMP_WORDS[at]}
        # The word at the cursor goes on behind it.
        [[ $rest == "$piece"* ]] || piece=$rest
        words[${#words[@]} - 1]+=$piece
        rest=${rest#"$piece"}
    done
    local current=${words[${#words[@]} - 1]} last=$2
    # A quote that is open belongs to bash, not to the word.
    words[${#words[@]} - 1]=${current#[\"\']}
    mapfile -t COMPREPLY < <(
        _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) _DRFCTL_COMPLETE=bash \
            drfctl -- "${words[@]}" 2>/dev/null
    )
    # Bash puts its own last piece in the place of what it gets.
    local before=${current%"${last#[\"\']}"} quoted
    for at in "${!COMPREPLY[@]}"; do
        piece=${COMPREPLY[at]#"${before#[\"\']}"}
        printf -v quoted %q "$piece"
        # A quote that is open quotes it already.
        [[ $current == [\"\']* ]] || piece=$quoted
        COMPREPLY[at]=$piece
    done
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -F _drfctl drfctl
