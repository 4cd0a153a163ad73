#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Time that can be trusted: on a machine that is too slow for a lab, what fails says that it was; and what is wrong on any
# machine says that it is wrong. slow/burdened.bats does so on a machine under load, for make thorough.
load slow

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	rm -r "$scratch"
}

# stutters OPTION...: runs slow.json on a machine that stands still for three quarters of the time: the harness and the relay
# are stopped again and again, as a virtual machine is whose host is busy. What it prints is in $scratch/tap; its $status.
stutters() {
	local process relay=

	status=0
	"$TUNLAB" run "$@" "$LIVE/slow.json" >"$scratch/tap" 3>&- &
	process=$!
	while [ -z "$relay" ] && [ -e "/proc/$process" ]; do relay=$(relay_of "$process") || true; done
	while kill -STOP "$process" "$relay"; do
		sleep 0.03 # this is no waiting: it is what is done to them
		kill -CONT "$process" "$relay"
		sleep 0.01
	done 2>/dev/null
	wait "$process" || status=$?
	cat "$scratch/tap"
}

@test "on a machine that stands still at times every failure says that it fell behind" {
	stutters
	[ "$status" = 1 ]
	grep -q '^not ok 1 - left ping 10.0.0.2 count 10 # inconclusive: ' "$scratch/tap"
	grep -q '^  inconclusive: "this machine fell behind by [0-9]* ms"$' "$scratch/tap"
	run failures <"$scratch/tap"
	[ "$output" = "" ]
}

@test "with --slow-ok these are skipped, and with --no-skip they fail again" {
	stutters --slow-ok
	[ "$status" = 0 ]
	grep -q '^ok 1 - left ping 10.0.0.2 count 10 # SKIP inconclusive: this machine fell behind by [0-9]* ms$' "$scratch/tap"
	[ "$(grep -c '^not ok' "$scratch/tap")" = 0 ]
	stutters --slow-ok --no-skip
	[ "$status" = 1 ]
	grep -q '^not ok 1 - left ping 10.0.0.2 count 10 # inconclusive: ' "$scratch/tap"
}

@test "what is wrong fails as such" {
	all_wrong 14
}
