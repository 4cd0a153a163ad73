#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# iproute2 as the judge, in short; "make fuzz-ip" is the long form.
load ../live/helpers

JUDGE=${TUNLAB%/*}/tests/judge/judge

@test "some hundred lines: tunlab accepts, refuses and does what ip does" {
	run "$JUDGE" --seed 1 --lines 400 "$BATS_TEST_DIRNAME/stand.json" "$BATS_TEST_DIRNAME/differences.txt" 3>&-
	echo "$output"
	[ "$status" = 0 ]
	contains "$output" "ip utility, iproute2"
}
