#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Globs in the names of sysctls. The shell is the judge: it walks /proc/sys/net in the lab's namespace by its own globs.
load helpers

setup() {
	scratch=$(mktemp -d)
	process=
}

teardown() {
	end
	rm -rf "$scratch"
}

# end: ends what stands.
end() {
	[ -n "$process" ] || return 0
	kill -KILL "$process"
	wait "$process" || true
	process=
}

# stand LAB: runs it until its sysctls are set, and stops it there.
stand() {
	TUNLAB_STOP_AT=up "$TUNLAB" run "$1" >"$scratch/tap" 2>&1 3>&- &
	process=$!
	within 60 is_stopped "$process" || { cat "$scratch/tap" && false; }
}

# inside DEVICE COMMAND...: runs it in that of the lab's namespaces which has the device.
inside() {
	local device=$1 fd

	shift
	for fd in "/proc/$process/fd"/*; do
		[[ $(readlink "$fd") == net:* ]] || continue
		nsenter --net="$fd" test -e "/proc/sys/net/ipv4/conf/$device" || continue
		nsenter --net="$fd" "$@"
		return
	done
	echo "no namespace has $device"
	return 1
}

# values SETTING: of every DEVICE of a family the line FAMILY/DEVICE=VALUE.
# shellcheck disable=SC2016 # for the inner shell to expand
values() {
	inside tun0.5 sh -c 'cd /proc/sys/net && for file in ipv?/conf/*/$0; do
		name=${file%/*}; echo "${name%%/*}/${name##*/}=$(cat "$file")"; done' "$1"
}

lab() { # SYSCTLS
	cat >"$scratch/lab.json" <<-END
		{ "namespaces": { "a": {
			"links": { "tun0": { "kind": "tun" }, "tun0.5": { "kind": "tun" }, "tun1": { "kind": "tun" }, "eth0": { "kind": "tap" } },
			"sysctls": { $1 } }, "other": {} }, "steps": [{ "wait": "1ms" }] }
	END
}

@test "* matches all, default and each device, but none that is named, wherever that stands" {
	lab '"net.ipv4.conf.tun1.rp_filter": 0, "net.ipv4.conf.*.rp_filter": 2, "net.ipv4.conf.lo.rp_filter": null,
		"net/ipv4/conf/tun0.5/rp_filter": 1'
	stand "$scratch/lab.json"
	diff -u - <(values rp_filter) <<-END
		ipv4/all=2
		ipv4/default=2
		ipv4/eth0=2
		ipv4/lo=0
		ipv4/tun0.5=1
		ipv4/tun0=2
		ipv4/tun1=0
	END
}

@test "?, [] and [!] match as the shell has it, also across families; a dot in a device's name is one in the path" {
	local glob

	lab '"net.ipv4.conf.tun?.accept_local": 1, "net.ipv4.conf.tun[!0]*.arp_filter": 1, "net/ipv4/conf/*.5/arp_ignore": 2,
		"net.ipv4.conf.*/5.arp_announce": 1, "net.ipv?.conf.[te]*.ignore_routes_with_linkdown": 1, "net.ipv4.conf.[e-k]*.log_martians": 1'
	stand "$scratch/lab.json"
	# shellcheck disable=SC2016 # for the inner shell to expand
	while read -r glob value; do
		inside tun0.5 bash -c 'cd /proc/sys/net && for file in ipv?/conf/*/${0##*/}; do
			wanted=0; for match in $0; do if [ "$match" = "$file" ]; then wanted=$1; fi; done
			[ "$(cat "$file")" = "$wanted" ] || { echo "$file is $(cat "$file"), not $wanted" && exit 1; }; done' "$glob" "$value"
	done <<-'END'
		ipv4/conf/tun?/accept_local 1
		ipv4/conf/tun[!0]*/arp_filter 1
		ipv4/conf/*.5/arp_ignore 2
		ipv4/conf/*.5/arp_announce 1
		ipv[46]/conf/[te]*/ignore_routes_with_linkdown 1
		ipv4/conf/[e-k]*/log_martians 1
	END
}

@test "forwarding is set first by a glob too, since it resets others" {
	lab '"net.ipv4.conf.all.accept_redirects": 1, "net.ipv4.conf.*.forwarding": 1, "net.ipv4.conf.eth0.forwarding": 0'
	stand "$scratch/lab.json"
	[ "$(inside tun0.5 cat /proc/sys/net/ipv4/conf/all/accept_redirects)" = 1 ]
	[ "$(values forwarding | grep -c '^ipv4/.*=1$')" = 6 ]
	[ "$(values forwarding | grep '^ipv4/.*=0$')" = ipv4/eth0=0 ]
}

@test "a name written before a glob counts, though all of the glob would reset it; ip_forward is all's forwarding" {
	lab '"net.ipv4.conf.eth0.forwarding": 0, "net.ipv4.conf.*.forwarding": 1'
	stand "$scratch/lab.json"
	[ "$(values forwarding | grep '^ipv4/.*=0$')" = ipv4/eth0=0 ]
	end
	lab '"net.ipv4.ip_forward": 1, "net.ipv4.conf.tun*.forwarding": 0'
	stand "$scratch/lab.json"
	[ "$(values forwarding | grep '^ipv4/.*=0$' | tr '\n' ' ')" = 'ipv4/tun0.5=0 ipv4/tun0=0 ipv4/tun1=0 ' ]
	end
	lab '"net.ipv4.ip_forward": 1, "net.ipv4.conf.*.forwarding": 0'
	stand "$scratch/lab.json"
	[ "$(inside tun0.5 cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
}

@test "what show prints for a shell does the same" {
	lab '"net.ipv4.conf.tun1.rp_filter": 0, "net.ipv4.conf.*.rp_filter": 2, "net.ipv4.conf.lo.rp_filter": null,
		"net.ipv4.conf.*.forwarding": 1, "net.ipv4.conf.eth0.forwarding": 0, "net.ipv6.conf.[!l]*.hop_limit": 9'
	stand "$scratch/lab.json"
	for setting in rp_filter forwarding hop_limit; do values $setting; done >"$scratch/tunlab"
	"$TUNLAB" show "$scratch/lab.json" >"$scratch/script"
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare --mount --net --propagation private sh -euc 'mount -t tmpfs tmpfs /run && mkdir /run/netns && . "$1"
		for setting in rp_filter forwarding hop_limit; do
			ip netns exec a sh -c "cd /proc/sys/net && for file in ipv?/conf/*/$setting; do
				name=\${file%/*}; echo \"\${name%%/*}/\${name##*/}=\$(cat \$file)\"; done"
		done' sh "$scratch/script" >"$scratch/shell"
	[ "$(wc -l <"$scratch/shell")" -gt 20 ]
	diff -u "$scratch/tunlab" "$scratch/shell"
}

@test "a glob that matches nothing is an error of the lab, with its place" {
	lab '"net.ipv4.conf.*.no_such": 1'
	run "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 2 ]
	contains "$output" 'lab.json:3:41: namespaces.a.sysctls["net.ipv4.conf.*.no_such"]: operation '
	contains "$output" ': net.ipv4.conf.*.no_such matches no sysctl of this namespace'
	jq '.steps[0] = { change: { namespaces: { a: { sysctls: { "net.ipv4.*.nothing": 1 } } } }, expect: "ENOENT" }
		| del(.namespaces.a.sysctls)' "$scratch/lab.json" >"$scratch/change.json"
	run "$TUNLAB" run "$scratch/change.json"
	echo "$output"
	[ "$status" -eq 0 ]
	lab '"net.ipv[4]": 1'
	run "$TUNLAB" run "$scratch/lab.json"
	[ "$status" -eq 2 ]
	contains "$output" ': net.ipv[4] matches no sysctl of this namespace'
}

@test "the first of a glob's sysctls that the kernel refuses is named" {
	lab '"net.ipv4.conf.tun*.forwarding": "many"'
	run "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 2 ]
	contains "$output" ': net.ipv4.conf.tun0/5.forwarding cannot be set to "many": Invalid argument'
	lab '"net.ipv4.conf.tun0/?.mc_forwarding": 1'
	run "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 2 ]
	contains "$output" ': net.ipv4.conf.tun0/5.mc_forwarding may not be opened in a network namespace'
}
