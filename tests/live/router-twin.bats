#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The same probes to the userspace router and to a kernel that routes in its place, with the same addresses, routes and
# neighbours: every packet that comes back, or out at another end, is the same, but for what router/differences.txt names.
# shellcheck disable=SC2154 # set in machine.bash
load machine

TOOLS=${TUNLAB%/*}/tests/live/router
DIFFERENCES=$LIVE/router/differences.txt

setup() { open_machine; }
teardown() { close_machine; }

# answers NAME PROBES: what the router of the lab $scratch/NAME.json answers: the packets to $scratch/NAME.packets, their
# fields to $scratch/NAME.
answers() {
	local masked

	mapfile -t masked < <(awk '$1 == "field" { print $2 }' "$DIFFERENCES")
	try 0 "$TUNLAB" up --name twin "$scratch/$1.json"
	"$TOOLS/craft" <"$2" >"$scratch/crafted"
	inside "$TOOLS/exchange" twin <"$scratch/crafted" >"$scratch/$1.packets"
	"$TOOLS/decode" "${masked[@]}" <"$scratch/$1.packets" >"$scratch/$1"
	try 0 "$TUNLAB" down twin
}

# but_for FILE: without the probes whose answers differ as the list says.
but_for() {
	awk 'FNR == NR { if ($1 == "probe") differs[$2]; next } /^probe / { shown = !($2 in differs) } shown' "$DIFFERENCES" "$1"
}

# of PROBE FILE: what was answered to it.
of() {
	awk -v probe="$1" '/^probe / { shown = $2 == probe } shown' "$2"
}

@test "the router and a kernel give the same answers to the same probes" {
	local lab probe error listed

	for lab in router twin; do
		cp "$LIVE/router/$lab.json" "$scratch"
		answers "$lab" "$LIVE/router/probes.txt"
	done
	[ "$(grep -c '^[a-z]' "$LIVE/router/probes.txt")" -gt 200 ]
	[ "$(grep -c '^probe ' "$scratch/twin")" -gt 1500 ]
	diff <(but_for "$scratch/twin") <(but_for "$scratch/router")

	# The list is true: what it names does differ.
	mapfile -t listed < <(awk '$1 == "probe" { print $2 }' "$DIFFERENCES")
	for probe in "${listed[@]}"; do
		echo "$probe"
		[ "$(of "$probe" "$scratch/twin" | grep -c .)" -gt 0 ]
		if diff <(of "$probe" "$scratch/twin") <(of "$probe" "$scratch/router") >"$scratch/same"; then return 1; fi
	done

	# Byte for byte, among them ICMP errors of every type and code.
	for lab in router twin; do
		but_for "$scratch/$lab.packets" | awk -f "$LIVE/router/bytes.awk" | sort >"$scratch/$lab.bytes"
	done
	diff "$scratch/twin.bytes" "$scratch/router.bytes"
	for error in '3 .*code=0' '3 .*code=1' '3 .*code=2' '3 .*code=3' '3 .*code=4' '3 .*code=13' '11 .*code=0' '12 .*code=0' \
		'1 .*code=0' '1 .*code=1' '1 .*code=2' '1 .*code=3' '1 .*code=4' '2 .*code=0' '4 .*code=0' '4 .*code=1' '4 .*code=2'; do
		echo "$error"
		but_for "$scratch/router" | grep -q "icmp.type=$error"
	done
}

@test "the limit: six errors at once to each that asks for them, and as many as there are of those about the MTU" {
	local lab

	cat >"$scratch/probes" <<-'END'
		time4 left/tun0 4 10.0.0.1 10.1.0.1 udp=53,9 ttl=1 ; 4 10.0.0.1 10.1.0.1 udp=53,8 ttl=1 ; 4 10.0.0.1 10.1.0.1 udp=53,7 ttl=1 ; 4 10.0.0.1 10.1.0.1 udp=53,6 ttl=1 ; 4 10.0.0.1 10.1.0.1 udp=53,5 ttl=1 ; 4 10.0.0.1 10.1.0.1 udp=53,4 ttl=1 ; 4 10.0.0.1 10.1.0.1 udp=53,3 ttl=1 ; 4 10.0.0.1 10.1.0.1 udp=53,2 ttl=1
		other4 left/tun0 4 10.0.0.2 10.1.0.1 udp=53,9 ttl=1
		big4 left/tun0 4 10.0.0.1 10.1.0.1 udp=53,1373..1382 df
		time6 left/tun0 6 2001:db8::1 2001:db8:1::1 udp=53,9 ttl=1 ; 6 2001:db8::1 2001:db8:1::1 udp=53,8 ttl=1 ; 6 2001:db8::1 2001:db8:1::1 udp=53,7 ttl=1 ; 6 2001:db8::1 2001:db8:1::1 udp=53,6 ttl=1 ; 6 2001:db8::1 2001:db8:1::1 udp=53,5 ttl=1 ; 6 2001:db8::1 2001:db8:1::1 udp=53,4 ttl=1 ; 6 2001:db8::1 2001:db8:1::1 udp=53,3 ttl=1 ; 6 2001:db8::1 2001:db8:1::1 udp=53,2 ttl=1
		big6 left/tun0 6 2001:db8::1 2001:db8:1::1 udp=53,1353..1362
	END
	jq '.wires[0].icmp_ratelimit = "10s"' "$LIVE/router/router.json" >"$scratch/router.json"
	# Ten seconds: a kernel thinks of who is new as if he had been silent for a minute. A route to the host alone: for a /64 it
	# divides the time by four.
	jq '.namespaces.router |= ((.sysctls["net.ipv4.icmp_ratelimit", "net.ipv6.icmp.ratelimit"] = 10000) |
		.routes += ["2001:db8::1/128 dev lt0"])' "$LIVE/router/twin.json" >"$scratch/twin.json"
	for lab in router twin; do
		answers "$lab" "$scratch/probes"
		[ "$(of time4 "$scratch/$lab" | grep -c ' icmp.type=11 ')" = 6 ]
		[ "$(of time6 "$scratch/$lab" | grep -c ' icmp.type=3 ')" = 6 ]
		[ "$(grep -c ' icmp.type=3 icmp.code=4 ' "$scratch/$lab")" = 10 ]
		[ "$(grep -c ' icmp.type=2 ' "$scratch/$lab")" = 10 ]
	done
	diff "$scratch/twin" "$scratch/router"
}

# bulk STEP: from left over the router, and from west over the kernel.
bulk() {
	local host

	for host in left:right west:east; do
		try 0 "$TUNLAB" step bulk "$(jq -c --arg in "${host%:*}" --arg listen "${host#*:}" \
			'. + { in: $in, listen: $listen, timeout: "100s" }' <<<"$1")"
	done
}

@test "many bytes of TCP, each of which is compared, and many datagrams, over both" {
	try 0 "$TUNLAB" up --name bulk "$LABS/router-vs-kernel.json"
	bulk '{ "tcp": "10.1.0.1:80", "bytes": 10000000 }'
	bulk '{ "tcp": "[2001:db8:1::1]:80", "bytes": 5000000 }'
	bulk '{ "tcp": "10.1.0.1:81", "bytes": 1000000, "mss": 500 }'
	bulk '{ "udp": "10.1.0.1:53", "count": 500, "size": 1300 }'
	bulk '{ "udp": "10.1.0.1:53", "count": 20, "size": 60000 }'
	bulk '{ "udp": "[2001:db8:1::1]:53", "count": 500, "size": 1300 }'
	try 0 "$TUNLAB" down bulk
}
