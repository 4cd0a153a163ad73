#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What would mend the broken steps of labs/bugs: the changes that are known to, and how long it takes to find them.
load ../live/helpers

MEND=${TUNLAB%/*}/tests/mend/mend

# place PATTERN TOLD: how it went, in a word: first, among, missing; where no change is known to do, none, or wrong if some
# are proposed.
place() {
	if [ "$1" = - ]; then
		if grep -q '^[0-9]' <<<"$2"; then echo wrong; else echo none; fi
	elif sed -n 2p <<<"$2" | grep -qE -- "$1"; then
		echo first
	elif sed 1d <<<"$2" | grep -qE -- "$1"; then
		echo among
	else
		echo missing
	fi
}

# propose ARGUMENT...: "# ..." first, then the mends, one a line, the best first.
propose() { timeout 120 "$MEND" "$@" 2>&1 3>&- | grep -E '^(# [0-9]|[0-9]|mend: )'; }

# judge NAME STEP WANT PATTERN: one line about a broken step of labs/bugs.
judge() {
	local told

	told=$(propose "$LABS/bugs/$1.json" "$2" "$3")
	echo "$(place "$4" "$told") $1 $2: $(sed -n '1s/^# //p' <<<"$told")"
}

# judge_lab PATTERN LAB: the same of a lab's last step, which fails.
judge_lab() {
	local told

	told=$(propose - "$(jq '.steps | length' <<<"$2")" <<<"$2")
	echo "$(place "$1" "$told") $1: $(sed -n '1s/^# //p' <<<"$told")"
}

judge_stop() {
	local name step want pattern told

	read -r name step want pattern <<<"$1"
	grep -qx "$LABS/$name.json" <<<"$runnable" || return 0
	told=$(propose "$LABS/$name.json" "$step" "$want")
	echo "$(place "$pattern" "$told") $name $step $want: $(sed -n '1s/^# //p' <<<"$told")"
}

judge_variant() {
	local name filter pattern

	read -r name filter pattern <<<"$1"
	! grep -qx "$LABS/bugs/$name.json" <<<"$runnable" || judge_lab "$pattern" "$(jq "$filter" "$LABS/bugs/$name.json")"
}

# Two at a time: they mostly wait.
each_line() {
	local function=$1 file=$2 line count=0

	while read -r line; do
		case $line in '' | '#'*) continue ;; esac
		"$function" "$line" &
		count=$((count + 1))
		[ $((count % 2)) != 0 ] || wait
	done <"$file"
	wait
}

judge_bug() {
	local name step want pattern

	read -r name step want pattern <<<"$1"
	! grep -qx "$LABS/bugs/$name.json" <<<"$runnable" || judge "$name" "$step" "$want" "$pattern"
}

judge_situation() { judge_lab "${1%% *}" "${1#* }"; }

count() { grep -c "^$1 " <<<"$told" || true; }

sum_up() {
	echo "$told"
	echo "of $(grep -c . <<<"$told"): $(count first) first, $(count among) among others, $(count missing) missing;" \
		"no single change does for $(count none), and $(count wrong) of those got one"
}

# as_told WRONG MISSING AMONG ROWS: no more of these came out so, and at least so many rows were tried.
as_told() {
	sum_up
	[ "$(count wrong)" -le "$1" ] && [ "$(count missing)" -le "$2" ] && [ "$(count among)" -le "$3" ] &&
		[ "$(grep -c . <<<"$told")" -ge "$4" ]
}

@test "the known mends of labs/bugs are proposed, and most of them first" {
	local runnable told

	runnable=$(runnable_labs)
	told=$(each_line judge_bug "$BATS_TEST_DIRNAME/mends.txt")
	as_told 0 2 4 30
}

@test "so are those of what may become of a packet" {
	local told

	told=$(each_line judge_situation "$BATS_TEST_DIRNAME/situations.txt")
	as_told 0 1 3 1
}

@test "so are those of the same labs without them, where packets and counters fail too" {
	local runnable told

	runnable=$(runnable_labs)
	told=$(each_line judge_variant "$BATS_TEST_DIRNAME/variants.txt")
	as_told 0 0 1 4
}

@test "what gets through is stopped by what let it pass taken back, or close to whom it is sent" {
	local runnable told

	runnable=$(runnable_labs)
	told=$(each_line judge_stop "$BATS_TEST_DIRNAME/stops.txt")
	as_told 0 1 4 20
}

@test "what was tried leaves the host as it was" {
	local before after

	before=$(sysctl -a 2>/dev/null | grep -E '^net\.ipv[46]\.(conf|ip_forward)' | sort; ip rule; ip route)
	propose "$LABS/bugs/exit-node-strict-rp-filter.json" 1 '"reply"' >/dev/null
	after=$(sysctl -a 2>/dev/null | grep -E '^net\.ipv[46]\.(conf|ip_forward)' | sort; ip rule; ip route)
	[ "$before" = "$after" ]
}

@test "killed in the middle of it, its processes go too" {
	local pid children

	"$MEND" "$LABS/bugs/path-mtu-black-hole.json" 2 '"connected"' >/dev/null 2>&1 3>&- &
	pid=$!
	has_children() { [ "$(wc -w <"/proc/$pid/task/$pid/children")" -ge 4 ]; }
	within 10 has_children
	children=$(cat "/proc/$pid/task/$pid/children")
	kill -KILL "$pid"
	for child in $children; do
		within 5 is_gone "$child"
	done
}

@test "an end that the step cannot have is refused" {
	run "$MEND" "$LABS/bugs/exit-node-strict-rp-filter.json" 1 '"connected"'
	[ "$status" = 3 ]
	contains "$output" "reply"
}
