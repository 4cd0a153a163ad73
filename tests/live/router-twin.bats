#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The same probes to the userspace router and to a kernel that routes in its place, with the same addresses, routes and
# neighbours: every packet that comes back, or out at another end, is the same, but for what router/differences.txt names.
# shellcheck disable=SC2154 # set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

TOOLS=${TUNLAB%/*}/tests/live/router
DIFFERENCES=$LIVE/router/differences.txt

# answers LAB FILE: what the router of that lab answers to each probe, as fields, to FILE; the packets to FILE.packets.
answers() {
	local masked

	mapfile -t masked < <(awk '$1 == "field" { print $2 }' "$DIFFERENCES")
	try 0 "$TUNLAB" up --name twin "$LIVE/router/$1"
	"$TOOLS/craft" <"$LIVE/router/probes.txt" >"$scratch/probes"
	inside "$TOOLS/exchange" twin <"$scratch/probes" >"$2.packets"
	"$TOOLS/decode" "${masked[@]}" <"$2.packets" >"$2"
	try 0 "$TUNLAB" down twin
}

# but_for FILE: without the probes whose answers differ as the list says.
but_for() {
	awk 'FNR == NR { if ($1 == "probe") differs[$2]; next } /^probe / { shown = !($2 in differs) } shown' "$DIFFERENCES" "$1"
}

@test "a kernel's answers are the same each time, so that they can be compared with" {
	answers twin.json "$scratch/first"
	answers twin.json "$scratch/second"
	diff <(but_for "$scratch/first") <(but_for "$scratch/second")
	[ "$(grep -c '^probe ' "$scratch/first")" -gt 500 ]
	[ "$(grep -c '^  ' "$scratch/first")" -gt 500 ]
}
