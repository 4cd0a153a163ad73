#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line: what is said where, the exit status, and what becomes of the output.
load helpers

setup() {
	scratch=$(mktemp -d)
	cd "$LABS" || return
}

teardown() {
	if [ -e "$scratch/process" ]; then kill -KILL "$(cat "$scratch/process")" 2>/dev/null || true; fi
	rm -r "$scratch"
}

# try STATUS ARGUMENT...: runs tunlab, keeps what it says in $scratch/stdout and stderr, and shows it where the status is
# another.
try() {
	local wanted=$1 status=0

	shift
	"$TUNLAB" "$@" >"$scratch/stdout" 2>"$scratch/stderr" 3>&- || status=$?
	head -v "$scratch/stdout" "$scratch/stderr"
	[ "$status" = "$wanted" ]
}

says() { contains "$(cat "$scratch/stdout")" "$1"; }
complains() { contains "$(cat "$scratch/stderr")" "$1"; }
is_silent() { [ ! -s "$scratch/stdout" ]; }
complains_of_nothing() { [ ! -s "$scratch/stderr" ]; }

@test "--version and --help" {
	try 0 --version
	grep -qx 'tunlab [0-9.]*' "$scratch/stdout"
	try 0 --help
	says "exit status: 0 all passed"
	complains_of_nothing
}

@test "every command that --help lists has a --help" {
	local command commands

	commands=$("$TUNLAB" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
	for command in check doctor run show; do
		contains " ${commands//$'\n'/ } " " $command "
	done
	for command in $commands; do
		try 0 "$command" --help
		says "usage: tunlab $command"
		says "  --help "
		complains_of_nothing
	done
}

@test "a wrong command line is status 2, and one line says what would be right" {
	try 2
	complains "usage: tunlab COMMAND"
	try 2 rum two-ns.json
	complains 'rum: no such command; did you mean "run"?'
	try 2 run --no-skipp two-ns.json
	complains '--no-skipp: no such option; did you mean "--no-skip"?'
	try 2 run -x two-ns.json
	try 2 run
	complains "an operand is missing"
	try 2 show two-ns.json rp-filter.json
	complains "too many operands"
	try 2 run two-ns.json --step
	complains "--step: lacks its argument"
	for number in 0 -1 1x '' 99999999999999999999; do
		try 2 run "--step=$number" two-ns.json
		complains "--step $number: not the number of a step"
	done
	is_silent
}

@test "status 0 where all pass, 1 where a step fails, 2 where the lab is wrong" {
	try 0 run two-ns.json
	complains_of_nothing
	jq '.steps[0].expect = "no-reply"' two-ns.json >"$scratch/fails.json"
	try 1 run "$scratch/fails.json"
	complains_of_nothing
	jq '.steps[0].expct = "no-reply"' two-ns.json >"$scratch/wrong.json"
	try 2 run "$scratch/wrong.json"
	is_silent
	complains expct
	try 2 run "$scratch/nonesuch.json"
	is_silent
	complains nonesuch.json
}

@test "why: status 0 where all pass, 1 where a step fails, 2 where lab, step or wish is wrong" {
	try 0 why two-ns.json
	grep -qx 'every step passes (--step N tells of one that does)' "$scratch/stdout"
	try 0 why --step 2 two-ns.json
	says "step 2: left tcp 10.0.0.2:8080"
	complains_of_nothing
	jq '.steps[0] += { "ping": "10.0.0.9", "timeout": "100ms" }' two-ns.json >"$scratch/fails.json"
	try 1 why "$scratch/fails.json"
	says "  cause: right: "
	complains_of_nothing
	for number in 0 3 -1 1x '' 99999999999999999999; do
		try 2 why "--step=$number" two-ns.json
		complains "why: --step $number: no such step; the lab has 2"
		is_silent
	done
	try 2 why --want '{' --step 1 two-ns.json
	complains "why: --want {: not JSON"
	is_silent
	jq '.steps[0].expct = "no-reply"' two-ns.json >"$scratch/wrong.json"
	try 2 why "$scratch/wrong.json"
	complains expct
	is_silent
	try 2 why two-ns.json two-ns-ipv6.json
	complains "too many operands"
}

@test "why runs programs only where it is allowed to" {
	jq --arg file "$scratch/ran" '.steps += [{ "in": "left", "exec": ["touch", $file] }]' two-ns.json >"$scratch/exec.json"
	try 2 why "$scratch/exec.json"
	is_silent
	complains "--allow-exec"
	[ ! -e "$scratch/ran" ]
	try 0 why --allow-exec "$scratch/exec.json"
	[ -e "$scratch/ran" ]
}

@test "of several labs a wrong one keeps all from being run" {
	try 2 run two-ns.json "$scratch/nonesuch.json" two-ns-ipv6.json
	is_silent
}

@test "several labs are subtests of one run" {
	try 0 run two-ns.json two-ns-ipv6.json
	grep -qx '1\.\.2' "$scratch/stdout"
	grep -qx '# Subtest: two-ns.json' "$scratch/stdout"
	grep -qx '    ok 2 - left tcp 10.0.0.2:8080' "$scratch/stdout"
	grep -qx 'ok 1 - two namespaces, one wire' "$scratch/stdout"
	grep -qx 'ok 2 - two namespaces, one wire, IPv6' "$scratch/stdout"
}

@test "--step N stops after step N" {
	try 0 run --step 1 two-ns.json
	says "1..1"
	[ "$(grep -c '^ok' "$scratch/stdout")" = 1 ]
	try 0 run --step=3 one-host-tunnel.json
	says "1..3"
	[ "$(grep -c '^ok' "$scratch/stdout")" = 3 ]
	try 0 run --step 99 two-ns.json
	says "1..2"
}

@test "- is standard input, -- ends the options" {
	try 0 run - <two-ns.json
	says "ok 2 - left tcp"
	try 2 run - <<<'{ "namespaces": }'
	complains "-:1:"
	cp two-ns.json "$scratch/--lab.json"
	cd "$scratch"
	try 0 run -- --lab.json
	says "ok 2 - left tcp"
}

@test "check creates nothing, and says what is wrong" {
	try 0 check two-ns.json rp-filter.json
	says "rp-filter.json"
	try 2 check <(echo '{}x')
	is_silent
	# Not even a privilege is needed. The program's own place may be one that others cannot look into.
	chmod 755 "$scratch"
	cp "$TUNLAB" "$scratch/tunlab"
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$scratch/tunlab" check - <two-ns.json
}

@test "show prints commands of ip" {
	try 0 show two-ns.json
	says "ip netns add left"
	says "ip -n left address add 10.0.0.1/24 dev tun0"
	try 2 show "$scratch/nonesuch.json"
	is_silent
}

@test "where standard output is full the lab is taken down and the status is 3" {
	needs_rooms
	local status=0 arguments

	leaves_nothing "$TUNLAB" run two-ns.json >/dev/full 2>"$scratch/stderr" || status=$?
	cat "$scratch/stderr"
	[ "$status" = 3 ]
	complains "standard output: cannot be written: No space left on device"
	for arguments in --version --help 'run --help' 'check two-ns.json' 'show two-ns.json' 'why two-ns.json' doctor; do
		status=0
		# shellcheck disable=SC2086 # words
		"$TUNLAB" $arguments >/dev/full 2>"$scratch/stderr" || status=$?
		echo "$arguments: $status"
		[ "$status" = 3 ]
	done
}

@test "where it is closed the status is not 0" {
	needs_rooms
	local status=0

	leaves_nothing "$TUNLAB" run two-ns.json >&- 2>"$scratch/stderr" || status=$?
	cat "$scratch/stderr"
	[ "$status" = 3 ]
}

@test "where its reader goes the lab is taken down at once" {
	needs_rooms
	local status

	leaves_nothing timeout 60 "$TUNLAB" run "$LIVE/long.json" 2>"$scratch/stderr" | head -n 1
	status=${PIPESTATUS[0]}
	cat "$scratch/stderr"
	[ "$status" = 3 ]
}

@test "the output comes line by line, while later steps run" {
	local line count=0 status=0

	mkfifo "$scratch/fifo"
	"$TUNLAB" run "$LIVE/long.json" >"$scratch/fifo" 2>"$scratch/stderr" 3>&- &
	process=$!
	echo $process >"$scratch/process"
	exec 9<"$scratch/fifo"
	while read -r -t 60 line <&9; do
		count=$((count + 1))
		case $line in 'ok 1 - '*) break ;; esac
	done
	echo "$count lines, the last: $line"
	[ "$line" = "ok 1 - left ping 10.0.0.2" ]
	! is_gone "$process" || false
	kill -TERM "$process"
	[ "$(cat <&9)" = "Bail out! ended by SIGTERM" ]
	wait "$process" || status=$?
	[ "$status" = 143 ]
}
