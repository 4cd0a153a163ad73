#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The verb show, with ip as the judge: show/base.json is run, and filled by ip with what stands in show/fill; then ip
# says what it shows for each line of show/queries. The same lab is run again, filled again, and show must find each of
# these objects, with all their keys and values, and no more objects than these.

# shellcheck disable=SC2154 # setup makes scratch, and judge.bash says where the lab's netns is

load helpers
load judge

# asks: what ip shows of each query on standard input, as a list of objects, or nothing where it shows nothing.
# shellcheck disable=SC2016 # for the inner shell to expand
asks() {
	nsenter --net="$netns" bash -euc '
		while read -ra filters; do
			options=()
			case ${filters[0]} in
			-?) options=("${filters[0]}") filters=("${filters[@]:1}") ;;
			esac
			echo "\"query\""
			if answer=$(ip -d -j "${options[@]}" "${filters[0]}" show "${filters[@]:1}" 2>"$0"); then
				echo "$answer"
			else
				grep -q "table does not exist" "$0" # of which tunlab says that it holds nothing
			fi
		done' "$scratch/refusal"
}

# steps QUERIES: a step for each that expects what ip shows, without what differs from run to run: lifetimes and a
# bridge's timers; and then for each a step that expects what is never there. Three things are ip 6.1's own: "root_id" is
# the bridge's own, "group_fwd_mask_str" says the mask again, and what a filter leaves out of a list stays as {}.
steps() {
	jq --null-input --rawfile queries "$1" --slurpfile answers "$scratch/answers" '
		($queries | split("\n")[:-1]) as $queries
		| (reduce $answers[] as $answer ([]; if $answer == "query" then . + [null] else .[-1] //= $answer end)) as $answers
		| if ($queries | length) != ($answers | length) then error("not every query has its answer") else . end
		| [$queries, $answers] | transpose | map({ name: .[0], in: "a", show: .[0], expect: (.[1] // [] | map(del(.. | objects |
				.valid_life_time?, .preferred_life_time?, .expires?, .gc_timer?, .hello_timer?, .tcn_timer?,
				.topology_change_timer?, .hold_timer?, .message_age_timer?, .forward_delay_timer?, .root_id?, .group_fwd_mask_str?))
			| walk(if type == "array" then map(select(. != {})) else . end)) })
		| . + map(.expect = [{ "no such key": 1 }])'
}

@test "each object that ip shows is found, with all its keys, and there are no others" {
	stands "$LIVE/show/base.json" "$LIVE/show"
	asks <"$LIVE/show/queries" >"$scratch/answers"
	steps "$LIVE/show/queries" >"$scratch/steps"
	falls
	jq --slurpfile steps "$scratch/steps" '.steps += $steps[0]' "$LIVE/show/base.json" >"$scratch/lab.json"
	jq -r '.[:length / 2][] | "\(.name): \(.expect | length)"' "$scratch/steps" >"$scratch/wanted"

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
