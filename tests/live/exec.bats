#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Steps that run programs: only where that is allowed, enclosed in the lab, and gone with it however it ends (see also
# leaves-nothing.bats). What a step says where something else came is in meta/wrong-exec.
load helpers

lab=$LIVE/exec.json

setup() {
	scratch=$(mktemp -d)
	mark=tunlab-test-$$-$RANDOM$RANDOM # in the command lines of what must not be left
}

teardown() {
	rm -r "$scratch"
}

# all_pass LAB COMMAND...: the command's TAP has a good point for each of the lab's steps.
all_pass() {
	local steps

	steps=$(jq '.steps | length' "$1")
	shift
	run "$@" 3>&-
	echo "$output"
	[ "$status" = 0 ]
	[ "$(grep -c '^ok ' <<<"$output")" = "$steps" ]
}

@test "what programs see, and what is expected of them" { all_pass "$lab" "$TUNLAB" run --allow-exec "$lab"; }

@test "the same from another folder, in an empty environment" {
	cd /
	all_pass "$lab" env -i "$TUNLAB" run --allow-exec "$lab"
}

@test "the same with standard streams closed, and signals ignored" {
	# shellcheck disable=SC2016 # for the inner shell to expand
	all_pass "$lab" bash -c 'trap "" PIPE QUIT; exec "$TUNLAB" run --allow-exec "$1" <&-' - "$lab"
}

@test "the same for an ordinary user, who is root in a user namespace" {
	needs_rooms
	all_pass "$lab" leaves_nothing "$TUNLAB" run --allow-exec "$lab"
}

# lab_of STEPS FOLDER: a lab of these steps, in a folder.
lab_of() {
	mkdir -p "$2"
	jq -n --argjson steps "$1" '{ namespaces: { left: {}, right: {} }, steps: $steps }' >"$2/lab.json"
}

@test "the folder is that of the lab's file, however it is named; of standard input it is this one" {
	lab_of '[{ "in": "left", "exec": ["pwd"], "expect": { "stdout": "/one$" } }]' "$scratch/one"
	mkdir "$scratch/two"
	cd "$scratch/two"
	"$TUNLAB" run --allow-exec ../one/lab.json
	"$TUNLAB" run --allow-exec "$scratch/one/lab.json"
	cd ../one
	"$TUNLAB" run --allow-exec lab.json
	"$TUNLAB" run --allow-exec - <lab.json
	# shellcheck disable=SC2016 # the same
	printf '#!/bin/sh\necho "I am $1"\n' >peer
	chmod +x peer
	lab_of '[{ "in": "left", "exec": ["./peer", "here"], "expect": { "stdout": "^I am here$" } }]' "$scratch/one"
	cd /
	"$TUNLAB" run --allow-exec "$scratch/one/lab.json"
}

@test "without --allow-exec nothing is built, and each step is told that would run a program" {
	local good=$LABS/two-ns.json

	export ASAN_OPTIONS=detect_leaks=0 # which traces the program as well
	cd "$scratch"
	lab_of '[{ "in": "left", "exec": ["touch", "ran"] }, { "in": "left", "wait": "1ms" }, { "in": "right", "exec": ["touch", "ran"] }]' .
	jq -c . lab.json >one && mv one lab.json
	for names in lab.json "$good lab.json" "lab.json $good"; do
		# shellcheck disable=SC2086 # one, or two
		run strace -f -qq -o calls -e signal=none -e trace=unshare,clone,clone3,fork,vfork "$TUNLAB" run $names 3>&-
		[ "$status" = 2 ]
		diff -u - <(echo "$output") <<-'END'
			lab.json:1:67: steps[0].exec: ["touch","ran"]: runs a program of this machine: allow it with --allow-exec
			lab.json:1:132: steps[2].exec: ["touch","ran"]: runs a program of this machine: allow it with --allow-exec
		END
		! grep '(' calls || return 1
	done
	"$TUNLAB" check lab.json
	"$TUNLAB" show lab.json
	"$TUNLAB" show --format script lab.json | sh -n
	[ ! -e ran ]
	"$TUNLAB" run --allow-exec lab.json
	[ -e ran ]
}

@test "what is shown as JSON reads back as the same" {
	"$TUNLAB" show --format json "$lab" >"$scratch/shown"
	"$TUNLAB" show --format json "$scratch/shown" | diff "$scratch/shown" -
	diff <(jq '.steps | map(.exec, .env, .until, .background)' "$lab") <(jq '.steps | map(.exec, .env, .until, .background)' "$scratch/shown")
}

# A program, and a child of it that has a session of its own; each has the mark in its command line.
program() {
	jq -n --arg mark "$mark" '["sh", "-c", "setsid sh -c \"echo \\$\\$; while sleep 100; do :; done\" \($mark) & while sleep 100; do :; done", $mark]'
}

# marked: how many processes have the mark.
marked() { pgrep -f -c -- "$mark" || true; }

none_marked() { [ "$(marked)" = 0 ]; }

# steps MORE...: the program in the background, and what follows.
steps() {
	jq -n --argjson program "$(program)" \
		'[{ "in": "left", "exec": $program, "background": true, "until": { "stdout": "^[0-9]+$" } }] + $ARGS.positional' --jsonargs "$@"
}

@test "a program in the background, and its child with its own session, are gone when the lab ends" {
	lab_of "$(steps "$(jq -n --arg mark "$mark" '{ in: "right", exec: ["pgrep", "-f", "-c", "--", $mark], expect: { stdout: "^[23]$" } }')")" "$scratch"
	"$TUNLAB" run --allow-exec "$scratch/lab.json"
	none_marked # already
}

@test "the same at a step that fails, which is tried a second time in a second lab" {
	lab_of "$(steps '{ "in": "left", "exec": ["false"] }')" "$scratch"
	run "$TUNLAB" run --allow-exec "$scratch/lab.json" 3>&-
	[ "$status" = 1 ]
	none_marked
}

@test "the same where the kernel refuses what comes next" {
	lab_of "$(steps '{ "in": "left", "counters": { "left": { "NoSuchCounter": 1 } }, "wait": "1ms" }')" "$scratch"
	run "$TUNLAB" run --allow-exec "$scratch/lab.json" 3>&-
	echo "$output"
	[ "$status" != 0 ]
	none_marked
}

@test "the same where tunlab is ended by SIGINT, SIGTERM, SIGKILL, while it waits or while a program runs" {
	local signal step status

	for signal in INT TERM KILL; do
		for step in '{ "in": "left", "wait": "100s" }' '{ "in": "left", "exec": ["sleep", "100"] }'; do
			lab_of "$(steps "$step")" "$scratch"
			: >"$scratch/tap" # of the last time
			env --default-signal=INT "$TUNLAB" run --allow-exec "$scratch/lab.json" >"$scratch/tap" 2>&1 3>&- &
			within 60 grep -q '^ok 1 ' "$scratch/tap"
			[ "$(marked)" -ge 2 ] # with tunlab's own lab.json it is not
			kill -$signal $!
			status=0
			wait $! || status=$?
			[ "$status" = $((128 + $(kill -l $signal))) ]
			[ $signal = KILL ] || none_marked
			within 2 none_marked
		done
	done
}

@test "at its timeout a program is killed with its process group; what has left the group goes with the lab" {
	lab_of "$(jq -n --argjson program "$(program)" --arg mark "$mark" '[
		{ in: "left", exec: ["sh", "-c", "sleep 1000 & sleep 1000", $mark], timeout: "100ms", todo: "it must not end" },
		{ in: "left", exec: ["pgrep", "sleep"], expect: { exit: 1, stdout: "" } },
		{ in: "left", exec: $program, timeout: "1s", todo: "it must not end" },
		{ in: "left", exec: ["pgrep", "-c", "-f", "--", "^sh -c .*\($mark)"], expect: { stdout: "^1$" } }]')" "$scratch"
	run "$TUNLAB" run --allow-exec "$scratch/lab.json" 3>&-
	echo "$output"
	[ "$status" = 0 ]
	contains "$output" "did not end within 100ms; killed"
	contains "$output" "did not end within 1s; killed; stdout: "
	none_marked
}

@test "nothing is left in a user namespace of its own" {
	needs_rooms
	lab_of "$(steps '{ "in": "left", "exec": ["true"] }')" "$scratch"
	leaves_nothing "$TUNLAB" run --allow-exec "$scratch/lab.json"
	lab_of "$(steps '{ "in": "left", "exec": ["false"] }')" "$scratch"
	run leaves_nothing "$TUNLAB" run --allow-exec "$scratch/lab.json"
	[ "$status" = 1 ]
}

@test "ten labs with the same server at once" {
	local i pids=() failed=0

	for ((i = 0; i < 10; i++)); do
		"$TUNLAB" run --allow-exec "$LABS/exec-server.json" >"$scratch/$i" 2>&1 3>&- &
		pids+=($!)
	done
	for ((i = 0; i < 10; i++)); do
		wait "${pids[i]}" || { failed=1 && cat "$scratch/$i"; }
	done
	[ $failed = 0 ]
}
