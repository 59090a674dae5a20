# SPDX-License-Identifier: Apache-2.0
# Completion of kam for bash: kam itself knows what may follow.
_kam()
{
    local -a lines
    mapfile -t lines < <("${COMP_WORDS[0]}" __complete bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    # For files the shell's own completion is the better one.
    if [ "${lines[0]}" = :files ]; then
        COMPREPLY=()
        compopt -o default 2>/dev/null
        return
    fi
    COMPREPLY=("${lines[@]}")
}
complete -F _kam kam
