#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The paths that ci/bench/relay measures, which reads this file. Each leads from a namespace $run-PATH.left to another
# one, $run-PATH.right, and has a way to lay it and words for what it is. All have an MTU of 1500 and the addresses
# 10.0.0.1 and 10.0.0.2, but where a peer chooses them.
# shellcheck disable=SC2154 # $run, $work, $BUILD and $programs are ci/bench/relay's

# shellcheck disable=SC2034 # for ci/bench/relay
usual='tunlab veth plain vde ubridge mahimahi'

describe() { # PATH: a few words for the table
	case $1 in
	tunlab) echo "tunlab's wire" ;;
	veth) echo "kernel veth" ;;
	plain) echo "plain read/write loop" ;;
	vde) echo "VDE" ;;
	ubridge) echo "ubridge" ;;
	mahimahi) echo "mahimahi" ;;
	threads) echo "plain loop, two threads" ;;
	whole) echo "plain loop, whole segments" ;;
	whole-threads) echo "plain loop, whole segments, two threads" ;;
	packets) echo "tunlab's wire, offloads off" ;;
	other) echo "the tunlab of \$OTHER" ;;
	*) return 1 ;;
	esac
}

lacks() { # PATH: prints what is missing, and is false where nothing is
	case $1 in
	vde) lacks_programs vde_switch vde_plug2tap ;;
	ubridge) lacks_programs ubridge ;;
	mahimahi) lacks_programs mm-delay setpriv ;;
	other) [ ! -x "${OTHER:-}/tunlab" ] && echo "OTHER must name the folder of another build" ;;
	*) false ;;
	esac
}

lacks_programs() {
	for program; do
		if ! command -v "$program" >/dev/null; then
			echo "there is no $program"
			return
		fi
	done
	false
}

lay() { # PATH
	name=$run-$1 far=10.0.0.2
	case $1 in
	tunlab) lay_lab "$BUILD" '{}' ;;
	packets) lay_lab "$BUILD" '{ "kind": "tun", "vnet_hdr": false }' ;;
	other) lay_lab "$OTHER" '{}' ;;
	plain) lay_plain ;;
	threads) lay_plain -t ;;
	whole) lay_plain -o ;;
	whole-threads) lay_plain -o -t ;;
	veth) lay_veth ;;
	vde) lay_vde ;;
	ubridge) lay_ubridge ;;
	mahimahi) lay_mahimahi ;;
	esac
	echo "$far" >"$work/$1.address"
	await within "$1" left ping -q -c 1 -W 1 "$far"
}

# As users have it, but for sysctls, which are those of all the other paths.
lay_lab() { # BUILD LINK
	cat >"$work/$name.json" <<-END
		{
		  "baseline": "host",
		  "namespaces": {
		    "left":  { "addresses": ["10.0.0.1/24 dev tun0"], "links": { "tun0": $2 } },
		    "right": { "addresses": ["10.0.0.2/24 dev tun0"], "links": { "tun0": $2 } }
		  },
		  "wires": [["left/tun0", "right/tun0"]]
		}
	END
	"$1/tunlab" up --name "$name" "$work/$name.json" >>"$work/log" 2>&1
}

lay_veth() {
	make_namespaces
	ip link add eth0 netns "$name.left" type veth peer name eth0 netns "$name.right"
	furnish eth0 eth0
}

lay_plain() { # options of plain...
	make_namespaces
	start "$programs/plain" "$@" "$name.left" "$name.right"
	furnish tun0 tun0
}

lay_vde() {
	make_namespaces
	mkfifo "$work/console"
	# Its console is its standard input, whose end would be its own.
	start sh -c "exec vde_switch -sock '$work/switch' <>'$work/console'"
	await test -e "$work/switch/ctl"
	start nsenter --net="/run/netns/$name.left" vde_plug2tap -s "$work/switch" tap0
	start nsenter --net="/run/netns/$name.right" vde_plug2tap -s "$work/switch" tap0
	furnish tap0 tap0
}

# It opens both devices where it is; one of them is then moved.
lay_ubridge() {
	make_namespaces
	printf '[wire]\nsource_tap = near\ndestination_tap = far\n' >"$work/ubridge.ini"
	start nsenter --net="/run/netns/$name.left" ubridge -f "$work/ubridge.ini"
	await ip -n "$name.left" link show far
	ip -n "$name.left" link set far netns "$name.right"
	furnish near far
}

# It makes the right namespace itself, refuses root, and wants to be a router.
lay_mahimahi() {
	ip netns add "$name.left"
	ip -n "$name.left" link set lo up
	within mahimahi left sysctl -q -w net.ipv4.ip_forward=1
	: >"$work/shell"
	chmod 666 "$work/shell"
	chmod 711 "$work"
	start nsenter --net="/run/netns/$name.left" setpriv --reuid 65534 --regid 65534 --clear-groups \
		mm-delay 0 sh -c "echo \$\$ >$work/shell; exec sleep 1000000"
	await test -s "$work/shell"
	ln -s "/proc/$(cat "$work/shell")/ns/net" "/run/netns/$name.right"
	far=$(ip -n "$name.right" -4 -br address show dev ingress | awk '{ print $3 }')
}

make_namespaces() {
	for side in left right; do
		ip netns add "$name.$side"
		ip -n "$name.$side" link set lo up
	done
}

furnish() { # the left device, the right one
	furnish_end "$name.left" "$1" 10.0.0.1
	furnish_end "$name.right" "$2" 10.0.0.2
}

furnish_end() { # NAMESPACE DEVICE ADDRESS
	await ip -n "$1" link show "$2"
	ip -n "$1" address add "$3/24" dev "$2"
	ip -n "$1" link set "$2" mtu 1500 up
}

unlay() { # PATH: also where it was not laid to its end
	case $1 in
	tunlab | packets) "$BUILD/tunlab" down "$run-$1" ;;
	other) "$OTHER/tunlab" down "$run-$1" ;;
	*)
		for side in left right; do
			if [ -L "/run/netns/$run-$1.$side" ]; then
				rm "/run/netns/$run-$1.$side"
			elif [ -e "/run/netns/$run-$1.$side" ]; then
				ip netns delete "$run-$1.$side"
			fi
		done
		;;
	esac
}
