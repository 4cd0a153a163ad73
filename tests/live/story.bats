#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# labs/one-host-tunnel.json: each of its routes, rules and deletions is needed, and the step that shows it is known.
load helpers

# All stories wait for answers that do not come: they do so at the same time.
setup_file() {
	MADE=$(mktemp -d)
	export MADE
	sed -n 's/^	fails_at \([0-9]\) .\(.*\).$/\1 \2/p' "$BATS_TEST_FILENAME" >"$MADE/all"
	# shellcheck disable=SC2016 # for the inner shell to expand
	xargs -n 2 -P 8 sh -c 'jq "del($2)" "$LABS/one-host-tunnel.json" | "$TUNLAB" run --step "$1" - >"$MADE/$1 $2"
		echo $? >"$MADE/$1 $2.status"' - <"$MADE/all" 3>&-
}

teardown_file() { rm -r "$MADE"; }

# fails_at STEP PATH: without what stands at the path the story fails, first at that step.
fails_at() {
	# What is taken out must have been there.
	jq -e "$2" "$LABS/one-host-tunnel.json"
	cat "$MADE/$1 $2"
	[ "$(cat "$MADE/$1 $2.status")" = 1 ]
	[ "$(first_failure <"$MADE/$1 $2")" = "$1" ]
}

@test "the story passes step by step" {
	run "$TUNLAB" run "$LABS/one-host-tunnel.json" 3>&-
	echo "$output"
	[ "$status" = 0 ]
	contains "$output" "1..8"
	[ "$(grep -c '^ok' <<<"$output")" = 8 ]
}

@test "with 192.168.13.1 local still, the request is refused as one's own: no reply comes to tun0" {
	fails_at 5 '.steps[1].change.routes[0]'
}

@test "with 192.168.13.2 local still, the request goes over lo" {
	fails_at 3 '.steps[1].change.routes[1]'
}

@test "without the route to 192.168.13.2 in table 13 the request is not accepted" {
	fails_at 5 '.steps[3].change.routes[0]'
}

@test "without the rule for tun1 the request is not accepted" {
	fails_at 5 '.steps[3].change.rules[0]'
}

@test "without the route to 192.168.13.1 in table 13 the reply is not accepted" {
	fails_at 7 '.steps[5].change.routes[0]'
}

@test "without the rule for tun0 the reply is not accepted" {
	fails_at 7 '.steps[5].change.rules[0]'
}
