#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a capture says of packets that wires drop, delay, double and corrupt, with tshark as the reader and the relay's own
# counters as the measure.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

# look ARGUMENT...: tshark on the capture; a warning is a failure.
look() {
	tshark -n -r "$scratch/pcap/here.pcapng" "$@" 2>"$scratch/tshark"
	grep -v '^Running as user "root"' "$scratch/tshark" | diff /dev/null - >&2
}

# comments END PATTERN: how many packets that came out of the wire at END have a comment that matches (grep -E).
comments() {
	look -Y "frame.interface_name == \"wire:$1\" && frame.comment" -T fields -e frame.comment | grep -cE -- "$2" || true
}

# counted END KEY...: the sum of these counters of the packets to END, as the relay had them in the end.
counted() {
	jq --arg to "$1" '[.[0].wires[].toward[$to] // empty | .[$ARGS.positional[]]] | add' "$scratch/counters" --args "${@:2}"
}

# agrees END: what the capture has of the packets to END is what the relay counted.
agrees() {
	echo "$1: $(jq -c --arg to "$1" '.[0].wires[].toward[$to] // empty' "$scratch/counters")"
	[ "$(comments "$1" '(^|; )dropped: ')" = "$(counted "$1" lost over_mtu too_big refused overflowed)" ]
	[ "$(comments "$1" '(^|; )corrupted: bit [0-9]+')" -ge "$(counted "$1" corrupted)" ]
	[ "$(comments "$1" "^(delayed: [^;]*; |dropped: (too much|the device|[0-9]+ bytes)[^;]*; )*duplicated: copy [2-9]")" = "$(counted "$1" duplicated)" ]
	# All that they say is one of these.
	[ "$(comments "$1" .)" = "$(comments "$1" \
		'^(dropped: [^;]+(; |$))?(delayed: [0-9]+\.[0-9]{3} ms, [0-9]+ us late(; |$))?(duplicated: copy [0-9]+ of [0-9]+(; |$))?(corrupted: bit [0-9]+)?$')" ]
}

# up IMPAIRMENTS KIND: a lab of two namespaces, whose wire is impaired so, with a capture.
up() {
	jq --argjson impairments "$1" --arg kind "$2" -n '{
		namespaces: {
			left: { addresses: ["10.0.0.1/24 dev t0", "2001:db8::1/64 dev t0"], links: { t0: { kind: $kind } } },
			right: { addresses: ["10.0.0.2/24 dev t0", "2001:db8::2/64 dev t0"], links: { t0: { kind: $kind } } }
		},
		wires: [{ ends: ["left/t0", "right/t0"] } + $impairments]
	}' >"$scratch/lab.json"
	try 0 "$TUNLAB" up --pcap "$scratch/pcap" --name here "$scratch/lab.json"
}

# steps STEP...: they are run, and may fail.
steps() {
	local step

	for step; do inside "$TUNLAB" step here "$step" >>"$scratch/steps" 2>&1 || true; done
}

# down: what was counted is kept.
down() {
	# Nothing is under way any more.
	steps '{ "wait": "300ms" }'
	inside "$TUNLAB" list --json here >"$scratch/counters"
	try 0 "$TUNLAB" down here
	complains_of_nothing
}

traffic=(
	'{ "in": "left", "ping": "10.0.0.2", "count": 200, "interval": "1ms", "timeout": "200ms" }'
	'{ "in": "left", "ping": "2001:db8::2", "count": 100, "interval": "1ms", "size": 1300, "timeout": "200ms" }'
	'{ "in": "left", "udp": "10.0.0.2:7", "count": 50, "timeout": "50ms" }'
	'{ "in": "left", "tcp": "10.0.0.2:80", "bytes": 200000, "timeout": "2s" }'
	'{ "in": "right", "tcp": "[2001:db8::1]:80", "bytes": 50000, "timeout": "2s" }'
)

@test "a lossy, doubling, corrupting, delaying and slow wire: every comment, and as many as the relay counted" {
	local end kind

	for kind in tun tap; do
		up '{ "loss": "5%", "duplicate": "5%", "corrupt": "3%", "delay": "3ms", "jitter": "1ms", "mtu": 1400,
			"toward": { "right/t0": { "rate": "4mbit", "limit": 20 } } }' "$kind"
		steps "${traffic[@]}"
		down
		for end in left/t0 right/t0; do agrees "$end"; done
		[ "$(counted right/t0 overflowed lost over_mtu)" -gt 20 ]
		for end in 'dropped: loss 5%' 'dropped: mtu 1400' 'delayed: ' 'duplicated: copy 1 of 2' 'duplicated: copy 2 of 2' 'corrupted: bit '; do
			[ "$(comments right/t0 "$end")" -gt 0 ] || { echo "none: $end" && false; }
		done
		[ "$(look -Y 'frame.comment contains "dropped"' | wc -l)" = "$(counted right/t0 lost over_mtu too_big refused overflowed no_wire |
			awk -v other="$(counted left/t0 lost over_mtu too_big refused overflowed)" '{ print $1 + other }')" ]
		# What goes in is what was sent: nothing is said of it.
		[ "$(look -Y 'frame.comment && frame.packet_flags_direction != 1' | wc -l)" = 0 ]
		rm -r "$scratch/pcap"
	done
}

@test "what a device refuses after a delay is dropped there, and says how long it was under way" {
	up '{ "delay": "20ms" }' tun
	steps '{ "in": "right", "change": { "links": { "t0": { "up": false } } } }' \
		'{ "in": "left", "ping": "10.0.0.2", "count": 3, "interval": "1ms", "timeout": "100ms" }'
	down
	agrees right/t0
	[ "$(comments right/t0 '^dropped: the device refused it: Input/output error; delayed: [0-9]*[2-9][0-9]\.[0-9]{3} ms, [0-9]+ us late$')" -ge 3 ]
}

@test "a hub: each end has what became of its own copies" {
	jq -n '{
		namespaces: ([["a", 1], ["b", 2], ["c", 3]] | map({ (.[0]): { addresses: ["10.0.0.\(.[1])/24 dev t0"], links: { t0: { kind: "tap" } } } }) | add),
		wires: [{ kind: "hub", ends: ["a/t0", "b/t0", "c/t0"], toward: { "b/t0": { loss: { nth: 2 } }, "c/t0": { delay: "2ms", loss: "50%" } } }]
	}' >"$scratch/lab.json"
	try 0 "$TUNLAB" up --pcap "$scratch/pcap" --name here "$scratch/lab.json"
	steps '{ "in": "a", "ping": "10.0.0.2", "count": 40, "interval": "1ms", "timeout": "50ms" }'
	down
	for end in a/t0 b/t0 c/t0; do agrees "$end"; done
	[ "$(comments a/t0 .)" = 0 ]
	[ "$(comments b/t0 '^dropped: loss: every 2nd$')" -ge 20 ]
	[ "$(comments c/t0 '^delayed: 2\.')" -gt 0 ]
}

@test "a wire's side of a device counts before impairments going in, after them coming out" {
	up '{ "toward": { "right/t0": { "loss": { "nth": 2 } } } }' tun
	try 0 "$TUNLAB" step here '{ "in": "left", "ping": "10.0.0.2", "count": 10, "interval": "1ms", "timeout": "50ms",
		"expect": { "loss": "50%" }, "packets": [
			{ "at": "left/t0", "dir": "out", "filter": "icmp", "count": 10 },
			{ "at": "wire:left/t0", "dir": "out", "filter": "icmp", "count": 10 },
			{ "at": "wire:right/t0", "dir": "in", "filter": "icmp", "count": 5 },
			{ "at": "right/t0", "dir": "in", "filter": "icmp", "count": 5 },
			{ "at": "wire:left/t0", "dir": "in", "filter": "icmp", "count": 5 }] }'
	down
	agrees right/t0
}

@test "run: what is under way as the lab ends is waited for, and in the file" {
	jq -n '{
		namespaces: { left: { addresses: ["10.0.0.1/24 dev t0"] }, right: { addresses: ["10.0.0.2/24 dev t0"] } },
		wires: [{ ends: ["left/t0", "right/t0"], toward: { "left/t0": { delay: "300ms" } } }],
		steps: [{ "in": "left", "ping": "10.0.0.2" }, { "in": "right", "exec": ["ping", "-c1", "-W0.01", "10.0.0.1"], "expect": { "exit": 1 } }]
	}' >"$scratch/here.json"
	try 0 "$TUNLAB" run --allow-exec --pcap "$scratch/pcap" "$scratch/here.json"
	complains_of_nothing
	[ "$(comments left/t0 '^delayed: [3-9][0-9]{2}\.')" = 2 ]
}
