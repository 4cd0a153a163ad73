#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What impairs wires, from the lab's words to what befalls packets: per direction, by chance and by number, in changes and
# by a schedule; and what is told of it. How exact the relay is in it, tests/relay and tests/wires say.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

# lab WIRE STEPS [SEED]: writes a lab of two namespaces, left with 10.0.0.1 and right with 10.0.0.2, joined by tun0 as WIRE
# says, and by tun1 (10.0.1.1 and 10.0.1.2) in the same way.
lab() {
	jq -n --argjson wire "$1" --argjson steps "$2" --argjson seed "${3:-1}" '{
		seed: $seed,
		namespaces: {
			left: { addresses: ["10.0.0.1/24 dev tun0", "10.0.1.1/24 dev tun1"] },
			right: { addresses: ["10.0.0.2/24 dev tun0", "10.0.1.2/24 dev tun1"] } },
		wires: [$wire + { ends: ["left/tun0", "right/tun0"] }, $wire + { ends: ["left/tun1", "right/tun1"] }],
		steps: $steps }' >"$scratch/lab.json"
}

# plain WIRE STEPS: the same with tun0 alone.
plain() {
	lab "$1" "$2" "${3:-1}"
	jq '.wires |= .[:1] | .namespaces[].addresses |= .[:1]' "$scratch/lab.json" >"$scratch/plain.json"
	mv "$scratch/plain.json" "$scratch/lab.json"
}

# runs [OPTION...]: runs the lab, all of whose steps pass.
runs() {
	try 0 "$TUNLAB" run "$@" "$scratch/lab.json"
}

# arrived DEVICE: the sequence numbers of the pings that came in there, in what was captured.
arrived() {
	tshark -n -r "$scratch/pcap/lab.pcapng" -Y "icmp.type == 8 && frame.interface_name == \"$1\"" -T fields -e icmp.seq \
		2>/dev/null | tr '\n' ' '
}

@test "toward one end only, and the rest of the wire's own keys stay" {
	plain '{ "delay": "20ms", "toward": { "right/tun0": { "loss": "100%" } } }' '[
		{ "in": "left", "ping": "10.0.0.2", "expect": "no-reply", "timeout": "50ms",
		  "packets": [{ "at": "wire:right/tun0", "dir": "in", "count": 0 }, { "at": "left/tun0", "dir": "out" }] },
		{ "in": "right", "ping": "10.0.0.1", "expect": "no-reply", "timeout": "50ms",
		  "packets": [{ "at": "left/tun0", "dir": "in", "filter": "icmp[icmptype] == icmp-echo", "count": 1 }] },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "toward": { "right/tun0": { "loss": null } } }] } },
		{ "in": "left", "ping": "10.0.0.2", "timeout": "30s", "expect": { "rtt": ">= 40ms" } },
		{ "change": { "wires": [{ "ends": ["right/tun0", "left/tun0"], "toward": { "left/tun0": { "delay": null } } }] } },
		{ "in": "left", "ping": "10.0.0.2", "timeout": "30s", "expect": { "rtt": ">= 20ms" } },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "delay": "0ms" }] } },
		{ "in": "left", "ping": "10.0.0.2", "expect": { "rtt": "< 20ms" }, "within": "10s" }]'
	runs
}

@test "every second packet" {
	plain '{ "toward": { "right/tun0": { "loss": { "nth": 2 } } } }' '[
		{ "in": "left", "ping": "10.0.0.2", "count": 10, "timeout": "100ms", "expect": { "loss": ">= 50%" },
		  "packets": [{ "at": "right/tun0", "dir": "in", "count": 5 }] }]'
	runs --pcap "$scratch/pcap"
	[ "$(arrived right/tun0)" = "$(arrived left/tun0 | awk '{ for (i = 1; i <= NF; i += 2) printf "%s ", $i }')" ]
}

@test "the first SYN is lost: the connection comes a second later, and not where nobody waits so long" {
	plain '{ "toward": { "right/tun0": { "loss": { "first": 1, "filter": "tcp[tcpflags] & tcp-syn != 0" } } } }' '[
		{ "in": "left", "ping": "10.0.0.2", "timeout": "30s" },
		{ "in": "left", "tcp": "10.0.0.2:80", "timeout": "30s",
		  "packets": [{ "at": "left/tun0", "dir": "out", "filter": "tcp[tcpflags] == tcp-syn", "count": 2 },
			{ "at": "right/tun0", "dir": "in", "filter": "tcp[tcpflags] == tcp-syn", "count": 1 }] },
		{ "in": "left", "tcp": "10.0.0.2:80", "timeout": "30s" },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"],
			"toward": { "right/tun0": { "loss": { "first": 1, "filter": "tcp[tcpflags] & tcp-syn != 0" } } } }] } },
		{ "in": "left", "tcp": "10.0.0.2:80", "timeout": "300ms", "expect": "no-reply" }]'
	runs
}

@test "a schedule counts from when the lab stands, and null takes away what it brought" {
	plain '{ "schedule": [{ "at": "0s", "loss": "100%" }, { "at": "300ms", "loss": null }] }' '[
		{ "in": "left", "ping": "10.0.0.2", "timeout": "50ms", "expect": "no-reply" },
		{ "in": "left", "ping": "10.0.0.2", "timeout": "50ms", "within": "10s" },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"],
			"schedule": [{ "at": "100ms", "toward": { "left/tun0": { "loss": "100%" } } }] }] } },
		{ "wait": "150ms" },
		{ "in": "left", "ping": "10.0.0.2", "timeout": "50ms", "expect": "no-reply",
		  "packets": [{ "at": "right/tun0", "dir": "in", "count": 1 }] },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "schedule": null }] } },
		{ "in": "left", "ping": "10.0.0.2", "timeout": "30s" }]'
	runs
}

@test "what a schedule loses by number it counts anew each time" {
	plain '{ "schedule": [{ "at": "0s", "every": "100ms", "loss": { "first": 1, "filter": "icmp" } }] }' '[
		{ "in": "left", "ping": "10.0.0.2", "count": 60, "interval": "10ms", "timeout": "50ms",
		  "expect": { "loss": "> 3%" } }]'
	runs
}

@test "again and again: a flap every 200 ms is seen both ways" {
	plain '{ "schedule": [{ "at": "0s", "every": "200ms", "loss": "100%" }, { "at": "100ms", "every": "200ms", "loss": null }] }' '[
		{ "in": "left", "ping": "10.0.0.2", "count": 100, "interval": "10ms", "timeout": "50ms",
		  "expect": { "loss": ">= 20%" } },
		{ "in": "left", "ping": "10.0.0.2", "timeout": "20ms", "within": "10s" }]'
	runs
}

@test "equal seeds lose the same packets, others lose others" {
	local lost=$scratch/lost

	for seed in 1 1 2; do
		plain '{ "loss": "50%" }' '[
			{ "in": "left", "ping": "10.0.0.2", "count": 50, "interval": "1ms", "timeout": "100ms",
			  "expect": { "loss": "> 0%" } }]' "$seed"
		runs --pcap "$scratch/pcap"
		arrived right/tun0 >>"$lost"
		echo >>"$lost"
	done
	cat "$lost"
	[ "$(sed -n 1p "$lost")" = "$(sed -n 2p "$lost")" ]
	[ "$(sed -n 1p "$lost")" != "$(sed -n 3p "$lost")" ]
	[ "$(sed -n 1p "$lost" | wc -w)" -gt 10 ] && [ "$(sed -n 1p "$lost" | wc -w)" -lt 40 ]
	# A wire's own seed stands in the place of the lab's.
	plain '{ "loss": "50%", "seed": 1 }' '[{ "in": "left", "ping": "10.0.0.2", "count": 50, "interval": "1ms",
		"timeout": "100ms", "expect": { "loss": "> 0%" } }]' 7
	runs --pcap "$scratch/pcap"
	[ "$(arrived right/tun0)" = "$(sed -n 1p "$lost")" ]
}

@test "two wires that are told the same lose different packets, and another wire changes nothing" {
	local step='{ "in": "left", "count": 50, "interval": "1ms", "timeout": "100ms", "expect": { "loss": "> 0%" } }' one two alone

	lab '{ "loss": "50%" }' "$(jq -n --argjson s "$step" '[$s + { ping: "10.0.0.2" }, $s + { ping: "10.0.1.2" }]')"
	runs --pcap "$scratch/pcap"
	one=$(arrived right/tun0) two=$(arrived right/tun1)
	[ -n "$one" ] && [ -n "$two" ] && [ "$one" != "$two" ]
	plain '{ "loss": "50%" }' "$(jq -n --argjson s "$step" '[$s + { ping: "10.0.0.2" }]')"
	runs --pcap "$scratch/pcap"
	alone=$(arrived right/tun0)
	[ "$alone" = "$one" ]
}

@test "what impairs a wire is listed as it is now, with what befell" {
	plain '{ "delay": "2ms", "loss": { "nth": 2, "filter": "icmp" }, "toward": { "left/tun0": { "loss": null } } }' '[]'
	try 0 "$TUNLAB" up "$scratch/lab.json"
	try 1 "$TUNLAB" step lab '{ "in": "left", "ping": "10.0.0.2", "count": 10, "timeout": "100ms" }'
	try 0 "$TUNLAB" list
	says "left/tun0 - right/tun0 (wire, delay 2ms)"
	says 'to right/tun0: 5 packets 420 bytes 5 lost'
	says ', loss nth 2 filter "icmp"'
	try 0 "$TUNLAB" list --json
	[ "$(jq -c '.[0].wires[0].impairments' "$scratch/stdout")" = '{"delay":"2ms"}' ]
	[ "$(jq -c '.[0].wires[0].toward["right/tun0"] | [.packets, .lost, .duplicated, .corrupted, .overflowed, .impairments]' \
		"$scratch/stdout")" = '[5,5,0,0,0,{"loss":{"nth":2,"filter":"icmp"}}]' ]
	try 0 "$TUNLAB" step lab '{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "loss": null,
		"schedule": [{ "at": "0s", "loss": "100%" }, { "at": "3600s", "loss": null }] }] } }'
	try 0 "$TUNLAB" list
	says "left/tun0 - right/tun0 (wire, delay 2ms, loss 100%)"
	try 0 "$TUNLAB" step lab '{ "in": "left", "ping": "10.0.0.2", "timeout": "50ms", "expect": "no-reply" }'
	# A change that is wrong changes nothing, and what is said next comes on top of what is.
	try 2 "$TUNLAB" step lab '{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "delay": "1s", "loss": "200%" }] } }'
	try 0 "$TUNLAB" step lab '{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "jitter": "1ms", "loss": null }] } }'
	try 0 "$TUNLAB" list
	says "left/tun0 - right/tun0 (wire, delay 2ms, jitter 1ms)"
	try 0 "$TUNLAB" step lab '{ "in": "left", "ping": "10.0.0.2", "timeout": "30s" }'
	try 0 "$TUNLAB" down lab
}

@test "what was not done yet impairs nothing: steps of the lab's own that have not been run" {
	plain '{ "delay": "1ms" }' '[
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "loss": "100%", "jitter": "5s" }] } }]'
	try 0 "$TUNLAB" up "$scratch/lab.json"
	try 0 "$TUNLAB" step lab '[
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "mtu": 1000 }] } },
		{ "in": "left", "ping": "10.0.0.2", "timeout": "30s" },
		{ "in": "left", "ping": "10.0.0.2", "size": 1200, "timeout": "50ms", "expect": "no-reply" }]'
	try 0 "$TUNLAB" list
	says "left/tun0 - right/tun0 (wire, delay 1ms, mtu 1000)"
	try 0 "$TUNLAB" down lab
}

@test "the lab comes up unimpaired: IPv6 addresses are there where everything is lost" {
	plain '{ "loss": "100%" }' '[
		{ "in": "left", "show": "-6 address dev tun0", "expect": [{ "addr_info": [{ "local": "2001:db8::1" }] }] },
		{ "in": "left", "ping": "2001:db8::2", "timeout": "50ms", "expect": "no-reply" }]'
	jq '.namespaces.left.addresses += ["2001:db8::1/64 dev tun0"] | .namespaces.right.addresses += ["2001:db8::2/64 dev tun0"]' \
		"$scratch/lab.json" >"$scratch/six.json"
	mv "$scratch/six.json" "$scratch/lab.json"
	runs
}

@test "written out and read again it is the same lab; as a script it says what it cannot do" {
	plain '{ "delay": "10ms", "jitter": "1ms", "loss": "0.1%", "rate": "1.5mbit", "limit": "64kb", "overhead": -14,
		"toward": { "left/tun0": { "jitter": null, "reorder": { "percent": "25%", "gap": 5 } } },
		"schedule": [{ "at": "1s", "every": "2s", "mtu": 1400 }] }' '[
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "schedule": null, "loss": null }] } }]'
	try 0 "$TUNLAB" show "$scratch/lab.json"
	cp "$scratch/stdout" "$scratch/plan"
	says "# tunlab-relay, to left/tun0: reorder 25% gap 5"
	says "# tunlab-relay, to right/tun0: rate 1500kbit limit 64kb overhead -14"
	says "# tunlab-relay, to right/tun0: mtu 1400, after 1s and every 2s from then on"
	try 0 "$TUNLAB" show --format json "$scratch/lab.json"
	mkdir "$scratch/again"
	cp "$scratch/stdout" "$scratch/again/lab.json"
	try 0 "$TUNLAB" show "$scratch/again/lab.json"
	diff -u "$scratch/plan" "$scratch/stdout"
	try 0 "$TUNLAB" show --format script "$scratch/lab.json"
	cp "$scratch/stdout" "$scratch/script"
	try 0 sh "$scratch/script"
	[ "$(cat "$scratch/stdout")" = "1..0 # SKIP netem cannot do the wires' mtu" ]
}

@test "a script has tc's netem, and skips where the kernel has none" {
	plain '{ "delay": "10ms", "jitter": "1ms", "loss": { "percent": "1%", "correlation": "25%" } }' '[
		{ "in": "left", "ping": "10.0.0.2", "timeout": "30s" }]'
	try 0 "$TUNLAB" show --format script "$scratch/lab.json"
	says "build tc -n right qdisc replace dev tun0 root netem limit 100000 delay 10ms 1ms loss 1% 25%"
	cp "$scratch/stdout" "$scratch/script"
	try 0 sh "$scratch/script"
	if ! grep -q "^ok 1 - left ping 10.0.0.2" "$scratch/stdout"; then
		[ "$(cat "$scratch/stdout")" = "1..0 # SKIP this kernel has no netem, or there is no tc" ]
	fi
}
