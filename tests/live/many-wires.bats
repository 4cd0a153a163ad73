#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Labs of a thousand wires and more, which one relay serves: what it takes of memory and time. And what the queues of devices
# drop before it sees anything of it.
# shellcheck disable=SC2016,SC2154 # for inner shells to expand; set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

# wires COUNT KEYS: a lab of so many wires, with these keys, a hundred of them between two namespaces each: a0/t0 - b0/t0
# and so on. Its steps ping over each of them.
wires() {
	jq -n --argjson count "$1" --argjson keys "$2" '
		def address($wire; $host): (4 * $wire + $host) as $n | "10.\($n / 65536 | floor).\($n / 256 % 256 | floor).\($n % 256)";
		[range($count)] | {
			namespaces: ([.[] as $i | ("a", "b") as $side | { name: "\($side)\($i / 100 | floor)", value: $i }]
				| group_by(.name) | map({ key: .[0].name, value: { addresses:
					[.[] | "\(address(.value; if .name[:1] == "a" then 1 else 2 end))/30 dev t\(.value % 100)"] } })
				| from_entries),
			wires: map({ ends: ["a\(. / 100 | floor)/t\(. % 100)", "b\(. / 100 | floor)/t\(. % 100)"] } + $keys),
			steps: map({ in: "a\(. / 100 | floor)", ping: address(.; 2), timeout: "30s" }) }'
}

# of_process PID FIELD: from its /proc/PID/status, on the machine.
of_process() { inside sed -n "s/^$2:[[:space:]]*\([0-9]*\).*/\1/p" "/proc/$1/status"; }

# times PID: for how long it has run, in nanoseconds and as its clock ticks, and how often.
times() {
	inside cat "/proc/$1/schedstat"
	inside cut -d ' ' -f 14,15 "/proc/$1/stat"
	inside grep ctxt "/proc/$1/status"
}

# is_modest PID: its memory was never more than 64 MiB.
is_modest() {
	local most

	most=$(of_process "$1" VmHWM)
	echo "# the relay took $most kB at most" >&3
	grep -q __asan_init "$TUNLAB" || [ "$most" -lt 65536 ] # freed memory is kept apart there
}

@test "a thousand wires, all pinged: the relay takes less than 64 MiB, and no time while nothing is sent" {
	local relay before

	wires 1000 '{}' >"$scratch/lab.json"
	try 0 "$TUNLAB" up --until 1000 "$scratch/lab.json"
	relay=$(relay lab)
	try 0 "$TUNLAB" list --json
	[ "$(jq '[.[0].wires[].toward[].packets] | length, min, max' "$scratch/stdout" | xargs)" = "2000 1 1" ]
	is_modest "$relay"
	before=$(times "$relay")
	inside sleep 1 # it is what happens in a while that counts: nothing
	diff <(echo "$before") <(times "$relay")
	try 0 "$TUNLAB" down lab
}

@test "as many that impair: what a wire's queue may take is not taken before" {
	local relay

	wires 1000 '{ "delay": "1ms", "jitter": "100us", "rate": "100mbit", "loss": { "nth": 1000 }, "duplicate": { "nth": 3 } }' |
		jq '.steps |= [.[range(0; length; 20)]]' >"$scratch/lab.json"
	try 0 "$TUNLAB" up --until 50 "$scratch/lab.json"
	relay=$(relay lab)
	try 0 "$TUNLAB" list --json
	[ "$(jq '[.[0].wires[].toward[].packets] | length, add' "$scratch/stdout" | xargs)" = "2000 100" ]
	is_modest "$relay"
	try 0 "$TUNLAB" down lab
}

@test "two thousand wires; a few more than the relay has ports for are refused before anything is made" {
	wires 2000 '{}' | jq '.steps |= [.[range(0; length; 50)], .[-1]]' >"$scratch/lab.json"
	try 0 "$TUNLAB" run "$scratch/lab.json"
	[ "$(grep -c '^ok' "$scratch/stdout")" = 41 ]
	wires 2049 '{}' | jq '.steps = []' >"$scratch/lab.json"
	try 2 "$TUNLAB" run "$scratch/lab.json"
	complains "has 4098 ends of wires that the relay carries; allowed: at most 4096"
}

lab='{ "namespaces": { "left": { "addresses": ["10.0.0.1/24 dev tun0"] }, "right": { "addresses": ["10.0.0.2/24 dev tun0"] } },
	"wires": [["left/tun0", "right/tun0"]], "steps": [] }'
none='{ "in": "left", "change": { "links": { "tun0": { "txqueuelen": 0 } } } }'

@test "list tells what was dropped, by reason and direction" {
	jq . >"$scratch/lab.json" <<<"$lab"
	try 0 "$TUNLAB" up "$scratch/lab.json"
	try 0 "$TUNLAB" step lab '{ "in": "left", "ping": "10.0.0.2" }'
	try 0 "$TUNLAB" list
	says 'to right/tun0: 1 packets 84 bytes'
	run grep -e dropped -e from "$scratch/stdout"
	[ "$status" = 1 ]
	try 0 "$TUNLAB" step lab "[$none,"'
		{ "in": "left", "ping": "10.0.0.2", "count": 3, "interval": "1ms", "timeout": "50ms", "expect": "no-reply" },
		{ "in": "right", "ping": "10.0.0.1", "timeout": "50ms", "expect": "no-reply" },
		{ "in": "left", "change": { "links": { "tun0": { "txqueuelen": 500, "mtu": 1000 } } } },
		{ "in": "right", "ping": "10.0.0.1", "size": 1200, "timeout": "50ms", "expect": "no-reply" },
		{ "in": "left", "change": { "links": { "tun0": { "up": false } } } },
		{ "in": "right", "ping": "10.0.0.1", "timeout": "50ms", "expect": "no-reply" },
		{ "change": { "wires": [{ "ends": ["left/tun0", "right/tun0"], "toward": { "left/tun0": { "loss": "100%" } } }] } },
		{ "in": "right", "ping": "10.0.0.1", "timeout": "50ms", "expect": "no-reply" }]'
	try 0 "$TUNLAB" list
	says 'from left/tun0: 1 packets 84 bytes 4 tx_dropped'
	says 'to left/tun0: 2 packets 168 bytes 1 too_big 1 refused 1 lost'
	try 0 "$TUNLAB" list --json
	jq -c '.[0].wires[0] | .from["left/tun0"], .toward["left/tun0"]' "$scratch/stdout" | diff - <(
		echo '{"packets":1,"bytes":84,"tx_dropped":4,"no_wire":0,"unread":0}'
		echo '{"packets":2,"bytes":168,"too_big":1,"refused":1,"lost":1,"over_mtu":0,"overflowed":0,"last_refusal":"EIO","duplicated":0,"corrupted":0,"late":0,"impairments":{"loss":{"percent":"100%"}}}'
	)
	try 0 "$TUNLAB" down lab
}

@test "a step that fails of a full queue says so" {
	jq --argjson none "$none" '.steps = [$none, { in: "left", ping: "10.0.0.2", timeout: "50ms" }]' >"$scratch/lab.json" <<<"$lab"
	try 1 "$TUNLAB" run "$scratch/lab.json"
	says 'cause: "left: tun0 dropped the request as it left: its queue did not take it'
	says '[queue, observed]"'
	says 'at: "left/tun0"'
	says '- "left/tun0 dropped 1 packet that was to leave (tx_dropped), since the lab began"'
	says 'tun0.tx_dropped: 1'
	# Of one that fails of something else nothing is said.
	jq '.steps = [{ in: "left", ping: "10.0.0.3", timeout: "50ms" }]' >"$scratch/lab.json" <<<"$lab"
	try 1 "$TUNLAB" run "$scratch/lab.json"
	run grep -e queue -e tx_dropped "$scratch/stdout"
	[ "$status" = 1 ]
}
