#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Segments over the relay's wires: whole between ends that take such, in packets where one does not; every byte arrives,
# and what counts packets, filters or captures them sees those of wire size.
load helpers

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	rm -r "$scratch"
}

# lab KIND LEFT RIGHT STEPS: a wire of two ends of a kind, whose vnet_hdr is LEFT and RIGHT ("": not said).
lab() {
	local kind=$1 left=${2:+, \"vnet_hdr\": $2} right=${3:+, \"vnet_hdr\": $3} options

	options=${5:+, $5}
	cat <<-EOT
		{ "namespaces": {
		    "left": { "links": { "eth0": { "kind": "$kind"$left } },
		      "addresses": ["10.0.0.1/24 dev eth0", "2001:db8::1/64 dev eth0"] },
		    "right": { "links": { "eth0": { "kind": "$kind"$right$options } },
		      "addresses": ["10.0.0.2/24 dev eth0", "2001:db8::2/64 dev eth0"] } },
		  "wires": [["left/eth0", "right/eth0"]],
		  "steps": [ $4 ] }
	EOT
}

# run_lab WORD...: runs the lab of those words of lab(), with --pcap $pcap where that is set; all must pass.
run_lab() {
	lab "$@" >"$scratch/lab.json"
	"$TUNLAB" run ${pcap:+--pcap "$pcap"} "$scratch/lab.json" 3>&- || {
		cat "$scratch/lab.json"
		return 1
	}
}

# every_pair STEPS: these over both kinds of ends, of which both, one or none take segments.
every_pair() {
	local kind left right

	for kind in tun tap; do
		for left in true false; do
			for right in true false; do run_lab $kind $left $right "$1"; done
		done
	done
}

@test "64 MiB each way, whatever the ends take, over IPv4 and IPv6" {
	every_pair '
		{ "in": "left", "tcp": "10.0.0.2:8080", "bytes": 67108864, "timeout": "30s" },
		{ "in": "right", "tcp": "[2001:db8::1]:8080", "bytes": 67108864, "timeout": "30s" }'
}

@test "datagrams of every size, whatever the ends take" {
	local size steps=

	for size in 1 2 3 63 64 1471 1472 1473 2959 2960 9000 65505 65506 65507; do
		steps="$steps{ \"in\": \"left\", \"udp\": \"10.0.0.2:53\", \"size\": $size },"
	done
	for size in 1 2 1451 1452 1453 9000 65506 65507; do
		steps="$steps{ \"in\": \"right\", \"udp\": \"[2001:db8::1]:53\", \"size\": $size },"
	done
	every_pair "${steps%,}"
}

@test "packets are counted as they are on the wire, at devices and wires" {
	local place places=

	# 2 MB each way are 2764 packets at least, each longer than those without data.
	for place in left/eth0 wire:left/eth0 wire:right/eth0 right/eth0; do
		places="$places{ \"at\": \"$place\", \"filter\": \"greater 61\", \"count\": { \"min\": 2764 } },"
	done
	for place in wire:left/eth0 wire:right/eth0; do
		places="$places{ \"at\": \"$place\", \"filter\": \"greater 1501\", \"count\": 0 },"
	done
	run_lab tun "" "" "{ \"in\": \"left\", \"tcp\": \"10.0.0.2:8080\", \"bytes\": 2000000, \"packets\": [ ${places%,} ] }"
}

# longest INTERFACE: the longest IP packet of the capture there.
longest() {
	tshark -n -r "$pcap/lab.pcapng" -Y "tcp && frame.interface_name == \"$1\"" -T fields -e frame.len 2>/dev/null | sort -n | tail -n 1
}

@test "a device sees segments, the wire sees packets, whose checksums are right" {
	local pcap=$scratch/pcap file=$scratch/pcap/lab.pcapng kind most

	for kind in tun tap; do
		run_lab $kind "" "" '
			{ "in": "left", "tcp": "10.0.0.2:8080", "bytes": 300000 },
			{ "in": "left", "tcp": "[2001:db8::2]:8080", "bytes": 300000 },
			{ "in": "left", "udp": "10.0.0.2:53", "size": 1000 },
			{ "in": "left", "udp": "[2001:db8::2]:53", "size": 1001 }'
		[ "$(longest right/eth0)" -gt 3000 ]
		[ "$(longest wire:left/eth0)" = "$(longest wire:right/eth0)" ]
		most=$([ $kind = tun ] && echo 1500 || echo 1514)
		[ "$(longest wire:right/eth0)" = "$most" ]
		tshark -n -r "$file" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
			-Y 'frame.interface_name contains "wire:"' -T fields -e ip.checksum.status -e tcp.checksum.status \
			-e udp.checksum.status >"$scratch/checksums" 2>/dev/null
		[ "$(grep -c 1 "$scratch/checksums")" -gt 800 ] # 1: good
		! grep -q 0 "$scratch/checksums" || false # 0: bad
	done
	run_lab tun false false '{ "in": "left", "tcp": "10.0.0.2:8080", "bytes": 300000 }'
	[ "$(longest right/eth0)" -le 1500 ]
}

@test "the receiving end's MTU holds for packets, not for segments" {
	run_lab tun "" "" '
		{ "in": "left", "tcp": "10.0.0.2:8080", "bytes": 1000000, "mss": 1300 },
		{ "in": "left", "tcp": "10.0.0.2:8080", "bytes": 100000, "expect": "connected" }' '"mtu": 1400'
	run_lab tun "" "" '
		{ "in": "right", "change": { "links": { "eth0": { "kind": "tun", "mtu": 1400 } } } },
		{ "in": "left", "udp": "10.0.0.2:53", "size": 1380, "expect": "no-reply" },
		{ "in": "left", "udp": "10.0.0.2:53", "size": 1372 }'
}

@test "a router between two wires, of which one takes no segments, sends on what came" {
	local left right

	for left in true false; do
		right=$([ $left = true ] && echo false || echo true)
		cat >"$scratch/lab.json" <<-EOT
			{ "namespaces": {
			    "left": { "links": { "tun0": { "kind": "tun", "vnet_hdr": $left } },
			      "addresses": ["10.0.1.1/24 dev tun0"], "routes": ["default via 10.0.1.254"] },
			    "router": { "links": { "tun0": { "kind": "tun", "vnet_hdr": $left }, "tun1": { "kind": "tun", "vnet_hdr": $right } },
			      "sysctls": { "net.ipv4.ip_forward": 1 },
			      "addresses": ["10.0.1.254/24 dev tun0", "10.0.2.254/24 dev tun1"] },
			    "right": { "links": { "tun0": { "kind": "tun", "vnet_hdr": $right } },
			      "addresses": ["10.0.2.1/24 dev tun0"], "routes": ["default via 10.0.2.254"] } },
			  "wires": [["left/tun0", "router/tun0"], ["router/tun1", "right/tun0"]],
			  "steps": [{ "in": "left", "tcp": "10.0.2.1:8080", "bytes": 20000000, "timeout": "30s" }] }
		EOT
		"$TUNLAB" run "$scratch/lab.json" 3>&-
	done
}

@test "unless said otherwise it is so for what a wire of the relay ends at, and for nothing else" {
	cat >"$scratch/lab.json" <<-'EOT'
		{ "namespaces": {
		    "a": { "links": { "alone": { "kind": "tun" }, "said": { "kind": "tap", "vnet_hdr": true },
		      "not": { "kind": "tun", "vnet_hdr": false } } },
		    "b": {} },
		  "wires": [["a/wired", "b/wired"], ["a/not", "b/late"]],
		  "steps": [
		    { "in": "a", "show": "link dev wired", "expect": [{ "linkinfo": { "info_data": { "vnet_hdr": true } } }] },
		    { "in": "b", "show": "link dev late", "expect": [{ "linkinfo": { "info_data": { "vnet_hdr": true } } }] },
		    { "in": "a", "show": "link dev said", "expect": [{ "linkinfo": { "info_data": { "vnet_hdr": true } } }] },
		    { "in": "a", "show": "link dev not", "expect": [{ "linkinfo": { "info_data": { "vnet_hdr": false } } }] },
		    { "in": "a", "show": "link dev alone", "expect": [{ "linkinfo": { "info_data": { "vnet_hdr": false } } }] }
		  ] }
	EOT
	"$TUNLAB" run "$scratch/lab.json" 3>&-
	contains "$("$TUNLAB" show "$scratch/lab.json")" "tuntap add dev said mode tap vnet_hdr"
}

@test "what stood alone, without, can become the end of a wire" {
	cat >"$scratch/lab.json" <<-'EOT'
		{ "namespaces": {
		    "a": { "links": { "tun0": { "kind": "tun" } }, "addresses": ["10.0.0.1/24 dev tun0"] },
		    "b": { "addresses": ["10.0.0.2/24 dev lo"] } },
		  "steps": [
		    { "change": { "namespaces": { "b": { "addresses": ["del 10.0.0.2/24 dev lo", "10.0.0.2/24 dev tun0"] } },
		      "wires": [["a/tun0", "b/tun0"]] } },
		    { "in": "a", "tcp": "10.0.0.2:8080", "bytes": 5000000, "timeout": "30s" }
		  ] }
	EOT
	"$TUNLAB" run "$scratch/lab.json" 3>&-
}

@test "of what stands it can not be changed" {
	lab tun true true '{ "in": "left", "change": { "links": { "eth0": { "kind": "tun", "vnet_hdr": false } } } }' >"$scratch/lab.json"
	run "$TUNLAB" check "$scratch/lab.json" 3>&-
	echo "$output"
	[ "$status" = 2 ]
	contains "$output" 'vnet_hdr: false: the device stands already; allowed: where it is made'
}
