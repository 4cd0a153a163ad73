#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `tunlab show --format script LAB | sh` gives the verdicts that `tunlab run LAB` gives, without tunlab.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	TUNLAB=${TUNLAB:-${BUILD:-build}/tunlab}
	MADE=$(mktemp -d)
	export TUNLAB MADE
}

teardown() {
	rm -rf "$MADE"
}

needs_tools() {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	for tool in ip unshare ping nc ss nstat tcpdump jq sysctl nft; do
		command -v $tool >/dev/null || skip "there is no $tool"
	done
	nc -h 2>&1 | grep -q OpenBSD || skip "nc is not OpenBSD's"
}

# both LAB: runs it both ways, and leaves verdicts, what the script said, and what it could not do.
both() {
	name=$(echo "$1" | tr / -)
	"$TUNLAB" run --allow-exec "$1" >"$MADE/$name.run" 2>/dev/null </dev/null
	"$TUNLAB" show --format script "$1" >"$MADE/$name.sh"
	timeout 120 sh <"$MADE/$name.sh" >"$MADE/$name.out" 2>"$MADE/$name.err"
	sed -n "s|^ok \\([0-9]*\\) .* # SKIP \\(.*\\)|$1: \\2|p" "$MADE/$name.out" >"$MADE/$name.unsaid"
	# A script whose wires netem cannot impair so, or whose devices no command can close, says that, and nothing is compared.
	if grep -e '^1\.\.0 # SKIP .*netem' -e '^1\.\.0 # SKIP .* veth pair ' "$MADE/$name.out" |
		sed "s|^1\.\.0 # SKIP|$1:|" >"$MADE/$name.without" &&
		[ -s "$MADE/$name.without" ] && [ ! -s "$MADE/$name.err" ]; then
		return
	fi
	unsaid=$(sed -n 's/^ok \([0-9]*\) .* # SKIP .*/\1/p' "$MADE/$name.out")
	for kind in run out; do
		sed -n 's/^\(ok\|not ok\) \([0-9]*\) .*/\2 \1/p; s/^1\.\.0 .*/skipped/p; s/^1\.\.\([1-9].*\)/plan \1/p' \
			"$MADE/$name.$kind" | awk -v unsaid="$unsaid" 'BEGIN { split(unsaid, n); for (i in n) no[n[i]] }
				!($1 in no)' >"$MADE/$name.$kind.verdicts"
	done
	if diff "$MADE/$name.run.verdicts" "$MADE/$name.out.verdicts" >"$MADE/$name.differs" && [ ! -s "$MADE/$name.err" ]; then
		return
	fi
	{ echo "$1:"; cat "$MADE/$name.differs" "$MADE/$name.err"; grep -A 1 -e '^not ok' -e '^Bail' "$MADE/$name.out"; } \
		>"$MADE/$name.wrong"
}

@test "every script is one that dash takes; shellcheck, too, has nothing against some" {
	find labs tests/plan tests/meta -name '*.json' ! -name '*.schema.json' >"$MADE/labs"
	# shellcheck disable=SC2016 # for the inner shell to expand
	sh -euc '
		while read -r lab; do
			echo "$lab"
			"$TUNLAB" show --format script "$lab" >"$MADE/script"
			sh -n "$MADE/script"
			sed -e "1,/^exec unshare/d" -e "/^END_OF_LAB\$/d" "$MADE/script" >"$MADE/inner"
			sh -n "$MADE/inner"
		done' <"$MADE/labs"
	command -v shellcheck >/dev/null || return 0
	# A script has assignments that only some steps read; what it calls is tests of its own.
	for lab in labs/one-host-tunnel labs/nft-dnat labs/bridge labs/show-routes labs/exec-server; do
		"$TUNLAB" show --format script "$lab.json" | sed -e '1,/^exec unshare/d' -e '/^END_OF_LAB$/d' >"$MADE/inner"
		shellcheck --shell=dash --exclude=SC1010,SC2034,SC2016,SC2086,SC2154,SC2317 "$MADE/inner"
	done
}

# Why a step is one that these tools cannot do; which of which lab is told as a comment.
beyond() {
	cat <<-'END'
		a listener of nc does not answer as a socket that is bound to no address
		a veth is no TUN to look at
		a veth's queue is never full
		nc cannot be bound to a device
		nc cannot mark what it sends
		nc does not know IP_PKTINFO
		nc sends from one port
		nc's listener is neither transparent nor marked
		neither ping nor nc can tell what is expected here
	END
}

@test "the verdicts are the same, of labs that pass and of labs that must fail" {
	needs_tools
	export -f both
	find labs tests/meta -name '*.json' ! -name '*.schema.json' | LC_ALL=C sort >"$MADE/labs"
	[ "$(wc -l <"$MADE/labs")" -gt 40 ]
	xargs -P 3 -I {} bash -c 'both {}' <"$MADE/labs" || true
	cat "$MADE"/*.wrong 2>/dev/null || true
	[ -z "$(find "$MADE" -name '*.wrong')" ]
	find "$MADE" -name '*.without' -exec sed 's/^/# not compared: /' {} + >&3
	if unshare --net tc qdisc add dev lo root netem delay 1ms 2>/dev/null; then
		run grep 'has no netem' "$MADE"/*.without
		[ -z "$output" ]
	fi
	cat "$MADE"/*.unsaid >"$MADE/unsaid"
	LC_ALL=C sort "$MADE/unsaid" | uniq -c | sed 's/^ *\([0-9]*\) /# not in the script: \1 of /' >&3
	sed 's/^[^:]*: //' "$MADE/unsaid" | LC_ALL=C sort -u | diff -u <(beyond | LC_ALL=C sort) -
	# They are few, beside all that were compared.
	[ "$(wc -l <"$MADE/unsaid")" -lt $(($(cat "$MADE"/*.out.verdicts | wc -l) / 10)) ]
	# Something was compared: the story's eight steps, and a lab that fails.
	grep -qx 'plan 8' "$MADE/labs-one-host-tunnel.json.out.verdicts"
	grep -q 'not ok' "$MADE/tests-meta-wrong-ping.json.out.verdicts"
}

@test "nothing of it is left, or seen from outside: neither names nor processes" {
	needs_tools
	"$TUNLAB" show --format script labs/one-host-tunnel.json >"$MADE/script"
	before=$(ip netns list | sort)
	for signal in INT TERM KILL; do
		sh "$MADE/script" >"$MADE/out" 2>/dev/null &
		script=$!
		until grep -q '^ok 2' "$MADE/out"; do sleep 0.01; done
		[ "$(ip netns list | sort)" = "$before" ]
		inner=$(cat "/proc/$script/task/$script/children")
		kill -$signal $script
		wait $script || true
		for _ in $(seq 6000); do
			# shellcheck disable=SC2086 # one, or none
			[ -n "$inner" ] && kill -0 $inner 2>/dev/null || break
			sleep 0.01
		done
		# shellcheck disable=SC2086
		[ -z "$inner" ] || ! kill -0 $inner 2>/dev/null
	done
	[ "$(ip netns list | sort)" = "$before" ]
}
