#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A router on a wire, seen by who uses tunlab: in the list, in a step that fails, by its counters, explained and mended, as a
# picture, and as a script, where a namespace routes in its place.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() {
	open_machine
	jq . >"$scratch/lab.json" <<-'END'
		{ "namespaces": {
		    "left": { "addresses": ["10.0.0.1/24 dev tun0"], "routes": ["default via 10.0.0.254"] },
		    "right": { "links": { "tap0": { "kind": "tap", "mtu": 1400 } },
		               "addresses": ["10.0.1.2/24 dev tap0", "10.8.0.1/24 dev tap0"], "routes": ["default via 10.0.1.254"] } },
		  "wires": [{ "kind": "router", "ends": ["left/tun0", "right/tap0"],
		              "addresses": ["10.0.0.254/24 dev left/tun0", "10.0.1.254/24 dev right/tap0"],
		              "routes": ["blackhole 10.3.0.0/16", "10.4.0.0/16 via 10.0.1.2"],
		              "neighbours": ["10.0.1.9 dev right/tap0 lladdr 02:00:00:00:00:09"] }],
		  "steps": [] }
	END
}
teardown() { close_machine; }

# steps STEPS: has the lab these steps.
steps() { jq --argjson steps "$1" '.steps = $steps' "$scratch/lab.json" >"$scratch/new" && mv "$scratch/new" "$scratch/lab.json"; }

# router FILTER: what jq finds of the router in the list.
router() { inside "$TUNLAB" list --json lab | jq -c ".[0].wires[0].router | $1"; }

@test "list: its addresses, its routes, its neighbours, what it has counted" {
	try 0 "$TUNLAB" up "$scratch/lab.json"
	try 0 "$TUNLAB" list
	diff -u - <(sed -n '/(router)$/,$p' "$scratch/stdout" | grep -v -e ' to ' -e ' router: ' -e '^    neighbour fe80') <<-'END'
		  left/tun0 - right/tap0 (router)
		    address 10.0.0.254/24 dev left/tun0
		    address 10.0.1.254/24 dev right/tap0
		    route blackhole 10.3.0.0/16
		    route 10.4.0.0/16 via 10.0.1.2 dev right/tap0
		    neighbour 10.0.1.9 dev right/tap0 lladdr 02:00:00:00:00:09 PERMANENT
	END
	try 0 "$TUNLAB" step lab '[
		{ "in": "left", "ping": "10.0.1.2" },
		{ "in": "left", "ping": "10.3.0.1", "count": 2, "interval": "1ms", "timeout": "50ms", "expect": "no-reply" },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tap0"], "routes": ["del 10.4.0.0/16", "add default via 10.0.1.2", "add blackhole ::/0"],
			"addresses": ["add 192.0.2.1/32 dev left/tun0"] }] } }]'
	try 0 "$TUNLAB" list
	says 'route default via 10.0.1.2 dev right/tap0'
	says 'route blackhole ::/0'
	says 'address 192.0.2.1/32 dev left/tun0'
	run grep -F 10.4.0.0 "$scratch/stdout"
	[ "$status" = 1 ]
	mac=$(inside ip -n lab.right -j link show dev tap0 | jq -r '.[0].address')
	[ "$(router '.neighbours | map(select(.dst == "10.0.1.2")) | .[] | [.dev, .lladdr, .state[0]] | join(" ")')" = "\"right/tap0 $mac REACHABLE\"" ]
	[ "$(router '.counters | .blackhole, .forwarded')" = "$(printf '2\n2')" ]
	try 0 "$TUNLAB" down lab
}

@test "a step expects its counters of any end, and a failed one shows what moved, once" {
	steps '[
		{ "in": "left", "ping": "10.3.0.1", "timeout": "50ms", "expect": "no-reply",
		  "counters": { "left": { "router:tun0.blackhole": 1, "router:tun0.forwarded": 0 }, "right": { "router:tap0.blackhole": 1 } } },
		{ "in": "left", "ping": "10.3.0.1", "expect": "reply" }]'
	try 1 "$TUNLAB" run "$scratch/lab.json"
	says 'ok 1 - '
	says 'not ok 2 - '
	says 'cause: "left: the router behind tun0 dropped the request of 84 bytes: the route is a blackhole: 10.3.0.0/16 [blackhole, observed]"'
	says 'at: "router:left/tun0"'
	says 'router:tun0.blackhole: 1'
	[ "$(grep -c 'router:.*blackhole: ' "$scratch/stdout")" = 1 ]
}

@test "why: where it ended, and what of the router would mend it" {
	steps '[{ "in": "left", "ping": "10.8.0.1" }]'
	TUNLAB_TIMEOUT_SCALE=5 try 1 "$TUNLAB" why "$scratch/lab.json"
	says 'entered the router at left/tun0: dropped: there is no route to 10.8.0.1'
	says '[no-route, observed]'
	says "tunlab step lab '{\"change\":{\"wires\":[{\"ends\":[\"left/tun0\",\"right/tap0\"],\"routes\":[\"add 10.8.0.1 via 10.0.1.2 dev right/tap0\"]}]}}'"
	# The route of a host leads to the router, not to who is behind it.
	jq 'del(.namespaces.left.routes) | .steps = [{ in: "left", ping: "10.0.1.2" }]' "$scratch/lab.json" >"$scratch/routes.json"
	TUNLAB_TIMEOUT_SCALE=5 try 1 "$TUNLAB" why "$scratch/routes.json"
	says 'ip -n left route add default via 10.0.0.254 dev tun0'
	# An address that a host has for its next hop.
	jq '.wires[0].addresses = .wires[0].addresses[:1] | .wires[0].routes = [] | .wires[0].neighbours = []
		| .steps = [{ in: "left", ping: "10.0.1.2" }]' "$scratch/lab.json" >"$scratch/addresses.json"
	TUNLAB_TIMEOUT_SCALE=5 try 1 "$TUNLAB" why "$scratch/addresses.json"
	says '\"addresses\":[\"add 10.0.1.254/24 dev right/tap0\"]' || says '"addresses":["add 10.0.1.254/24 dev right/tap0"]'
}

@test "why: a route to who has no next hop's address is one to the link of a TUN" {
	jq '.namespaces.right = { links: { tun0: { kind: "tun" } }, addresses: ["10.8.0.1/32 dev lo"], routes: ["default dev tun0"] }
		| .wires = [{ kind: "router", ends: ["left/tun0", "right/tun0"], addresses: ["10.0.0.254/24 dev left/tun0"] }]
		| .steps = [{ in: "left", ping: "10.8.0.1" }]' "$scratch/lab.json" >"$scratch/unnumbered.json"
	TUNLAB_TIMEOUT_SCALE=5 try 1 "$TUNLAB" why "$scratch/unnumbered.json"
	says '"routes":["add 10.8.0.1 dev right/tun0"]'
}

@test "why: a next hop that does not answer, before it is given up and then" {
	steps '[{ "in": "left", "ping": "10.0.1.77", "timeout": "1500ms" }]'
	TUNLAB_TIMEOUT_SCALE=1 try 1 "$TUNLAB" run "$scratch/lab.json"
	says 'the router behind tun0 asked on the link of right/tap0 who has 10.0.1.77, for the request, and nobody answered [neighbour, observed]'
	steps '[{ "in": "left", "ping": "10.0.1.77", "timeout": "10s", "expect": ["host-unreachable", "reply"] }, { "in": "left", "ping": "10.0.1.78", "timeout": "10s" }]'
	try 1 "$TUNLAB" run "$scratch/lab.json"
	says 'ok 1 - '
	says 'the router behind tap0 dropped the request of 84 bytes: the next hop did not answer: 10.0.1.78 [neighbour, observed]'
}

@test "dot and mermaid draw it as a node that has its addresses, between its ends" {
	"$TUNLAB" show --format mermaid "$scratch/lab.json" >"$scratch/mermaid"
	grep -qxF '    w0(["router<br>10.0.0.254/24 dev left/tun0<br>10.0.1.254/24 dev right/tap0"])' "$scratch/mermaid"
	[ "$(grep -c '^    n[0-9_]* --- w0$' "$scratch/mermaid")" = 2 ]
	"$TUNLAB" show --format dot "$scratch/lab.json" >"$scratch/dot"
	grep -qF 'label="router\n10.0.0.254/24 dev left/tun0\n10.0.1.254/24 dev right/tap0"' "$scratch/dot"
	[ "$(grep -c ' -- w0 ' "$scratch/dot")" = 2 ]
	# An address that it has no more is not drawn, and one of which more is said is drawn once.
	jq '.wires[0].addresses += ["10.0.2.254/24 dev right/tap0", "replace 10.0.2.254/25 dev right/tap0", "10.0.0.253/24 dev left/tun0",
		"del 10.0.0.253/24 dev left/tun0"]' "$scratch/lab.json" >"$scratch/deleted.json"
	"$TUNLAB" show --format mermaid "$scratch/deleted.json" >"$scratch/mermaid"
	grep -qxF '    w0(["router<br>10.0.0.254/24 dev left/tun0<br>10.0.1.254/24 dev right/tap0<br>10.0.2.254/25 dev right/tap0"])' "$scratch/mermaid"
}

@test "as a script a namespace routes in its place, and gives the same verdicts, after changes too" {
	# The last step has a source of its own: two limits of the kernel's for net-unreachable share the tokens of an address.
	jq '.namespaces.left.addresses += ["10.0.0.9/24 dev tun0", "2001:db8::1/64 dev tun0"] | .namespaces.left.routes += ["default via 2001:db8::fe"]
		| .namespaces.right.addresses += ["2001:db8:1::2/64 dev tap0"] | .namespaces.right.routes += ["default via 2001:db8:1::fe"]
		| .wires[0].addresses += ["2001:db8::fe/64 dev left/tun0", "2001:db8:1::fe/64 dev right/tap0"]
		| .wires[0].routes += ["prohibit 2001:db8:3::/48"]' "$scratch/lab.json" >"$scratch/new"
	mv "$scratch/new" "$scratch/lab.json"
	steps '[
		{ "in": "left", "ping": "10.0.0.254" }, { "in": "left", "ping": "10.0.1.254" }, { "in": "right", "ping": "10.0.0.1" },
		{ "in": "left", "ping": "2001:db8:1::2" }, { "in": "left", "ping": "2001:db8:1::fe" },
		{ "in": "left", "ping": "10.9.9.9", "expect": { "icmp": "net-unreachable", "from": "10.0.0.254" } },
		{ "in": "left", "ping": "10.3.9.9", "timeout": "100ms", "expect": "no-reply" },
		{ "in": "left", "ping": "10.0.1.2", "ttl": 1, "expect": { "icmp": "time-exceeded", "from": "10.0.0.254" } },
		{ "in": "left", "ping": "10.0.1.2", "df": true, "size": 1400, "expect": "frag-needed" },
		{ "in": "left", "trace": "10.0.1.2", "expect": ["10.0.0.254", "10.0.1.2"] },
		{ "in": "left", "ping": "2001:db8:3::1", "expect": "admin-prohibited" },
		{ "in": "left", "ping": "2001:db8:9::1", "expect": "no-route" },
		{ "in": "left", "tcp": "10.0.1.2:80", "bytes": 100000 },
		{ "in": "left", "tcp": "10.0.1.254:80", "listen": false, "expect": "refused" },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tap0"], "routes": ["add 10.8.0.0/24 via 10.0.1.2"] }] } },
		{ "in": "left", "ping": "10.8.0.1" },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tap0"], "routes": ["add 10.8.0.0/24 via 10.0.1.2"] }] }, "expect": "EEXIST" },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tap0"], "routes": ["10.8.0.0/24 via 10.0.1.2"] }] } },
		{ "in": "right", "change": { "links": { "tap0": { "mtu": 1300 } } } },
		{ "in": "left", "ping": "10.8.0.1", "df": true, "size": 1300, "expect": "frag-needed" },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tap0"], "addresses": ["del 10.0.1.254/24 dev right/tap0"] }] } },
		{ "in": "left", "ping": "10.0.1.2", "source": "10.0.0.9", "expect": "net-unreachable" }]'
	"$TUNLAB" show --format script "$scratch/lab.json" >"$scratch/script"
	shellcheck --shell=dash "$scratch/script"
	try 0 sh "$scratch/script"
	[ "$(grep -c '^ok' "$scratch/stdout")" = 22 ]
	try 0 "$TUNLAB" run "$scratch/lab.json"
	[ "$(grep -c '^ok' "$scratch/stdout")" = 22 ]
}

@test "as a script the limit of its ICMP errors is the kernel's" {
	jq '.wires[0].icmp_ratelimit = "250ms"' "$scratch/lab.json" >"$scratch/limited.json"
	"$TUNLAB" show --format script "$scratch/limited.json" >"$scratch/script"
	grep -qxF 'build ip netns exec +router0 sysctl -qw net.ipv4.icmp_ratelimit=250 net.ipv6.icmp.ratelimit=250' "$scratch/script"
}

@test "as a script it has link-local addresses behind a TUN only where the lab has IPv6" {
	"$TUNLAB" show --format script "$scratch/lab.json" | sed '1,/^END_OF_LAB$/!d' >"$scratch/script"
	run grep -e ' -6 address add ' -e 'addrgenmode none$' "$scratch/script"
	[ "$status" = 1 ]
	jq '.wires[0].addresses += ["2001:db8::fe/64 dev left/tun0"]' "$scratch/lab.json" >"$scratch/six.json"
	"$TUNLAB" show --format script "$scratch/six.json" >"$scratch/script"
	[ "$(grep -c ' -6 address add fe80:' "$scratch/script")" = 1 ]
}

@test "what it advertises has no command: such a script says so, and skips" {
	jq '.wires[0].advertise = { "right/tap0": { "prefix": { "2001:db8:1::/64": {} } } } | .steps = [{ in: "left", ping: "10.0.0.254" }]' \
		"$scratch/lab.json" >"$scratch/advertises.json"
	"$TUNLAB" show --format script "$scratch/advertises.json" >"$scratch/script"
	try 0 sh "$scratch/script"
	says '1..0 # SKIP no command of ip has a router advertise itself'
	# Nor where only a change has it do so.
	steps '[{ "in": "left", "ping": "10.0.0.254" }, { "change": { "wires": [{ "ends": ["left/tun0", "right/tap0"], "advertise": { "right/tap0": {} } }] } }]'
	"$TUNLAB" show --format script "$scratch/lab.json" >"$scratch/script"
	try 0 sh "$scratch/script"
	says '1..0 # SKIP no command of ip has a router advertise itself'
}

@test "nc sends no empty datagram: such a step of a script says so" {
	steps '[{ "in": "left", "udp": "10.0.1.2:53", "size": 1 }, { "in": "left", "udp": "10.0.1.2:53", "size": 0 }]'
	"$TUNLAB" show --format script "$scratch/lab.json" >"$scratch/script"
	[ "$(grep -c "^unsaid .*'nc sends 1 to 16384 bytes at once'" "$scratch/script")" = 1 ]
}
