#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What this machine, or this user, cannot do: one line says what is missing and what to do, the status is 3, and nothing
# is left.
load helpers

setup() {
	scratch=$(mktemp -d)
	# For users who may not look into the place where tunlab was built.
	chmod 755 "$scratch"
	cp "$TUNLAB" "$TUNLAB-relay" "$LABS/two-ns.json" "$scratch"
	cd "$scratch" || return
}

teardown() {
	rm -r "$scratch"
}

# refuses PART... -- COMMAND...: the command ends with status 3, with one line on standard error that has each part, and
# with nothing on standard output that looks like a result.
refuses() {
	local parts=() part status=0

	while [ "$1" != -- ]; do
		parts+=("$1")
		shift
	done
	shift
	"$@" >stdout 2>stderr 3>&- || status=$?
	head -v stdout stderr
	[ "$status" = 3 ]
	[ "$(wc -l <stderr)" = 1 ]
	for part in "${parts[@]}"; do contains "$(cat stderr)" "$part"; done
	run grep -E '^(not )?ok' stdout
	[ "$status" = 1 ]
}

# with_tun MODE COMMAND...: in a mount namespace whose /dev/net holds tun with that mode, or with MODE "no" nothing.
with_tun() {
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare --mount sh -c '
		mount -t tmpfs none /dev/net
		[ "$0" = no ] || { mknod /dev/net/tun c 10 200 && chmod "$0" /dev/net/tun; }
		exec "$@"' "$@"
}

nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"; }

@test "an ordinary user" {
	refuses CAP_SYS_ADMIN CAP_NET_ADMIN sudo 'unshare -Urn' -- nobody ./tunlab run two-ns.json
}

@test "one of two capabilities" {
	refuses CAP_NET_ADMIN sudo -- setpriv --bounding-set=-net_admin ./tunlab run two-ns.json
	run grep CAP_SYS_ADMIN stderr
	[ "$status" = 1 ]
}

@test "no /dev/net/tun" {
	refuses /dev/net/tun 'modprobe tun' mknod 'No such file' -- with_tun no ./tunlab run two-ns.json
	contains "$(cat stdout)" "Bail out! "
}

@test "a /dev/net/tun that only root may open, in a user namespace" {
	nobody unshare -Urn true || skip "ordinary users can make no user namespaces here"
	refuses /dev/net/tun 'chmod 0666 /dev/net/tun' 'Permission denied' -- \
		with_tun 600 setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Urn ./tunlab run two-ns.json
}

@test "a /dev/net/tun that everybody may open, in a user namespace, is enough" {
	nobody unshare -Urn true || skip "ordinary users can make no user namespaces here"
	run with_tun 666 setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Urn ./tunlab run two-ns.json
	echo "$output"
	[ "$status" = 0 ]
}

@test "a /dev/net/tun that the user may not open, with the capabilities" {
	refuses /dev/net/tun 'chmod 0666 /dev/net/tun' 'Permission denied' -- \
		with_tun 600 setpriv --reuid=65534 --regid=65534 --clear-groups \
		--inh-caps=-all,+sys_admin,+net_admin,+net_raw --ambient-caps=-all,+sys_admin,+net_admin,+net_raw \
		./tunlab run two-ns.json
}

@test "no more network namespaces allowed" {
	needs_rooms
	refuses user.max_net_namespaces 'No space left' -- \
		room sh -c 'echo 2 >/proc/sys/user/max_net_namespaces && ./tunlab run two-ns.json'
}

@test "too few open files" {
	refuses 'ulimit -n' -- prlimit --nofile=30:30 ./tunlab run two-ns.json
}

@test "no relay beside the program" {
	rm tunlab-relay
	refuses 'there is no tunlab-relay' "$scratch" -- ./tunlab run two-ns.json
}

@test "no /proc" {
	if grep -q __asan_init ./tunlab; then skip "a sanitized program needs /proc itself"; fi
	refuses /proc -- unshare --mount sh -c 'mount -t tmpfs none /proc && ./tunlab run two-ns.json'
}

@test "doctor says the same beforehand, with what mends it" {
	local status=0

	with_tun no ./tunlab doctor >stdout || status=$?
	cat stdout
	[ "$status" = 3 ]
	grep '/dev/net/tun' stdout | grep -q mknod
	status=0
	nobody ./tunlab doctor >stdout || status=$?
	cat stdout
	[ "$status" = 3 ]
	grep CAP_NET_ADMIN stdout | grep -q sudo
	# And where nothing is missing.
	./tunlab doctor
}
