# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154,SC2034,SC2086 # what a lab's script sets and reads
# The functions of the scripts that `tunlab show --format script` prints: each paragraph here, and in the files beside
# this one, is one, and a script has those that it calls. These build the lab.

bail() { # REASON: the lab cannot be built
	printf 'Bail out! %s\n' "$*"
	exit 2
}

skip_all() { # REASON
	printf '1..0 # SKIP %s\n' "$*"
	exit 0
}

build() { # COMMAND...: part of building the lab
	error=$("$@" 2>&1 </dev/null) && return
	case $error in
	*'Unknown device type'* | *'Operation not supported'*) skip_all "this kernel lacks it: $*" ;;
	*) bail "$*: $error" ;;
	esac
}

build_stands() { # COMMAND...: the same, of what may stand already
	error=$("$@" 2>&1 </dev/null) && return
	case $error in
	*'File exists'*) ;;
	*) bail "$*: $error" ;;
	esac
}

build_input() { # COMMAND...: the same, of one that reads its standard input
	error=$("$@" 2>&1) || bail "$*: $error"
}

settings() { # NAMESPACE: lines of a sysctl's path and value; what this kernel does not have is passed over
	# shellcheck disable=SC2016 # for the inner shell to expand
	ip netns exec "$1" sh -c 'cd /proc/sys/net && while read -r path value; do
		if [ -w "$path" ]; then echo "$value" >"$path"; fi
	done' 2>/dev/null
}

wire() { # NAMESPACE DEVICE NAMESPACE DEVICE: a veth pair that behaves as two TUN devices do on a wire
	build ip link add name "$2" netns "$1" arp off gso_max_segs 1 address 02:00:00:00:00:01 \
		type veth peer name "$4" netns "$3" arp off gso_max_segs 1 address 02:00:00:00:00:01
}

wire_ethernet() { # NAMESPACE DEVICE MAC NAMESPACE DEVICE MAC: as two TAP devices do
	build ip link add name "$2" netns "$1" gso_max_segs 1 address "$3" \
		type veth peer name "$5" netns "$4" gso_max_segs 1 address "$6"
}

hub() { # NAMESPACE DEVICE MAC NAMESPACE HUB PORT: an end of a hub, which is made with its first
	ip -n "$4" link show dev "$5" >/dev/null 2>&1 ||
		build ip -n "$4" link add name "$5" up type bridge ageing_time 0 mcast_snooping 0 group_fwd_mask 65528
	wire_ethernet "$1" "$2" "$3" "$4" "$6" 02:00:00:00:00:01
	build ip -n "$4" link set dev "$6" mtu 65535 master "$5" up
}

router() { # NAMESPACE: one that forwards in place of a router on a wire, which is made with its first port
	if [ -e "/run/netns/$1" ]; then return; fi
	build ip netns add "$1"
	set_up "$1"
	build ip netns exec "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
}

needs_netem() { # NAMESPACE
	tc -n "$1" qdisc add dev lo root netem 2>/dev/null || skip_all 'this kernel has no netem, or there is no tc'
	tc -n "$1" qdisc del dev lo root
}

settle() { # what came up has its carrier: the kernel tells a bridge of it up to a second later; IPv6 addresses can be used
	tries=0
	while [ $tries -lt 100 ]; do
		waits=$(for at in $namespaces; do
			ip -n "$at" -o link show up
			ip -n "$at" -6 -o address show up tentative -dadfailed
		done | grep -c -e 'state DOWN' -e 'state LOWERLAYERDOWN' -e ' tentative ')
		if [ "$waits" = 0 ]; then return; fi
		tries=$((tries + 1))
		sleep 0.02
	done
}
