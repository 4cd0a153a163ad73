#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# However and whenever tunlab ends, two seconds later nothing is left of the lab. TUNLAB_THOROUGH=1 tries each phase five
# times and fifty random moments.
load helpers

phases='reading namespaces links relay sysctls up addresses routes rules exec ping tcp udp route change wait down'
times=${TUNLAB_THOROUGH:+5}
moments=${TUNLAB_THOROUGH:+50}

setup() {
	needs_rooms
}

# in_rooms: ends tunlab as each line of standard input says (a phase or a moment, a signal), each in a room of its own,
# four at a time.
in_rooms() {
	xargs -n 2 -P 4 unshare --user --map-root-user --net --mount "$LIVE/end-at" 2>&1 3>&-
}

# all_well COUNT: the text on standard input has so many good results: one for each that was tried.
all_well() {
	local text good

	text=$(cat)
	echo "$text" # shown where the test fails
	good=$(grep -c 'nothing left after' <<<"$text") || true
	[ "$good" = "$1" ]
}

# each_phase SIGNAL
each_phase() {
	local phase time count=0 list=

	for phase in $phases; do
		for ((time = 0; time < ${times:-1}; time++)); do
			list+="$phase $1"$'\n'
			count=$((count + 1))
		done
	done
	in_rooms <<<"$list" | all_well "$count"
}

@test "after SIGINT in any phase" { each_phase INT; }

@test "after SIGTERM in any phase" { each_phase TERM; }

@test "after SIGKILL in any phase" { each_phase KILL; }

@test "after any of them at a random moment" {
	local signals=(INT TERM KILL) i list=

	for ((i = 0; i < ${moments:-6}; i++)); do
		list+="$((RANDOM % 120)) ${signals[i % 3]}"$'\n'
	done
	in_rooms <<<"$list" | all_well "${moments:-6}"
}

# What is left must be seen, or the tests above show nothing.

# finds WHAT: end-at fails with that in a room where the commands on standard input are run before.
finds() {
	local text status=0

	text=$(cat - <(echo "exec $LIVE/end-at ping KILL") | room bash -s) || status=$?
	contains "$text" "$1"
	[ "$status" = 1 ]
}

@test "a process that is left is seen" {
	finds "the room is not empty" <<-'END'
		tail --pid=$$ -f /dev/null >/dev/null 2>&1 &
	END
}

@test "a namespace that only a descriptor holds is seen" {
	finds "there is a namespace already" <<-'END'
		coproc unshare --net cat
		while [ "/proc/$COPROC_PID/ns/net" -ef "/proc/$$/ns/net" ]; do :; done
		exec 9<"/proc/$COPROC_PID/ns/net"
		kill "$COPROC_PID"
		wait
	END
}
