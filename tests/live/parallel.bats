#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Labs do not know of each other: the same one several times at once.
load helpers

# at_once COUNT LAB: runs the lab so many times at the same time; fails, and shows the output, where one does.
at_once() {
	local i pids=() failed=0 scratch

	scratch=$(mktemp -d)
	for ((i = 0; i < $1; i++)); do
		"$TUNLAB" run --allow-exec --slow-ok "$2" >"$scratch/$i" 2>&1 3>&- &
		pids+=($!)
	done
	for ((i = 0; i < $1; i++)); do
		wait "${pids[i]}" || { failed=1 && cat "$scratch/$i"; }
	done
	rm -r "$scratch"
	return $failed
}

@test "every lab twice at once, four labs at a time" {
	export -f at_once
	# shellcheck disable=SC2016 # for the inner shell to expand
	lab_files | xargs -n 1 -P 4 bash -c 'at_once 2 "$0" || { echo "$0" && exit 255; }' 3>&-
}

@test "two-ns ten times at once" { at_once 10 "$LABS/two-ns.json"; }

@test "rp-filter ten times at once" { at_once 10 "$LABS/rp-filter.json"; }

@test "veth-wire ten times at once" { at_once 10 "$LABS/veth-wire.json"; }
