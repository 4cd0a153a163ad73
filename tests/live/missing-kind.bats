#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A kind of link that tunlab knows and the kernel lacks.

load helpers

setup() {
	scratch=$(mktemp -d)
}

teardown() {
	rm -rf "$scratch"
}

# lacking KIND...: the first kind that this kernel does not know.
lacking() {
	local kind

	for kind; do
		unshare --net ip link add name x0 type "$kind" 2>&1 | grep -q 'Unknown device type' || continue
		echo "$kind"
		return
	done
}

# options_of KIND: what must be said of it, as further members of the link.
options_of() {
	[ "$1" != vrf ] || echo ', "table": 10'
}

@test "a lab that needs it is skipped and says so; where it stands already the run stops" {
	local kind

	kind=$(lacking dummy vrf gre sit bond)
	[ -n "$kind" ] || skip "this kernel has all the kinds that are tried"
	cat >"$scratch/needs.json" <<-END
		{ "namespaces": { "a": { "links": { "x0": { "kind": "$kind"$(options_of "$kind") } } } }, "steps": [{ "wait": "1ms" }] }
	END
	cat >"$scratch/change.json" <<-END
		{ "namespaces": { "a": {} }, "steps": [{ "change": { "links": { "x0": { "kind": "$kind"$(options_of "$kind") } } } }, { "wait": "1ms" }] }
	END

	run "$TUNLAB" run "$scratch/needs.json"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	contains "${lines[1]}" '1..0 # SKIP '
	contains "${lines[1]}" "ip -n a link add name x0 "
	contains "${lines[1]}" " type $kind"
	contains "${lines[1]}" 'Unknown device type'

	run "$TUNLAB" run --no-skip "$scratch/needs.json"
	[ "$status" -eq 3 ]
	contains "$output" 'Bail out!'

	run "$TUNLAB" run "$scratch/needs.json" "$LABS/two-ns.json"
	echo "$output"
	[ "$status" -eq 0 ]
	contains "$output" 'ok 1 - needs # SKIP '
	contains "$output" 'ok 2 - two namespaces, one wire'

	run "$TUNLAB" run "$scratch/change.json"
	echo "$output"
	[ "$status" -eq 3 ]
	contains "$output" '1..2'
	contains "$output" 'Bail out!'
	[ "$(grep -c '^1\.\.' <<<"$output")" -eq 1 ]
}
