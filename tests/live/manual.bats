#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual page renders without a warning, and says something of every command and of every option.

setup() {
	if ! command -v groff >/dev/null; then skip 'there is no groff'; fi
	tunlab=${BUILD:-build}/tunlab
}

page() {
	groff -mandoc -Tascii -P-cbou -rHY=0 harness/man/tunlab.1
}

@test "the manual page renders without a warning" {
	run groff -mandoc -Tascii -ww -z harness/man/tunlab.1
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "it has every command and every option" {
	page >"$BATS_TMPDIR/page.$$"
	"$tunlab" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' >"$BATS_TMPDIR/commands.$$"
	grep -qx doctor "$BATS_TMPDIR/commands.$$"
	while read -r command; do
		echo "tunlab $command"
		grep -Eq "^ +tunlab $command( |\$)" "$BATS_TMPDIR/page.$$"
		for option in $("$tunlab" "$command" --help | grep -Eo '^  --[a-z-]+'); do
			echo "tunlab $command $option"
			grep -Fq -e "$option" "$BATS_TMPDIR/page.$$"
		done
	done <"$BATS_TMPDIR/commands.$$"
	rm "$BATS_TMPDIR/page.$$" "$BATS_TMPDIR/commands.$$"
}
