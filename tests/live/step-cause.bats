#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Causes of steps in a lab that is up, which cannot be run once more: they are looked for as the step is run.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

strict='{ "change": { "namespaces": {
	"left": { "addresses": ["192.0.2.1/32 dev lo"] }, "right": { "sysctls": { "net.ipv4.conf.all.rp_filter": 1 } } } } }'
silence() { echo '{ "in": "left", "ping": "10.0.0.2", "source": "192.0.2.1", "timeout": "200ms", "expect": '"$1"' }'; }

@test "a step that fails has its cause, and silence is tested for its cause" {
	remember
	try 0 "$TUNLAB" up "$LABS/two-ns.json"
	try 0 "$TUNLAB" step two-ns "$strict"
	try 1 "$TUNLAB" step two-ns "$(silence '"reply"')"
	says '  cause: "right: source check (rp_filter=1, from conf.all) dropped the request on tun0: '
	says '  at: "right/tun0"'
	try 0 "$TUNLAB" step two-ns "$(silence '{ "no-reply": "rp_filter" }')"
	try 1 "$TUNLAB" step two-ns "$(silence '{ "no-reply": "firewall" }')"
	says 'the cause of the silence is rp_filter'
	try 0 "$TUNLAB" step two-ns '{ "in": "left", "ping": "10.0.0.2" }'
	complains_of_nothing
	try 0 "$TUNLAB" down two-ns
	as_before
}

@test "each step gives back what it took to watch" {
	local before after keeper

	try 0 "$TUNLAB" up "$LABS/two-ns.json"
	keeper=$(inside "$TUNLAB" list --json | jq '.[0].pid')
	try 0 "$TUNLAB" step two-ns '{ "in": "left", "ping": "10.0.0.2" }'
	before=$(inside ls "/proc/$keeper/fd" | wc -l)
	for _ in 1 2 3 4 5; do
		try 0 "$TUNLAB" step two-ns '{ "in": "left", "ping": "10.0.0.2" }'
	done
	after=$(inside ls "/proc/$keeper/fd" | wc -l)
	[ "$before" -gt 5 ]
	[ "$before" = "$after" ]
}

@test "where packets are captured for the user, no cause is looked for, and one is told" {
	try 0 "$TUNLAB" up --pcap "$scratch/pcap" "$LABS/two-ns.json"
	try 1 "$TUNLAB" step two-ns '{ "in": "left", "ping": "10.0.0.9", "timeout": "200ms", "expect": { "no-reply": "firewall" } }'
	says 'the cause of the silence is not looked for in a lab that is up and captured'
}

@test "a step before which up stops has its cause, too" {
	jq 'del(."$schema") | .steps = [{ in: "left", ping: "10.0.0.9", timeout: "200ms" }]' "$LABS/two-ns.json" >"$scratch/lab.json"
	try 1 "$TUNLAB" up --until 1 "$scratch/lab.json"
	says '[not-forwarded, observed]'
}
