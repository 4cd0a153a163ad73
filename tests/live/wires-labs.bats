#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the labs about wires are about, seen from outside: in their captures, with tshark as the judge. That of the hub is in
# hub.bats.
load helpers

setup() {
	scratch=$(mktemp -d)
	command -v tshark >/dev/null || skip 'there is no tshark'
}

teardown() {
	rm -r "$scratch"
}

# capture LAB [OPTION]: runs the lab, all of which passes, and captures it. On a machine that fell behind it is run again.
capture() {
	local attempt

	for attempt in 1 2 3 4 5; do
		rm -rf "$scratch/pcap"
		if "$TUNLAB" run --pcap "$scratch/pcap" "${@:2}" "$1" >"$scratch/tap" 2>"$scratch/stderr" 3>&-; then
			file=$(echo "$scratch"/pcap/*.pcapng)
			return
		fi
		if grep '^not ok' "$scratch/tap" | grep -qv inconclusive; then break; fi
	done
	echo "attempt $attempt"
	cat "$scratch/tap" "$scratch/stderr"
	return 1
}

# look FILTER FIELD...: of each packet that matches, the fields; a warning is a failure.
look() {
	local filter=$1 fields=()

	shift
	for field; do fields+=(-e "$field"); done
	tshark -n -r "$file" -Y "$filter" -T fields "${fields[@]}" 2>"$scratch/tshark"
	grep -v '^Running as user "root"' "$scratch/tshark" | diff /dev/null - >&2
}

# at PLACE DIRECTION FILTER: the filter, of what passes there.
at() {
	local directions=('' in out)

	[ "${directions[1]}" = "$2" ] && echo "frame.interface_name == \"$1\" && frame.packet_flags_direction == 1 && $3" && return
	echo "frame.interface_name == \"$1\" && frame.packet_flags_direction == 2 && $3"
}

# fits EXPRESSION NAME=NUMBER...: whether the expression of awk holds; shows the numbers where it does not.
fits() {
	local expression=$1 assignments=()

	shift
	for assignment; do assignments+=(-v "$assignment"); done
	awk "${assignments[@]}" "BEGIN { exit !($expression) }" && return
	echo "not so: $expression, with $*"
	return 1
}

# By the end that they did not reach: on a busy machine an answer may be behind the next request.
lost() { look 'frame.comment contains "dropped: loss 20%"' frame.interface_name icmp.seq | sort; }

@test "lossy-wire: the same packets are lost each time, and others by another seed" {
	capture "$LABS/lossy-wire.json"
	lost >"$scratch/one"
	# In both directions, and of the same pings only once.
	[ "$(cut -f 1 "$scratch/one" | sort -u | wc -l)" = 2 ]
	cut -f 2 "$scratch/one" | sort | uniq -d | diff /dev/null -
	# The exact form: each fourth, from the first on.
	look 'frame.comment contains "every 4th"' icmp.seq >"$scratch/fourth"
	[ "$(head -n 5 "$scratch/fourth" | awk 'NR > 1 { print $1 - last } { last = $1 }' | sort -u)" = 4 ]
	capture "$LABS/lossy-wire.json"
	lost | diff "$scratch/one" -
	jq '.seed = 2 | .steps |= map(del(.packets, .counters) + if .name == "more than a third of the pings fail, and always as many"
		then { expect: { loss: "<= 90%" } } else {} end)' "$LABS/lossy-wire.json" >"$scratch/other.json"
	capture "$scratch/other.json"
	[ "$(lost | wc -l)" -gt 10 ]
	run diff "$scratch/one" <(lost)
	[ "$status" = 1 ]
}

@test "delay-and-jitter: each way takes what the wire says, and nothing overtakes" {
	# What the relay did can be seen on a machine that is too slow for the bounds of the lab's steps, too.
	capture "$LABS/delay-and-jitter.json" --slow-ok
	# From one end of the wire to the other, of the first step's pings. Of "delayed: 10.012 ms, 12 us late" the wire did
	# 10.000 ms, and the machine the rest.
	for way in 'wire:left/tun0 wire:right/tun0 8' 'wire:right/tun0 wire:left/tun0 0'; do
		read -r from to type <<<"$way"
		join <(look "$(at "$from" out "icmp.type == $type")" icmp.seq frame.time_epoch | head -n 10 | sort) \
			<(look "$(at "$to" in "icmp.type == $type")" icmp.seq frame.time_epoch | head -n 10 | sort) >"$scratch/times"
		[ "$(wc -l <"$scratch/times")" = 10 ]
		fits 'least >= 10' least="$(awk '{ printf "%.3f\n", ($3 - $2) * 1000 }' "$scratch/times" | sort -n | head -n 1)"
		look "$(at "$to" in "icmp.type == $type")" frame.comment | head -n 10 |
			awk '{ printf "%.2f\n", $2 - $4 / 1000 }' | uniq -c | diff <(echo '     10 10.00') -
	done
	# Of the pings with a jitter: 2 to 18 ms each way, spread, and in their order.
	for end in right left; do
		look "$(at "wire:$end/tun0" in 'frame.comment && icmp')" icmp.ident icmp.seq frame.comment |
			awk -F '\t' '{ sub(/.*delayed: /, "", $3); sub(/ ms.*/, "", $3); print $1, $2, $3 }' >"$scratch/$end"
		awk '{ total[$1]++; if ($3 != 10 && $3 != 20) odd[$1]++ }
			END { for (id in total) if (odd[id] > 40 && total[id] == 50) print id }' "$scratch/$end" >"$scratch/jittered"
		[ "$(wc -l <"$scratch/jittered")" = 1 ]
		awk -v id="$(cat "$scratch/jittered")" '$1 == id { print $2, $3 }' "$scratch/$end" >"$scratch/one"
		cut -d ' ' -f 1 "$scratch/one" | sort -n -c
	done
}

@test "link-flap: what one outage loses are pings in a row, for as long as it lasts" {
	local gaps

	capture "$LABS/link-flap.json"
	look 'icmp.type == 8 && frame.comment contains "dropped: loss 100%"' icmp.ident icmp.seq frame.time_epoch >"$scratch/lost"
	# The step of one ping, that of the one outage, and that of many.
	[ "$(cut -f 1 "$scratch/lost" | uniq | wc -l)" = 3 ]
	awk -v id="$(cut -f 1 "$scratch/lost" | uniq | sed -n 2p)" '$1 == id' "$scratch/lost" >"$scratch/outage"
	gaps=$(awk 'NR > 1 && $2 != last + 1 { print } { last = $2 }' "$scratch/outage" | wc -l)
	[ "$gaps" = 0 ]
	fits 'lasted > 0.15 && lasted <= 0.31' \
		lasted="$(awk 'NR == 1 { first = $3 } { last = $3 } END { print last - first }' "$scratch/outage")"
	# On and off by turns there are several.
	awk -v id="$(cut -f 1 "$scratch/lost" | uniq | sed -n 3p)" '$1 == id' "$scratch/lost" >"$scratch/turns"
	gaps=$(awk 'NR > 1 && $2 != last + 1 { print } { last = $2 }' "$scratch/turns" | wc -l)
	[ "$gaps" -ge 1 ]
	# Outside of its outages the wire loses nothing.
	look 'frame.comment contains "dropped"' frame.comment | grep -v 'loss 100%' | diff /dev/null -
}

@test "pmtu-black-hole: with the ICMP error nothing is lost, without it all that is longer is" {
	capture "$LABS/pmtu-black-hole.json"
	look 'frame.comment contains "dropped"' ip.len frame.comment >"$scratch/dropped"
	[ -s "$scratch/dropped" ]
	awk -F '\t' '$1 <= 1400 || $2 !~ /mtu 1400/' "$scratch/dropped" | diff /dev/null -
	# All errors come before the first drop: the routers do not know of the wire's.
	fits 'last < first' \
		last="$(look 'icmp.type == 3 && icmp.code == 4' frame.number | tail -n 1)" \
		first="$(look 'frame.comment contains "dropped"' frame.number | head -n 1)"
	[ "$(look "$(at client/tun0 in 'icmp.type == 3 && icmp.code == 4')" icmp.mtu | sort -u)" = 1400 ]
}

@test "reordering: each fifth comes before the four that were sent before it, and all come" {
	capture "$LABS/reordering.json"
	# The step of twenty pings: the order in which they left, and in which they came.
	id=$(look "$(at wire:left/tun0 out 'icmp.type == 8')" icmp.ident | uniq -c | awk '$1 == 20 { print $2 }')
	look "$(at wire:left/tun0 out "icmp.type == 8 && icmp.ident == $id")" icmp.seq >"$scratch/left"
	look "$(at wire:right/tun0 in "icmp.type == 8 && icmp.ident == $id")" icmp.seq >"$scratch/right"
	[ "$(wc -l <"$scratch/left")" = 20 ]
	sort -n -c "$scratch/left"
	diff <(sort -n "$scratch/left") <(sort -n "$scratch/right")
	# Who did not wait carries no comment; they are four, five apart.
	look "$(at wire:right/tun0 in "icmp.type == 8 && icmp.ident == $id && !frame.comment")" icmp.seq >"$scratch/early"
	[ "$(wc -l <"$scratch/early")" = 4 ]
	[ "$(awk 'NR > 1 { print $1 - last } { last = $1 }' "$scratch/early" | sort -u)" = 5 ]
	run sort -n -c "$scratch/right"
	[ "$status" = 1 ]
}

@test "first-syn-lost: a second lies between the SYNs, and much less before a later segment is sent again" {
	capture "$LABS/first-syn-lost.json"
	look "$(at left/tun0 out 'tcp.flags.syn == 1')" tcp.srcport frame.time_epoch >"$scratch/syns"
	again=$(cut -f 1 "$scratch/syns" | sort | uniq -d)
	[ "$(wc -w <<<"$again")" = 1 ]
	# shellcheck disable=SC2046 # two numbers
	fits 'second - first >= 0.99 && second - first < 3' \
		$(awk -v port="$again" '$1 == port { print (n++ ? "second=" : "first=") $2 }' "$scratch/syns")
	# The segment that was lost later: by its connection and sequence number.
	look 'frame.comment contains "dropped" && tcp.len > 0' tcp.srcport tcp.seq_raw >"$scratch/lost"
	[ "$(wc -l <"$scratch/lost")" = 1 ]
	read -r port sequence <"$scratch/lost"
	look "$(at left/tun0 out "tcp.srcport == $port && tcp.seq_raw == $sequence && tcp.len > 0")" frame.time_epoch >"$scratch/sent"
	[ "$(wc -l <"$scratch/sent")" -ge 2 ]
	fits 'second - first < 0.9' first="$(sed -n 1p "$scratch/sent")" second="$(sed -n 2p "$scratch/sent")"
}

@test "ecmp-over-unequal-wires: no flow takes both wires, and each wire has some" {
	capture "$LABS/ecmp-over-unequal-wires.json"
	# The step of two dozen flows, which are the first: a port may come again in a step with another route.
	look 'frame.interface_name matches "^left/tun[12]$" && frame.packet_flags_direction == 2 && udp' \
		frame.interface_name udp.srcport | awk '!seen[$0]++' | sed 24q >"$scratch/flows"
	[ "$(wc -l <"$scratch/flows")" = 24 ]
	cut -f 2 "$scratch/flows" | sort | uniq -d | diff /dev/null -
	cut -f 1 "$scratch/flows" | sort -u | diff - <(printf 'left/%s\n' tun1 tun2)
	# Only the second delays.
	look 'frame.comment contains "delayed"' frame.interface_name | sort -u | diff - <(printf 'wire:%s/tun2\n' left right)
}
