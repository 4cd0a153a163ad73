#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What tunlab says on a machine that has too much to do. It takes the machine for itself, so that "make thorough" runs it and
# "make check" does not. TUNLAB_THOROUGH=1 runs the lab a hundred times instead of five.
load ../slow

times=${TUNLAB_THOROUGH:+100}

setup() {
	scratch=$(mktemp -d)
	loads=()
}

teardown() {
	if [ "${#loads[@]}" != 0 ]; then kill -KILL "${loads[@]}" 2>/dev/null || true; fi
	rm -r "$scratch"
}

# burden: eight processes for each two processors, that never sleep.
burden() {
	local i

	for ((i = 0; i < 4 * $(nproc); i++)); do
		(while :; do :; done) 3>&- &
		loads+=($!)
		disown
	done
}

# runs COUNT LAB: runs the lab so often; adds to $scratch/tap.
runs() {
	local i status

	for ((i = 0; i < $1; i++)); do
		status=0
		"$TUNLAB" run "$2" >>"$scratch/tap" 3>&- || status=$?
		[ "$status" -le 1 ]
	done
}

@test "on a machine under load every failure says that it fell behind" {
	burden
	runs "${times:-2}" "$LIVE/slow.json"
	runs "${times:-5}" "$LABS/delay-and-jitter.json"
	cat "$scratch/tap"
	run failures <"$scratch/tap"
	[ "$output" = "" ]
}

@test "what is wrong fails as such under load, too" {
	burden
	all_wrong 13 # more packets than expected may have been sent again
}
