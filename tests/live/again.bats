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
