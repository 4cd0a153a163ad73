#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion in bash: what TAB offers, without the package bash-completion unless a test says so.
# shellcheck disable=SC2154 # scratch and first are machine.bash's
load machine

setup() {
	open_machine
	mkdir "$scratch/bin" "$scratch/work"
	ln -s "$(realpath "$TUNLAB")" "$scratch/bin/tunlab"
	PATH=$scratch/bin:$PATH
	cd "$scratch/work" || return
}

teardown() {
	cd / || return
	tmux -S "$scratch/terminal" kill-server 2>/dev/null || true
	close_machine
}

# here COMMAND...: runs it on the machine, in the folder that this shell is in.
# shellcheck disable=SC2016 # for the inner shell to expand
here() { inside sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"; }

# offers PART... -- WORD...: for the last word exactly the parts are offered, in the order of the alphabet.
offers() {
	local wanted=()

	while [ "$1" != -- ]; do
		wanted+=("$1")
		shift
	done
	shift
	seen=$(here bash "$LIVE/completion.bash" "${with:-plain}" "$@")
	if [ "$seen" = "$(printf '%s\n' "${wanted[@]}")" ]; then return; fi
	printf 'for %s\noffered:\n%s\nwanted:\n' "$*" "$seen"
	printf '%s\n' "${wanted[@]}"
	return 1
}

# wrap_tunlab LINE: a script stands before tunlab, which runs that line first.
wrap_tunlab() {
	mv "$scratch/bin/tunlab" "$scratch/bin/tunlab.real"
	# shellcheck disable=SC2016 # for the script to expand
	printf '%s\n' '#!/bin/sh' "$1" 'exec "$0.real" "$@"' >"$scratch/bin/tunlab"
	chmod +x "$scratch/bin/tunlab"
}

# Makes lab.json, with three steps.
make_lab() {
	cat >lab.json <<-'END'
		{
		  "namespaces": { "left": { "addresses": ["10.0.0.1/24 dev tun0"] }, "right.hand": { "addresses": ["10.0.0.2/24 dev tun0"] } },
		  "wires": [["left/tun0", "right.hand/tun0"]],
		  "steps": [
		    { "name": "by default", "in": "left", "ping": "10.0.0.2" },
		    { "name": "$(touch expanded) `touch expanded`", "in": "left", "ping": "10.0.0.2" },
		    { "in": "left", "tcp": "10.0.0.2:80" }
		  ]
		}
	END
}

commands() { tunlab --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'; }

@test "all commands, and those that begin so" {
	local all

	mapfile -t all < <(commands)
	[ "${#all[@]}" -ge 8 ]
	offers "${all[@]}" -- tunlab ''
	offers doctor down -- tunlab 'do'
	offers '' -- tunlab nonsense
	offers --help --version -- tunlab -
	offers '' -- tunlab nonsense ''
}

@test "all options of every command" {
	local command options

	while read -r command; do
		mapfile -t options < <(tunlab "$command" --help | grep -Eo '^  --[a-z-]+' | tr -d ' ' | sort)
		offers "${options[@]}" -- tunlab "$command" --
	done < <(commands)
	offers --format -- tunlab show lab.json --f
	offers '' -- tunlab show -- --f
}

@test "labs are files *.json, and folders that have some" {
	mkdir folder 'two words'
	touch a.json 'two words.json' two.txt folder/in.json
	offers a.json folder 'two words' 'two words.json' -- tunlab run ''
	offers a.json -- tunlab check 'two words.json' a
	offers 'two words' 'two words.json' -- tunlab up 'two\ w'
	offers folder/in.json -- tunlab show --format json folder/
	offers a.json folder 'two words' 'two words.json' two.txt -- tunlab step name ''
	offers '' -- tunlab up a.json ''
	offers '' -- tunlab doctor ''
}

@test "the formats of show are those that it takes" {
	local formats

	make_lab
	mapfile -t formats < <(tunlab show --format '' lab.json 2>&1 | sed 's/.*allowed: //; s/, /\n/g' | sort)
	[ "${#formats[@]}" -ge 5 ]
	offers "${formats[@]}" -- tunlab show --format ''
	offers "${formats[@]}" -- tunlab show --format =
	offers mermaid -- tunlab show --format = m
	offers lab.json -- tunlab show --format = mermaid l
}

@test "a lab's steps, by name or by number; a name is never expanded" {
	make_lab
	offers "\$(touch expanded) \`touch expanded\`" 'by default' 'left tcp 10.0.0.2:80' -- tunlab up lab.json --until ''
	offers 'by default' -- tunlab up lab.json --until 'by\ d'
	offers 1 2 3 -- tunlab run lab.json --step ''
	offers '' -- tunlab run --step ''
	[ ! -e expanded ]
}

@test "the names of labs that are up, and of their namespaces" {
	make_lab
	offers '' -- tunlab down ''
	here tunlab up lab.json
	here tunlab up lab.json --name other
	offers lab other -- tunlab down ''
	offers lab -- tunlab down other ''
	offers lab other -- tunlab list --json ''
	offers other -- tunlab step o
	offers '' -- tunlab list lab ''
	offers '' -- tunlab up --name ''
	[ "$(inside tunlab list --names lab)" = $'left\nright.hand' ]

}

@test "root's labs, for an ordinary user who is to say sudo" {
	make_lab
	here tunlab up lab.json
	mkdir -p "$scratch/tests" "$scratch/harness"
	cp -r "$LIVE" "$scratch/tests"
	cp -r "$LIVE/../../harness/completion" "$scratch/harness"
	cp --remove-destination "$TUNLAB" "$scratch/bin/tunlab"
	chmod 755 "$scratch"
	as_user() { inside setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	[ -z "$(as_user tunlab list --names)" ]
	[ "$(as_user bash "$scratch/tests/live/completion.bash" plain tunlab down '')" = lab ]
	[ "$(as_user bash "$scratch/tests/live/completion.bash" plain tunlab exec lab '')" = $'left\nright.hand' ]
}

@test "a lab that died is not offered, and what it left is for the next command to tell" {
	make_lab
	here tunlab up lab.json
	inside kill -KILL "$(keeper lab)"
	offers '' -- tunlab down lab
	inside test -L /run/netns/lab.left
	try 0 tunlab list
	complains "the lab lab died"
}

@test "in exec and shell: labs, namespaces, and then the line of a program" {
	touch file
	make_lab
	here tunlab up lab.json
	for command in exec shell; do
		offers lab -- tunlab "$command" ''
		offers left right.hand -- tunlab "$command" lab ''
		offers right.hand -- tunlab "$command" lab r
		offers --help -- tunlab "$command" --h
		offers -- -- tunlab "$command" lab left -
		offers file -- tunlab "$command" lab left -- toy f
	done
	here bash "$LIVE/completion.bash" plain tunlab exec lab left -- shopt | grep -qx shopt
	here bash "$LIVE/completion.bash" plain tunlab exec lab left shopt | grep -qx shopt

	with=package
	offers innards inner -- tunlab exec lab left -- toy inn
	offers innards inner -- tunlab exec lab left toy inn
	offers left right.hand -- tunlab exec lab ''
	here bash "$LIVE/completion.bash" package tunlab exec lab left -- shopt | grep -qx shopt
	offers file -- tunlab shell lab left -- toy f
}

@test "a TAB starts tunlab twice at most, and takes no longer where a keeper is stopped" {
	make_lab
	here tunlab up lab.json
	# shellcheck disable=SC2016 # for the script to expand
	wrap_tunlab 'echo "$*" >>"${0%/*}/calls"'
	process=$(keeper lab)
	inside kill -STOP "$process"
	for line in '' 'run ' 'down ' 'down l' 'run lab.json --step ' 'up lab.json --until ' 'show --format '; do
		rm -f "$scratch/bin/calls"
		read -ra words <<<"$line"
		here timeout 60 bash "$LIVE/completion.bash" plain tunlab "${words[@]}" '' >"$scratch/offered"
		cat "$scratch/bin/calls"
		[ "$(wc -l <"$scratch/bin/calls")" -le 2 ]
	done
	inside kill -CONT "$process"
}

screen() { tmux -S "$scratch/terminal" capture-pane -p; }
is_on_screen() { [[ $'\n'"$(screen)" == *"$1"* ]]; }
keys() { tmux -S "$scratch/terminal" send-keys "$@"; }

# shows TEXT: the terminal does, or comes to.
shows() {
	if within 60 is_on_screen "$1"; then return; fi
	screen
	return 1
}

@test "at a terminal" {
	make_lab
	cp lab.json 'my lab.json'
	here tunlab up lab.json
	INPUTRC=/dev/null tmux -S "$scratch/terminal" -f /dev/null new-session -d -x 150 -y 40 \
		nsenter --target "$first" --mount --pid --net -- sh -c "cd '$PWD' && exec bash --norc --noprofile" 3>&-
	keys "PS1='at: '; . $LIVE/../../harness/completion/tunlab.bash" Enter
	shows $'\nat:'

	keys 'tunlab do' Tab Tab
	shows 'doctor  down'
	keys 'wn ' Tab .
	shows 'tunlab down lab .'
	keys C-u 'tunlab show --format=me' Tab my Tab .
	shows 'tunlab show --format=mermaid my\ lab.json .'
	keys C-u 'tunlab up my\ l' Tab '--until by' Tab .
	shows 'tunlab up my\ lab.json --until by\ default .'
	keys C-u "tunlab up 'my" Tab .
	shows "tunlab up 'my lab.json' ."
	keys C-u "$scratch/bin/tunlab run my" Tab .
	shows "$scratch/bin/tunlab run my\\ lab.json ."
}

@test "make install puts it where bash-completion looks, and make uninstall leaves nothing" {
	mkdir -p "$scratch/build" "$scratch/installed"
	cp "$TUNLAB" "$TUNLAB-relay" "$scratch/build"
	make() {
		command make -s -C "$LIVE/../.." -o all BUILD="$scratch/build" DESTDIR="$scratch/installed" PREFIX=/usr "$@"
	}
	make install
	rm "$scratch/bin/tunlab"
	# shellcheck disable=SC2016 # for the inner shell to expand
	XDG_DATA_DIRS=$scratch/installed/usr/share PATH=$scratch/installed/usr/bin:$PATH here bash -c '
		. /usr/share/bash-completion/bash_completion
		_completion_loader tunlab
		complete -p tunlab' | grep -qx 'complete -F _tunlab tunlab'
	make uninstall
	find "$scratch/installed" ! -type d | diff /dev/null -
}
