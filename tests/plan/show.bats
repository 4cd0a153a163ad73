#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The formats of show, for every lab in the tree: they agree with each other.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	TUNLAB=${TUNLAB:-${BUILD:-build}/tunlab}
	MADE=$(mktemp -d)
	find labs tests/plan tests/meta tests/live -name '*.json' ! -name '*.schema.json' >"$MADE/labs"
	[ "$(wc -l <"$MADE/labs")" -gt 30 ]
}

teardown() {
	rm -rf "$MADE"
}

@test "the lab that json shows makes the same plan, and is shown as itself" {
	while read -r lab; do
		echo "$lab"
		"$TUNLAB" show "$lab" >"$MADE/text"
		"$TUNLAB" show --format json "$lab" >"$MADE/lab.json"
		"$TUNLAB" show "$MADE/lab.json" | diff -u "$MADE/text" -
		"$TUNLAB" show --format json "$MADE/lab.json" | diff -u "$MADE/lab.json" -
	done <"$MADE/labs"
}

@test "json leaves no short form: no entry is a string, each wire and link has its kind, each step a name" {
	while read -r lab; do
		echo "$lab"
		"$TUNLAB" show --format json "$lab" >"$MADE/lab.json"
		jq -e '
			([.namespaces[] | .addresses?, .routes?, .rules?, .neighbours?, .nexthops? | .[]?]
				| all(type == "object")) and
			([.wires[] | has("kind") and has("ends")] | all) and
			([.namespaces[].links? // {} | del(.lo) | .[] | has("kind")] | all) and
			([.steps[] | has("name") and has("expect")] | all) and
			has("seed") and has("baseline") and has("name")' "$MADE/lab.json" >/dev/null
	done <"$MADE/labs"
}

@test "json is valid by the schema" {
	for python in /usr/bin/python3 python3; do
		if "$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then break; fi
		python=
	done
	[ -n "$python" ] || skip 'there is no python3-jsonschema that knows draft 2020-12'
	while read -r lab; do
		"$TUNLAB" show --format json "$lab" >"$MADE/$(echo "$lab" | tr / -)"
	done <"$MADE/labs"
	"$python" tests/live/validate labs/lab.schema.json "$MADE"/*.json | grep -v ': valid$' | diff /dev/null -
}
