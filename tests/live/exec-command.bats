#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tunlab exec and tunlab shell, where there is no terminal: streams, signals, exit statuses, and what is seen inside.
load helpers

setup_file() {
	export LAB=exec-$$
	"$TUNLAB" up --name "$LAB" "$LABS/two-ns.json" 3>&-
}

teardown_file() {
	"$TUNLAB" down "$LAB" 3>&-
}

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	if [ -e "$scratch/process" ]; then kill -KILL "$(cat "$scratch/process")" 2>/dev/null || true; fi
	if [ -e "$scratch/lab" ]; then "$TUNLAB" down "$(cat "$scratch/lab")" 3>&- || true; fi
	rm -r "$scratch"
}

# own_lab: brings up a lab of the test's own, which may end in it; its name is in $lab.
own_lab() {
	lab=exec-$$-$BATS_TEST_NUMBER
	"$TUNLAB" up --name "$lab" "$LABS/two-ns.json" 3>&-
	echo "$lab" >"$scratch/lab"
}

# left COMMAND...: runs it in the namespace left.
left() { "$TUNLAB" exec "$LAB" left "$@" 3>&-; }

# try STATUS ARGUMENT...: runs tunlab, and shows what it says where the status is another.
try() {
	local wanted=$1 status=0

	shift
	"$TUNLAB" "$@" >"$scratch/stdout" 2>"$scratch/stderr" 3>&- || status=$?
	echo "status $status"
	head -v "$scratch/stdout" "$scratch/stderr"
	[ "$status" = "$wanted" ]
}

complains() { [ "$(cat "$scratch/stderr")" = "$1" ]; }
complains_of_nothing() { [ ! -s "$scratch/stderr" ]; }

# begin COMMAND...: runs tunlab exec in the background, with SIGINT and SIGQUIT as a terminal's programs have them; its
# process is in $process.
begin() {
	env --default-signal=INT,QUIT "$TUNLAB" exec "$@" >"$scratch/out" 2>"$scratch/stderr" 3>&- &
	process=$!
	echo "$process" >"$scratch/process"
}

has_written() { [ "$(cat "$scratch/out")" = "$1" ]; }

# ends_with STATUS: $process has, or will.
ends_with() {
	local status=0

	within 2 is_gone "$process"
	wait "$process" || status=$?
	rm "$scratch/process"
	echo "status $status"
	cat "$scratch/stderr"
	[ "$status" = "$1" ]
}

@test "the exit status is the program's, or as a shell has it" {
	try 0 exec "$LAB" left true
	try 7 exec "$LAB" left sh -c 'exit 7'
	try 255 exec "$LAB" left sh -c 'exit 255'
	for signal in HUP INT QUIT TERM KILL USR1 PIPE; do
		# shellcheck disable=SC2016 # for the inner shell to expand
		try $((128 + $(kill -l "$signal"))) exec "$LAB" left sh -c 'kill -'"$signal"' $$'
		complains_of_nothing
	done
}

@test "127 where the program is not found, 126 where it cannot be run" {
	try 127 exec "$LAB" left nonesuch
	complains "tunlab: exec: nonesuch: not found"
	try 127 exec "$LAB" left ./none/such
	try 126 exec "$LAB" left /etc/passwd
	complains "tunlab: exec: /etc/passwd: Permission denied"
	try 126 exec "$LAB" left /etc
	printf '#!/nonesuch\n' >"$scratch/script"
	chmod +x "$scratch/script"
	try 127 exec "$LAB" left "$scratch/script"
	complains "tunlab: exec: $scratch/script: its interpreter is not found"
}

@test "a wrong name is status 2, and which there are is said" {
	try 2 exec nonesuch left true
	contains "$(cat "$scratch/stderr")" "$LAB"
	try 2 exec "$LAB" middle true
	contains "$(cat "$scratch/stderr")" "left, right"
	try 2 shell "$LAB" middle
	try 2 exec "$LAB" left
	try 2 exec "$LAB" left --
	try 2 shell "$LAB"
	try 2 exec --nonesuch "$LAB" left true
}

@test "options after the namespace are the program's own" {
	# shellcheck disable=SC2016 # for the inner shell to expand
	[ "$(left sh -c 'echo "$@"' --help --help)" = --help ]
	[ "$(left -- echo -- -h)" = "-- -h" ]
	[ "$(left sh -c 'echo "$@"' - --name=x --)" = "--name=x --" ]
	[ "$("$TUNLAB" exec -- "$LAB" left -- echo -h)" = -h ]
	try 0 exec "$LAB" left ls --help
	contains "$(cat "$scratch/stdout")" "ls [OPTION]"
	try 0 exec --help
	contains "$(cat "$scratch/stdout")" "usage: tunlab exec NAME NS"
	[ "$("$TUNLAB" shell "$LAB" left -c 'echo "$@"' - --help)" = --help ]
}

@test "inside, namespaces have names, ip netns knows them, and packets cross" {
	left ping -c1 -W2 right
	[ "$(left getent hosts right | tr -s ' ')" = "10.0.0.2 right" ]
	[ "$("$TUNLAB" exec "$LAB" right getent hosts left | tr -s ' ')" = "10.0.0.1 left" ]
	contains "$(left ip netns)" "$LAB.right"
	contains "$(left ip -n right -br address)" 10.0.0.2/24
	contains "$(left ip netns exec right ip -br address)" 10.0.0.2/24
	[ "$(left ls /sys/class/net | sort | tr '\n' ' ')" = "lo tun0 " ]
	contains "$(left cat /etc/hosts)" localhost
}

@test "streams go through byte for byte, each for itself" {
	head -c 3000000 /dev/urandom >"$scratch/bytes"
	left cat <"$scratch/bytes" >"$scratch/copy"
	cmp "$scratch/bytes" "$scratch/copy"
	# shellcheck disable=SC2002 # a pipe is meant
	cat "$scratch/bytes" | left cat | cat >"$scratch/copy"
	cmp "$scratch/bytes" "$scratch/copy"
	try 0 exec "$LAB" left sh -c 'echo out; echo err >&2'
	[ "$(cat "$scratch/stdout"):$(cat "$scratch/stderr")" = out:err ]
	[ "$(left cat <(echo "another descriptor"))" = "another descriptor" ]
	left yes | head -n 1 | cmp - <(echo y)
}

@test "environment, directory and ignored signals are the caller's" {
	cd "$scratch"
	[ "$(left pwd)" = "$scratch" ]
	# shellcheck disable=SC2016 # for the inner shell to expand
	[ "$(WORD='two words' left sh -c 'echo "$WORD $TUNLAB_LAB.$TUNLAB_NS"')" = "two words $LAB.left" ]
	[ "$(nohup "$TUNLAB" exec "$LAB" left sh -c "kill -HUP \$\$; echo stays" 2>/dev/null 3>&-)" = stays ]
}

@test "a caller that ignores SIGCHLD takes nothing from it" {
	# shellcheck disable=SC2016 # for perl to expand
	ignoring() { perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$@" 3>&-; }

	status=0
	ignoring "$TUNLAB" exec "$LAB" left sh -c 'exit 7' || status=$?
	[ "$status" = 7 ]
	ignoring "$TUNLAB" run --allow-exec "$LIVE/exec.json"
}

@test "signals that are sent to tunlab exec reach the program" {
	local signal signals='HUP INT QUIT USR1 USR2 ALRM WINCH CONT'

	# shellcheck disable=SC2016 # for the inner shell to expand
	begin "$LAB" left bash -c '
		for signal in '"$signals"'; do trap "echo $signal" $signal; done
		sleep 100 &
		trap "kill $!; echo TERM; exit 3" TERM
		echo ready
		while kill -0 $!; do wait $!; done'
	within 60 has_written ready
	for signal in $signals; do
		: >"$scratch/out"
		kill -"$signal" "$process"
		within 60 grep -qax "[^A-Z]*$signal" "$scratch/out"
	done
	kill -TERM "$process"
	ends_with 3
}

@test "a program that is stopped from elsewhere goes on, and no job control is needed" {
	# shellcheck disable=SC2016 # for the inner shell to expand
	begin "$LAB" left sh -c 'echo $$; exec sleep 100'
	within 60 test -s "$scratch/out"
	program=$(cat "$scratch/out")
	left kill -STOP "$program"
	within 60 left sh -c "grep -q '^State:.T' /proc/$program/status"
	! is_gone "$process" || false
	left kill -CONT "$program"
	left kill -TERM "$program"
	ends_with 143
}

@test "where tunlab exec is killed the program gets SIGHUP" {
	begin "$LAB" left sh -c "trap 'echo hung up; exit' HUP; echo ready; while :; do sleep 0.01; done"
	within 60 has_written ready
	kill -KILL "$process"
	within 60 has_written $'ready\nhung up'
	ends_with 137
}

@test "when the lab is taken down the program ends, and tunlab exec says so" {
	own_lab
	begin "$lab" left sh -c "trap '' HUP INT TERM; echo ready; while :; do sleep 100; done"
	within 60 has_written ready
	"$TUNLAB" down "$lab" 3>&-
	ends_with 137
	complains "tunlab: the lab $lab has gone"
}

@test "and when its keeper is killed, also what is stopped" {
	own_lab
	begin "$lab" left sh -c 'echo ready; kill -STOP $$'
	within 60 has_written ready
	kill -KILL "$("$TUNLAB" list --json | jq --arg lab "$lab" '.[] | select(.name == $lab).pid')"
	ends_with 137
	complains "tunlab: the lab $lab has gone"
	"$TUNLAB" list >/dev/null
	rm "$scratch/lab"
}

@test "a program cannot end the others, nor outlive the lab, by what keeps the lab's first process" {
	own_lab
	begin "$lab" left bash -c 'exec 9>/proc/1/fd/0 && echo words >&9 && kill -TERM 1; kill -KILL 1; echo ready; sleep 100'
	within 60 has_written ready
	"$TUNLAB" exec "$lab" right true 3>&-
	kill -KILL "$("$TUNLAB" list --json | jq --arg lab "$lab" '.[] | select(.name == $lab).pid')"
	ends_with 137
	"$TUNLAB" list >/dev/null
	rm "$scratch/lab"
}

@test "a program that is killed while the lab stays is told from that" {
	# shellcheck disable=SC2016 # for the inner shell to expand
	try 137 exec "$LAB" left sh -c 'kill -KILL $$'
	complains_of_nothing
}

@test "what a program left in the background stays until the lab goes" {
	own_lab
	long="sleep $((100000 + $$))" # of this test alone
	"$TUNLAB" exec "$lab" left sh -c "setsid $long >/dev/null 2>&1 </dev/null &" 3>&-
	"$TUNLAB" exec "$lab" right pgrep -f "$long" 3>&-
	"$TUNLAB" down "$lab" 3>&-
	[ -z "$(pgrep -f "$long")" ]
}

@test "a shell reads commands from what is no terminal" {
	local shell

	for shell in /bin/bash /bin/dash /bin/sh /nonesuch ''; do
		# shellcheck disable=SC2016 # for the inner shell to expand
		[ "$(echo 'echo $TUNLAB_NS; ip -br address; exit' | SHELL=$shell "$TUNLAB" shell "$LAB" right 3>&- |
			tr -s ' \n' ' ')" = "right lo UNKNOWN 127.0.0.1/8 ::1/128 tun0 UNKNOWN 10.0.0.2/24 " ]
		try 5 shell "$LAB" left -- -c 'exit 5'
	done
	try 3 shell "$LAB" left <<<'exit 3'
	complains_of_nothing
}

@test "from inside, the same lab can be entered again, and another is refused" {
	own_lab
	contains "$(left "$TUNLAB" exec "$LAB" right ip -br address)" 10.0.0.2/24
	try 3 exec "$lab" left "$TUNLAB" exec "$LAB" left true
	contains "$(cat "$scratch/stderr")" "from inside another lab"
}
