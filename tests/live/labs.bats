#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The labs that a reader learns from: they pass, and they say what they teach.
load helpers

mapfile -t files < <(lab_files)

@test "every lab passes, and its TAP is whole" {
	run prove --norc --jobs 8 --exec "$TUNLAB run --allow-exec --slow-ok" "${files[@]}" 3>&-
	echo "$output"
	[ "$status" = 0 ]
	contains "$output" "All tests successful"
}

# lacks KIND: whether ip, too, finds that this kernel has no such kind of link.
lacks() {
	local words=()

	case $1 in
	vlan) words=(link lo) && set -- vlan id 5 ;;
	macvlan | ipvlan) words=(link lo) ;;
	esac
	unshare --net ip link add name probe "${words[@]}" type "$@" 2>&1 | grep -q 'Unknown device type'
}

@test "all in one run: a subtest for each; what is skipped this kernel lacks, as ip says too" {
	local tap=$BATS_TMPDIR/tap.$$ reason

	"$TUNLAB" run --allow-exec --slow-ok "${files[@]}" >"$tap" 3>&-
	run grep 'silence that proves nothing' "$tap"
	echo "$output"
	[ "$status" = 1 ]
	run prove --norc --exec cat "$tap"
	sed -n 's/^ *1\.\.0 # SKIP //p' "$tap" >"$tap.skipped"
	echo "$output"
	[ "$status" = 0 ]
	contains "$output" "Tests=${#files[@]},"
	while read -r reason; do
		echo "$reason"
		case $reason in
		*': the lab requires '*) ;; # see requires.bats
		*) lacks "$(sed -n 's/.* type \([a-z0-9]*\).*: Unknown device type$/\1/p' <<<"$reason")" ;;
		esac
	done <"$tap.skipped"
	rm "$tap" "$tap.skipped"
}

@test "every lab has a name, a description, and more than one step" {
	jq -r 'select(.name and (.description | length > 60) and (.steps | length > 1) | not) | input_filename' "${files[@]}" |
		diff /dev/null -
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
