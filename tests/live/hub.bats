#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A hub: every frame goes to all others, as the kernel's own tools see it; in captures, in a lab that stands, as a script.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

# lab ENDS STEPS [MTU]: writes a lab of hosts a, b, c and d with 10.0.0.1 to 10.0.0.4, of which ENDS are on a hub.
lab() {
	jq -n --argjson ends "$1" --argjson steps "$2" --argjson mtu "${3:-1500}" '{
		namespaces: ([["a", 1], ["b", 2], ["c", 3], ["d", 4]] | map({ key: .[0], value: {
			links: { tap0: { kind: "tap", mtu: (if .[0] == "b" then $mtu else 1500 end) } },
			addresses: ["10.0.0.\(.[1])/24 dev tap0"] } }) | from_entries),
		wires: [{ kind: "hub", ends: ($ends | map(. + "/tap0")) }], steps: $steps }' >"$scratch/hub.json"
}

# heard LAB FILTER: at which devices, in which direction, how many packets match in what was captured.
heard() {
	tshark -n -r "$scratch/pcap/$1.pcapng" -Y "$2" -T fields -e frame.interface_name -e frame.packet_flags_direction \
		2>"$scratch/tshark" | sort | uniq -c | awk '{ print $2, $3 ~ /1$/ ? "in" : $3 ~ /2$/ ? "out" : $3, $1 }'
	grep -v '^Running as user "root"' "$scratch/tshark" | diff /dev/null - >&2
}

@test "tshark sees ARP and the pings at all three ends, and at the relay's side of them" {
	try 0 "$TUNLAB" run --step 1 --pcap "$scratch/pcap" "$LABS/hub-of-three.json"
	diff -u - <(heard hub-of-three 'arp.opcode == 1 && eth.dst == ff:ff:ff:ff:ff:ff') <<-'END'
		a/tap0 out 1
		b/tap0 in 1
		c/tap0 in 1
		wire:a/tap0 out 1
		wire:b/tap0 in 1
		wire:c/tap0 in 1
	END
	# The answer and the reply are b's, to the hardware address of a.
	for filter in 'arp.opcode == 2' 'icmp.type == 0'; do
		diff -u - <(heard hub-of-three "$filter") <<-'END'
			a/tap0 in 1
			b/tap0 out 1
			c/tap0 in 1
			wire:a/tap0 in 1
			wire:b/tap0 out 1
			wire:c/tap0 in 1
		END
	done
	# On its way into c's kernel the packet is marked as another host's (reception type 4: promiscuous).
	[ "$(tshark -n -r "$scratch/pcap/hub-of-three.pcapng" -Y 'frame.interface_name == "c/tap0" && icmp' \
		-T fields -e frame.packet_flags_reception_type 2>/dev/null | sort -u)" = 4 ]
}

@test "of four ends each hears what any other says" {
	lab '["a", "b", "c", "d"]' '[
		{ "in": "d", "ping": "10.0.0.1" }, { "in": "c", "ping": "10.0.0.2" }, { "in": "b", "tcp": "10.0.0.4:80" }]'
	try 0 "$TUNLAB" run --pcap "$scratch/pcap" "$scratch/hub.json"
	diff -u - <(heard hub 'icmp && frame.interface_name contains "wire:" && frame.packet_flags_direction == 1') <<-'END'
		wire:a/tap0 in 3
		wire:b/tap0 in 3
		wire:c/tap0 in 3
		wire:d/tap0 in 3
	END
}

@test "each end has its own MTU: what is too long for it comes to the others" {
	lab '["a", "b", "c"]' '[
		{ "name": "to the end that takes less", "in": "a", "ping": "10.0.0.2", "size": 1400, "expect": "no-reply", "timeout": "100ms",
		  "packets": [{ "at": "b/tap0", "dir": "in", "filter": "icmp", "count": 0 },
		              { "at": "c/tap0", "dir": "in", "filter": "icmp", "count": 1 }] },
		{ "name": "past it", "in": "a", "ping": "10.0.0.3", "size": 1400,
		  "packets": [{ "at": "b/tap0", "filter": "icmp", "count": 0 }] },
		{ "name": "what fits", "in": "a", "ping": "10.0.0.2", "size": 1172,
		  "packets": [{ "at": "c/tap0", "dir": "in", "filter": "icmp", "count": 2 }] }]' 1200
	try 0 "$TUNLAB" run "$scratch/hub.json"
	"$TUNLAB" show --format script "$scratch/hub.json" >"$scratch/script"
	try 0 sh "$scratch/script"
	[ "$(grep -c '^ok' "$scratch/stdout")" = 3 ]
}

@test "a hub that stands: the tools see it, its counters are listed, an end goes and comes again" {
	remember
	try 0 "$TUNLAB" up "$LABS/hub-of-three.json"
	inside ip netns exec hub-of-three.a ping -q -c 1 -W 2 10.0.0.2
	# 2 of ARP and 2 of ICMP: c has heard all, a and b what they did not say.
	try 0 "$TUNLAB" list
	says '  a/tap0 - b/tap0 - c/tap0 (hub)'
	says '    to a/tap0: 2 packets'
	says '    to b/tap0: 2 packets'
	says '    to c/tap0: 4 packets'
	inside ip -n hub-of-three.c link delete tap0
	inside ip netns exec hub-of-three.a ping -q -c 1 -W 2 10.0.0.2
	try 0 "$TUNLAB" step hub-of-three '[
		{ "change": { "wires": [{ "kind": "hub", "ends": ["a/tap0", "b/tap0", "c/tap0"] }],
		              "namespaces": { "c": { "addresses": ["10.0.0.3/24 dev tap0"] } } } },
		{ "in": "c", "ping": "10.0.0.2",
		  "packets": [{ "at": "wire:a/tap0", "dir": "in", "filter": "icmp", "count": 2 }] },
		{ "change": { "wires": [{ "kind": "hub", "ends": ["a/tap1", "b/tap1", "c/tap1"] }] } }]'
	try 0 "$TUNLAB" list
	says '  a/tap1 - b/tap1 - c/tap1 (hub)'
	try 0 "$TUNLAB" down hub-of-three
	as_before
}

@test "why: a packet that passes a hub twice went in no circle, and who has one device there may forward" {
	lab '["a", "b", "c"]' '[{ "in": "a", "ping": "192.0.2.1" },
		{ "in": "c", "change": { "sysctls": { "net.ipv4.ip_forward": 1 } } }, { "in": "a", "ping": "192.0.2.1" }]'
	jq '.namespaces.b.addresses += ["192.0.2.1/32 dev lo"] | .namespaces.a.routes = ["192.0.2.0/24 via 10.0.0.3"]
		| .namespaces.c.routes = ["192.0.2.0/24 via 10.0.0.2"]' "$scratch/hub.json" >"$scratch/routed.json"
	TUNLAB_TIMEOUT_SCALE=5 try 1 "$TUNLAB" why --step 1 "$scratch/routed.json"
	says '[not-forwarded, observed]'
	says "ip netns exec c sysctl -qw 'net.ipv4.ip_forward=1'"
	says 'not for the hardware address of tap0, so it is not looked at'
	try 0 "$TUNLAB" why --step 3 "$scratch/routed.json"
	says 'c would forward it'
	says '192.0.2.1 dev lo'
	run grep 'round and round' "$scratch/stdout"
	[ "$status" = 1 ]
}

@test "dot and mermaid draw it as a node between its ends" {
	"$TUNLAB" show --format mermaid "$LABS/hub-of-three.json" >"$scratch/mermaid"
	grep -qx '    w0(("hub"))' "$scratch/mermaid"
	[ "$(grep -c '^    n[0-9_]* --- w0$' "$scratch/mermaid")" = 3 ]
	"$TUNLAB" show --format dot "$LABS/hub-of-three.json" >"$scratch/dot"
	[ "$(grep -c ' -- w0 ' "$scratch/dot")" = 3 ]
}
