#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What ping, tcp, udp, trace and route say of their sockets: a rule with that selector leads them another way, packets
# have it, and rules that forbid are errors. And which of several requests are answered.

load helpers

runs() {
	run "$TUNLAB" run "$1"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "mark, tos, uid, source and dev take a probe another way, over IPv4" { runs "$LIVE/probe-options.json"; }
@test "mark, tos, uid, source and dev take a probe another way, over IPv6" { runs "$LIVE/probe-options-ipv6.json"; }
@test "its user is that of rulesets, too" { runs "$LIVE/probe-uid.json"; }

@test "ping: which requests are answered" {
	run "$TUNLAB" run "$LIVE/answered.json"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(grep -c '^ok' <<<"$output")" = 4 ]
	[ "$(grep -o 'answered is .*\|loss is .*' <<<"$output")" = 'answered is [1,3,5], not [1,3]"
answered is [1,3,5], not [1,2,3]"
answered is [1,3,5], not []"
loss is unknown, not 40%"' ]
}
