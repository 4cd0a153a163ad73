#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What "requires" says: a lab is skipped where the machine lacks it, and runs where it does not.
load helpers

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	rm -rf "$scratch"
}

# A lab that itself uses none of what it requires.
lab() { # REQUIREMENTS
	cat >"$scratch/lab.json" <<-END
		{ "requires": $1, "namespaces": { "a": {} }, "steps": [{ "in": "a", "ping": "127.0.0.1" }] }
	END
}

# What follows the place and the word SKIP.
skipped_for() { # REASON
	run "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == "1..0 # SKIP $scratch/lab.json:1:"[0-9]*": requires"*": the lab requires $1" ]]
}

runs() {
	run "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 0 ]
	contains "$output" 'ok 1 - a ping 127.0.0.1'
}

@test "a version of the kernel" {
	local version

	version=$(uname -r | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
	lab '"kernel >= 99"'
	skipped_for "kernel >= 99: this one is $(uname -r)"
	lab "\"kernel < $version\""
	skipped_for "kernel < $version: this one is $(uname -r)"
	lab "[\"kernel >= 4.19\", \"kernel >= $version\", \"kernel == $version\"]"
	runs
}

@test "a sysctl of a namespace" {
	lab '"sysctl net.ipv4.no_such_thing"'
	skipped_for "sysctl net.ipv4.no_such_thing: net.ipv4.no_such_thing is not a sysctl of a network namespace on this kernel"
	lab '"sysctl net.ipv4.ip_forward"'
	runs
}

@test "skipping is a failure with --no-skip" {
	lab '["kernel >= 4.19", "kernel >= 99"]'
	run "$TUNLAB" run --no-skip "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 3 ]
	contains "$output" 'Bail out!'
	contains "$output" 'requires[1]: the lab requires kernel >= 99'
}

@test "of several labs only that one is skipped" {
	lab '"kernel >= 99"'
	run "$TUNLAB" run "$scratch/lab.json" "$LABS/two-ns.json"
	echo "$output"
	[ "$status" -eq 0 ]
	contains "$output" 'ok 1 - lab # SKIP '
	contains "$output" 'ok 2 - two namespaces, one wire'
}

@test "kinds of links that are there, and nothing is left of trying them" {
	needs_rooms
	lab '["veth", "bridge"]'
	unshare --net ip link add name x0 type bridge || skip "this kernel has no bridges"
	runs
	leaves_nothing "$TUNLAB" run "$scratch/lab.json"
}

@test "a kind of link that is not" {
	local kind lacking=

	for kind in $(find "$LIVE/../../harness/links" -name '*.c' | sed 's|.*/||; s/\.c$//' | sort); do
		unshare --net ip link add name x0 type "$kind" 2>&1 | grep -q 'Unknown device type' || continue
		case $kind in loopback | tun | tap) continue ;; esac # ip has no such kinds
		lacking=$kind
	done
	[ -n "$lacking" ] || skip "this kernel has every kind that tunlab knows"
	lab "\"$lacking\""
	skipped_for "$lacking: RTNETLINK answers: Operation not supported: Unknown device type"
}

@test "tun, there and not there" {
	needs_rooms
	lab '["tun", "tap"]'
	runs
	lab '"tun"'
	# shellcheck disable=SC2016 # for the inner shell to expand
	run room sh -c 'mount -t tmpfs none /dev/net && "$0" run "$1"' "$TUNLAB" "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 0 ]
	contains "$output" '1..0 # SKIP '
	contains "$output" 'requires: the lab requires tun: cannot open /dev/net/tun'
}

@test "ipv6 and nft, where they are" {
	[ -e /proc/net/if_inet6 ] || skip "there is no IPv6"
	lab '"ipv6"'
	runs
	command -v nft >/dev/null || skip "there is no nft to say whether the kernel has nf_tables"
	unshare --net nft add table ip x || skip "this kernel has no nf_tables"
	lab '["ipv6", "nft"]'
	runs
}
