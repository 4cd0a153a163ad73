#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A step that failed is watched in a second run of the lab; that this ends differently is told.

load helpers

setup() { scratch=$(mktemp -d); }
teardown() { rm -r "$scratch"; }

@test "a ping that is not answered in the first run and is in the second" {
	local status=0

	cd "$scratch"
	# What the first run finds wrong it made so itself.
	jq '.steps = [{ in: "right", exec: ["sh", "-c", "! mkdir first || ip link set tun0 down"] }, .steps[0]]' \
		"$LABS/two-ns.json" >lab.json
	"$TUNLAB" run --allow-exec lab.json >tap 3>&- || status=$?
	cat tap
	[ "$status" -eq 1 ]
	contains "$(cat tap)" 'seen: "no reply within 1s"'
	contains "$(cat tap)" 'again: "reply from 10.0.0.2 after '
}

@test "a second run that ends alike says nothing of itself" {
	run "$TUNLAB" run "$LABS/../tests/meta/wrong-counter.json"
	[ "$status" -eq 1 ]
	case $output in *again:*) false ;; esac
}

@test "however many steps fail, the lab is built once more, and goes on from one to the next" {
	cd "$scratch"
	jq '.steps = [{ in: "left", exec: ["sh", "-c", "echo >>runs"] }]
		+ [range(3) | { in: "left", ping: "10.0.0.9", timeout: "100ms" }, { in: "left", exec: ["sh", "-c", "echo >>between"] }]' \
		"$LABS/two-ns.json" >lab.json
	run "$TUNLAB" run --allow-exec lab.json 3>&-
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(grep -c '^  cause: ".*\[not-forwarded, ' <<<"$output")" = 3 ]
	[ "$(wc -l <runs)" = 2 ]
	[ "$(wc -l <between)" = 5 ] # three, and what stands before the last that failed
}
