#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every byte passes over every pair of modes that the ends of a wire can have: 36 of TUN, 36 of TAP. Here 1 MiB each way and
# the sizes at which something changes; "make exact" has 256 MiB and every size.
load helpers

exact=$LIVE/../wires/exact

# every_pair KIND: none of the lines of TAP is amiss, and there are as many as pairs.
every_pair() {
	"$exact" all short "$1" 3>&- >"$BATS_TEST_TMPDIR/tap" || {
		cat "$BATS_TEST_TMPDIR/tap"
		return 1
	}
	[ "$(grep -c '^ok ' "$BATS_TEST_TMPDIR/tap")" = 36 ] # "all" says so, too
}

@test "each pair of modes of TUN" {
	every_pair tun
}

@test "each pair of modes of TAP" {
	every_pair tap
}

# A lab of a hub of eight TAPs, each of another mode; everyone sends to everyone.
hub() {
	awk '
	function has(mode, bit) { return int(mode / bit) % 2 ? "true" : "false" }
	BEGIN {
		print "{ \"namespaces\": {"
		for (i = 0; i < 8; i++)
			printf "%s\"mode%d\": { \"links\": { \"eth0\": { \"kind\": \"tap\", \"packet_info\": %s, \"vnet_hdr\": %s%s } }, \"addresses\": [\"10.0.0.%d/24 dev eth0\"] }\n",
				i ? "," : "", i, has(i, 1), has(i, 2), has(i, 4) == "true" ? ", \"multi_queue\": 3" : "", i + 1
		printf " }, \"wires\": [{ \"kind\": \"hub\", \"ends\": ["
		for (i = 0; i < 8; i++)
			printf "%s\"mode%d/eth0\"", i ? ", " : "", i
		print "] }], \"steps\": ["
		for (i = 0; i < 64; i++)
			if (int(i / 8) != i % 8) {
				printf "%s{ \"in\": \"mode%d\", \"tcp\": \"10.0.0.%d:80\", \"bytes\": 200000, \"timeout\": \"10s\" },\n",
					(i > 1) ? "," : "", i / 8, i % 8 + 1
				printf "{ \"in\": \"mode%d\", \"udp\": \"10.0.0.%d:53\", \"size\": 5000, \"timeout\": \"5s\" }\n", i / 8, i % 8 + 1
			}
		print "] }"
	}'
}

@test "each pair of modes at one hub" {
	hub >"$BATS_TEST_TMPDIR/hub.json"
	"$TUNLAB" run "$BATS_TEST_TMPDIR/hub.json" 3>&-
}

@test "a pair over which something does not pass is a failure" {
	TUNLAB=false run "$exact" pair short tun 0 7
	echo "$output"
	[ "$status" = 255 ]
	contains "$output" 'not ok - tun: nothing / packet information, segments whole, three queues'
}
