#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The keeper of a lab that is up answers commands: steps, one question after another, and what the lab is, at any time;
# whoever asks, and however badly.
# shellcheck disable=SC2016,SC2154 # for jq and inner shells to expand; set in machine.bash
load machine

setup() {
	open_machine
	remember
	try 0 "$TUNLAB" up "$LABS/two-ns.json"
}

teardown() { close_machine; }

# step STATUS JSON [LAB]
step() { try "$1" "$TUNLAB" step "${3:-two-ns}" "$2"; }

ping='{ "in": "left", "ping": "10.0.0.2" }'

well() {
	step 0 "$ping"
	try 0 "$TUNLAB" down --all
	complains_of_nothing
	as_before
}

@test "step: one, an array, a file, standard input" {
	step 0 "$ping"
	says "ok 1 - left ping 10.0.0.2"
	step 0 " [$ping, { \"in\": \"left\", \"tcp\": \"10.0.0.2:80\" }]"
	says $'1..2\nok 1 - left ping 10.0.0.2\nok 2 - left tcp 10.0.0.2:80'
	echo "$ping" >"$scratch/step.json"
	step 0 "$scratch/step.json"
	says "1..1"
	try 0 "$TUNLAB" step two-ns - <"$scratch/step.json"
	says "1..1"
	step 0 '[]'
	says "1..0"
	well
}

@test "step: one that fails is status 1, those after it are run" {
	step 1 "[{ \"in\": \"left\", \"ping\": \"10.0.0.2\", \"expect\": \"no-reply\" }, $ping]"
	says "not ok 1 - left ping 10.0.0.2"
	says 'step: "JSON:1:2: [0]"'
	says "ok 2 - left ping 10.0.0.2"
	complains_of_nothing
	well
}

# wrong TEXT COMPLAINT: such steps are status 2, and nothing is run.
wrong() {
	step 2 "$1"
	[ "$(cat "$scratch/stderr")" = "$2" ]
	[ ! -s "$scratch/stdout" ]
}

@test "step: what is wrong is said with its column, and nothing is run" {
	local known='allowed: one of change, .*ping, route, show, tcp, trace, udp, wait'

	wrong '{ "in": "left", "pig": "10.0.0.2" }' 'JSON:1:17: pig: "pig": unknown key; did you mean "ping"?'
	wrong "[$ping" "JSON:1:38: [0]: syntax: the text ends before the JSON does"
	wrong "[$ping, { \"in\": \"middle\", \"ping\": \"10.0.0.1\" }]" \
		'JSON:1:48: [1].in: "middle": no namespace of that name; allowed: left, right'
	wrong $'{\n  "in": "left",\n  "change": { "routes": ["192.0.2.0/24 via"] } }' \
		'JSON:3:40: change.routes[0]: "192.0.2.0/24 via": via: lacks what must follow; allowed: an IPv4 or IPv6 address'
	step 2 '{}'
	grep -Ex "tunlab: .*|JSON:1:1: \{\}: has no verb; $known" "$scratch/stderr"
	wrong /nonesuch '/nonesuch:1:1: cannot be opened: No such file or directory'
	wrong / "/:1:1: is a directory; allowed: a lab's file, or - for standard input"
	step 2 ''
	step 2 '"text"'
	head -c 9000000 /dev/zero | tr '\0' ' ' >"$scratch/big"
	wrong "$scratch/big" "$scratch/big:1:1: has 9000000 bytes; allowed: at most 8388608"
	{
		echo "["
		head -c 8000000 "$scratch/big"
		echo "$ping]"
	} >"$scratch/long"
	step 0 "$scratch/long"
	try 2 "$TUNLAB" step nonesuch "$ping"
	complains "tunlab: no lab nonesuch is up; up are: two-ns"
	well
}

# under_way NAME: the keeper has begun with the steps that NAME asked for.
under_way() { within 60 grep -q '^1\.\.' "$scratch/$1.out"; }

# connections: how many ends of the lab's socket are there, with the one that listens.
connections() { inside grep -c two-ns.control /proc/net/unix; }
are_connections() { [ "$(connections)" = "$1" ]; }

@test "while a step runs, list answers at once, and further steps wait for their turn" {
	local count

	start wait "$TUNLAB" step two-ns '{ "wait": "600s" }'
	under_way wait
	count=$(connections)
	start second "$TUNLAB" step two-ns "$ping"
	start third "$TUNLAB" step two-ns "$ping"
	within 60 are_connections "$((count + 2))"
	try 0 timeout 60 "$TUNLAB" list
	[ ! -s "$scratch/second.out" ]
	[ ! -s "$scratch/third.out" ]
	[ ! -e "$scratch/wait.status" ]
	signal wait INT
	ends wait 130
	ends second 0
	ends third 0
	contains "$(cat "$scratch/second.out")" "ok 1 - left ping"
	well
}

@test "down during a step: who asked for it hears why it ended" {
	local count

	start wait "$TUNLAB" step two-ns '[{ "wait": "600s" }, { "wait": "600s" }]'
	under_way wait
	count=$(connections)
	start second "$TUNLAB" step two-ns '{ "wait": "600s" }'
	within 60 are_connections "$((count + 1))"
	try 0 timeout 60 "$TUNLAB" down two-ns
	ends wait 3
	contains "$(cat "$scratch/wait.err")" "the lab was taken down"
	contains "$(cat "$scratch/wait.out")" "Bail out! "
	ends second 3
	[ "$(cat "$scratch/second.err")" = "tunlab: the lab two-ns has gone" ]
	as_before
}

@test "Ctrl-C in step, or its death: the step is given up, and the lab is well" {
	local signal

	for signal in INT TERM KILL; do
		start wait "$TUNLAB" step two-ns '[{ "wait": "600s" }, { "wait": "600s" }]'
		under_way wait
		signal wait "$signal"
		ends wait $((128 + $(kill -l "$signal")))
		step 0 "$ping"
	done
	well
}

@test "Ctrl-C in a step that waits for its turn" {
	local count

	start wait "$TUNLAB" step two-ns '{ "wait": "600s" }'
	under_way wait
	count=$(connections)
	start second "$TUNLAB" step two-ns '[{ "in": "left", "change": { "addresses": ["192.0.2.1/32 dev lo"] } }]'
	within 60 are_connections "$((count + 1))"
	signal second INT
	ends second 130
	signal wait INT
	ends wait 130
	step 0 "$ping"
	[ "$(inside ip -n two-ns.left -o address show dev lo | grep -c 192.0.2)" = 0 ]
	well
}

@test "Ctrl-C in list, and in down" {
	local keeper count

	keeper=$(keeper two-ns)
	inside kill -STOP "$keeper"
	count=$(connections)
	start list "$TUNLAB" list
	start down "$TUNLAB" down two-ns
	within 60 are_connections "$((count + 2))"
	signal list INT
	signal down INT
	ends list 130
	ends down 130
	inside kill -CONT "$keeper"
	try 0 "$TUNLAB" down --all # it may be going already
	as_before
}

@test "clients that do not behave hold up nobody" {
	local how pid

	pid=$(keeper two-ns)
	for how in silent garbage deaf hasty half greedy; do
		echo "$how"
		start "$how" "$LIVE/rude" /run/tunlab/two-ns.control "$how"
		within 60 grep -q ready "$scratch/$how.out"
		try 0 timeout 60 "$TUNLAB" list
		try 0 timeout 60 "$TUNLAB" step two-ns "$ping"
	done
	for how in silent garbage deaf half; do signal "$how" KILL || true; done
	[ "$(keeper two-ns)" = "$pid" ]
	step 0 "$ping"
	well
}

@test "a client that does not behave does not hold up down" {
	start deaf "$LIVE/rude" /run/tunlab/two-ns.control deaf
	start silent "$LIVE/rude" /run/tunlab/two-ns.control silent
	within 60 grep -q ready "$scratch/deaf.out"
	within 60 grep -q ready "$scratch/silent.out"
	try 0 timeout 60 "$TUNLAB" down two-ns
	ends deaf 0
	ends silent 0
	as_before
}

@test "clients take all descriptors: it goes on when they have gone" {
	local keeper

	keeper=$(keeper two-ns)
	inside prlimit --pid "$keeper" --nofile=40:40
	start silent "$LIVE/rude" /run/tunlab/two-ns.control silent
	within 60 grep -q ready "$scratch/silent.out"
	signal silent KILL
	try 0 timeout 60 "$TUNLAB" list two-ns
	well
}

# open_files PID, memory PID: how many descriptors a process has, and how many kB of memory.
open_files() { inside sh -c 'ls "/proc/$1/fd" | wc -l' - "$1"; }
memory() { inside awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

@test "a thousand steps, and a hundred questions: no descriptor more, little memory" {
	local pid files before after

	pid=$(keeper two-ns)
	jq -nc '[range(50) | { in: "left", udp: "10.0.0.2:53" }, { in: "left", route: "10.0.0.2" }]' >"$scratch/steps"
	step 0 "$scratch/steps"
	files=$(open_files "$pid")
	before=$(memory "$pid")
	for _ in {1..9}; do
		step 0 "$scratch/steps"
		step 2 '{ "in": "left" }'
	done
	inside sh -c 'for i in $(seq 100); do "$1" list >/dev/null; "$1" step two-ns "$2" >/dev/null; done' - "$TUNLAB" "$ping"
	after=$(memory "$pid")
	echo "# memory of the keeper: $before kB, after a thousand steps $after kB" >&3
	[ "$(open_files "$pid")" = "$files" ]
	grep -q __asan_init "$TUNLAB" || [ $((after - before)) -lt 4000 ] # freed memory is kept apart there
	well
}

@test "what a change brings: links, wires, namespaces' content" {
	try 0 "$TUNLAB" up --name bare - <<-'END'
		{ "namespaces": { "a": {}, "b": {} } }
	END
	[ "$(inside "$TUNLAB" list --json bare | jq '.[0].wires')" = "[]" ]
	# There is no relay before there is a wire.
	if relay bare; then return 1; fi
	step 0 '[{ "change": { "namespaces": { "a": { "addresses": ["10.0.0.1/24 dev tun0"] }, "b": { "addresses":
		["10.0.0.2/24 dev tun0"] } }, "wires": [["a/tun0", "b/tun0"]] } }, { "in": "a", "ping": "10.0.0.2" }]' bare
	relay bare
	[ "$(inside "$TUNLAB" list --json bare | jq -c '.[0].wires[0].ends')" = '["a/tun0","b/tun0"]' ]
	step 0 '[{ "in": "a", "change": { "addresses": ["fd00::1/64 dev tun0"] } }, { "in": "b", "change":
		{ "addresses": ["fd00::2/64 dev tun0"] } }, { "in": "a", "ping": "fd00::2" }]' bare
	inside ip netns exec bare.a ping -c 1 -W 2 fd00::2
	well
}

@test "a wire between devices that stood alone" {
	step 0 '[{ "in": "left", "change": { "links": { "tap0": { "kind": "tap" } }, "addresses": ["10.1.0.1/24 dev tap0"] } },
		{ "in": "right", "change": { "links": { "tap0": { "kind": "tap" } }, "addresses": ["10.1.0.2/24 dev tap0"] } }]'
	step 0 '[{ "change": { "wires": [["left/tap0", "right/tap0"]] } }, { "in": "left", "ping": "10.1.0.2" }]'
	step 0 '[{ "in": "left", "change": { "links": { "tap0": { "mtu": 1300 } } } },
		{ "in": "right", "ping": "10.1.0.1", "size": 1400, "df": true, "expect": "no-reply" }]'
	well
}

@test "a change that is wrong leaves the lab as it was; one that fails half way can be asked again" {
	step 2 '{ "change": { "namespaces": { "left": { "links": { "br0": { "kind": "bridge" } } } }, "wires": [["left/tun1",
		"right/tun0"]] } }'
	complains "tun0"
	step 2 '{ "in": "left", "ping": "10.0.0.2", "dev": "br0" }'
	step 1 '{ "in": "left", "change": { "links": { "br0": { "kind": "bridge" } }, "routes": ["192.0.2.0/24 via 198.51.100.1"] } }'
	says "Network is unreachable"
	inside ip -n two-ns.left link show dev br0
	step 0 '{ "in": "left", "change": { "links": { "br0": { "kind": "bridge" } }, "addresses": ["198.51.100.2/24 dev br0"],
		"routes": ["192.0.2.0/24 via 198.51.100.1"] } }'
	well
}

@test "what was changed by hand is seen" {
	inside ip -n two-ns.right address add 192.0.2.9/32 dev lo
	inside ip -n two-ns.right link add br9 type bridge
	step 0 '[{ "in": "right", "ping": "192.0.2.9" }, { "in": "right", "change": { "addresses": ["192.0.2.1/24 dev br9"] } }]'
	inside ip -n two-ns.left link delete tun0
	step 1 "$ping"
	says "Network is unreachable"
	step 2 '{ "in": "left", "change": { "addresses": ["192.0.2.1/24 dev tun0"] } }'
	complains "tun0"
	# What its wire was is no more, but the device can be made anew, and wired anew.
	step 0 '[{ "in": "left", "change": { "links": { "tun0": { "kind": "tun" } }, "addresses": ["10.0.0.1/24 dev tun0"] } },
		{ "in": "left", "ping": "10.0.0.1" }, { "in": "left", "ping": "10.0.0.2", "expect": "no-reply" }]'
	[ "$(inside "$TUNLAB" list --json | jq -c '.[0].wires')" = "[]" ]
	step 0 "[{ \"change\": { \"wires\": [[\"left/tun0\", \"right/tun0\"]] } }, $ping]"
	# Of what was made by hand tunlab has no descriptor.
	inside ip -n two-ns.left tuntap add hand mode tun
	step 2 '{ "change": { "wires": [["left/hand", "right/hand"]] } }'
	complains "left/hand: somebody else made it, and no wire can end at it"
	step 0 "$ping"
	try 0 "$TUNLAB" down two-ns
	complains_of_nothing
	as_before
}
