#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whoever is in a namespace can write any bytes into its device, and ask it for anything. The relay takes it: it lives, its
# memory does not grow, each packet is counted as arrived or dropped, and the next ping is answered.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

PROGRAMS=${TUNLAB%/*}/tests/live/malformed

# lab KIND LEFT RIGHT WIRE: a wire whose ends' vnet_hdr is LEFT and RIGHT, and whose right end takes less; WIRE: its words.
lab() {
	cat <<-EOT
		{ "namespaces": {
		    "left": { "links": { "eth0": { "kind": "$1", "vnet_hdr": $2, "txqueuelen": 10000 } },
		      "addresses": ["10.0.0.1/24 dev eth0", "2001:db8::1/64 dev eth0"] },
		    "right": { "links": { "eth0": { "kind": "$1", "vnet_hdr": $3, "mtu": 1300 } },
		      "addresses": ["10.0.0.2/24 dev eth0", "2001:db8::2/64 dev eth0"] } },
		  "wires": [{ "ends": ["left/eth0", "right/eth0"]$4 }] }
	EOT
}

# send KIND HEADER COUNT SEED: raw writes on the left.
send() { inside ip netns exec m.left "$PROGRAMS/send" eth0 "$@"; }

# adds_up: what came out of either end came in at the other, or was dropped there; saved in $scratch/counters.
adds_up() {
	inside "$PROGRAMS/counters" "$relay" >"$scratch/counters"
	awk '{ out[$1] = $2; in_[$1] = $3; dropped[$1] = $4; twice[$1] = $5 }
		END { exit !(NR == 2 && out[0] + twice[1] == in_[1] + dropped[1] && out[1] + twice[0] == in_[0] + dropped[0]) }' \
		"$scratch/counters"
}

# counted COLUMN PORT: of those.
counted() { awk -v column="$1" -v port="$2" '$1 == port { print $column }' "$scratch/counters"; }

# memory: what the relay has asked the kernel for, without its stack, in KiB. Nothing is allocated for a packet.
memory() { inside sed -n 's/^VmData:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$relay/status"; }

# answers: the wire carries what is right.
answers() {
	try 0 "$TUNLAB" step m "{ \"in\": \"left\", \"ping\": \"10.0.0.2\", \"within\": \"10s\" }"
	try 0 "$TUNLAB" step m "{ \"in\": \"left\", \"tcp\": \"[2001:db8::2]:8080\", \"bytes\": 100000, \"within\": \"10s\" }"
}

# stand KIND LEFT RIGHT WIRE: that lab is up; its relay is $relay.
stand() {
	lab "$@" >"$scratch/lab.json"
	try 0 "$TUNLAB" up --name m "$scratch/lab.json"
	relay=$(relay m)
	answers
}

# seen_by NAMESPACE WHAT: the device's own statistics.
seen_by() { inside ip netns exec "m.$1" ip -s -j link show eth0 | jq ".[0].stats64.$2.packets"; }

# as_devices_say: where each packet is one, the devices have counted the same ones.
as_devices_say() {
	adds_up && [ "$(counted 2 0)" = "$(seen_by left tx)" ] && [ "$(counted 3 1)" = "$(seen_by right rx)" ]
}

# suffer KIND HEADER CHECK: thousands of raw writes, after which all is well.
suffer() {
	local before seed

	before=$(memory)
	for seed in 1 2 3; do send "$1" "$2" 2000 $seed; done
	answers
	within 60 "$3" || {
		cat "$scratch/counters"
		return 1
	}
	echo "$before KiB, then $(memory)"
	cat "$scratch/counters"
	alive "$relay"
	[ "$(counted 2 0)" -gt 4000 ]
	[ "$(counted 4 1)" -gt 300 ]
	[ "$(memory)" = "$before" ]
	try 0 "$TUNLAB" down m
	complains_of_nothing
}

@test "out of a TUN and a TAP, whatever either end takes" {
	local kind left right

	for kind in tun tap; do
		for left in true false; do
			for right in true false; do
				echo "$kind $left $right"
				stand $kind $left $right
				suffer $kind "$([ $left = true ] && echo vnet || echo plain)" \
					"$([ $left$right = falsefalse ] && echo as_devices_say || echo adds_up)"
			done
		done
	done
}

@test "over an impaired wire, on which nothing is lost unsaid" {
	local kind

	for kind in tun tap; do
		stand $kind true true ', "delay": "3ms", "jitter": "2ms", "loss": "5%", "duplicate": "5%", "corrupt": "5%",
			"reorder": "5%"'
		suffer $kind vnet adds_up
	done
}
