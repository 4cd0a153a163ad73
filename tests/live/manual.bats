#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages render without a warning. tunlab(1) says something of every command, option and cause;
# tunlab-lab(5) is the one that the tables make, and has every key and every word.

setup() {
	if ! command -v groff >/dev/null; then skip 'there is no groff'; fi
	tunlab=${BUILD:-build}/tunlab
	document=${BUILD:-build}/ci/document/document
	MADE=$(mktemp -d)
}

teardown() {
	rm -rf "$MADE"
}

page() { # FILE
	groff -mandoc -Tascii -P-cbou -rHY=0 "$1"
}

@test "the manual pages render without a warning" {
	for page in harness/man/*.[15]; do
		run groff -mandoc -Tascii -ww -z "$page"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
}

@test "mandoc finds nothing amiss in them" {
	if ! command -v mandoc >/dev/null; then skip 'there is no mandoc'; fi
	# What it says on standard error is about its database of other pages.
	mandoc -Tlint -Wwarning harness/man/*.[15] 2>/dev/null | diff /dev/null -
}

# What the page says of a command, in its source: in the synopsis, and where it is explained.
in_synopsis() { # COMMAND
	awk -v command="$1" '
		$0 == ".Sh DESCRIPTION" { exit }
		$1 == ".Cm" { inside = $2 == command; next }
		$1 == ".Nm" { inside = 0 }
		inside' harness/man/tunlab.1
}
in_commands() { # COMMAND
	awk -v command="$1" '
		$0 == ".Sh LABS" { exit }
		$1 == ".It" && $2 == "Cm" { inside = $3 == command }
		inside' harness/man/tunlab.1
}

# The options that are named in what .It, .Fl and the like say; "Fl Fl" alone is the -- before operands.
options_named() {
	{ grep -Eo 'Fl Fl [a-z][a-z-]*' || true; } | sed 's/Fl Fl /--/' | sort -u
}

@test "tunlab(1) has every command and its options, and no others" {
	page harness/man/tunlab.1 >"$MADE/page"
	"$tunlab" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' >"$MADE/commands"
	grep -qx doctor "$MADE/commands"
	diff <(sort "$MADE/commands") <(sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' harness/man/tunlab.1 | sort)
	while read -r command; do
		echo "tunlab $command"
		grep -Eq "^ +tunlab $command( |\$)" "$MADE/page"
		"$tunlab" "$command" --help | grep -Eo '^  --[a-z-]+' | tr -d ' ' | grep -vx -e --help | sort >"$MADE/options" || true
		in_synopsis "$command" | options_named | diff "$MADE/options" -
		in_commands "$command" | sed -n 1p | options_named | diff "$MADE/options" -
		in_commands "$command" | grep '^\.It Fl Fl' | options_named >"$MADE/explained"
		# Where one has a list of its options, all are in it.
		if [ -s "$MADE/explained" ]; then diff "$MADE/options" "$MADE/explained"; fi
	done <"$MADE/commands"
}

# The names of what ends a probe's way, each with its explanation behind a tab.
causes_of_page() {
	awk '
		/^The names are fixed:/ { list = 1 }
		list && /^\.El/ { exit }
		list && $1 == ".It" { name = $3; next }
		list && name { print name "\t" $0 }' harness/man/tunlab.1
}

@test "tunlab(1) has the causes that the program knows, and their explanations" {
	"$tunlab" why --help | sed -n '/^causes:/,$s/^  \([a-z0-9_-]*\)  */\1\t/p' >"$MADE/causes"
	grep -q '^rp_filter	' "$MADE/causes"
	causes_of_page | diff -u "$MADE/causes" -
}

@test "tunlab-lab(5) is the page that the tables make (else: make documents)" {
	"$document" manual <harness/man/tunlab-lab.5.in >"$MADE/page"
	diff -u harness/man/tunlab-lab.5 "$MADE/page"
}

@test "a template with a mark that nobody knows, or without one of them, is refused" {
	sed 's/^@wires$/@cables/' harness/man/tunlab-lab.5.in >"$MADE/template"
	status=0
	"$document" manual <"$MADE/template" 2>&1 >/dev/null | diff - <(
		echo 'document: @cables: no such mark'
		echo 'document: the template has no mark @wires'
	)
	"$document" manual <"$MADE/template" >/dev/null 2>&1 || status=$?
	[ "$status" = 1 ]
}

@test "tunlab-lab(5) has every key and every word of the schema" {
	grep -v '^\.\\"' harness/man/tunlab-lab.5 >"$MADE/page"
	{ tr -cs 'A-Za-z0-9_$-' '\n' <"$MADE/page" && tr -cs 'A-Za-z0-9_$.+-' '\n' <"$MADE/page"; } | sort -u >"$MADE/words"
	jq -r '[.. | objects | .properties? // {} | keys[]] + [.. | objects | .enum?, .const? | arrays // [.] | .[] | strings]
		| unique[] | select(test("^E[A-Z0-9]+$| ") | not)' labs/lab.schema.json | sort -u >"$MADE/keys"
	[ "$(wc -l <"$MADE/keys")" -gt 100 ]
	LC_ALL=C sort "$MADE/words" >"$MADE/words.sorted"
	LC_ALL=C sort "$MADE/keys" | LC_ALL=C comm -23 - "$MADE/words.sorted" | diff /dev/null -
}
