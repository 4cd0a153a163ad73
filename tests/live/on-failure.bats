#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# run --keep-on-failure and --shell-on-failure: a lab stays as its first failed step left it.
# shellcheck disable=SC2016,SC2154 # for jq and inner shells to expand; set in machine.bash
load machine

setup() {
	open_machine
	jq '.steps = [{ "in": "left", "change": { "addresses": ["192.0.2.1/32 dev lo"] } },
		{ "in": "right", "ping": "10.0.0.1", "expect": "no-reply" },
		{ "in": "left", "change": { "addresses": ["192.0.2.2/32 dev lo"] } }]' "$LABS/two-ns.json" >"$scratch/fails.json"
	remember
}

teardown() { close_machine; }

# as_it_was LAB: it stands as the failed step left it.
as_it_was() {
	local addresses

	addresses=$(inside ip -n "$1.left" -o address show dev lo)
	contains "$addresses" 192.0.2.1/32
	case $addresses in *192.0.2.2/32*) return 1 ;; esac
}

down_all() {
	try 0 "$TUNLAB" down --all
	complains_of_nothing
	as_before
}

@test "--keep-on-failure: what fails stays, under a name that is free" {
	try 1 "$TUNLAB" run --keep-on-failure "$scratch/fails.json"
	says "1..3"
	says "not ok 2 - right ping 10.0.0.1"
	says "# SKIP the lab stays as step 2 left it"
	[ "$(cat "$scratch/stderr")" = \
		"tunlab: fails is up as the failed step left it (tunlab shell fails right; tunlab down fails)" ]
	as_it_was fails
	try 0 "$TUNLAB" step fails '{ "in": "left", "ping": "10.0.0.2" }'
	try 1 "$TUNLAB" run --keep-on-failure "$scratch/fails.json"
	complains "tunlab: fails-2 is up"
	as_it_was fails-2
	down_all
}

@test "--keep-on-failure: what passes is taken down, and what is skipped; of several labs those that fail stay" {
	jq '.requires = ["kernel >= 99"]' "$LABS/two-ns.json" >"$scratch/later.json"
	try 0 "$TUNLAB" run --keep-on-failure "$LABS/two-ns.json"
	complains_of_nothing
	as_before
	try 0 "$TUNLAB" run --keep-on-failure "$scratch/later.json"
	says "1..0 # SKIP"
	as_before
	try 1 "$TUNLAB" run --keep-on-failure "$LABS/two-ns.json" "$scratch/fails.json" "$scratch/later.json" "$scratch/fails.json"
	says "ok 1 - two namespaces, one wire"
	says "not ok 2 - two namespaces, one wire"
	says "# SKIP"
	says "not ok 4 - two namespaces, one wire"
	[ "$(inside "$TUNLAB" list --names)" = $'fails\nfails-2' ]
	down_all
}

@test "--keep-on-failure: a step marked todo keeps nothing; --step stops before the failure" {
	jq '.steps[1].todo = "known"' "$scratch/fails.json" >"$scratch/todo.json"
	try 0 "$TUNLAB" run --keep-on-failure "$scratch/todo.json"
	as_before
	try 0 "$TUNLAB" run --keep-on-failure --step 1 "$scratch/fails.json"
	as_before
}

@test "--keep-on-failure: Ctrl-C, and an output that nobody takes, keep nothing" {
	jq '.steps[1] = { "wait": "600s" }' "$scratch/fails.json" >"$scratch/long.json"
	start run "$TUNLAB" run --keep-on-failure "$scratch/long.json"
	within 60 grep -q '^ok 1' "$scratch/run.out"
	signal run INT
	ends run 130
	contains "$(cat "$scratch/run.out")" "Bail out! ended by SIGINT"
	as_before
	start run "$TUNLAB" run --keep-on-failure "$scratch/long.json"
	within 60 grep -q '^ok 1' "$scratch/run.out"
	signal run KILL
	as_before
	try 3 sh -c '"$1" run --keep-on-failure "$2" >/dev/full' - "$TUNLAB" "$scratch/fails.json"
	as_before
}

@test "--shell-on-failure: a shell in the step's namespace; when it ends the lab is taken down" {
	mkfifo "$scratch/keys"
	exec 9<>"$scratch/keys"
	start shell sh -c 'exec script -qec "$1 run --shell-on-failure $2" /dev/null <"$3"' - \
		"$TUNLAB" "$scratch/fails.json" "$scratch/keys"
	within 60 grep -q 'fails\.right\] ' "$scratch/shell.out"
	as_it_was fails
	echo 'ip -o -4 address show dev tun0; exit 7' >&9
	ends shell 1
	contains "$(cat "$scratch/shell.out")" "inet 10.0.0.2/24"
	as_before
}

@test "--shell-on-failure: where nothing fails there is none" {
	try 0 timeout 60 "$TUNLAB" run --shell-on-failure "$LABS/two-ns.json"
	complains_of_nothing
	as_before
}
