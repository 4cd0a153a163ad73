#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where tcp and udp listen, and from where they answer: listen.json, and the same over IPv6.

load helpers

runs() {
	run "$TUNLAB" run "$1"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "each place for a listener, over IPv4" { runs "$LIVE/listen.json"; }
@test "each place for a listener, over IPv6" { runs "$LIVE/listen-ipv6.json"; }
