# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of tunlab's command lines in bash(1), with the package bash-completion or without it.
#
# Nothing is listed here that tunlab knows itself: commands, options and operands are read from its --help, and what
# completes an operand, or an option's argument, follows from what the help calls it: LAB, NAME, NS, STEP, ...; words in
# lower case, as in text|json, are what may stand there. What comes from labs is data, and is never expanded (as the
# words of compgen -W would be).
#
# The functions share the local variables of _tunlab.

# _tunlab_ask ARGUMENT...: what the program prints, by lines.
_tunlab_ask() {
	mapfile -t lines < <("$program" "$@" 2>/dev/null </dev/null)
}

# _tunlab_offer WORD...: those that begin with what is typed.
_tunlab_offer() {
	local word

	for word; do
		if [[ $word == "$typed"* ]]; then COMPREPLY+=("$word"); fi
	done
}

# _tunlab_offer_paths OPTION...: those that "compgen OPTION..." finds.
_tunlab_offer_paths() {
	local paths

	compopt -o filenames 2>/dev/null
	mapfile -t paths < <(compgen "$@" -- "$typed")
	COMPREPLY+=("${paths[@]}")
}

_tunlab_offer_commands() {
	local line

	_tunlab_ask --help
	if [[ $typed == -* ]]; then
		for line in "${lines[@]}"; do
			if [[ $line =~ ^\ \ tunlab\ .*(--[a-z-]+) ]]; then _tunlab_offer "${BASH_REMATCH[1]}"; fi
		done
		return
	fi
	for line in "${lines[@]}"; do
		if [[ $line =~ ^\ \ ([a-z]+)\  && ${BASH_REMATCH[1]} != tunlab ]]; then
			_tunlab_offer "${BASH_REMATCH[1]}"
		fi
	done
}

# _tunlab_read_help COMMAND: what its operands are called, and its options with what their arguments are called.
_tunlab_read_help() {
	local usage='^usage: tunlab [a-z]+( \[OPTION\]\.\.\.)? ?(.*)'
	local option='^  (--[a-z-]+)( ([A-Z]+|[A-Za-z]+(\|[A-Za-z]+)+) )?' line

	_tunlab_ask "$1" --help
	for line in "${lines[@]}"; do
		if [[ $line =~ $usage ]]; then
			read -ra operands <<<"${BASH_REMATCH[2]}"
		elif [[ $line =~ $option ]]; then
			options[${BASH_REMATCH[1]}]=${BASH_REMATCH[3]}
		fi
	done
}

# What stands before the cursor: operands (given), and the option, if any, whose argument is at the cursor (argument_of).
# After "--" there are no options more; where the help has [--], all that follows those operands is the line of another
# program, which begins at word "inner".
_tunlab_read_words() {
	local i word

	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -- ]]; then
			only_operands=yes
		elif [[ $word != -* || $only_operands ]]; then
			given+=("${word//[\\\"\']/}")
		elif [[ ${options[$word]-} ]]; then
			# --option=argument is three words.
			if [[ ${COMP_WORDS[i + 1]-} == = ]]; then ((i++)); fi
			if ((++i >= COMP_CWORD)); then argument_of=$word; fi
		fi
		if [[ ${operands[${#given[@]}]-} == '[--]' ]]; then
			inner=$((i + 1))
			if ((inner < COMP_CWORD)) && [[ ${COMP_WORDS[inner]} == -- ]]; then ((inner++)); fi
			break
		fi
	done
}

# Labs of root, of which tunlab tells an ordinary user nothing who completes what sudo is to do: the links by which ip netns
# knows their namespaces.
_tunlab_read_links() { # [LAB]
	local link

	for link in /run/netns/*.*; do
		link=${link#/run/netns/}
		if [[ ! -L /run/netns/$link ]]; then
			continue
		elif [[ ! ${1-} ]]; then
			lines+=("${link%%.*}")
		elif [[ $link == "$1".* ]]; then
			lines+=("${link#*.}")
		fi
	done
}

# Of labs that are up those that are not given yet, or the namespaces of one.
_tunlab_offer_names() { # [LAB]
	local line word

	_tunlab_ask list --names "$@"
	if [[ ! ${lines[*]} && $EUID != 0 ]]; then _tunlab_read_links "$@"; fi
	for line in "${lines[@]}"; do
		for word in "${given[@]}"; do
			if [[ ! ${1-} && $word == "$line" ]]; then continue 2; fi
		done
		_tunlab_offer "$line"
	done
}

# The lab's steps, by their names, or by their numbers.
_tunlab_offer_steps() { # [numbers]
	local lab=${given[0]-} number

	lab=${lab/#\~/$HOME}
	if [[ ! -f $lab ]]; then return; fi
	mapfile -t lines < <("$program" show --format json "$lab" 2>/dev/null </dev/null |
		sed -n '/^  "steps": \[/,$s/^      "name": "\([^"\]*\)".*/\1/p')
	if [[ ! ${1-} ]]; then
		compopt -o filenames 2>/dev/null # so that blanks are quoted
		_tunlab_offer "${lines[@]}"
		return
	fi
	for ((number = 1; number <= ${#lines[@]}; number++)); do
		_tunlab_offer "$number"
	done
}

# The line of another program, as that completes it where bash-completion is installed; a shell's arguments are files.
_tunlab_offer_inner() {
	if ((COMP_CWORD == inner)) && [[ $typed == -* ]]; then
		_tunlab_offer --
	elif [[ ${operands[*]} != *CMD* ]]; then
		_tunlab_offer_paths -f
	elif declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$inner"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$inner"
	elif ((COMP_CWORD == inner)); then
		_tunlab_offer_paths -c
	else
		_tunlab_offer_paths -f
	fi
}

# _tunlab_offer_what WHAT: what the help calls so; divided by blanks, each of them.
_tunlab_offer_what() {
	local all what

	read -ra all <<<"$1"
	for what in "${all[@]}"; do
		case $what in
		LAB) _tunlab_offer_paths -f -X '!*.json' && _tunlab_offer_paths -d ;;
		FILE) _tunlab_offer_paths -f ;;
		DIR) _tunlab_offer_paths -d ;;
		NAME) _tunlab_offer_names ;;
		NS) _tunlab_offer_names "${given[0]-}" ;;
		N) _tunlab_offer_steps numbers ;;
		STEP) _tunlab_offer_steps ;;
		*[[:lower:]]*) _tunlab_offer "$what" ;;
		esac
	done
}

_tunlab_offer_operand() {
	local last=$((${#operands[@]} - 1)) at=${#given[@]} what

	if ((0 <= last && last < at)) && [[ ${operands[last]} == *... ]]; then at=$last; fi
	what=${operands[at]-}
	what=${what//[].[]/}
	_tunlab_offer_what "${what//|/ }"
}

# Bash calls this with the program and the word to be completed.
_tunlab() {
	local program=${1/#\~/$HOME} typed=${2//\\/}
	local lines operands=() given=() only_operands='' argument_of='' inner=''
	local -A options=()

	COMPREPLY=()
	if ((COMP_CWORD < 2)); then
		_tunlab_offer_commands
		return
	fi
	_tunlab_read_help "${COMP_WORDS[1]}"
	_tunlab_read_words
	if [[ $argument_of ]]; then
		# An option's NAME is a new one.
		if [[ ${options[$argument_of]} != NAME ]]; then _tunlab_offer_what "${options[$argument_of]//|/ }"; fi
	elif [[ $inner ]]; then
		_tunlab_offer_inner
	elif [[ $typed == -* && ! $only_operands ]]; then
		_tunlab_offer "${!options[@]}"
	else
		_tunlab_offer_operand
	fi
}

complete -F _tunlab tunlab
