# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for nitroscope-cli: the program itself says what fits.
_nitroscope_cli() {
    local current=${COMP_WORDS[COMP_CWORD]} word answer rest lead
    # bash takes values of options and filters apart at '=' and ':'; the program gets the words as they were typed.
    local line=("${COMP_LINE:0:COMP_POINT}")
    read -r -a line <<<"${line[0]}"
    [[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && line+=("")
    lead=${line[-1]%"$current"}
    COMPREPLY=()
    while IFS=$'\t' read -r word rest; do
        case $word in
            :files) compopt -o filenames; mapfile -t answer < <(compgen -f -- "$current"); COMPREPLY+=("${answer[@]}") ;;
            :open) compopt -o nospace ;;
            ?*) COMPREPLY+=("${word#"$lead"}") ;;
        esac
    done < <("${line[0]}" complete "${line[@]:1}" 2>/dev/null)
}
complete -F _nitroscope_cli nitroscope-cli
