#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The labs that a reader learns from: they pass, and they say what they teach.
load helpers

# A lab that this machine cannot run is skipped, except in CI, which runs on kernels that can.
option=${CI:+--no-skip}
mapfile -t files < <(lab_files)

@test "every lab passes, and its TAP is whole" {
	run prove --norc --jobs 4 --exec "$TUNLAB run $option" "${files[@]}" 3>&-
	echo "$output"
	[ "$status" = 0 ]
	contains "$output" "All tests successful"
}

@test "all in one run: a subtest for each" {
	# shellcheck disable=SC2086 # an option or nothing
	"$TUNLAB" run $option "${files[@]}" >"$BATS_TMPDIR/tap.$$" 3>&-
	run prove --norc --exec cat "$BATS_TMPDIR/tap.$$"
	rm "$BATS_TMPDIR/tap.$$"
	echo "$output"
	[ "$status" = 0 ]
	contains "$output" "Tests=${#files[@]},"
}

@test "every lab has a name, a description, and more than one step" {
	local lab

	for lab in "${files[@]}"; do
		echo "$lab"
		jq -e '.name and (.description | length > 60) and (.steps | length > 1)' "$lab"
	done
}

@test "every lab is laid out for readers: two blanks a level, no line too long" {
	run grep -nP '\t|^( {2})* \S| $' "${files[@]}"
	echo "$output"
	[ "$status" = 1 ]
	run awk 'length > 180 && !/"(description|note)":/ { print FILENAME ":" FNR ": " length " columns"; found = 1 }
		END { exit found }' "${files[@]}"
	echo "$output"
	[ "$status" = 0 ]
}
