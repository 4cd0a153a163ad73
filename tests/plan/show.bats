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

@test "each picture has all namespaces, devices and wires" {
	while read -r lab; do
		echo "$lab"
		"$TUNLAB" show --format json "$lab" >"$MADE/lab.json"
		"$TUNLAB" show --format dot "$lab" >"$MADE/dot"
		"$TUNLAB" show --format mermaid "$lab" >"$MADE/mermaid"
		namespaces=$(jq '.namespaces | length' "$MADE/lab.json")
		devices=$(jq '[.namespaces[].links? // {} | del(.lo) | length] | add' "$MADE/lab.json")
		wires=$(jq '.wires | length' "$MADE/lab.json")
		[ "$(grep -c 'subgraph cluster_' "$MADE/dot")" = "$namespaces" ]
		[ "$(grep -c '^    subgraph ' "$MADE/mermaid")" = "$namespaces" ]
		[ "$(grep -v '\[label="lo\\n' "$MADE/dot" | grep -c '^		n[0-9]*_')" = "$devices" ]
		[ "$(grep -v '\["lo<br>' "$MADE/mermaid" | grep -c '^        n[0-9]*_')" = "$devices" ]
		[ "$(grep -c -e ' ---' "$MADE/mermaid")" -ge "$wires" ]
		[ "$(grep -c ' -- ' "$MADE/dot")" = "$(grep -Ec ' (---|-->|-\.->)' "$MADE/mermaid")" ]
	done <"$MADE/labs"
}

@test "dot is what Graphviz reads" {
	command -v dot >/dev/null || skip 'there is no dot'
	while read -r lab; do
		echo "$lab"
		"$TUNLAB" show --format dot "$lab" | dot -Tsvg -o "$MADE/svg" 2>&1 | diff /dev/null -
		grep -q '</svg>' "$MADE/svg"
	done <"$MADE/labs"
}

@test "mermaid has the forms of a flowchart, and each device stands before an edge needs it" {
	while read -r lab; do
		echo "$lab"
		"$TUNLAB" show --format mermaid "$lab" >"$MADE/mermaid"
		awk '
			NR == 1 && /^%% / || NR == 2 && $0 == "flowchart LR" { next }
			/^    subgraph n[0-9]+\["[^"<>]*"\]$/ && !inside { inside = 1; next }
			/^        n[0-9]+_[0-9]+\["[^"]*"\]$/ && inside { sub(/\[.*/, ""); known[$1]; next }
			/^    w[0-9]+\(\("[^"]*"\)\)$/ && !inside { sub(/\(.*/, ""); known[$1]; next }
			$0 == "    end" && inside { inside = 0; next }
			/^    [nw0-9_]+ (---|-->|-\.->)(\|"[^"|]*"\|)? [nw0-9_]+$/ && !inside && $1 in known && $NF in known { next }
			{ print; wrong = 1 }
			END { exit wrong || inside }' "$MADE/mermaid"
	done <"$MADE/labs"
}

@test "what a text has does not end a string" {
	cat >"$MADE/odd.json" <<-'END'
		{ "name": "a \"quoted\" \\ name; # <b>\nand more", "namespaces": { "a": { "addresses": ["10.0.0.1/24 dev lo"] } } }
	END
	"$TUNLAB" show --format dot "$MADE/odd.json" >"$MADE/dot"
	grep -Fqx '	label="a \"quoted\" \\ name; # <b> and more";' "$MADE/dot"
	"$TUNLAB" show --format mermaid "$MADE/odd.json" >"$MADE/mermaid"
	[ "$(sed -n 2p "$MADE/mermaid")" = 'flowchart LR' ]
}
