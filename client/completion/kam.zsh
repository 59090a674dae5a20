#compdef kam
# SPDX-License-Identifier: Apache-2.0
# Completion of kam for zsh: kam itself knows what may follow.
_kam()
{
    local -a lines values shown
    local line tab=$'\t'
    lines=("${(@f)$("${(Q)words[1]}" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    compset -P '--*='
    if [[ $lines[1] == :files ]]; then
        _files
        return
    fi
    for line in $lines; do
        values+=("${line%%$tab*}")
        shown+=("${line/$tab/  }")
    done
    compadd -l -d shown -a values
}
if [ "$funcstack[1]" = "_kam" ]; then
    _kam "$@"
else
    compdef _kam kam
fi
