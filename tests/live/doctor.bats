#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tunlab doctor tells the truth about a machine that has everything, and about ones that lack something: an ordinary
# user, no /dev/net/tun, no relay, few open files, a kernel that would load modules.
# shellcheck disable=SC2016 # what stands in single quotes is for the inner shell to expand

setup() {
	directory=$(mktemp -d)
	chmod 755 "$directory"
	# Where an ordinary user gets at them, too.
	cp "${BUILD:-build}/tunlab" "${BUILD:-build}/tunlab-relay" "$directory"
	tunlab=$directory/tunlab
}

teardown() {
	rm -rf "$directory"
}

says() { # a pattern that a line of the output matches
	if grep -q -- "$1" <<<"$output"; then return; fi
	echo "no line like: $1"
	echo "$output"
	false
}

says_not() {
	if ! grep -q -- "$1" <<<"$output"; then return; fi
	echo "a line like: $1"
	echo "$output"
	false
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "root can run labs" {
	run "$tunlab" doctor
	[ "$status" -eq 0 ]
	says '^ok    CAP_SYS_ADMIN  '
	says '^ok    CAP_NET_ADMIN  '
	says '^ok    CAP_NET_RAW  '
	says '^ok    /dev/net/tun  '
	says '^ok    relay  '
	says '^\(ok\|note\)  *Landlock  '
	says '^ok    libpcap  '
	says '^ok    libnftables  '
	says '^\(ok\|note\)  *nf_tables  '
	says '^ok    network namespaces can be made'
	says '^ok    links  .*tap tun'
	says '^labs can be run here; nothing was changed$'
	says_not '^lacks'
}

@test "an ordinary user lacks the capabilities, and is told what to do" {
	run as_nobody "$tunlab" doctor
	[ "$status" -eq 3 ]
	says '^lacks CAP_SYS_ADMIN .*: sudo tunlab'
	says '^lacks CAP_NET_ADMIN .*: sudo tunlab'
	says '^ok    relay  '
	says '^labs cannot be run here'
}

@test "what doctor says of user namespaces is so" {
	run as_nobody "$tunlab" doctor
	if grep -q '^ok    user namespaces' <<<"$output"; then
		run as_nobody unshare -Urn "$tunlab" doctor
		[ "$status" -eq 0 ]
	else
		says '^note  user namespaces .*: '
		run as_nobody unshare -Urn "$tunlab" doctor
		[ "$status" -ne 0 ]
	fi
}

@test "with a /dev/net/tun for everyone an ordinary user runs a lab, where user namespaces work" {
	cp labs/two-ns.json "$directory"
	run unshare -m sh -c 'mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200 || exit
		setpriv --reuid=65534 --regid=65534 --clear-groups "$1" doctor
		setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Urn "$1" run "$2"
	' sh "$tunlab" "$directory/two-ns.json"
	says '^ok    /dev/net/tun  '
	if grep -q '^note  user namespaces' <<<"$output"; then skip 'they do not work here'; fi
	says '^ok    user namespaces .*unshare -Urn tunlab run LAB$'
	says '^ok 2 - left tcp'
}

@test "without /dev/net/tun no lab can be run" {
	run unshare -m sh -c 'mount -t tmpfs tmpfs /dev/net && exec "$1" doctor' sh "$tunlab"
	[ "$status" -eq 3 ]
	says '^lacks /dev/net/tun .*: .*mknod -m 666 /dev/net/tun c 10 200$'
	says '^labs cannot be run here'
}

@test "without the relay no lab can be run" {
	rm "$directory/tunlab-relay"
	run "$tunlab" doctor
	[ "$status" -eq 3 ]
	says "^lacks relay .*there is no tunlab-relay: looked for $directory/tunlab-relay .*: make"
}

@test "without libnftables labs with rulesets are skipped" {
	library=$(ldconfig -p | sed -n 's/^\tlibnftables\.so\.1 .* => //p' | head -n 1)
	[ -n "$library" ] || skip 'where the library is cannot be told'
	run unshare -m sh -c 'mount --bind /dev/null "$2" && exec "$1" doctor' sh "$tunlab" "$library"
	[ "$status" -eq 0 ]
	says '^note  libnftables  .*apt-get install libnftables1'
	says_not ' nf_tables '
}

@test "few open files are a note" {
	run sh -c 'ulimit -n 200 && exec "$1" doctor' sh "$tunlab"
	[ "$status" -eq 0 ]
	says '^note  open files .*200.*ulimit -n'
}

@test "a module that is not loaded is named, and not loaded" {
	if [ ! -d /lib/modules ]; then skip 'a kernel without modules'; fi
	# The kernel's list has a module for veth that no kernel has, and modprobe is a name.
	run unshare -m sh -c 'release=$(uname -r)
		mount -t tmpfs tmpfs /lib/modules && mount -t tmpfs tmpfs /proc/sys/kernel || exit
		mkdir "/lib/modules/$release" && echo /nowhere/modprobe >/proc/sys/kernel/modprobe || exit
		echo "alias rtnl-link-veth tunlab-none" >"/lib/modules/$release/modules.alias"
		exec "$1" doctor' sh "$tunlab"
	[ "$status" -eq 0 ]
	says '^note  links  .*makes the kernel load: tunlab-none$'
	says_not '^ok    links .*veth'
}

@test "nothing is left: no process, no device on the host" {
	before=$(ls /sys/class/net)
	"$tunlab" doctor
	[ "$(ls /sys/class/net)" = "$before" ]
	left=$(find /proc -maxdepth 2 -name exe -lname "$directory/*" 2>/dev/null || true)
	[ -z "$left" ]
}

@test "the whole output is written, or the status says that it was not" {
	run sh -c '"$1" doctor >/dev/full' sh "$tunlab"
	[ "$status" -eq 3 ]
}

@test "doctor takes no operand" {
	run "$tunlab" doctor labs/two-ns.json
	[ "$status" -eq 2 ]
	says 'takes no operand'
}
