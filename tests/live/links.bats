#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What tunlab asks of the kernel for each link of labs in tests/plan and of asked.json is what ip asks for it, byte for byte: also for
# kinds that this kernel lacks, as the question is asked all the same.
load helpers

setup() {
	scratch=$(mktemp -d)
	cd "$scratch" || return
}

teardown() {
	cd / && rm -rf "$scratch"
}

# The links of a lab but its veth pair, a line each: DEVICE, what is said of it, and the lab with this link and what it
# stands on only, with a tab between.
links_of() { # LAB
	jq -r 'del(.steps) as $lab | .namespaces | to_entries[] | .key as $in | .value.links | to_entries[] |
		select(.value.kind != "veth") | .key as $name | .value.link as $lower |
		[$name, "\($in)/\($name): \(.value | tojson)", ($lab | .namespaces |= with_entries(.key as $n | .value.links |= with_entries(
			select(.value.kind == "veth" or ($n == $in and (.key == $name or .key == $lower))) |
			del(.value.master, .value.bridge_slave))) | tojson)] | join("\t")' "$1"
}

# The messages that ask for the device, but for what is nothing where it is zero, so that one of both need not say it:
# the lower device of IPIP, SIT and IPv6 tunnels (IFLA_IPTUN_LINK), SIT's flags (IFLA_IPTUN_FLAGS), GRE's keys
# (IFLA_GRE_IKEY, OKEY), VXLAN's TTL beside "inherit"; and the ERSPAN version that ip tells GRE over IPv6, which has none.
asked() { # DEVICE STRACE'S-OUTPUT
	awk -f "$LIVE/newlink.awk" "$2" | sed -E '/^18\.2\.(1|4|5|8)=(00)+$/d; /^18\.2\.22=01$/d' |
		awk -v RS='--\n' -v name="3=$(printf %s "$1" | od -An -tx1 | tr -d ' \n')00" '
			index($0, "\n" name "\n") && /\n18\./ { print }'
}

trace() { # FILE COMMAND...
	strace -qq -e trace=sendto,sendmsg -e write=all -o "$@"
}

# Both are asked to make the device of the lab, in namespaces of their own.
ask_both() { # LAB DEVICE
	trace tunlab.trace "$TUNLAB" run "$1" >tap 3>&- || cat tap
	"$TUNLAB" show "$1" | sed -n "
		s/^ip \\(.* link add .*name $2 .*\\)/trace ip.trace ip \\1 || true/p; t
		/^ip netns add/p; /^ip .* link add /p" >script
	export -f trace
	unshare --mount --net --propagation private \
		bash -euc 'mount -t tmpfs tmpfs /run && mkdir /run/netns && . ./script' 2>err 3>&-
}

@test "tunlab asks for each link what ip asks for" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	command -v strace >/dev/null || skip "there is no strace"
	command -v ip >/dev/null || skip "there is no ip"
	count=0
	for lab in "$LIVE"/../plan/lowers.json "$LIVE"/../plan/tunnels.json "$LIVE"/asked.json; do
		while IFS=$'\t' read -r device said only; do
			echo "$said"
			echo "$only" >lab.json
			ask_both lab.json "$device"
			asked "$device" ip.trace >ip.asked
			asked "$device" tunlab.trace >tunlab.asked
			[ -s ip.asked ] || { cat err && false; }
			diff -u ip.asked tunlab.asked
			count=$((count + 1))
		done < <(links_of "$lab")
	done
	echo "$count links"
	[ "$count" -ge 40 ]
}
