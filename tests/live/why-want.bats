#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `tunlab why --want` says: the step is asked about as if it expected that.
load helpers

# why STATUS LAB ARGUMENT...: what is said of it, in $output.
why() {
	local wanted=$1 lab=$2

	shift 2
	run "$TUNLAB" why "$LABS/$lab.json" "$@" 3>&-
	echo "$output"
	[ "$status" = "$wanted" ]
}

# names CAUSE: its mechanism and place.
names() { grep -qE -- "^  cause: $1\$" <<<"$output"; }

@test "silence that the lab expects, where a reply is wanted" {
	why 1 bugs/exit-node-strict-rp-filter --step 1 --want reply
	contains "$output" '(expected: reply)'
	names 'client: source check .* dropped the answer on eth0: .*\[rp_filter, .*\]'
	grep -q '^  mends:' <<<"$output"
}

@test "what gets through, where silence is wanted: nothing stops it, and what would" {
	why 1 two-ns --step 1 --want no-reply
	contains "$output" '(expected: no-reply)'
	names 'none: nothing was lost on this way'
	grep -q '^  mends:' <<<"$output"
}

@test "a step that does as is wanted needs no mend" {
	why 0 two-ns --step 1 --want reply
	! grep -q -e '^  mends:' -e '^  cause:' <<<"$output" || false
}

@test "of some packets that are lost the cause is theirs, not that of those that are answered" {
	runnable_labs | grep -qx "$LABS/bugs/two-equal-default-routes.json" || skip "this kernel lacks what the lab needs"
	why 1 bugs/two-equal-default-routes --step 2 --want reply
	names 'host: source check .* dropped the request on podman1: .*\[rp_filter, .*\]'
}

@test "what the step cannot end with is refused" {
	why 2 two-ns --step 1 --want connected
	contains "$output" 'why: --want: nothing that a ping step can expect'
}

@test "a trace whose packets end on the way, as they should, has no cause" {
	why 0 trace --step 1
	! grep -q '^  cause:' <<<"$output" || false
}
