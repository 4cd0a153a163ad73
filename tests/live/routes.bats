#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Routes as ip has them, what stands already, and flush.

load helpers

setup_file() {
	MADE=$(mktemp -d)
	export MADE
	cat >"$MADE/routes" <<-'END'
		10.1.0.0/16 via 10.0.0.2
		10.2.0.0/16 dev d0 metric 5 proto bgp
		local 10.3.0.1 dev d0
		broadcast 10.3.0.255 dev d0
		multicast 224.9.0.0/16 dev d0
		blackhole 10.4.0.0/16
		unreachable 10.5.0.0/16 metric 7
		prohibit 10.6.0.0/16 table 100
		throw 10.7.0.0/16 table 4294967295
		10.10.0.0/16 via inet6 fe80::1 dev d0
		10.11.0.0/16 dev d0 src 10.0.0.1 tos AF11 scope link
		10.12.0.0/16 via 10.7.7.7 dev d0 onlink
		10.13.0.0/16 via 10.0.0.2 mtu lock 1400 advmss 1000 rtt 20ms rttvar 7ms rto_min 30ms hoplimit 9
		10.14.0.0/16 via 10.0.0.2 cwnd lock 9 initcwnd 10 features ecn quickack 1 congctl lock cubic
		10.15.0.0/16 via 10.0.0.2 rtt 20 mtu 0
		10.16.0.0/16 via 10.0.0.2 realms 3/4
		10.17.0.0/16 nexthop via 10.0.0.2 dev d0 weight 2 nexthop via 10.1.1.2 dev d1 onlink
		10.18.0.0/16 metric 9 nexthop via 10.0.0.2 realms 5 weight 256 nexthop via inet6 fe80::1 dev d1
		10.20.0.0/16 encap ip id 7 dst 192.0.2.9 src 192.0.2.8 tos 10 ttl 3 key csum dev d0
		10.22.0.0/16 encap seg6 mode encap segs 2001:db8::9,2001:db8::8 dev d0
		10.24.0.0/16 nhid 5
		2001:db8:2::/48 via 2001:db8::2 pref high metric 7 expires 300
		2001:db8:3::/48 from 2001:db8:77::/48 via 2001:db8::2
		2001:db8:4::/48 encap seg6 mode inline segs 2001:db8::9,2001:db8::8 via 2001:db8::2
		2001:db8:5::/48 encap ip6 id 5 dst 2001:db8::7 hoplimit 3 tc 5 dev d0
		2001:db8:6::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3 weight 3
		blackhole ::/0 metric 9
		default via 2001:db8::2 metric 8 mtu 1300
	END
	cat >"$MADE/flushes" <<-'END'
		table 100
		proto bgp
		10.1.0.0/16
		match 10.5.3.4
		root 10.12.0.0/15
		type blackhole
		realms 3/
		via inet6 fe80::1
		dev d1
	END
}

teardown_file() {
	rm -rf "$MADE"
}

# lab: a namespace, whose routes the kernel has, and then each line of standard input as a change of its own.
lab() {
	jq -Rn '{ namespaces: {
		n: { addresses: ["10.0.0.1/24 dev d0", "10.1.1.1/24 dev d1", "2001:db8::1/64 dev d0"],
			nexthops: ["id 5 via 10.0.0.2 dev d0"] },
		far: {} },
		wires: [{ kind: "veth", ends: ["n/d0", "far/p0"] }, { kind: "veth", ends: ["n/d1", "far/p1"] }],
		steps: ([inputs | { in: "n", change: { routes: [.] } }] + [{ in: "n", wait: "1ms" }]) }'
}

# shown: all routes of this namespace, without what passes and what comes from link-local addresses.
shown() {
	for family in -4 -6; do
		ip $family -d -j route show table all
	done | jq -S -c '.[] | select(.dst | test("^(fe80|ff00)") | not) | .expires |= (. != null)' | sort
}

# shown_by_tunlab: the same of the namespace n, where the lab on standard input ends.
shown_by_tunlab() {
	local pid fd own

	cat >"$MADE/lab.json"
	own=$(readlink /proc/self/ns/net)
	TUNLAB_STOP_AT='wait' "$TUNLAB" run "$MADE/lab.json" >"$MADE/tap" 2>&1 3>&- &
	pid=$!
	within 60 is_stopped "$pid"
	for fd in /proc/"$pid"/fd/*; do
		case $(readlink "$fd") in
		"$own") ;;
		net:*)
			if nsenter --net="$fd" ip -o link show dev d0 >/dev/null 2>&1; then
				export -f shown
				nsenter --net="$fd" bash -c shown
			fi
			;;
		esac
	done
	kill -CONT "$pid"
	wait "$pid" || cat "$MADE/tap" >&2
}

# shown_by_ip COMMANDS: the same where ip does the commands, one a line.
shown_by_ip() {
	export -f shown
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare --net bash -e -c '
		for d in 0 1; do
			ip link add "d$d" type veth peer name "p$d"
			ip link set "d$d" up
			ip link set "p$d" up
		done
		ip link set lo up
		ip address add 10.0.0.1/24 dev d0
		ip address add 10.1.1.1/24 dev d1
		ip address add 2001:db8::1/64 dev d0 nodad
		until ip -6 route get 2001:db8::1 | grep -q ^local; do :; done # in its own time
		ip nexthop add id 5 via 10.0.0.2 dev d0
		ip -batch -
		shown | grep -v "\"dev\":\"p"'
}

@test "routes are those that ip makes" {
	sed 's/^/route add /' "$MADE/routes" | shown_by_ip >"$MADE/ip"
	sed 's/^/add /' "$MADE/routes" | lab | shown_by_tunlab >"$MADE/tunlab"
	[ "$(wc -l <"$MADE/ip")" -gt 30 ]
	diff "$MADE/ip" "$MADE/tunlab"
}

@test "each may be stated again, and is there once" {
	lab <"$MADE/routes" | shown_by_tunlab >"$MADE/once"
	cat "$MADE/routes" "$MADE/routes" | lab | shown_by_tunlab >"$MADE/twice"
	[ "$(grep -c '^not ok' "$MADE/tap")" -eq 0 ]
	diff "$MADE/once" "$MADE/twice"
}

@test "what differs in anything is there already, and is refused" {
	{
		cat "$MADE/routes"
		cat <<-'END'
			10.1.0.0/16 via 10.0.0.3
			10.1.0.0/16 via 10.0.0.2 mtu 1400
			10.11.0.0/16 dev d0 tos AF11 scope link
			10.13.0.0/16 via 10.0.0.2 mtu 1400 advmss 1000 rtt 20ms rttvar 7ms rto_min 30ms hoplimit 9
			10.14.0.0/16 via 10.0.0.2 cwnd lock 9 initcwnd 10 features ecn quickack 1
			10.16.0.0/16 via 10.0.0.2
			10.17.0.0/16 nexthop via 10.0.0.2 dev d0 weight 3 nexthop via 10.1.1.2 dev d1 onlink
			10.17.0.0/16 via 10.0.0.2
			10.20.0.0/16 encap ip id 8 dst 192.0.2.9 src 192.0.2.8 tos 10 ttl 3 key csum dev d0
			10.22.0.0/16 encap seg6 mode encap segs 2001:db8::9 dev d0
			10.22.0.0/16 dev d0
			10.24.0.0/16 via 10.0.0.2
		END
	} | lab >"$MADE/differing.json"
	run "$TUNLAB" run "$MADE/differing.json"
	[ "$status" -eq 1 ]
	[ "$(grep -c '^not ok' <<<"$output")" -eq 12 ]
	[ "$(grep -c 'File exists' <<<"$output")" -eq 12 ]
}

@test "flush leaves what ip's leaves" {
	{
		sed 's/^/route add /' "$MADE/routes"
		sed 's/^/route flush /' "$MADE/flushes"
	} | shown_by_ip >"$MADE/ip"
	{
		sed 's/^/add /' "$MADE/routes"
		sed 's/^/flush /' "$MADE/flushes"
	} | lab | shown_by_tunlab >"$MADE/tunlab"
	diff "$MADE/ip" "$MADE/tunlab"
	[ "$(grep -c '^not ok' "$MADE/tap")" -eq 0 ]
	[ "$(wc -l <"$MADE/ip")" -lt 35 ]
}

@test "a flush of a table that isn't there is refused, as by ip; of one without routes it is not" {
	printf '%s\n' 'flush table 77' 'add 10.9.0.0/16 dev d0 table 77' 'flush table 77' 'flush table 77' 'flush cache' \
		'-6 flush cache' | lab >"$MADE/tables.json"
	run "$TUNLAB" run "$MADE/tables.json"
	[ "$status" -eq 1 ]
	[ "$(sed -n 's/^not ok \([0-9]*\).*/\1/p' <<<"$output")" = 1 ]
	contains "$output" "FIB table does not exist"
}

@test "a deletion that says no scope finds the route, whatever scope it has" {
	cat >"$MADE/lab.json" <<-'END'
		{ "namespaces": { "a": { "routes": ["unreachable 10.203.0.0/16 scope nowhere", "blackhole 10.204.0.0/16 scope link"] } },
		  "steps": [
		    { "in": "a", "change": { "routes": ["del unreachable 10.203.0.0/16", "del blackhole 10.204.0.0/16"] } },
		    { "in": "a", "show": "route", "expect": [] }
		  ] }
	END
	run "$TUNLAB" run "$MADE/lab.json"
	echo "$output"
	[ "$status" = 0 ]
}
