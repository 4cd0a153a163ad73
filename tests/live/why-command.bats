#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `tunlab why` prints: the way of a probe, its cause, and by what that is known; with root's rights and without, and
# with other packets about. What would mend a step has tests of its own.
load helpers

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	rm -r "$scratch"
}

# line STEP...: a client, a router and a server, and the steps, as $scratch/lab.json.
line() {
	printf '%s\n' "$@" | jq -s --slurpfile lab "$LIVE/why/line.json" '
		. as $steps | $lab[0] | .steps = [$steps[] | if .ping or .tcp then .timeout = "200ms" else . end]' >"$scratch/lab.json"
}

# why STATUS ARGUMENT...: what is said of the lab comes into $scratch/said, without the mends, and with times and the ports
# that the kernel chose made the same.
why() {
	local wanted=$1 status=0

	shift
	"${as[@]}" "$TUNLAB" why "$@" "$scratch/lab.json" >"$scratch/stdout" 2>"$scratch/stderr" 3>&- || status=$?
	cat "$scratch/stdout" "$scratch/stderr"
	sed -E '
		/^  mends:/,/^[^ ]/ { /^ /d; }
		s/^ +[0-9]+\.[0-9]{3} ms  /  TIME  /
		/^  TIME  dropped in /d
		s/ after [0-9.]+[mu]?s/ after TIME/
		s/… [0-9]+ more/… MORE/
		s/TCP [0-9]{5} /TCP PORT /
		s/→ [0-9]{5} /→ PORT /' "$scratch/stdout" >"$scratch/said"
	[ "$status" = "$wanted" ]
}
as=(env)

# says: just what stands on standard input, but for the evidence.
says() { diff -u - <(grep -v '^    [a-z]' "$scratch/said"); }

# names CAUSE: that is the only one that is told.
names() { diff -u - <(sed -n 's/^  cause: //p' "$scratch/said") <<<"$1"; }

strict='{ "in": "router", "change": { "sysctls": { "net.ipv4.conf.all.rp_filter": 1 }, "routes": ["10.0.1.2 via 10.0.2.2"] } }'
checked='router: source check (rp_filter=1, from conf.all) dropped the request on tun0: the way back to 10.0.1.2 is tun1, by rule 32766, table main [rp_filter, observed]'
ping='{ "in": "client", "ping": "10.0.2.2" }'

@test "a request that is lost on its way" {
	line "$strict" "$ping"
	why 1
	says <<-END
		step 2: client ping 10.0.2.2
		  client ping 10.0.2.2: no reply within 200ms (expected: reply)
		request 10.0.1.2 → 10.0.2.2: echo request
		               client sends it: rule 32766 (from all lookup main) → table main → default via 10.0.1.1 dev tun0
		  TIME  left client by tun0
		  TIME  entered the wire at client/tun0
		  TIME  left the wire at router/tun0
		  TIME  came into router by tun0
		               router refuses it: rule 32766 (from all lookup main) → table main → 10.0.2.0/24 dev tun1 src 10.0.2.1: EINVAL (Invalid argument) for its source
		  cause: $checked
	END
	grep -q '^    router: ' "$scratch/said"
}

# sees_drops: skips the test where the kernel does not tell of them.
sees_drops() { ! grep -q '^note: the kernel cannot be asked why it drops packets: ' "$scratch/stdout" || skip "drops are not seen"; }

@test "a drop stands at its place in the packet's way" {
	line "$strict" "$ping"
	why 1
	sees_drops
	[[ $(grep -A 2 'came into router by tun0' "$scratch/stdout" | tail -n 1) == *' ms  dropped in router: IP_RPFILTER in '* ]]
}

@test "of a step that passes: the way there and back, and no cause" {
	line '{ "in": "client", "tcp": "10.0.1.1:80" }'
	why 0 --step 1
	says <<-END
		step 1: client tcp 10.0.1.1:80
		  client tcp 10.0.1.1:80: connected from 10.0.1.2, 1000 bytes each way (expected: connected)
		request 10.0.1.2 → 10.0.1.1: TCP PORT → 80 SYN
		               client sends it: rule 32766 (from all lookup main) → table main → 10.0.1.0/24 dev tun0 src 10.0.1.2
		  TIME  left client by tun0
		  TIME  entered the wire at client/tun0
		  TIME  left the wire at router/tun0
		  TIME  came into router by tun0
		               router delivers it: rule 0 (from all lookup local) → table local → local 10.0.1.1 dev tun0 src 10.0.1.1
		               … MORE like it
		answer 10.0.1.1 → 10.0.1.2: TCP 80 → PORT SYN,ACK
		               router sends it: rule 32766 (from all lookup main) → table main → 10.0.1.0/24 dev tun0 src 10.0.1.1
		  TIME  left router by tun0
		  TIME  entered the wire at router/tun0
		  TIME  left the wire at client/tun0
		  TIME  came into client by tun0
		               client delivers it: rule 0 (from all lookup local) → table local → local 10.0.1.2 dev tun0 src 10.0.1.2
		               … MORE like it
	END
}

# of LAB STEP: the journey of a step of one of labs/.
of() {
	local status=0

	"$TUNLAB" why "$LABS/$1.json" --step "$2" >"$scratch/stdout" 3>&- || status=$?
	[ "$status" != 3 ] || skip "this machine cannot build $1"
	sed -E '
		/ms  dropped in /d
		s/^ +[0-9]+\.[0-9]{3} ms  /  TIME  /
		/ the wire at /d
		s/, (once|[0-9]+ times), /, TIMES, /
		s/… [0-9]+ more/… MORE/
		s/(TCP|UDP) [0-9]{5} /\1 PORT /; s/→ [0-9]{5} /→ PORT /; s/:[0-9]{5}\>/:PORT/g' "$scratch/stdout" >"$scratch/said"
	cat "$scratch/said"
}

# walks: it is just this.
walks() { diff -u - <(sed '1,2d; /^  cause:/,$d' "$scratch/said"); }

@test "no route is looked up for a frame that a bridge sends on" {
	of bridge 1
	walks <<-END
		request 10.1.0.1 → 10.1.0.2: echo request
		               one sends it: rule 32766 (from all lookup main) → table main → 10.1.0.0/24 dev eth0 src 10.1.0.1
		  TIME  left one by eth0
		  TIME  came into switch by port1
		               switch: the bridge br0 sends it on to port2
		  TIME  left switch by port2
		  TIME  came into two by eth0
		               two delivers it: rule 0 (from all lookup local) → table local → local 10.1.0.2 dev eth0 src 10.1.0.2
		answer 10.1.0.2 → 10.1.0.1: echo reply
		               two sends it: rule 32766 (from all lookup main) → table main → 10.1.0.0/24 dev eth0 src 10.1.0.2
		  TIME  left two by eth0
		  TIME  came into switch by port2
		               switch: the bridge br0 sends it on to port1
		  TIME  left switch by port1
		  TIME  came into one by eth0
		               one delivers it: rule 0 (from all lookup local) → table local → local 10.1.0.1 dev eth0 src 10.1.0.1
	END
}

@test "a route is looked up for the destination that nftables gave it" {
	of nft-masquerade 3
	grep -q '^  TIME  left gateway by outside, as 198.51.100.1 → 198.51.100.2$' "$scratch/said"
	grep -q '^               gateway forwards it, now to 192.168.1.2: rule 32766 ' "$scratch/said"
	grep -q '^  TIME  left gateway by inside, as 198.51.100.2 → 192.168.1.2$' "$scratch/said"
}

@test "the mark that led it, or may have, is told" {
	of nft-mark-and-rule 3
	grep -q '^               host sends it, as with mark 0x1: rule 32765 (from all fwmark 0x1 lookup 100) → table 100 → ' "$scratch/said"
	of bugs/exit-node-strict-rp-filter 1
	grep -q '^               client sends it, with mark 0x80000: rule 5210 ' "$scratch/said"
}

@test "a packet inside of another, and what nobody took out" {
	of vxlan 1
	grep -q '^  TIME  left left by tun0, inside of 192.0.2.1 → 198.51.100.1: UDP [0-9A-Z]* → 4789 (VXLAN)$' "$scratch/said"
	grep -q '^  TIME  came into right by vx0, unpacked$' "$scratch/said"
	of vxlan 6
	[ "$(sed '/^  cause:/,$d' "$scratch/said" | tail -n 1)" = '               nothing was seen to be unpacked from it' ]
}

@test "what did not leave: its way, and who was asked for it" {
	of macvlan 3
	walks <<-END
		request to 10.0.0.1: none left one
		               one would send it: rule 32766 (from all lookup main) → table main → 10.0.0.0/24 dev eth0 src 10.0.0.2
		  TIME  one asked on eth0 who has 10.0.0.1, TIMES, and nobody answered
	END
	of blackhole-prohibit-unreachable 1
	walks <<-END
		request to 192.0.2.1: none left router
		               router has no way for it: rule 32766 (from all lookup main) → table main → blackhole 192.0.2.0/24: EINVAL (Invalid argument)
	END
}

@test "each hop of a trace has the error that it sent, and about what" {
	of trace 1
	[ "$(grep -c '^request ' "$scratch/said")" = 3 ]
	[ "$(grep -c '^ICMP error .*: time-exceeded, about 10.1.0.2 → 10.3.0.2: echo request$' "$scratch/said")" = 2 ]
}

@test "packets that go the same way are told of once" {
	line '{ "in": "client", "ping": "10.0.2.2", "count": 32, "interval": "1ms" }' \
		'{ "in": "client", "tcp": "10.0.2.2:80", "bytes": 200000 }'
	jq '.steps[].timeout = "20s"' "$scratch/lab.json" >"$scratch/patient.json"
	mv "$scratch/patient.json" "$scratch/lab.json"
	why 0 --step 1
	[ "$(grep -c '^request ' "$scratch/said")" = 1 ]
	[ "$(grep -c ' … 31 more like it$' "$scratch/stdout")" = 2 ]
	why 0 --step 2
	[ "$(grep -c '^request ' "$scratch/said")" = 1 ]
	[ "$(grep -c '^answer ' "$scratch/said")" = 1 ]
}

@test "the times go up, from 0" {
	line "$ping"
	why 0 --step 1
	sed -n 's/ ms  .*//p' "$scratch/stdout" | tr -d ' ' >"$scratch/times"
	[ "$(wc -l <"$scratch/times")" = 16 ]
	[ "$(head -n 1 "$scratch/times")" = 0.000 ]
	sort -n -c <(head -n 8 "$scratch/times")
	sort -n -c <(tail -n 8 "$scratch/times")
}

@test "silence that is expected has its cause, where one asks for it" {
	line "$strict" "${ping/\}/, \"expect\": \"no-reply\" \}}"
	why 0
	[ "$(cat "$scratch/said")" = 'every step passes (--step N tells of one that does)' ]
	why 0 --step 2
	names "$checked"
}

@test "silence that is expected for a cause: another one is told of, and the right one is not" {
	line "$strict" "${ping/\}/, \"expect\": \{ \"no-reply\": \"rp_filter\" \} \}}"
	why 0
	[ "$(cat "$scratch/said")" = 'every step passes (--step N tells of one that does)' ]
	line "$strict" "${ping/\}/, \"expect\": \{ \"no-reply\": \"firewall\" \} \}}"
	why 1
	contains "$(cat "$scratch/said")" 'the cause of the silence is rp_filter'
	names "$checked"
}

@test "each step that fails is told of, and no other" {
	line "$ping" "$strict" "$ping" '{ "in": "server", "ping": "10.0.2.1" }' '{ "in": "client", "ping": "10.0.9.9", "source": "10.0.1.9" }'
	why 1
	[ "$(sed -n 's/^step \([0-9]\):.*/\1/p' "$scratch/said" | tr '\n' ' ')" = '3 5 ' ]
	why 1 --step 5
	[ "$(grep -c '^step 5:' "$scratch/said")" = 1 ]
	[ "$(grep -c '^step ' "$scratch/said")" = 1 ]
}

@test "an ordinary user has the same cause by counters, and one note of what is not seen" {
	needs_rooms
	line "$strict" "$ping" "$ping"
	as=(unshare -Urn)
	why 1
	[ "$(sed -n 's/^  cause: //p' "$scratch/said" | sort -u)" = "$checked" ]
	contains "$(cat "$scratch/said")" '    router: TcpExtIPReversePathFilter moved by 1'
	[ "$(grep -c '^note: the kernel cannot be asked why it drops packets: ' "$scratch/said")" = 1 ]
	case $(cat "$scratch/said") in *'the kernel dropped it'*) false ;; esac
}

@test "in a run one comment says it" {
	needs_rooms
	line "$strict" "$ping" "$ping"
	run unshare -Urn "$TUNLAB" run "$scratch/lab.json" 3>&-
	echo "$output"
	[ "$(grep -c '^# the kernel cannot be asked why it drops packets: ' <<<"$output")" = 1 ]
	[ "$(grep -c "^  cause: " <<<"$output")" = 2 ]
}

@test "an ordinary user's silence has its cause, too" {
	needs_rooms
	line "$strict" "${ping/\}/, \"expect\": \{ \"no-reply\": \"rp_filter\" \} \}}"
	run unshare -Urn "$TUNLAB" run "$scratch/lab.json" 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

# background NETNS UNTIL WORD...: a step that starts a program.
background() {
	jq -nc '$ARGS.positional | { in: .[0], exec: .[2:], background: true, until: (.[1] | fromjson) }' --args -- "$@"
}

# noisy CHANGE STEP: the same with multicast, other pings, and TCP all the while.
noisy() {
	for program in iperf3 ping; do
		command -v $program >/dev/null || skip "there is no $program"
	done
	line "$(background server '{ "listening": "tcp/5201" }' iperf3 --server)" \
		"$(background router '{ "stdout": "connected to" }' iperf3 --client 10.0.2.2 --time 60 --bitrate 5M --forceflush)" \
		"$(background client '{ "stdout": "bytes from" }' ping -n -i 0.01 10.0.2.2)" \
		"$(background client '{ "stdout": "bytes from" }' ping -n -i 0.01 ff02::1%tun0)" \
		"$(background server '{ "stdout": "bytes from" }' ping -n -i 0.01 ff02::1%tun0)" \
		"$1" "$2"
	why 1 --allow-exec --step 7
}

@test "noise does not mislead: the source check" {
	noisy "$strict" "$ping"
	names "$checked"
	[[ $(grep -m 1 ' ms  ' "$scratch/stdout") == '     0.000 ms  left client by tun0' ]]
}

@test "noise does not mislead: forwarding is off" {
	noisy '{ "in": "router", "change": { "sysctls": { "net.ipv4.ip_forward": 0 } } }' "$ping"
	names 'router: dropped the request on tun0: 10.0.2.2 is not an address of this host, and forwarding is off (net.ipv4.conf.tun0.forwarding=0) [not-forwarded, observed]'
}

@test "noise does not mislead: no way back" {
	noisy '{ "in": "server", "change": { "routes": ["del default via 10.0.2.1"] } }' '{ "in": "client", "tcp": "10.0.2.2:80" }'
	[[ $(sed -n 's/^  cause: //p' "$scratch/said") == 'server: '*'[no-way-back, '* ]]
}
