#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The capture of a lab that is up: it can be read meanwhile, and is put in order when the lab is taken down.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

# icmp FILE: how many packets of pings are in it; a warning of tshark's is a failure.
icmp() {
	tshark -n -r "$1" -Y icmp 2>"$scratch/tshark" | wc -l
	grep -v '^Running as user "root"' "$scratch/tshark" | diff /dev/null - >&2
}

has_icmp() { [ "$(icmp "$2")" = "$1" ]; }

@test "it is named as the lab is, can be read while that is up, and has what later steps and people do" {
	local file=$scratch/pcap/here.pcapng text

	remember
	try 0 "$TUNLAB" up --pcap "$scratch/pcap" --name here "$LABS/two-ns.json"
	inside ip netns exec here.left ping -q -c 2 -i 0.01 10.0.0.2
	within 60 has_icmp 16 "$file"
	try 0 "$TUNLAB" step here '{ "in": "right", "change": { "links": { "late0": { "kind": "tap" } } } }'
	try 0 "$TUNLAB" step here '{ "in": "right", "ping": "10.0.0.1" }'
	within 60 has_icmp 24 "$file"
	[ "$(ls -A "$scratch/pcap")" = here.pcapng ]
	try 0 "$TUNLAB" down here
	complains_of_nothing
	has_icmp 24 "$file"
	text=$(capinfos "$file")
	contains "$text" "Strict time order:   True"
	contains "$text" "Name = right/late0"
	as_before
}

@test "a directory that cannot be written to is told at once" {
	remember
	try 2 "$TUNLAB" up --pcap /proc/nothing "$LABS/two-ns.json"
	contains "$(cat "$scratch/stderr")" "--pcap /proc/nothing: the directory cannot be made: No such file or directory"
	as_before
}
