# SPDX-License-Identifier: GPL-2.0-or-later
# What tests share that have ip as the judge: show/base.json, or what they make of it, is run up to its first step, and
# filled with what stands in a folder's "fill" (and "fill-6", of IPv6, and "fill-if-possible").
# shellcheck shell=bash disable=SC2154 # scratch is of helpers' users

setup() {
	command -v ip >/dev/null || skip "there is no ip"
	scratch=$(mktemp -d)
	pid=
}

teardown() {
	if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
	rm -rf "$scratch"
}

# has_settled: the namespace's IPv6 addresses can be used. The kernel sees to it in its own time, also without duplicate
# detection.
has_settled() { [ -z "$(nsenter --net="$netns" ip -6 -o address show up tentative -dadfailed)" ]; }

# stands LAB FOLDER: $pid is its process, and $netns its namespace a.
stands() {
	local fd

	TUNLAB_STOP_AT="wait" "$TUNLAB" run "$1" >"$scratch/tap" 3>&- &
	pid=$!
	within 60 is_stopped "$pid"
	for fd in /proc/"$pid"/fd/*; do
		case $(readlink "$fd") in
		net:*) if nsenter --net="$fd" ip link show br0 >/dev/null 2>&1; then netns=$fd; fi ;;
		esac
	done
	nsenter --net="$netns" ip -batch "$2/fill"
	nsenter --net="$netns" ip -6 -batch "$2/fill-6"
	if [ -e "$2/fill-if-possible" ]; then
		nsenter --net="$netns" ip -force -batch "$2/fill-if-possible" >/dev/null 2>&1 || true
	fi
	within 60 has_settled
}

# goes_on: lets the lab run to its end; its exit status.
goes_on() {
	local status=0

	kill -CONT "$pid"
	wait "$pid" || status=$?
	pid=
	return "$status"
}

# falls: ends the lab where it is.
falls() {
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null || true
	pid=
}
