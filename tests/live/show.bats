#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The verb show, with ip as the judge: show/base.json is run, and filled by ip with what stands in show/fill; then ip
# says what it shows for each line of show/queries. The same lab is run again, filled again, and show must find each of
# these objects, with all their keys and values, and no more objects than these.

# shellcheck disable=SC2154 # setup makes scratch, and judge.bash says where the lab's netns is

load helpers
load judge

# asks QUERY: what ip shows, as a list of objects without what differs from run to run: lifetimes and a bridge's timers.
# Three things are ip 6.1's own: "root_id" is the bridge's own, "group_fwd_mask_str" says the mask again, and what a
# filter leaves out of a list stays as {}.
asks() {
	local options=() object filters

	read -ra filters <<<"$1"
	case ${filters[0]} in
	-?) options=("${filters[0]}") filters=("${filters[@]:1}") ;;
	esac
	object=${filters[0]}
	if ! nsenter --net="$netns" ip -d -j "${options[@]}" "$object" show "${filters[@]:1}" >"$scratch/answer" 2>"$scratch/refusal"; then
		grep -q 'table does not exist' "$scratch/refusal" # of which tunlab says that it holds nothing
		echo '[]' >"$scratch/answer"
	fi
	jq -n '[inputs] | .[0] // [] | map(del(.. | objects |
			.valid_life_time?, .preferred_life_time?, .expires?, .gc_timer?, .hello_timer?, .tcn_timer?,
			.topology_change_timer?, .hold_timer?, .message_age_timer?, .forward_delay_timer?, .root_id?, .group_fwd_mask_str?))
		| walk(if type == "array" then map(select(. != {})) else . end)' \
		"$scratch/answer"
}

@test "each object that ip shows is found, with all its keys, and there are no others" {
	stands "$LIVE/show/base.json" "$LIVE/show"
	while read -r query; do
		asks "$query" >"$scratch/expect"
		jq -n --arg query "$query" --slurpfile expect "$scratch/expect" '{ name: $query, in: "a", show: $query, expect: $expect[0] }'
		jq -n --arg query "$query" '{ name: $query, in: "a", show: $query, expect: [{ "no such key": 1 }] }' >>"$scratch/counts"
		echo "$query: $(jq length "$scratch/expect")" >>"$scratch/wanted"
	done <"$LIVE/show/queries" >"$scratch/steps"
	falls
	jq --slurpfile steps "$scratch/steps" --slurpfile counts "$scratch/counts" '.steps += $steps + $counts' \
		"$LIVE/show/base.json" >"$scratch/lab.json"

	stands "$scratch/lab.json" "$LIVE/show"
	goes_on || true
	found=$((1 + $(wc -l <"$LIVE/show/queries")))
	awk -v found="$found" '/^not ok/ { shown = $3 <= found } shown && /^not ok/
		shown && /^  seen:/ { sub(/; none is .*; nearest: .*}: /, ": "); print substr($0, 1, 400) }' \
		"$scratch/tap" >"$scratch/missed"
	cat "$scratch/missed"
	[ ! -s "$scratch/missed" ]
	# The steps behind those fail, and say how many objects there are.
	sed -n 's/^not ok [0-9]* - //p; s/^  seen: "\(one\|[0-9]*\) .*/\1/p' "$scratch/tap" | paste -d : - - |
		sed 's/:one$/:1/; s/:\([0-9]*\)$/: \1/' | diff "$scratch/wanted" -
}
