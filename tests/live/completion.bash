# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC1091 # the package's file, and the program's
# completion.bash plain|package WORD...: prints what bash offers for the last of the words of a command line, a line each
# and sorted, with the package bash-completion or without it.
set -u
if [ "$1" = package ]; then
	set +u
	. /usr/share/bash-completion/bash_completion
fi
. "${BASH_SOURCE[0]%/*}/../../harness/completion/tunlab.bash"
shift

COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE=$*
COMP_POINT=${#COMP_LINE}
complete -W 'inner innards other' toy

# As readline has it, the word does not include what COMP_WORDBREAKS divided it from.
word=${COMP_WORDS[COMP_CWORD]}
if [ "$word" = = ]; then word=; fi
read -r _ _ function _ < <(complete -p tunlab)
"$function" "$1" "$word" "${COMP_WORDS[COMP_CWORD - 1]}"
if [ ${#COMPREPLY[@]} -gt 0 ]; then printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u; fi
