#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The verb route, with ip as the judge: show/base.json is run, and filled by ip with what stands in route/fill; then
# `ip -d -j route get` answers each of route/lookups, with fibmatch and without. The same lab is run again, filled
# again, and route must see all that ip said, or the same errno.

# shellcheck disable=SC2154 # setup makes scratch, and judge.bash says where the lab's netns is

load helpers
load judge

# get LOOKUP [fibmatch]: what ip says of it: an object, or the name of an errno.
get() {
	local words

	words=$(jq -r '[(if .iif or .source then "from", (.source // "0") else empty end), (.route), (if .iif then "iif", .iif else empty end),
		(if .oif // .dev then "oif", (.oif // .dev) else empty end), (if .mark then "mark", .mark else empty end),
		(if .tos then "tos", (if .tos == 16 then "0x10" else "0x0\(.tos)" end) else empty end), (if .uid then "uid", .uid else empty end),
		(if .ipproto then "ipproto", .ipproto else empty end), (if .sport then "sport", .sport else empty end),
		(if .dport then "dport", .dport else empty end)] | map(tostring) | .[if (.[0] == "from") then 2 else 0 end] as $to
		| (if .[0] == "from" then [$to, "from", .[1]] + .[3:] else . end) | join(" ")' <<<"$1")
	# shellcheck disable=SC2086 # they are words
	if nsenter --net="$netns" ip -d -j route get ${2:-} $words >"$scratch/answer" 2>"$scratch/refusal"; then
		jq '.[0]' "$scratch/answer"
	else
		case $(cat "$scratch/refusal") in
		*'Network is unreachable'*) echo '"ENETUNREACH"' ;;
		*'No route to host'*) echo '"EHOSTUNREACH"' ;;
		*'Permission denied'*) echo '"EACCES"' ;;
		*'Invalid argument'*) echo '"EINVAL"' ;;
		*'Invalid cross-device link'*) echo '"EXDEV"' ;;
		*)
			cat "$scratch/refusal" >&2
			return 1
			;;
		esac
	fi
}

@test "each lookup is answered as ip says, with the table's own entry" {
	stands "$LIVE/show/base.json" "$LIVE/route"
	while read -r lookup; do
		get "$lookup" >"$scratch/expect"
		get "$lookup" fibmatch >"$scratch/match"
		jq --slurpfile expect "$scratch/expect" --slurpfile match "$scratch/match" '. + { in: "a", name: tostring,
			expect: (if ($expect[0] | type) == "object" and ($match[0] | type) == "object"
				then $expect[0] + { fibmatch: $match[0] } else $expect[0] end) }' <<<"$lookup"
	done <"$LIVE/route/lookups" >"$scratch/steps"
	falls
	jq --slurpfile steps "$scratch/steps" '.steps += $steps' "$LIVE/show/base.json" >"$scratch/lab.json"
	[ "$(jq '[.steps[].expect | strings] | unique | length' "$scratch/lab.json")" -ge 4 ] # errors are among them

	stands "$scratch/lab.json" "$LIVE/route"
	status=0
	goes_on || status=$?
	grep -A 5 '^not ok' "$scratch/tap" || true
	[ "$status" -eq 0 ]
}
