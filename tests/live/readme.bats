#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# README.md quotes labs and what tunlab says of them: they are run here, and it says just that.
load machine

setup() {
	directory=$(mktemp -d)
	tunlab=$(realpath "${BUILD:-build}/tunlab")
	readme=$PWD/README.md
	cd "$directory" || return
}

teardown() {
	cd / && rm -rf "$directory"
	if [ "${machine-}" ]; then close_machine; fi
}

# The Nth block of the README that is fenced as LANGUAGE.
block() {
	awk -v fence="\`\`\`$1" -v wanted="$2" '
		$0 == "```" { inside = 0 }
		inside && found == wanted
		$0 == fence { inside = 1; found++ }' "$readme"
}

# What a kernel cannot pin is its own affair.
without_baseline() {
	grep -v '^# baseline: '
}

# Which counters of the protocols there are depends on the kernel, and whether it tells why it drops, too.
without_counters() {
	grep -Ev '^      (Ip|Icmp|Tcp|Udp)[A-Za-z0-9]*: |^    - "in right: (the kernel dropped it: IP_RPFILTER|TcpExtIPReversePathFilter moved by 1)'
}

@test "the smallest lab prints the TAP that is quoted" {
	block json 1 >lab.json
	grep -q '"wires"' lab.json
	"$tunlab" run lab.json | without_baseline >seen
	diff -u <(block tap 1) seen
}

@test "the smallest lab is labs/two-ns.json" {
	diff -u <(block json 1 | jq -S .) <(jq -S 'del(.["$schema"], .name, .description)' "$OLDPWD/labs/two-ns.json")
}

@test "the failure is the one that is quoted" {
	block json 2 >lab.json
	grep -q rp_filter lab.json
	run "$tunlab" run lab.json
	[ "$status" -eq 1 ]
	diff -u <(block tap 2 | without_counters) <(without_baseline <<<"$output" | without_counters)
	grep -q '^      TcpExtIPReversePathFilter: 1$' <<<"$output"
}

# On a slow machine there may be no time to try all.
@test "what would mend it is what is quoted" {
	block json 2 >lab.json
	TUNLAB_TIMEOUT_SCALE=5 run "$tunlab" why lab.json
	echo "$output"
	[ "$status" -eq 1 ]
	diff -u <(block text 1) <(sed -n '/^  mends:/,$p' <<<"$output" | grep -v '^note: ')
}

@test "with what the README says of it, the failure is expected" {
	block json 2 | jq '.steps[1] += { "expect": "no-reply", "counters": { "right": { "TcpExtIPReversePathFilter": 1 } } }' >lab.json
	run "$tunlab" run lab.json
	[ "$status" -eq 0 ]
}

@test "the mistakes are told as quoted" {
	block json 1 | sed 's,10.0.0.1/24,10.0.0.1/33,; s,10.0.0.2/24 dev tun0,10.0.0.2/24 dev tun1,' >lab.json
	run "$tunlab" check lab.json
	[ "$status" -eq 2 ]
	diff -u <(block text 2) <(echo "$output")
}

# The commands of a console block, each with what it said; what differs from time to time is made the same.
sessions_agree() { # BLOCK
	block console "$1" >quoted
	while IFS= read -r line; do
		printf '%s\n' "$line"
		# shellcheck disable=SC2016 # for the inner shell to expand
		inside sh -c 'cd "$0" && eval "$1"' "$PWD" "${line#'# '}" 2>&1 </dev/null
	done < <(grep '^# ' quoted) >seen
	for file in quoted seen; do
		sed -E 's/ +$//; s/time [0-9]+ms/time T/; s/= [0-9./]+ ms/= T/; s/up [0-9]+s, pid [0-9]+, .*\//up T, pid P, /' "$file" >"$file.same"
	done
	diff -u quoted.same seen.same
}

@test "who stands in the lab sees what is quoted" {
	open_machine
	block json 1 >lab.json
	PATH=${tunlab%/*}:$PATH sessions_agree 1
}
