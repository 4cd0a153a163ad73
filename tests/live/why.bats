#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What tunlab why says of situations whose cause is known. TUNLAB_THOROUGH=1 tries all of them amid noise.
load helpers

amid_noise=n${TUNLAB_THOROUGH:-s}
amid_noise=${amid_noise%1}

@test "the labs that the situations break pass" {
	run "$TUNLAB" run "$LIVE"/why/*.json
	echo "$output"
	[ "$status" = 0 ]
}

@test "the causes of why/table.txt: none is wrong, and no fewer are right than before" {
	run "$LIVE/why/try" 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "the causes of why/links.txt: none is wrong, and no fewer are right than before" {
	run "$LIVE/why/try" links.txt 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "the causes of why/wires.txt: none is wrong, and no fewer are right than before" {
	run "$LIVE/why/try" wires.txt 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "in a user namespace, where the kernel does not tell of what it drops, none is wrong either" {
	needs_rooms
	run "$LIVE/why/try" -b 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "nor of why/links.txt" {
	needs_rooms
	run "$LIVE/why/try" -b links.txt 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "nor of why/wires.txt" {
	needs_rooms
	run "$LIVE/why/try" -b wires.txt 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "other packets mislead nobody: multicast, pings, datagrams and TCP" {
	run "$LIVE/why/try" "-$amid_noise" 3>&-
	echo "$output"
	[ "$status" = 0 ]
}

@test "nor in a user namespace" {
	needs_rooms
	run "$LIVE/why/try" "-b$amid_noise" 3>&-
	echo "$output"
	[ "$status" = 0 ]
}
