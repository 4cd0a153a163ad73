#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The formats of show, for every lab in the tree: they agree with each other.

# Each lab is shown once in each format, as $MADE/FORMAT/LAB: what is said of all is asked of all at once.
setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export TUNLAB=${TUNLAB:-${BUILD:-build}/tunlab}
	MADE=$(mktemp -d)
	export MADE
	find labs tests/plan tests/meta tests/live -name '*.json' ! -name '*.schema.json' >"$MADE/labs"
	[ "$(wc -l <"$MADE/labs")" -gt 30 ] && show_all text json dot mermaid <"$MADE/labs"
}

teardown_file() {
	rm -rf "$MADE"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# show_all FORMAT...: shows the labs on standard input. In a shell of its own, that bats does not look at.
# shellcheck disable=SC2016 # for that shell to expand
show_all() {
	bash -euc '
		for format; do mkdir -p "$MADE/$format"; done
		while read -r lab; do
			for format; do "$TUNLAB" show --format "$format" "$lab" >"$MADE/$format/${lab//\//-}"; done
		done' - "$@"
}

@test "the lab that json shows makes the same plan, and is shown as itself" {
	find "$MADE/json" -type f >"$MADE/shown"
	# shellcheck disable=SC2016 # for the inner shell to expand
	bash -euc '
		mkdir "$MADE/text-again" "$MADE/json-again"
		while read -r lab; do
			"$TUNLAB" show "$lab" >"$MADE/text-again/${lab##*/}"
			"$TUNLAB" show --format json "$lab" >"$MADE/json-again/${lab##*/}"
		done' <"$MADE/shown"
	diff -ru "$MADE/text" "$MADE/text-again"
	diff -ru "$MADE/json" "$MADE/json-again"
}

@test "json leaves no short form: no entry is a string, each wire and link has its kind, each step a name" {
	jq -r 'select((
			([.namespaces[] | .addresses?, .routes?, .rules?, .neighbours?, .nexthops? | .[]?]
				| all(type == "object")) and
			([.wires[] | has("kind") and has("ends")] | all) and
			([.namespaces[].links? // {} | del(.lo) | .[] | has("kind")] | all) and
			([.steps[] | has("name") and has("expect")] | all) and
			has("seed") and has("baseline") and has("name")) | not) | input_filename' "$MADE"/json/* | diff /dev/null -
}

@test "json is valid by the schema" {
	for python in /usr/bin/python3 python3; do
		if "$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then break; fi
		python=
	done
	[ -n "$python" ] || skip 'there is no python3-jsonschema that knows draft 2020-12'
	"$python" tests/live/validate labs/lab.schema.json "$MADE"/json/* | grep -v ': valid$' | diff /dev/null -
}

@test "each picture has all namespaces, devices and wires" {
	jq -r '"\(input_filename) \(.namespaces | length) \([.namespaces[].links? // {} | del(.lo) | length] | add) \(.wires | length)"' \
		"$MADE"/json/* >"$MADE/counts"
	[ "$(wc -l <"$MADE/counts")" = "$(wc -l <"$MADE/labs")" ]
	awk '
		NR == FNR { sub(/.*\//, "", $1); labs[$1] = $2 " namespaces, " $3 " devices"; wires[$1] = $4; next }
		FNR == 1 { lab = FILENAME; sub(/.*\//, "", lab); dot = FILENAME ~ /\/dot\// }
		dot && /subgraph cluster_/ { dot_namespaces[lab]++ }
		dot && /^\t\tn[0-9]*_/ && !/\[label="lo\\n/ { dot_devices[lab]++ }
		dot && / -- / { dot_edges[lab]++ }
		!dot && /^    subgraph / { namespaces[lab]++ }
		!dot && /^        n[0-9]*_/ && !/\["lo<br>/ { devices[lab]++ }
		!dot && / ---/ { straight[lab]++ }
		!dot && / (---|-->|-\.->)/ { edges[lab]++ }
		END {
			for (lab in labs) {
				in_dot = dot_namespaces[lab] + 0 " namespaces, " dot_devices[lab] + 0 " devices"
				in_mermaid = namespaces[lab] + 0 " namespaces, " devices[lab] + 0 " devices"
				if (in_dot != labs[lab] || in_mermaid != labs[lab] || straight[lab] + 0 < wires[lab] ||
					dot_edges[lab] + 0 != edges[lab] + 0)
					print lab ": " labs[lab] ", " wires[lab] " wires; dot: " in_dot ", " dot_edges[lab] + 0 \
						" edges; mermaid: " in_mermaid ", " straight[lab] + 0 " straight of " edges[lab] + 0
			}
		}' "$MADE/counts" "$MADE"/dot/* "$MADE"/mermaid/* | diff /dev/null -
}

@test "dot is what Graphviz reads" {
	command -v dot >/dev/null || skip 'there is no dot'
	dot -Tsvg "$MADE"/dot/* 2>&1 >"$MADE/svg" | diff /dev/null -
	[ "$(grep -c '</svg>' "$MADE/svg")" = "$(wc -l <"$MADE/labs")" ]
}

@test "mermaid has the forms of a flowchart, and each device stands before an edge needs it" {
	awk '
		FNR == 1 { if (inside) wrong = 1; delete known; inside = 0 }
		FNR == 1 && /^%% / || FNR == 2 && $0 == "flowchart LR" { next }
		/^    subgraph n[0-9]+\["[^"<>]*"\]$/ && !inside { inside = 1; next }
		/^        n[0-9]+_[0-9]+\["[^"]*"\]$/ && inside { sub(/\[.*/, ""); known[$1]; next }
		/^    w[0-9]+\(\("[^"]*"\)\)$/ && !inside { sub(/\(.*/, ""); known[$1]; next }
		/^    w[0-9]+\(\["[^"]*"\]\)$/ && !inside { sub(/\(.*/, ""); known[$1]; next }
		$0 == "    end" && inside { inside = 0; next }
		/^    [nw0-9_]+ (---|-->|-\.->)(\|"[^"|]*"\|)? [nw0-9_]+$/ && !inside && $1 in known && $NF in known { next }
		{ print FILENAME ": " $0; wrong = 1 }
		END { exit wrong || inside }' "$MADE"/mermaid/*
}

@test "what a text has does not end a string" {
	cat >"$MADE/odd.json" <<-'END'
		{ "name": "a \"quoted\" \\ name; # <b>\nand more", "namespaces": { "a": { "addresses": ["10.0.0.1/24 dev lo"] } } }
	END
	"$TUNLAB" show --format dot "$MADE/odd.json" >"$MADE/odd.dot"
	grep -Fqx '	label="a \"quoted\" \\ name; # <b> and more";' "$MADE/odd.dot"
	"$TUNLAB" show --format mermaid "$MADE/odd.json" >"$MADE/odd.mermaid"
	[ "$(sed -n 2p "$MADE/odd.mermaid")" = 'flowchart LR' ]
}
