#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The schema of labs: made from the tables, as its file stands here; and it judges labs as tunlab does, as far as a
# schema can.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	tunlab=${BUILD:-build}/tunlab
	document=${BUILD:-build}/ci/document/document
	schema=labs/lab.schema.json
	MADE=$(mktemp -d)
}

teardown() {
	rm -rf "$MADE"
}

# A python that has a validator of this draft: the distribution's, or the one in the path.
needs_validator() {
	for python in /usr/bin/python3 python3; do
		if "$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then return; fi
	done
	skip 'there is no python3-jsonschema that knows draft 2020-12'
}

validate() { "$python" tests/live/validate "$schema" "$@"; }

labs() { find labs -name '*.json' ! -name '*.schema.json' | LC_ALL=C sort; }

others() { find tests/plan tests/meta tests/live -name '*.json' | LC_ALL=C sort; }

@test "the schema is the one that the tables make (else: make documents)" {
	"$document" schema >"$MADE/schema"
	diff -u "$schema" "$MADE/schema"
}

@test "what it is made from has a shape: nothing was said on the way" {
	"$document" schema 2>&1 >/dev/null | diff /dev/null -
}

@test "each lab that tunlab accepts is valid" {
	needs_validator
	mapfile -t files < <(labs; others)
	"$tunlab" check "${files[@]}" >"$MADE/accepted"
	[ "$(wc -l <"$MADE/accepted")" = "${#files[@]}" ]
	validate "${files[@]}" >"$MADE/verdicts"
	[ "$(wc -l <"$MADE/verdicts")" = "${#files[@]}" ]
	sed 's/: valid$//' "$MADE/verdicts" >"$MADE/valid"
	printf '%s\n' "${files[@]}" | diff - "$MADE/valid"
}

# What a schema cannot say, with the reason.
beyond() {
	cat <<-'END'
		encap-bad: what a line says, and what stands beside what
		nft-include: what a ruleset says is nft's affair
		nft-syntax: the same
		link-circle: what leads where, only the whole lab knows
		masters: names must be those of devices that the lab has
		undeclared-devices: the same
		undeclared-namespaces: the same, of namespaces
		router-together: what a router has already, and which gateways it reaches
		router-values: which units, states and prefixes go into a router, and that each stands once
		wire-ends-of-different-kinds: what one end is depends on the other
		wire-ends-used-twice: two places must differ
		syntax-lone-surrogate: Python takes half of a pair
		syntax-overflow: Python's numbers have no end
		syntax-zero-byte-escape: a zero byte may stand in JSON
	END
}

@test "each bad lab is refused, except for what a schema cannot say" {
	needs_validator
	validate tests/reject/*.json >"$MADE/verdicts"
	[ "$(wc -l <"$MADE/verdicts")" = "$(find tests/reject -name '*.json' | wc -l)" ]
	sed -n 's|^tests/reject/\(.*\)\.json: valid$|\1|p' "$MADE/verdicts" | sort >"$MADE/passed"
	beyond | sed 's/:.*//' | sort | diff - "$MADE/passed"
}

@test "a lab's schema is its first key, by the way from where it stands" {
	mapfile -t files < <(labs)
	[ "${#files[@]}" -gt 0 ]
	jq -r '(input_filename | split("/")[2:] | map("../") | add // "") as $up
		| select(keys_unsorted[0] != "$schema" or .["$schema"] != $up + "lab.schema.json")
		| input_filename' "${files[@]}" | diff /dev/null -
}

# kinds FOLDER: the descriptors, by their files.
kinds() { find "harness/$1" -name '*.c' | sed 's|.*/||; s/\.c$//' | LC_ALL=C sort; }

# used: each word of the lab's language that some lab has, as PLACE/WORD.
used() {
	# shellcheck disable=SC2046 # no file of ours has a blank in its name
	jq -r '
		def names: .namespaces? // {} | .[];
		def contents: (names, (.steps[]?.change? // empty | ., names)) | objects;
		def wires: ., (.steps[]?.change? // empty) | .wires? // [] | .[];
		(keys[] | "lab/" + .),
		(contents | keys[] | "namespace/" + .),
		(contents | .links? // {} | .[].kind? // empty | "links/" + .),
		(wires | if type == "array" then "wire" else .kind // "wire" end | "wires/" + .),
		(.steps[]? | keys[] | "steps/" + .)' $(labs) tests/plan/*.json | LC_ALL=C sort -u
}

@test "every kind of link, of wire, every object, verb and key of a lab stands in a lab" {
	used >"$MADE/used"
	{
		kinds links | grep -v '^loopback$' | sed 's|^|links/|'
		kinds wires | sed 's|^|wires/|'
		kinds steps | sed 's|^|steps/|'
		jq -r '(.properties | keys[] | "lab/" + .),
			(."$defs".namespace.properties | keys[] | "namespace/" + .),
			(."$defs".step.properties | keys[] | "steps/" + .)' "$schema"
	} >"$MADE/must"
	sort -u "$MADE/must" | LC_ALL=C comm -23 - "$MADE/used" >"$MADE/missing"
	diff /dev/null "$MADE/missing"
}
