#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The labs mean the same whatever the host's settings are. This changes the host, which new namespaces inherit from, and
# so runs only where CI is set; it restores what it changed.
load helpers

# ip_forward resets others of the host, and is left alone where it stands already.
assign() {
	[ "$(cat "/proc/sys/$1")" = "$2" ] || echo "$2" >"/proc/sys/$1"
}

# What ip_forward resets is restored with it.
all_settings() {
	(cd /proc/sys && grep -rs . net/ipv4/ip_forward net/ipv4/conf/*/{rp_filter,forwarding,accept_redirects,send_redirects})
}

setup() {
	[ -n "${CI:-}" ] || skip "it changes the host's settings, and CI is not set"
	before=$(all_settings)
}

teardown() {
	local line

	if [ -z "${CI:-}" ]; then return; fi
	while IFS= read -r line; do
		assign "${line%%:*}" "${line#*:}"
	done <<<"$before"
	[ "$before" = "$(all_settings)" ]
}

# verdicts: of each of the labs, and every step, whether it passed. Eight labs at a time: most wait for what does not
# come.
verdicts() {
	# shellcheck disable=SC2016 # for the inner shell to expand
	xargs -n 1 -P 8 sh -c '
		"$TUNLAB" run --allow-exec --slow-ok "$0" 2>&1 | grep -E "^(not )?ok |^tunlab:" | sed "s|^|${0##*/}: |"' <<<"$labs" 3>&- | sort
}

# change RP_FILTER IP_FORWARD: gives the host these, and shows by what a new namespace inherits that they count.
change() {
	assign net/ipv4/ip_forward "$2"
	assign net/ipv4/conf/all/rp_filter "$1"
	assign net/ipv4/conf/default/rp_filter "$1"
	[ "$(unshare --net cat /proc/sys/net/ipv4/conf/default/rp_filter)" = "$1" ]
	[ "$(unshare --net cat /proc/sys/net/ipv4/ip_forward)" = "$2" ]
}

@test "rp_filter 0, 1 and 2 and ip_forward 0 and 1 of the host change no verdict" {
	local rp_filter ip_forward steps labs

	labs=$(runnable_labs)
	steps=$(xargs jq --slurp 'map(.steps | length) | add' <<<"$labs")
	for rp_filter in 0 1 2; do
		for ip_forward in 0 1; do
			echo "rp_filter $rp_filter, ip_forward $ip_forward"
			change $rp_filter $ip_forward
			run verdicts
			echo "$output"
			[ "$(grep -c ': ok ' <<<"$output")" = "$steps" ]
			[ "$(grep -vc ': ok ' <<<"$output")" = 0 ]
		done
	done
}
