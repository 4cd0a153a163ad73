#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The verb route, with ip as the judge: show/base.json is run, and filled by ip with what stands in route/fill; then
# `ip -d -j route get` answers each of route/lookups, with fibmatch and without. The same lab is run again, filled
# again, and route must see all that ip said, or the same errno.

# shellcheck disable=SC2154 # setup makes scratch, and judge.bash says where the lab's netns is

load helpers
load judge

# words: of the lookups on standard input, what ip is asked, a line each.
words() {
	jq -r '[(if .iif or .source then "from", (.source // "0") else empty end), (.route), (if .iif then "iif", .iif else empty end),
		(if .oif // .dev then "oif", (.oif // .dev) else empty end), (if .mark then "mark", .mark else empty end),
		(if .tos then "tos", (if .tos == 16 then "0x10" else "0x0\(.tos)" end) else empty end), (if .uid then "uid", .uid else empty end),
		(if .ipproto then "ipproto", .ipproto else empty end), (if .sport then "sport", .sport else empty end),
		(if .dport then "dport", .dport else empty end)] | map(tostring) | .[if (.[0] == "from") then 2 else 0 end] as $to
		| (if .[0] == "from" then [$to, "from", .[1]] + .[3:] else . end) | join(" ")'
}

# answers: what ip says of each line of words, and what it says with fibmatch: lists of one object, or names of errnos.
# shellcheck disable=SC2016 # for the inner shell to expand
answers() {
	nsenter --net="$netns" bash -euc '
		get() {
			if ip -d -j route get "$@" 2>"$refusal"; then return; fi
			case $(<"$refusal") in
			*"Network is unreachable"*) echo "\"ENETUNREACH\"" ;;
			*"No route to host"*) echo "\"EHOSTUNREACH\"" ;;
			*"Permission denied"*) echo "\"EACCES\"" ;;
			*"Invalid argument"*) echo "\"EINVAL\"" ;;
			*"Invalid cross-device link"*) echo "\"EXDEV\"" ;;
			*)
				cat "$refusal" >&2
				return 1
				;;
			esac
		}
		refusal=$0
		while read -ra words; do
			get "${words[@]}"
			get fibmatch "${words[@]}"
		done' "$scratch/refusal"
}

@test "each lookup is answered as ip says, with the table's own entry" {
	stands "$LIVE/show/base.json" "$LIVE/route"
	words <"$LIVE/route/lookups" >"$scratch/words"
	answers <"$scratch/words" >"$scratch/answers"
	falls
	jq --slurpfile lookups "$LIVE/route/lookups" --slurpfile answers "$scratch/answers" '
		($answers | map(if type == "array" then .[0] else . end)) as $answers
		| .steps += [$lookups | to_entries[] | $answers[2 * .key] as $answer | $answers[2 * .key + 1] as $match
			| .value + { in: "a", name: (.value | tostring), expect: (if ($answer | type) == "object" and ($match | type) == "object"
				then $answer + { fibmatch: $match } else $answer end) }]' "$LIVE/show/base.json" >"$scratch/lab.json"
	[ "$(jq '[.steps[].expect | strings] | unique | length' "$scratch/lab.json")" -ge 4 ] # errors are among them
	[ "$(jq -s length "$scratch/answers")" = $((2 * $(wc -l <"$LIVE/route/lookups"))) ]

	stands "$scratch/lab.json" "$LIVE/route"
	status=0
	goes_on || status=$?
	grep -A 5 '^not ok' "$scratch/tap" || true
	[ "$status" -eq 0 ]
}
