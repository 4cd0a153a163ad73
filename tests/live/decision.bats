#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is said of a decision, of its rule and of the way back, against the kernel: see tests/judge/decision.c.
load helpers

@test "route, rule and way back of each question are the kernel's" {
	run "${TUNLAB%/*}/tests/judge/decision" "$BATS_TEST_DIRNAME"/../judge/decisions/*.json 3>&-
	echo "$output" | grep -v '^ok'
	[ "$status" = 0 ]
	counts='# right: ([0-9]*), wrong: 0, nobody knows: ([0-9]*)'
	[[ $output =~ $counts ]]
	[ "${BASH_REMATCH[1]}" -ge 110 ]
	[ "${BASH_REMATCH[2]}" -le 4 ]
}
