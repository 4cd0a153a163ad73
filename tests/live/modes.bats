#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every mode of TUN and TAP devices, as ip shows them; wires between ends of any modes; queues that are detached while
# packets pass; devices that are closed and opened again.
# shellcheck disable=SC2016,SC2154 # for inner shells to expand; set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

# up NAME JSON: the lab, which is brought up.
up() {
	echo "$2" >"$scratch/$1.json"
	try 0 "$TUNLAB" up "$scratch/$1.json"
}

# step NAME JSON: done in the lab that is up; it must pass.
step() {
	try 0 "$TUNLAB" step "$1" "$2" || return
	if grep -v -e '^ok ' -e '^TAP version' -e '^1\.\.' "$scratch/stdout"; then return 1; fi
}

# shown NAMESPACE ARGUMENT...: the one object that ip -d -j shows there.
shown() { inside ip -n "$1" -d -j "${@:2}" | jq -c .[0]; }

# tuntap NAMESPACE DEVICE: what `ip tuntap` says of it.
tuntap() { inside ip -n "$1" tuntap list | sed -n "s/^$2: //p"; }

# all_modes KIND: an object of devices, one for each mode, with the names m0 ...
all_modes() {
	jq -nc --arg kind "$1" '[{}, { packet_info: true }] |
		[.[] as $a | {}, { multi_queue: 1 }, { multi_queue: 3 } | $a + .] |
		[.[] as $a | { vnet_hdr: false }, { vnet_hdr: true } | $a + .] |
		to_entries | map({ key: "m\(.key)", value: ({ kind: $kind } + .value) }) | from_entries'
}

@test "each mode is what ip shows, where no wire ends and where one does" {
	local kind devices name wanted

	for kind in tun tap; do
		devices=$(all_modes $kind)
		[ "$(jq length <<<"$devices")" = 12 ]
		up "$kind" "{ \"namespaces\": { \"a\": { \"links\": $devices }, \"b\": { \"links\": { \"eth\": { \"kind\": \"$kind\" } } } },
			\"wires\": [[\"a/m7\", \"b/eth\"]] }"
		for name in $(jq -r 'keys[]' <<<"$devices"); do
			wanted=$(jq -c --arg name "$name" '.[$name] | { type: .kind, pi: (.packet_info == true), vnet_hdr: .vnet_hdr,
				multi_queue: (.multi_queue != null), numqueues: .multi_queue, persist: true } |
				if .multi_queue then . + { numdisabled: 0 } else del(.numqueues) end' <<<"$devices")
			echo "$name $wanted"
			shown "$kind.a" link show dev "$name" | jq -S .linkinfo.info_data >"$scratch/seen"
			jq -S . <<<"$wanted" | diff - "$scratch/seen"
			contains "$(tuntap "$kind.a" "$name")" "$kind $(jq -r '[if .pi then "pi" else empty end,
				if .multi_queue then "multi_queue" else empty end,
				if .vnet_hdr then "vnet_hdr" else empty end, "persist"] | join(" ")' <<<"$wanted")"
		done
	done
}

@test "what the plan prints makes the same devices with ip" {
	local devices

	devices='{ "t0": { "kind": "tun", "packet_info": true, "multi_queue": 2, "vnet_hdr": true, "owner": 1000, "owner_group": 100 },
		"t1": { "kind": "tap", "owner": 0 }, "t2": { "kind": "tun", "owner_group": 7, "multi_queue": 1 } }'
	up lab "{ \"namespaces\": { \"a\": { \"links\": $devices } } }"
	inside ip -n lab.a tuntap list | LC_ALL=C sort >"$scratch/ours"
	contains "$(cat "$scratch/ours")" "user 1000 group 100"
	try 0 "$TUNLAB" down lab
	"$TUNLAB" show "$scratch/lab.json" | sed '/baseline/d' >"$scratch/script"
	inside sh -eu "$scratch/script"
	inside ip -n a tuntap list | LC_ALL=C sort | diff "$scratch/ours" -
}

@test "bytes and datagrams pass between ends of any two modes" {
	local kind

	for kind in tun tap; do
		all_modes $kind | jq -c --arg kind $kind '. as $modes | (keys | map(select(. != "m2" and . != "m3"))) as $names |
			[range($names | length) as $i | range($i; $names | length) as $j | { i: $i, j: $j }] | to_entries |
			{ namespaces: {
			    left: { links: (map({ key: "d\(.key)", value: $modes[$names[.value.i]] }) | from_entries),
			      addresses: map("10.0.\(.key).1/24 dev d\(.key)") },
			    right: { links: (map({ key: "d\(.key)", value: $modes[$names[.value.j]] }) | from_entries),
			      addresses: map("10.0.\(.key).2/24 dev d\(.key)") } },
			  wires: map(["left/d\(.key)", "right/d\(.key)"]),
			  steps: map(
			    { in: "left", tcp: "10.0.\(.key).2:80", bytes: 300000, timeout: "30s" },
			    { in: "right", udp: "10.0.\(.key).1:53", size: (.key * 1191 + 1), timeout: "10s" },
			    { in: "left", udp: "10.0.\(.key).2:53", size: 65507, timeout: "10s" }) }' >"$scratch/$kind.json"
		[ "$(jq '.wires | length' "$scratch/$kind.json")" = 55 ]
		timeout 300 "$TUNLAB" run "$scratch/$kind.json" >"$scratch/tap" 3>&- || { grep -v '^ok' "$scratch/tap" && false; }
		[ "$(grep -c '^ok ' "$scratch/tap")" = 165 ]
	done
}

@test "queues come and go while bytes and pings pass" {
	local queues

	up busy '{ "namespaces": {
		    "left": { "links": { "q": { "kind": "tun", "multi_queue": 4 } }, "addresses": ["10.0.0.1/24 dev q"] },
		    "right": { "links": { "q": { "kind": "tun", "multi_queue": 4, "packet_info": true } }, "addresses": ["10.0.0.2/24 dev q"] } },
		  "wires": [["left/q", "right/q"]] }'
	start server ip netns exec busy.right bash -c 'nc -l -n 10.0.0.2 7000 | cmp - <(yes 0123456789abcdef)'
	within 60 inside sh -c 'ip netns exec busy.right ss -Hltn | grep -q :7000'
	start client ip netns exec busy.left sh -c 'yes 0123456789abcdef | nc -n -N 10.0.0.2 7000'
	received() { shown busy.right -s link show dev q | jq .stats64.rx.bytes; }
	for queues in '[0]' '[1, 2]' '[0, 1, 3]' '[]' '[3]' '[0, 1, 2]' '[1]' '[]'; do
		step busy "{ \"in\": \"left\", \"change\": { \"links\": { \"q\": { \"detached\": $queues } } } }"
		step busy "{ \"in\": \"right\", \"change\": { \"links\": { \"q\": { \"detached\": $queues } } } }"
		[ "$(shown busy.left link show dev q | jq .linkinfo.info_data.numdisabled)" = "$(jq length <<<"$queues")" ]
		step busy '{ "in": "right", "ping": "10.0.0.1", "within": "30s" }'
		step busy '{ "in": "left", "udp": "10.0.0.2:7", "count": 10, "within": "30s" }'
		before=$(received)
		goes_on() { [ "$(received)" -gt $((before + 1000000)) ]; } # what was lost is sent again
		within 60 goes_on
	done
	[ ! -s "$scratch/server.status" ] && [ ! -s "$scratch/client.status" ]
	inside kill -TERM -- "-$(cat "$scratch/client.pid")"
	within 60 test -s "$scratch/server.status"
	contains "$(cat "$scratch/server.err")" "EOF on -" # that is all: no byte was another
}

# descriptors PID: how many files it has open.
descriptors() { inside sh -c 'ls /proc/$1/fd | wc -l' - "$1"; }

@test "a device that is closed has no carrier, or is gone; again and again, and nothing stays open" {
	local keeper relay before

	up closed '{ "namespaces": {
		    "left": { "links": { "t": { "kind": "tun", "multi_queue": 3 } }, "addresses": ["10.0.0.1/24 dev t"] },
		    "right": { "links": { "t": { "kind": "tun", "persist": false, "multi_queue": 2, "mtu": 1400, "owner": 70007 } },
		      "addresses": ["10.0.0.2/24 dev t"] } },
		  "wires": [["left/t", "right/t"]] }'
	step closed '{ "in": "left", "ping": "10.0.0.2" }'
	keeper=$(keeper closed) relay=$(relay closed)
	before="$(descriptors "$keeper") $(descriptors "$relay")"
	for _ in 1 2 3 4 5; do
		step closed '{ "change": { "namespaces": {
			"left": { "links": { "t": { "open": false } } }, "right": { "links": { "t": { "open": false } } } } } }'
		[ "$(shown closed.left link show dev t | jq -c '[.flags[] | select(. == "NO-CARRIER" or . == "UP" or . == "LOWER_UP")]')" = \
			'["NO-CARRIER","UP"]' ]
		[ "$(shown closed.left link show dev t | jq -r .operstate)" = DOWN ]
		contains "$(inside ip -n closed.left route)" "10.0.0.0/24 dev t proto kernel scope link src 10.0.0.1 linkdown"
		[ "$(inside ip -n closed.right -br link | cut -d ' ' -f 1)" = lo ]
		[ -z "$(inside ip -n closed.right route)" ]
		[ "$(descriptors "$relay")" = $((${before#* } - 5)) ]
		[ "$(descriptors "$keeper")" = $((${before% *} - 5)) ]
		# What is so already stays so.
		step closed '{ "in": "left", "change": { "links": { "t": { "open": false } } } }'

		step closed '{ "change": { "namespaces": {
			"left": { "links": { "t": { "open": true } } },
			"right": { "links": { "t": { "open": true } }, "addresses": ["10.0.0.2/24 dev t"] } } } }'
		[ "$(shown closed.right link show dev t | jq -c '[.mtu, .linkinfo.info_data.numqueues, .linkinfo.info_data.user]')" = '[1400,2,70007]' ]
		step closed '{ "in": "left", "ping": "10.0.0.2", "size": 1372, "df": true }'
		step closed '{ "in": "left", "tcp": "10.0.0.2:80", "bytes": 200000 }'
		[ "$(descriptors "$keeper") $(descriptors "$relay")" = "$before" ]
	done
	try 0 "$TUNLAB" down closed
}

@test "a MAC address, a master and a device's settings are there again; the MTU is what it was last where it stayed" {
	local mac

	up again '{ "namespaces": {
		    "left": { "links": { "br0": { "kind": "bridge" },
		      "e": { "kind": "tap", "persist": false, "master": "br0", "mtu": 1300, "bridge_slave": { "isolated": true } },
		      "f": { "kind": "tap" } }, "addresses": ["10.0.0.1/24 dev f"] },
		    "right": { "links": { "f": { "kind": "tap" }, "e": { "kind": "tap" } }, "addresses": ["10.0.0.2/24 dev f"] } },
		  "wires": [["left/e", "right/e"], ["left/f", "right/f"]] }'
	mac=$(shown again.left link show dev e | jq -r .address)
	step again '{ "in": "left", "change": { "links": { "e": { "open": false, "note": "gone" }, "f": { "mtu": 1280, "open": false } } } }'
	[ "$(shown again.left link show dev f | jq .mtu)" = 1280 ]
	step again '{ "in": "left", "change": { "links": { "e": { "open": true }, "f": { "open": true } } } }'
	[ "$(shown again.left link show dev e | jq -c '[.address, .master, .mtu, .linkinfo.info_slave_data.isolated, .operstate]')" = \
		"[\"$mac\",\"br0\",1300,true,\"UP\"]" ] ||
		[ "$(shown again.left link show dev e | jq -c '[.address, .master, .mtu, .linkinfo.info_slave_data.isolated, .operstate]')" = \
			"[\"$mac\",\"br0\",1300,true,\"UNKNOWN\"]" ]
	# To left/f no more than 1280 bytes pass.
	step again '{ "in": "right", "ping": "10.0.0.1", "size": 1252, "within": "10s" }'
	step again '{ "in": "right", "ping": "10.0.0.1", "size": 1253, "df": true, "timeout": "200ms", "expect": "no-reply" }'
}

@test "what the kernel refuses is said with the operation and its place" {
	up busy '{ "namespaces": { "a": { "links": { "t": { "kind": "tun", "owner": 1000 } } } } }'
	step busy '{ "in": "a", "change": { "links": { "t": { "open": false } } } }'
	inside ip -n busy.a link delete dev t
	inside ip -n busy.a tuntap add dev t mode tap
	try 1 "$TUNLAB" step busy '{ "in": "a", "change": { "links": { "t": { "open": true } } } }'
	says 'operation 1 of 1: # tunlab opens a/t again: cannot open the device t: Invalid argument (EINVAL)'
	try 0 "$TUNLAB" step busy '{ "in": "a", "change": { "links": { "t": { "open": true } } }, "expect": "EINVAL" }'
	inside ip -n busy.a link delete dev t
	step busy '{ "in": "a", "change": { "links": { "t": { "open": true, "up": true } } } }'
	contains "$(tuntap busy.a t)" "user 1000"
	step busy '{ "in": "a", "show": "link dev t", "expect": [{ "linkinfo": { "info_data": { "type": "tun", "persist": true, "user": 1000 } } }] }'

	echo '{ "namespaces": { "a": { "links": { "t": { "kind": "tun", "owner": 5 } } } } }' >"$scratch/owner.json"
	try 2 unshare --user --map-root-user --net "$TUNLAB" run "$scratch/owner.json"
	complains 'operation 2 of '
	complains 'ip -n a tuntap add dev t mode tun user 5: cannot give the device t to user 5, which is none here'
}

@test "a wire to a device that is closed is refused" {
	up late '{ "namespaces": { "a": { "links": { "t": { "kind": "tun" } } }, "b": { "links": { "t": { "kind": "tun" } } } } }'
	step late '{ "in": "a", "change": { "links": { "t": { "open": false } } } }'
	try 2 "$TUNLAB" step late '{ "change": { "wires": [["a/t", "b/t"]] } }'
	complains 'a/t: it is closed, and no wire can end at it'
}

@test "too few files may be open for so many queues: said before anything is made" {
	echo '{ "namespaces": { "a": { "links": { "t": { "kind": "tun", "multi_queue": 256 }, "u": { "kind": "tap", "multi_queue": 256 } } } } }' \
		>"$scratch/lab.json"
	try 3 sh -c 'ulimit -n 1000 && exec "$@"' - "$TUNLAB" run "$scratch/lab.json"
	complains 'this lab needs 1100 open files, and the limit is lower: raise it (ulimit -n 1100)'
	try 0 sh -c 'ulimit -n 1100 && exec "$@"' - "$TUNLAB" run "$scratch/lab.json"
}

@test "who owns a device may open it without privilege, and nobody else" {
	inside sh -c 'mount -t tmpfs run /dev/net && mknod -m 666 /dev/net/tun c 10 200'
	up owned '{ "namespaces": { "a": { "links": {
		"u": { "kind": "tun", "owner": 1000 }, "g": { "kind": "tun", "owner_group": 100 }, "n": { "kind": "tun" },
		"b": { "kind": "tap", "owner": 1000, "owner_group": 100 } } } } }'
	step owned '{ "in": "a", "change": { "links": { "u": { "open": false }, "g": { "open": false }, "n": { "open": false }, "b": { "open": false } } } }'
	opens() { # USER GROUP DEVICE: opens it, and has it persist no more
		inside ip netns exec owned.a setpriv "--reuid=$1" "--regid=$2" --clear-groups --inh-caps=-all --bounding-set=-all \
			ip tuntap del dev "$3" mode "${4:-tun}"
	}
	for refused in '7 100 u' '1000 1000 g' '1000 7 b tap' '7 100 b tap'; do
		# shellcheck disable=SC2086 # three words
		run opens $refused
		echo "$refused: $output"
		[ "$status" != 0 ]
		contains "$output" "Operation not permitted"
	done
	opens 1000 7 u
	opens 7 100 g
	opens 1000 100 b tap
	opens 7 7 n # what is nobody's is anybody's
}

@test "why knows a device that nobody has open, and that opening it mends the step" {
	echo '{ "namespaces": {
		    "a": { "addresses": ["10.0.0.1/24 dev t"] }, "b": { "addresses": ["10.0.0.2/24 dev t"] } },
		  "wires": [["a/t", "b/t"]],
		  "steps": [{ "in": "a", "ping": "10.0.0.2" }, { "in": "b", "change": { "links": { "t": { "open": false } } } },
		    { "in": "b", "ping": "10.0.0.1", "timeout": "200ms" }, { "in": "a", "ping": "10.0.0.2", "timeout": "200ms" }] }' \
		>"$scratch/lab.json"
	try 1 "$TUNLAB" why --step 3 "$scratch/lab.json"
	says 'b: the request does not leave by t, which has no carrier: no program has it open [device-down, observed]'
	says '1. # tunlab opens b/t again'
	try 1 "$TUNLAB" why --step 4 "$scratch/lab.json"
	says 'b: the wire to t did not deliver the request: dropped: the device refused it: No such device [device-down, observed]'
	says '1. # tunlab opens b/t again'
}

@test "why knows a device that has no queue, and that attaching them mends the step" {
	echo '{ "namespaces": {
		    "a": { "links": { "t": { "kind": "tun", "multi_queue": 2 } }, "addresses": ["10.0.0.1/24 dev t"] },
		    "b": { "addresses": ["10.0.0.2/24 dev t"] } },
		  "wires": [["a/t", "b/t"]],
		  "steps": [{ "in": "a", "ping": "10.0.0.2" }, { "in": "a", "change": { "links": { "t": { "detached": [1, 0] } } } },
		    { "in": "a", "ping": "10.0.0.2", "timeout": "200ms" }] }' >"$scratch/lab.json"
	try 1 "$TUNLAB" why --step 3 "$scratch/lab.json"
	says 'a: t dropped the request as it left: its queue did not take it'
	says '1. # tunlab attaches all queues of a/t'
}

@test "hundreds of queues" {
	echo '{ "namespaces": {
		    "a": { "links": { "t": { "kind": "tap", "multi_queue": 256 } }, "addresses": ["10.0.0.1/24 dev t"] },
		    "b": { "links": { "t": { "kind": "tap", "multi_queue": 256 } }, "addresses": ["10.0.0.2/24 dev t"] } },
		  "wires": [["a/t", "b/t"]],
		  "steps": [
		    { "in": "a", "show": "link dev t", "expect": [{ "linkinfo": { "info_data": { "numqueues": 256 } } }] },
		    { "in": "a", "ping": "10.0.0.2" }, { "in": "a", "udp": "10.0.0.2:7", "count": 300, "timeout": "10s" },
		    { "in": "b", "change": { "links": { "t": { "open": false } } } },
		    { "in": "b", "change": { "links": { "t": { "open": true } } } },
		    { "in": "b", "udp": "10.0.0.1:7", "count": 300, "timeout": "10s" }] }' >"$scratch/lab.json"
	try 0 "$TUNLAB" run "$scratch/lab.json"
}

@test "what passes is captured on, and nothing is left" {
	remember
	mkdir "$scratch/pcap"
	try 0 "$TUNLAB" run --pcap "$scratch/pcap" "$LABS/tun-not-persistent.json"
	[ "$(inside tshark -n -r "$scratch/pcap/tun-not-persistent.pcapng" -Y 'icmp.type == 8 and ip.dst == 192.0.2.1' 2>/dev/null | wc -l)" -ge 3 ]
	as_before
	echo '{ "namespaces": { "a": { "links": { "t": { "kind": "tun", "persist": false, "multi_queue": 8 } } } },
		"steps": [{ "in": "a", "show": "link dev t", "expect": [{ "ifname": "t" }] }, { "wait": "600s" }] }' >"$scratch/lab.json"
	start held "$TUNLAB" run "$scratch/lab.json"
	within 60 grep -q '^ok 1' "$scratch/held.out"
	signal held KILL
	ends held 137
	as_before
}
