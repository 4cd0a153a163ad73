#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A step that failed is watched in a second run of the lab; that this ends differently is told.

load helpers

setup() {
	scratch=$(mktemp -d)
	jq '.steps = [.steps[0] + { "timeout": "100ms" }]' "$LABS/two-ns.json" >"$scratch/lab.json"
}

teardown() {
	rm -rf "$scratch"
}

# passed MICROSECONDS SINCE: whether so much time has passed.
passed() { [ $((${EPOCHREALTIME/[.,]/} - $2)) -gt "$1" ]; }

@test "a ping that is late in the first run and not in the second" {
	local began status=0

	# The process stops itself with the request sent: the first time until the step's time is up, the second time not.
	TUNLAB_STOP_AT="ping" "$TUNLAB" run "$scratch/lab.json" >"$scratch/tap" 3>&- &
	pid=$!
	within 5 is_stopped "$pid"
	began=${EPOCHREALTIME/[.,]/}
	within 5 passed 200000 "$began"
	kill -CONT "$pid"
	within 5 is_stopped "$pid"
	kill -CONT "$pid"
	wait "$pid" || status=$?
	cat "$scratch/tap"
	[ "$status" -eq 1 ]
	contains "$(cat "$scratch/tap")" 'seen: "no reply within 100ms"'
	contains "$(cat "$scratch/tap")" 'again: "reply from 10.0.0.2 after '
}

@test "a second run that ends alike says nothing of itself" {
	run "$TUNLAB" run "$LABS/../tests/meta/wrong-counter.json"
	[ "$status" -eq 1 ]
	case $output in *again:*) false ;; esac
}
