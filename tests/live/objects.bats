#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Addresses, neighbours, next hops and rules: what tunlab makes of the lines in objects.json is what ip makes of them.

load helpers

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	rm -rf "$scratch"
}

# In a network namespace: what stands there, sorted, without what time or chance decides. IPv6 addresses come with the
# newest first. A neighbour that has failed the kernel forgets at any time, where machines have many neighbours; see
# objects-differ.json.
dump() {
	ip -d -j address show | jq -S '.[] | .ifname, (.addr_info | sort_by(if .family == "inet6" then .local else "" end)[] |
		select(.local | startswith("fe80") | not) | del(.deprecated) |
		(.valid_life_time, .preferred_life_time) |= (if . > 0 and . < 4294967295 then "some" else . end))'
	ip -d -j neighbour show nud all |
		jq -S 'map(select((.dst | startswith("ff") or startswith("fe80") or startswith("224")) or (.state | index("FAILED")) | not))
			| sort'
	ip -d -j neighbour show proxy | jq -S sort
	ip -d -j nexthop show | jq -S 'sort_by(.id)'
	ip -d -j rule show | jq -S
	ip -d -j -6 rule show | jq -S
}

# dump_lab LAB: the same of the only namespace of a lab, before its first step, which is a wait.
dump_lab() {
	local pid fd

	TUNLAB_STOP_AT="wait" "$TUNLAB" run "$1" >"$scratch/tap" 3>&- &
	pid=$!
	within 60 is_stopped "$pid"
	for fd in /proc/"$pid"/fd/*; do
		case $(readlink "$fd") in net:*) ;; *) continue ;; esac
		[ "$(stat -Lc %i "$fd")" = "$(stat -Lc %i /proc/self/ns/net)" ] || break
	done
	export -f dump
	nsenter --net="$fd" bash -euc dump
	kill -CONT "$pid"
	wait "$pid"
}

# lines LAB: commands for ip that make its only namespace.
lines() {
	jq -r '.namespaces[] | to_entries[] | .key as $key |
		{ addresses: "address", neighbours: "neighbour", nexthops: "nexthop", rules: "rule" }[$key] as $object |
		select($object) | .value[] |
		if startswith("-6 ") then "ip -6 \($object) \(.[3:])" else "ip \($object) \(.)" end' "$1"
}

# by_ip LAB: the same lines by ip, in a namespace of its own.
by_ip() {
	{
		echo 'set -e'
		echo 'ip link set lo up'
		echo 'sysctl -qw net.ipv6.conf.default.accept_dad=0'
		echo 'ip link add v0 type veth peer name v1'
		jq -r '.namespaces[].sysctls | to_entries[] | "sysctl -qw \(.key)=\(.value)"' "$LIVE/objects.json"
		echo 'ip link set v0 up; ip link set v1 up'
		lines "$1"
		# The kernel makes IPv6 addresses usable in its own time.
		# shellcheck disable=SC2016 # the script expands it
		echo 'until [ -z "$(ip -6 -o address show up tentative -dadfailed)" ]; do :; done'
		echo dump
	} >"$scratch/script"
	export -f dump
	unshare --net bash "$scratch/script"
}

# In a network namespace: what stands there, as keys of a namespace of a lab, as JSON or as lines. What the kernel adds
# by itself is left out. Which next hops are of IPv6 only `ip -6` tells.
shown_json() {
	ip -j address show | jq '{ addresses: map(.addr_info |= map(select(.local | startswith("fe80") or startswith("127.0.0.1") or . == "::1" | not))) }'
	{
		ip -d -j neighbour show nud all
		ip -d -j neighbour show proxy
	} | jq -s '{ neighbours: add | map(select(.dst | startswith("ff") or startswith("fe80") or startswith("224") | not)) }'
	ip -d -j nexthop show | jq --argjson six "$(ip -6 -j nexthop show)" \
		'{ nexthops: map(if [.id] | inside($six | map(.id)) then .family = "inet6" else . end) }'
	ip -d -j rule show | jq --argjson six "$(ip -d -j -6 rule show)" \
		'{ rules: (. + ($six | map(.family = "inet6"))) }'
}

shown_text() {
	ip -o address show | grep -v -e ' fe80' -e ' 127.0.0.1/' -e ' ::1/' | jq -Rs '{ addresses: split("\n")[:-1] }'
	{
		ip -d neighbour show nud all
		ip -d neighbour show proxy
	} | grep -v -e ^ff -e ^fe80 -e ^224 | jq -Rs '{ neighbours: split("\n")[:-1] }'
	ip -d nexthop show | jq -Rs --argjson six "$(ip -6 -j nexthop show)" \
		'{ nexthops: split("\n")[:-1] | map(if [split(" ")[1] | tonumber] | inside($six | map(.id)) then "-6 " + . else . end) }'
	{
		ip -d rule show
		ip -d -6 rule show | sed 's/^/-6 /'
	} | jq -Rs '{ rules: split("\n")[:-1] }'
}

# puts_back SHOW: what ip made and SHOW tells, stated in a lab, makes the same. The kernel's own rules that ip deleted are
# deleted first.
puts_back() {
	export -f "${1?}"
	by_ip "$LIVE/objects.json" >"$scratch/ip"
	sed -i "\$s/.*/$1/" "$scratch/script"
	unshare --net bash "$scratch/script" |
		jq -s --slurpfile lab "$LIVE/objects.json" \
			'add as $shown | $lab[0] | .namespaces.n |= ({ links, sysctls } + $shown |
				.rules |= ["del lookup local", "-6 del lookup local", "del pref 32767"] + .)' >"$scratch/lab.json"
	grep -q REACHABLE "$scratch/lab.json"
	dump_lab "$scratch/lab.json" >"$scratch/tunlab"
	diff -u "$scratch/ip" "$scratch/tunlab"
}

@test "what stands is the same" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	by_ip "$LIVE/objects.json" >"$scratch/ip"
	dump_lab "$LIVE/objects.json" >"$scratch/tunlab"
	grep -q '"02:00:00:00:01:ff"' "$scratch/ip"
	diff -u "$scratch/ip" "$scratch/tunlab"
}

@test "what ip -j shows of it, stated in a lab, makes the same" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	puts_back shown_json
}

@test "what ip shows of it, stated in a lab, makes the same" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	puts_back shown_text
}

@test "what is stated twice is content, and where it differs the kernel says so" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	puts_back shown_json
	jq '.namespaces.n |= (.addresses += .addresses | .rules += .rules[3:] | .neighbours += .neighbours | .nexthops += .nexthops)' "$scratch/lab.json" >"$scratch/twice.json"
	dump_lab "$scratch/twice.json" >"$scratch/tunlab"
	diff -u "$scratch/ip" "$scratch/tunlab"
	"$TUNLAB" run "$LIVE/objects-differ.json"
}
