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

# waits_for_relay KEEPER: whether it has asked the relay for something and sleeps until the answer.
waits_for_relay() { [ "$(inside cat "/proc/$1/wchan" | grep -c '^poll_')" = 1 ]; }

@test "what is under way as it ends is in it: a relay without a processor learns of the end first" {
	local keeper relay

	try 0 "$TUNLAB" up --pcap "$scratch/pcap" --name late "$LABS/two-ns.json"
	keeper=$(keeper late)
	relay=$(relay late)
	inside kill -STOP "$relay"
	inside ip netns exec late.left ping -q -c 1 -W 0.01 10.0.0.2 || true
	start down "$TUNLAB" down late
	within 60 waits_for_relay "$keeper"
	inside kill -CONT "$relay"
	ends down 0
	tshark -n -r "$scratch/pcap/late.pcapng" -Y 'icmp && frame.interface_name == "wire:left/tun0"' 2>/dev/null | grep 'Echo (ping) request'
}
