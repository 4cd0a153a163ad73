#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Why the kernel dropped a packet, as it says itself. Each test: a namespace with tun0, out of which packets come.
load ../live/helpers

DROPS=${TUNLAB%/*}/tests/drops/drops
# The kernel makes an IPv6 address its own a moment later, also without duplicate detection.
HERE='ip address add 192.0.2.1/24 dev tun0 && ip address add 2001:db8::1/64 dev tun0 nodad &&
	ip link set lo up && ip link set tun0 up &&
	until ip -6 route get 2001:db8::1 | grep -q ^local; do :; done'
LOCAL='192.0.2.2 192.0.2.1 64 9'
FOREIGN='192.0.2.2 203.0.113.1 64 9'
FORWARD='echo 1 >/proc/sys/net/ipv4/ip_forward'

setup() {
	local reason

	reason=$("$DROPS" : 2>&1 >/dev/null 3>&-) && return
	# What the machine lacks, but not what the program got wrong.
	case $reason in
	*' are needed, '* | *'this kernel '*) skip "$reason" ;;
	esac
	echo "$reason"
	return 1
}

# drops WANTED SETUP PACKET...: the lines that are wanted; "*" in them is anything, as functions are called differently
# in other kernels.
drops() {
	local wanted=$1

	run "$DROPS" "$HERE; $2" "${@:3}" 3>&-
	echo "$output"
	[ "$status" = 0 ]
	# shellcheck disable=SC2053 # a pattern
	[[ ${output%$'\n'#*} == $wanted ]]
}

@test "the source is looked for elsewhere: rp_filter" {
	drops $'1 IP_RPFILTER ip_rcv_finish_core tun0 198.51.100.1 > 192.0.2.1 36/36\nlost 0' \
		'echo 1 >/proc/sys/net/ipv4/conf/tun0/rp_filter' '198.51.100.1 192.0.2.1 64 9'
}

@test "for another host, and this one does not forward" {
	drops $'1 IP_INADDRERRORS ip_error tun0 192.0.2.2 > 203.0.113.1 36/36\nlost 0' : "$FOREIGN"
}

@test "forwarded, and there is no route" {
	drops $'1 IP_INNOROUTES ip_error tun0 192.0.2.2 > 203.0.113.1 36/36\nlost 0' "$FORWARD" "$FOREIGN"
}

@test "forwarded into a blackhole" {
	drops $'1 NOT_SPECIFIED * tun0 192.0.2.2 > 203.0.113.1 36/36\nlost 0' \
		"$FORWARD && ip route add blackhole 203.0.113.0/24" "$FOREIGN"
}

@test "nft drops what comes in" {
	nft list ruleset >/dev/null 2>&1 || skip 'no nft, or no nf_tables'
	drops $'1 NETFILTER_DROP nft_do_chain tun0 192.0.2.2 > 192.0.2.1 36/36\nlost 0' \
		"nft 'table inet filter { chain input { type filter hook input priority 0; udp dport 9 drop; }; }'" "$LOCAL"
}

@test "a mark that nft gave it" {
	nft list ruleset >/dev/null 2>&1 || skip 'no nft, or no nf_tables'
	drops $'1 NETFILTER_DROP nft_do_chain tun0 192.0.2.2 > 192.0.2.1 36/36 mark 0x12345678\nlost 0' \
		"nft 'table inet filter { chain input { type filter hook input priority 0; meta mark set 0x12345678 drop; }; }'" "$LOCAL"
}

@test "the last hop of a TTL" {
	drops $'1 IP_INHDR ip_forward tun0 192.0.2.2 > 203.0.113.1 36/36\nlost 0' \
		"$FORWARD && ip route add 203.0.113.0/24 via 192.0.2.3" '192.0.2.2 203.0.113.1 1 9'
}

@test "a port that is closed" {
	drops $'1 NO_SOCKET __udp4_lib_rcv tun0 192.0.2.2 > 192.0.2.1 36/36\n1 NO_SOCKET __udp6_lib_rcv tun0 2001:db8::2 > 2001:db8::1 56/56\nlost 0' \
		: "$LOCAL" '2001:db8::2 2001:db8::1 64 9'
}

@test "from an address that is this host's own" {
	drops $'1 * ip_rcv_finish_core tun0 192.0.2.1 > 192.0.2.1 36/36\nlost 0' : '192.0.2.1 192.0.2.1 64 9'
}

@test "a device that is down" {
	drops $'1 DEV_READY tun_get_user tun0 192.0.2.2 > 192.0.2.1 36/36\nlost 0' 'ip link set tun0 down' "$LOCAL"
}

@test "IPv6 without a route" {
	drops $'1 IP_INNOROUTES ip6_pkt_d* tun0 2001:db8::2 > 2001:db8:1::1 56/56\nlost 0' \
		'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding' '2001:db8::2 2001:db8:1::1 64 9'
}

@test "what is dropped in another namespace is not seen" {
	run "$DROPS" --elsewhere "$HERE" "$LOCAL" 3>&-
	echo "$output"
	[ "$status" = 0 ]
	[ "${output%%$'\n'#*}" = 'lost 0' ]
}

@test "a hundred thousand drops: some are kept, the others are counted" {
	local kept lost

	drops $'* NO_SOCKET *\nlost *' : '192.0.2.2 192.0.2.1 64 9 100000'
	kept=${output%% *}
	lost=${output##*lost } lost=${lost%%$'\n'*}
	[ "$kept" -gt 4000 ]
	[ "$lost" -gt 90000 ]
	# A drop in the very microsecond in which another is noted on the same processor is neither.
	[ $((kept + lost)) -gt 99900 ]
	[ $((kept + lost)) -le 100000 ]
}

@test "in a user namespace it is one sentence that tells why not" {
	needs_rooms
	run room "$DROPS" "$HERE"
	[ "$status" = 3 ]
	[ "$output" = "the kernel cannot be asked why it drops packets: CAP_BPF and CAP_PERFMON are needed, outside of any user namespace: run tunlab with sudo" ]
}

@test "to the user root without the capability too" {
	command -v setpriv >/dev/null || skip 'no setpriv'
	run setpriv --bounding-set=-sys_admin,-bpf "$DROPS" :
	[ "$status" = 3 ]
	contains "$output" 'CAP_BPF and CAP_PERFMON are needed'
}
