#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a lab says of a router in iproute2's words, and a change of one that stands, is what probes meet; up, step and
# down have it too.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

words=$BATS_TEST_DIRNAME/router-words.json

@test "probes meet what the lab says of the router, and then what changes say" {
	try 0 "$TUNLAB" run "$words"
}

@test "shown as JSON it is the same lab, and what is shown of that too" {
	"$TUNLAB" show "$words" >"$scratch/plan"
	"$TUNLAB" show --format json "$words" >"$scratch/router-words.json"
	"$TUNLAB" show "$scratch/router-words.json" | diff -u "$scratch/plan" -
	"$TUNLAB" show --format json "$scratch/router-words.json" | diff -u "$scratch/router-words.json" -
}

@test "a script of ip's commands is skipped where a router advertises itself" {
	"$TUNLAB" show --format script "$words" >"$scratch/script"
	try 0 sh "$scratch/script"
	says "no command of ip has a router advertise itself"
}

@test "a router has as many routes as a lab may say, 4096, and finds its way among them" {
	jq -n '{ namespaces: { left: { addresses: ["10.0.0.1/24 dev tun0"], routes: ["default via 10.0.0.254"] } },
		wires: [{ kind: "router", ends: ["left/tun0"], addresses: ["10.0.0.254/24"],
			routes: [range(4096) | "unreachable 11.\(. / 256 | floor).\(. % 256).0/24"] }],
		steps: [{ in: "left", ping: "11.15.255.1", expect: "host-unreachable" },
			{ in: "left", ping: "11.16.0.1", expect: "net-unreachable" }] }' >"$scratch/routes.json"
	try 0 "$TUNLAB" run "$scratch/routes.json"
	jq '.wires[0].routes += ["unreachable 12.0.0.0/8"]' "$scratch/routes.json" >"$scratch/more.json"
	try 2 "$TUNLAB" check "$scratch/more.json"
	complains 'has 4097 entries; allowed: at most 4096'
	jq '.wires[0].advertise["left/tun0"].prefix = ([range(65) | { key: "2001:db8:\(.)::/64", value: {} }] | from_entries)' \
		"$scratch/routes.json" >"$scratch/more.json"
	try 2 "$TUNLAB" check "$scratch/more.json"
	complains 'has 65 options; allowed: at most 64'
}
