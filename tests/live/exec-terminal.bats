#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tunlab exec and tunlab shell on a terminal, which tmux plays: job control, full screens, prompts.
# shellcheck disable=SC2016 # what is typed is expanded by the shell in the terminal
load helpers

setup_file() {
	export LAB=terminal-$$
	"$TUNLAB" up --name "$LAB" "$LABS/two-ns.json" 3>&-
}

teardown_file() {
	"$TUNLAB" down "$LAB" 3>&-
}

setup() {
	scratch=$(mktemp -d)
	mkdir "$scratch/home"
}

teardown() {
	tmux kill-server 2>/dev/null || true
	within 60 rm -rf "$scratch" # what ends may write there still
}

# A tmux of the test's own.
tmux() { command tmux -S "$scratch/tmux" -f /dev/null "$@" 3>&-; }

# terminal SHELL-COMMAND: opens a terminal of 80 columns and 24 lines, in which it is run. $TUNLAB and $LAB are known there,
# and "left" is short for tunlab exec in the lab's namespace left.
terminal() {
	mkdir -p "$scratch/bin"
	printf '#!/bin/sh\nexec "$TUNLAB" exec "$LAB" left "$@"\n' >"$scratch/bin/left"
	chmod +x "$scratch/bin/left"
	env -i "PATH=$scratch/bin:$PATH" "TUNLAB=$TUNLAB" "LAB=$LAB" "HOME=$scratch/home" "SHELL=${1:-}" LC_ALL=C.UTF-8 \
		"scratch=$scratch" TERM=xterm tmux -S "$scratch/tmux" -f /dev/null \
		new-session -d -x 80 -y 24 "${2:-PS1='outer> ' bash --norc}" 3>&-
}

# Wrapped lines as one, blanks at their ends left out.
screen() { tmux capture-pane -pJ | sed 's/ *$//'; }
line_is() { screen | grep -qxF -- "$1"; }
has() { screen | grep -qF -- "$1"; }
ends_at() { [ "$(screen | grep . | tail -n 1)" = "$1" ]; } # the last line that is not empty

# runs NAME: a program of that name is in the terminal's foreground. What is typed before is another's, and a signal, too;
# it also throws away what was typed and not read yet.
runs() { [ "$(tmux display-message -p '#{pane_current_command}')" = "$1" ]; }

# type TEXT: as one line.
type() { tmux send-keys -l "$1" && tmux send-keys Enter; }

# The same, waiting: or the screen is shown, and the test fails.
see() {
	if within 60 "$@"; then return; fi
	echo "not seen: $*"
	screen
	return 1
}

@test "Ctrl-C ends the program with status 130, and the loop around it" {
	terminal
	see ends_at 'outer>'
	type 'left sh -c "echo begun; exec sleep 100"; echo "status $?"'
	see line_is begun
	tmux send-keys C-c
	see ends_at 'outer>'
	type 'echo "status $?"'
	see line_is 'status 130'
	type 'clear; for i in 1 2 3; do left sh -c "echo begun $i; exec sleep 100"; done'
	see line_is 'begun 1'
	tmux send-keys C-c
	see ends_at 'outer>'
	! has 'begun 2' || false
}

@test "a program that handles Ctrl-C gets it once, and goes on" {
	local time

	terminal
	type 'left perl -e '\''$| = 1; $SIG{INT} = sub { print "caught ", ++$n, "\n" }; $SIG{QUIT} = sub { exit $n }; print "begun\n"; sleep 1 while 1'\''; echo "status $?"'
	see line_is begun
	for time in 1 2 3 4 5 6 7 8; do
		tmux send-keys C-c
		see line_is "^Ccaught $time"
	done
	tmux send-keys "C-\\"
	see has 'status 8'
}

@test "Ctrl-Z stops it, fg and bg go on" {
	terminal
	type 'left sh -c "echo begun; sleep 1000; echo never"'
	see line_is begun
	tmux send-keys C-z
	see has 'Stopped'
	see ends_at 'outer>'
	# tunlab, sh, sleep
	type 'clear; until [ "$(ps -t "$(tty)" -o stat=,comm= | grep -c ^T)" = 3 ]; do :; done; echo all'
	see line_is all
	type 'clear; bg; jobs'
	see has 'Running'
	type 'clear; fg'
	see runs tunlab
	tmux send-keys C-c
	see ends_at 'outer>'
	type 'echo "status $?"'
	see line_is 'status 130'
}

@test "in the background it is stopped when it reads, and reads when in the foreground" {
	terminal
	type 'left cat &'
	see has 'left cat'
	see eval 'type ""; has Stopped'
	type 'clear; fg; echo "status $?"'
	see line_is 'left cat'
	type 'some words'
	see eval '[ "$(screen | grep -cx "some words")" = 2 ]'
	tmux send-keys C-d
	see line_is 'status 0'
}

@test "a pipeline is one job" {
	terminal
	type 'left sh -c "echo begun; sleep 1000" | cat; echo "status $?"'
	see line_is begun
	tmux send-keys C-z
	see has Stopped
	type 'clear; fg'
	see runs tunlab
	tmux send-keys C-c
	see ends_at 'outer>'
	type 'clear; seq 1000 | left sh -c "cat" | left tail -n 1'
	see line_is 1000
}

@test "a full-screen program shows its screen, and leaves the terminal as it was" {
	terminal
	type 'stty -a >"$scratch/before"; left top; echo "status $?"; stty -a >"$scratch/after"; echo done'
	see has 'load average'
	see has ' tunlab-' # the first process, as top in the lab sees it
	tmux send-keys q
	see line_is 'status 0'
	see line_is 'done'
	cmp "$scratch/before" "$scratch/after"
}

@test "a change of the window's size reaches the program" {
	terminal
	type 'left bash -c "trap \"stty size\" WINCH; echo begun; while :; do sleep 1000 & wait; done"'
	see line_is begun
	tmux resize-window -x 70 -y 20
	see line_is '20 70'
	tmux send-keys C-c
	type 'clear; $TUNLAB shell $LAB left'
	see has "[$LAB.left]"
	tmux resize-window -x 90 -y 25
	type 'until [ "$(stty size)" = "25 90" ]; do :; done; echo seen'
	see line_is seen
}

@test "where a signal ended it the terminal's modes are set back, and the foreground, without a shell's help" {
	terminal '' 'sh -c "
		stty -a >\"$scratch/before\"
		left sh -c \"stty raw -echo; kill -KILL \\\$\\\$\"
		stty -a >\"$scratch/after\"
		echo ended; echo \"read \$(head -n 1)\"
		left bash --norc -i -c \"sleep 0.01; set -m; sleep 0.01; kill -KILL \\\$\\\$\"
		echo ended again; echo \"read \$(head -n 1)\"
		sleep 1000"'
	see line_is ended
	type one
	see line_is 'read one'
	cmp "$scratch/before" "$scratch/after"
	see line_is 'ended again'
	type two
	see line_is 'read two'
}

@test "when the lab goes the terminal is given back" {
	lab=terminal-$$-own
	"$TUNLAB" up --name "$lab" "$LABS/two-ns.json" 3>&-
	terminal '' "sh -c '\"\$TUNLAB\" shell $lab left; echo \"status \$?\"; echo \"read \$(head -n 1)\"; sleep 1000'"
	see has "[$lab.left] "
	"$TUNLAB" down "$lab" 3>&-
	see has "tunlab: the lab $lab has gone"
	see line_is 'status 137'
	type one
	see line_is 'read one'
}

@test "when the terminal goes so does the program" {
	terminal '' 'exec "$TUNLAB" exec "$LAB" left sh -c "trap \"echo hung up >\$scratch/said; exit\" HUP; echo begun; while :; do sleep 0.01; done"'
	see line_is begun
	tmux kill-server
	within 60 grep -qs 'hung up' "$scratch/said"
}

# has_job_control PROMPT: in the shell that was started job control works. Ends it with status 7.
has_job_control() {
	see ends_at "$1"
	type 'sleep 1000'
	see runs sleep
	tmux send-keys C-z
	see ends_at "$1"
	type 'sleep 2000 &'
	type 'fg %1'
	see runs sleep
	tmux send-keys C-c
	see ends_at "$1"
	type 'clear; jobs'
	see eval 'has "sleep 2000" && ! has "sleep 1000"'
	type 'kill %2; wait; clear; cat /proc/1/comm; jobs'
	see line_is tunlab-init
	type 'exit 7'
}

@test "bash: its prompt says where it is, whatever the user's files make of it, and job control works" {
	terminal /bin/bash
	echo 'PROMPT_COMMAND="PS1=\"own\$word> \""; word=-word' >"$scratch/home/.bashrc"
	see ends_at 'outer>'
	type 'clear; $TUNLAB shell $LAB left; echo "status $?"'
	has_job_control "[$LAB.left] own-word>"
	see line_is 'status 7'
	type 'clear; $TUNLAB shell $LAB left; echo "status $?"'
	see ends_at "[$LAB.left] own-word>"
	type 'suspend'
	see has Stopped
	type 'clear; fg'
	see has '$TUNLAB shell'
	type 'clear; ping -c1 right'
	see has '1 received'
	type 'exit 8'
	see ends_at 'outer>'
	type 'echo "status $?"'
	see line_is 'status 8'
}

@test "a shell that is begun in the background waits for the foreground" {
	terminal /bin/bash
	see ends_at 'outer>'
	type '$TUNLAB shell $LAB left &'
	see has 'shell $LAB left &'
	see eval 'type ""; has Stopped'
	type 'clear; fg'
	see has "[$LAB.left]"
	type 'clear; exit 6'
	see ends_at 'outer>'
	type 'echo "status $?"'
	see line_is 'status 6'
}

@test "dash: the same" {
	terminal /bin/dash
	echo 'PS1="own> "' >"$scratch/home/rc"
	see ends_at 'outer>'
	type 'ENV=\$HOME/rc; export ENV; clear; $TUNLAB shell $LAB left; echo "status $?"'
	see ends_at "[$LAB.left] own>"
	type 'clear; echo $ENV'
	see line_is '$HOME/rc'
	type clear
	has_job_control "[$LAB.left] own>"
	see line_is 'status 7'
}

@test "zsh: the same" {
	terminal /bin/zsh
	echo 'precmd() { PS1="own> "; }' >"$scratch/home/.zshrc"
	echo 'echo read' >"$scratch/home/.zshenv"
	see ends_at 'outer>'
	type 'clear; $TUNLAB shell $LAB left; echo "status $?"'
	has_job_control "[$LAB.left] own>"
	see line_is 'status 7'
	mkdir "$scratch/home/zsh"
	mv "$scratch/home/.zshrc" "$scratch/home/.zshenv" "$scratch/home/zsh"
	type 'clear; export ZDOTDIR=$HOME/zsh; $TUNLAB shell $LAB left; echo "status $?"'
	see line_is read
	see ends_at "[$LAB.left] own>"
	type 'clear; echo $ZDOTDIR'
	see line_is "$scratch/home/zsh"
}

@test "fish: the same" {
	terminal "$(command -v fish)"
	mkdir -p "$scratch/home/.config/fish"
	echo 'function fish_prompt; echo "own $status> "; end; function fish_greeting; end' >"$scratch/home/.config/fish/config.fish"
	see ends_at 'outer>'
	type 'clear; $TUNLAB shell $LAB left; echo "status $?"'
	see ends_at "[$LAB.left] own 0>"
	type 'false'
	see ends_at "[$LAB.left] own 1>"
	type 'exit 7'
	see line_is 'status 7'
}
