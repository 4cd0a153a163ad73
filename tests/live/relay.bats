#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The relay: what it carries, what it may do, and what is said when it dies.
load helpers

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	# Of a lab that a failed test left standing.
	if [ -e "$scratch/process" ]; then kill -KILL "$(cat "$scratch/process")" 2>/dev/null || true; fi
	rm -r "$scratch"
}

first_step_passed() { grep -q '^ok 1' "$scratch/tap"; }

# Leaves a lab standing, whose first step has passed: its $process and its $relay.
stand() {
	"$TUNLAB" run "$LIVE/long.json" >"$scratch/tap" 2>"$scratch/stderr" 3>&- &
	process=$!
	echo $process >"$scratch/process"
	within 60 first_step_passed
	relay=$(relay_of "$process")
}

@test "packets of every size get through, both ways, IPv4 and IPv6" {
	run "$TUNLAB" run "$LIVE/every-size.json" 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "what the receiving end's MTU does not allow is dropped" {
	run "$TUNLAB" run "$LIVE/two-mtus.json" 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "it has no capability, can gain none, and has its descriptors only" {
	local files

	stand
	cat "/proc/$relay/status"
	[ "$(grep -c '^Cap\(Inh\|Prm\|Eff\|Bnd\|Amb\):[[:space:]]*0*$' "/proc/$relay/status")" = 5 ]
	grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$relay/status"
	grep -q '^Seccomp:[[:space:]]*2$' "/proc/$relay/status"
	# Standard error, the control socket, its event loop, its own statistics, and both ends of the wire.
	files=$(for file in "/proc/$relay/fd"/*; do readlink "$file"; done |
		sed 's/:\[[0-9]*\]$//; s/.*\/stderr$/stderr/; s/[0-9]*\/schedstat/schedstat/' | sort | tr '\n' ' ')
	echo "$files"
	[ "$files" = "/dev/net/tun /dev/net/tun /proc/schedstat anon_inode:[eventpoll] socket stderr " ]
	# Nothing but the harness can reach the namespaces: not even the relay is in one.
	[ "/proc/$relay/ns/net" -ef "/proc/$$/ns/net" ]
}

@test "its death ends the lab at once, and is named" {
	local status=0

	stand
	kill -KILL "$relay"
	within 2 is_gone "$process"
	wait "$process" || status=$?
	cat "$scratch/tap" "$scratch/stderr"
	[ "$status" = 3 ]
	contains "$(cat "$scratch/stderr")" "the relay died (signal 9)"
	[ "$(wc -l <"$scratch/stderr")" = 1 ]
	contains "$(tail -n 1 "$scratch/tap")" "Bail out! "
	contains "$(tail -n 1 "$scratch/tap")" "the relay died (signal 9)"
}

@test "it goes when the harness is killed" {
	stand
	kill -KILL "$process"
	within 2 is_gone "$relay"
}

# A tunlab whose relay calls what it may not, once a long packet comes.
go_astray() {
	cp "$TUNLAB" "$scratch/tunlab"
	cp "${TUNLAB%/*}/tests/live/forbidden" "$scratch/tunlab-relay"
	cat >"$scratch/lab.json" <<-'LAB'
		{
		  "namespaces": {
		    "left":  { "addresses": ["10.0.0.1/24 dev tun0"] },
		    "right": { "addresses": ["10.0.0.2/24 dev tun0"] }
		  },
		  "wires": [["left/tun0", "right/tun0"]],
		  "steps": [
		    { "in": "left", "ping": "10.0.0.2" },
		    { "in": "left", "ping": "10.0.0.3", "size": 1200 }
		  ]
		}
	LAB
	"$@" "$scratch/tunlab" run "$scratch/lab.json" >"$scratch/tap" 2>"$scratch/stderr" 3>&-
}

@test "a call that it may not make ends it and the lab, and is named" {
	local status=0

	go_astray || status=$?
	cat "$scratch/tap" "$scratch/stderr"
	[ "$status" = 3 ]
	first_step_passed
	[ "$(head -n 1 "$scratch/stderr")" = "tunlab-relay: forbidden call socket" ]
	contains "$(tail -n 1 "$scratch/stderr")" "the relay died (signal 31, SIGSYS): forbidden call socket"
	contains "$(tail -n 1 "$scratch/tap")" "Bail out! "
	contains "$(tail -n 1 "$scratch/tap")" "the relay died (signal 31, SIGSYS): forbidden call socket"
}

@test "what it says of itself then is not believed" {
	local status=0

	go_astray env LIES=$'none\nok 2 - left ping 10.0.0.2, in so many words as there is room for' || status=$?
	cat "$scratch/tap" "$scratch/stderr"
	[ "$status" = 3 ]
	[ "$(grep -c '^ok' "$scratch/tap")" = 1 ]
	[[ $(tail -n 1 "$scratch/tap") = *"the relay died (signal 31, SIGSYS)" ]]
}
