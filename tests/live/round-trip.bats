#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What ip shows of a lab while it stands, put back as a lab, builds what ip shows alike: see tests/judge/trip.c, and
# shown.h beside it for what is left out of the comparison, and why.
load helpers

@test "the lines and the elements that ip shows of each lab build the lab again" {
	local files

	mapfile -t files < <(lab_files)
	run "${TUNLAB%/*}/tests/judge/trip" "${files[@]}" 3>&-
	echo "$output" | grep -v '^ok'
	[ "$status" = 0 ]
	[ "$(grep -c '^ok .*put back by' <<<"$output")" -ge 4 ]
}
