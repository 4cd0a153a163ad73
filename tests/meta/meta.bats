#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Labs that must fail, and exactly what is said of them: NAME.json, or the labs of the folder NAME, and NAME.tap.

setup() {
	tunlab=${BUILD:-$BATS_TEST_DIRNAME/../../build}/tunlab
	scratch=$(mktemp -d)
	cd "$BATS_TEST_DIRNAME" || return
}

teardown() {
	rm -r "$scratch"
}

# normal NAME.tap: standard input without what may differ from run to run and from machine to machine. Of the counters
# below "moved:" and of the lines below "evidence:" those remain that NAME.tap has: the others are the kernel's own affair.
normal() {
	awk -v expected="$1" '
		# Whether the line is one below "evidence:", or a counter below "moved:"; keeps what it is of.
		function detail(line) {
			if (line ~ /^ *\.\.\.$/) moved = 0
			if (line ~ /^ *moved:$/) moved = 1
			else if (line ~ /^ *evidence:$/ || (moved && line ~ /":$/)) where = line
			else return moved || (where ~ /evidence:$/ && line ~ /^ *- "/)
			return 0
		}
		BEGIN {
			while ((getline line <expected) > 0)
				if (detail(line)) wanted[where, line]
		}
		detail($0) {
			if (!((where, $0) in wanted)) next
			if (where != printed) print where
			printed = where
		}
		/^ *(evidence|moved):$/ { printed = "" }
		$0 == where { next }
		/^ *# (baseline:|the kernel cannot be asked) / { next }
		{ sub(/ after [0-9.]+[a-z]+( to [0-9.]+[a-z]+)?/, " after TIME"); print }'
}

# unsure TAP: standard input; where the kernel did not tell the TAP's run what it drops, without how sure each cause is.
unsure() {
	if grep -q '^ *# the kernel cannot be asked ' "$1"; then sed 's/, \(observed\|inferred\)]"$/]"/'; else cat; fi
}

# says STATUS NAME LAB...: running the labs ends with the status, and with what NAME.tap says.
says() {
	local wanted=$1 name=$2 status=0

	shift 2
	"$tunlab" run --allow-exec "$@" >"$scratch/tap" 2>"$scratch/stderr" || status=$?
	normal "$name.tap" <"$scratch/tap" >"$scratch/said"
	diff -u <(unsure "$scratch/tap" <"$name.tap") <(unsure "$scratch/tap" <"$scratch/said")
	[ "$status" = "$wanted" ]
	diff /dev/null "$scratch/stderr"
}

@test "ping: neither another outcome, nor a loss beyond its bound" { says 1 wrong-ping wrong-ping.json; }
@test "tcp: neither another outcome, nor another peer, nor a listener that nobody is" { says 1 wrong-tcp wrong-tcp.json; }
@test "udp: neither another outcome, nor another peer" { says 1 wrong-udp wrong-udp.json; }
@test "exec: neither another end, nor other output; and what it printed" { says 1 wrong-exec wrong-exec.json; }
@test "route: neither another way, nor none, nor one where there is none" { says 1 wrong-route wrong-route.json; }
@test "show: what is not there, and what is there and must not be" { says 1 wrong-show wrong-show.json; }
@test "change: the kernel's refusal, and what was to be refused and was not" { says 1 wrong-change wrong-change.json; }
@test "silence that passes, and proves nothing: only where nothing else gets through" { says 0 silence silence.json; }
@test "packets: too few and too many" { says 1 wrong-packets wrong-packets.json; }
@test "counters: too few and too many, and the one that tells the cause" { says 1 wrong-counter wrong-counter.json; }
@test "counters of nftables: too few and too many, none of that name, gone, and new" { says 1 wrong-nft-counter wrong-nft-counter.json; }
@test "a counter that does not exist" { says 1 unknown-counter unknown-counter.json; }
@test "within: repeated, and never true" { says 1 within-never within-never.json; }
@test "todo: a known bug fails no lab" { says 0 todo todo.json; }
@test "of two labs one fails" { says 1 subtests subtests/*.json; }

@test "prove reads each of them to its end, the blocks of failed steps too" {
	run prove --norc --exec cat "$BATS_TEST_DIRNAME"/*.tap
	echo "$output"
	run grep -E 'Parse errors|Bad plan' <<<"$output"
	[ "$status" = 1 ]
}
