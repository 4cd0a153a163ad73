#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Steps with the verb trace.
#
#   host ══ 10.1.0.1 near 10.2.0.1 ══ 10.2.0.2 far 10.3.0.1 ══ server 10.3.0.2

load helpers

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	rm -rf "$scratch"
}

lab=$LABS/trace.json

# Runs the lab's first step with another expectation; the TAP is in $output.
trace_expecting() {
	jq --argjson expect "$1" '.steps[0].expect = $expect' "$lab" >"$scratch/lab.json"
	run "$TUNLAB" run --step 1 "$scratch/lab.json"
	echo "$output"
}

@test "labs/trace.json: the path, a hop that ends it, and silent hops" {
	run "$TUNLAB" run "$lab"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the list of hops is whole and in order" {
	trace_expecting '["10.1.0.1", "10.2.0.2"]'
	[ "$status" -eq 1 ]
	contains "$output" 'seen: "10.1.0.1, 10.2.0.2, 10.3.0.2; 3 hops, not 2"'
	trace_expecting '["10.2.0.2", "10.1.0.1", "10.3.0.2"]'
	[ "$status" -eq 1 ]
	contains "$output" 'hop 1 differs'
	trace_expecting '["10.1.0.1", null, "10.3.0.2"]'
	[ "$status" -eq 1 ]
	contains "$output" 'hop 2 differs'
	trace_expecting '["10.1.0.1", "10.2.0.2", "10.3.0.2", null]'
	[ "$status" -eq 1 ]
	contains "$output" 'hop 4 differs'
}

@test "without an expectation the target must be reached" {
	jq 'del(.steps[0].expect)' "$lab" >"$scratch/lab.json"
	run "$TUNLAB" run --step 1 "$scratch/lab.json"
	[ "$status" -eq 0 ]
	jq 'del(.steps[0].expect) | .steps[0].hops = 2' "$lab" >"$scratch/lab.json"
	run "$TUNLAB" run --step 1 "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 1 ]
	contains "$output" 'seen: "10.1.0.1, 10.2.0.2; not reached"'
}

@test "it works over IPv6" {
	jq '(.. | strings) |= (gsub("10\\.(?<n>[123])\\.0\\."; "2001:db8:\(.n)::") | gsub("::0/24"; "::/64") | gsub("/24"; "/64"))
		| .namespaces.near.sysctls = { "net.ipv6.conf.all.forwarding": 1 }
		| .namespaces.far.sysctls = { "net.ipv6.conf.all.forwarding": 1 }' "$lab" >"$scratch/lab.json"
	run "$TUNLAB" run --step 1 "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 0 ]
	contains "$output" "ok 1 - host trace 2001:db8:3::2"
}

@test "what a trace may expect is checked" {
	trace_expecting '"reply"'
	[ "$status" -eq 2 ]
	contains "$output" 'steps[0].expect: "reply": '
	contains "$output" 'allowed: "reached"'
}
