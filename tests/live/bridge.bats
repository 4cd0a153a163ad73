#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Links of kind bridge.
#
#   one/eth0 ══ port1 ┐
#                     br0      (namespace "switch")
#   two/eth0 ══ port2 ┘

load helpers

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	rm -rf "$scratch"
}

lab=$LABS/bridge.json

@test "labs/bridge.json: frames cross the bridge, and do not without the port" {
	run "$TUNLAB" run "$lab"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the kernel learns both hosts behind the ports that they are behind" {
	jq '.steps = [.steps[0], { "in": "switch", "wait": "1ms" }]' "$lab" >"$scratch/lab.json"
	cd "$scratch"
	TUNLAB_STOP_AT="wait" "$TUNLAB" run lab.json >tap 3>&- &
	pid=$!
	within 60 is_stopped "$pid"
	found=0
	for fd in /proc/"$pid"/fd/*; do
		case $(readlink "$fd") in net:*) ;; *) continue ;; esac
		learnt=$(nsenter --net="$fd" bridge -j fdb show br br0 2>/dev/null |
			jq -r '[.[] | select(.state != "permanent") | .ifname] | unique | join(" ")')
		[ "$learnt" = "port1 port2" ] && found=1
	done
	kill -CONT "$pid"
	wait "$pid"
	[ "$found" -eq 1 ]
}

@test "with the port never enslaved the ping fails, at the step that needs it" {
	jq 'del(.namespaces.switch.links.port2.master)' "$lab" >"$scratch/lab.json"
	run "$TUNLAB" run --step 1 "$scratch/lab.json"
	[ "$status" -eq 1 ]
	contains "$output" "not ok 1"
}

@test "its options are the bridge's own, and checked" {
	jq '.namespaces.switch.links.br0.ageing = 5 | .namespaces.switch.links.br0.stp_state = 7' "$lab" \
		>"$scratch/lab.json"
	run "$TUNLAB" check "$scratch/lab.json"
	[ "$status" -eq 2 ]
	contains "$output" 'links.br0.ageing: "ageing": unknown key; did you mean "ageing_time"?'
	contains "$output" 'links.br0.stp_state: 7: out of range; allowed: an integer from 0 to 2'
	run "$TUNLAB" show "$lab"
	contains "$output" "type bridge mcast_snooping 0"
}

@test "a bridge does not call the IP firewall, whether br_netfilter is there or not" {
	jq '.steps = [.steps[0]] | .namespaces.switch.nft = "table ip f { chain c { type filter hook forward priority 0; drop; }; }"' \
		"$lab" >"$scratch/lab.json"
	run "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 0 ]
	contains "$output" "ok 1 "
}
