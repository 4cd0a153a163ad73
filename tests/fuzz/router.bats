#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a router makes itself of any bytes, with tshark as the judge: over all that is kept for the fuzz target, or, where
# ROUTER_CORPUS names a folder ("make fuzz" gathers one, build/fuzz/corpus/router), over what is there. Needs no root.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	command -v tshark >/dev/null || skip 'there is no tshark'
	scratch=$(mktemp -d)
}

teardown() {
	if [ -n "${scratch:-}" ]; then rm -r "$scratch"; fi
}

bad='_ws.malformed || ip.checksum.status == "Bad" || icmp.checksum.status == "Bad" || icmpv6.checksum.status == "Bad" ||
	tcp.checksum.status == "Bad" || udp.checksum.status == "Bad"'
error='(icmp.type in {3,5,11,12} || icmpv6.type in {1,2,3,4})'

# look FILE FILTER ARGUMENT...: the packets of FILE that FILTER finds. Fragments stay such: those of different inputs do not
# belong together.
look() {
	local file=$1 filter=$2

	shift 2
	tshark -n -r "$file" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-o ip.defragment:FALSE -o ipv6.defragment:FALSE "$@" -Y "$filter" 2>"$scratch/stderr"
	grep -v '^Running as user "root"' "$scratch/stderr" | diff /dev/null - >&2
}

# What an error quotes is its sender's: of that no transport is looked at, experts may object to its headers, and it may
# have the length 0 with hop-by-hop options, which is what the error is about.
@test "nothing that the router makes is malformed, and every checksum is right" {
	files=()
	if [ -n "${ROUTER_CORPUS:-}" ]; then mapfile -t files < <(find "$ROUTER_CORPUS" -type f); fi
	FUZZ_ROUTER_PCAP=$scratch "${BUILD:-build}/tests/fuzz/router" "${files[@]}" >"$scratch/tap"
	for file in "$scratch/TUNs.pcap" "$scratch/TAPs.pcap"; do
		look "$file" "!$error && ($bad || _ws.expert.severity == \"Error\")" >"$scratch/wrong"
		diff /dev/null "$scratch/wrong"
		look "$file" "$error && ($bad) && !(ipv6.plen == 0)" -d ip.proto==2-57,data -d ip.proto==59-255,data >"$scratch/wrong"
		diff /dev/null "$scratch/wrong"
	done
}

# kinds FILE FIELD: which numbers FIELD has in the packets of FILE themselves.
kinds() { look "$1" "$2" -T fields -e "$2" -E occurrence=f | sort -nu | tr '\n' ' '; }

@test "and among it is every kind of packet that a router makes" {
	FUZZ_ROUTER_PCAP=$scratch "${BUILD:-build}/tests/fuzz/router" >"$scratch/tap"
	[ "$(kinds "$scratch/TUNs.pcap" icmp.type)" = '0 3 11 12 ' ]
	[ "$(kinds "$scratch/TUNs.pcap" icmpv6.type)" = '1 2 3 4 129 ' ]
	[ "$(kinds "$scratch/TAPs.pcap" icmpv6.type)" = '134 135 136 ' ]
	[ "$(kinds "$scratch/TAPs.pcap" arp.opcode)" = '1 2 ' ]
	[ "$(look "$scratch/TUNs.pcap" 'tcp.flags.reset == 1' | wc -l)" -ge 4 ]
}
