# SPDX-License-Identifier: GPL-2.0-or-later
# What the live tests share. They run as root; all packets stay in the namespaces of labs.
# shellcheck shell=bash

LIVE=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
TUNLAB=${BUILD:-$LIVE/../../build}/tunlab
LABS=$(cd "$LIVE/../../labs" && pwd)
export LIVE TUNLAB LABS

# lab_files: the labs of labs/, one a line.
lab_files() { find "$LABS" -name '*.json' ! -name '*.schema.json' | sort; }

# runnable_labs: those of them that this kernel has all of.
runnable_labs() {
	# shellcheck disable=SC2016 # for the inner shell to expand
	lab_files | xargs -n 1 -P 8 sh -c '
		"$TUNLAB" run --allow-exec --step 1 "$0" 2>/dev/null | grep -q "^1\.\.0 # SKIP" || echo "$0"' 3>&- | sort
}

# within SECONDS COMMAND...: repeats the command until it succeeds; fails where it has not by then. A machine may be busy:
# sixty seconds are for what a test waits for; what is left of tunlab, and how soon it has gone, has its own bounds.
within() {
	local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))

	shift
	until "$@"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$deadline" ] || return 1
		sleep 0.01
	done
}

# state PID: the letter of /proc/PID/stat; nothing where there is no such process.
state() {
	local letter

	{ read -r _ _ letter _ <"/proc/$1/stat"; } 2>/dev/null || return 0
	echo "$letter"
}

is_stopped() { [ "$(state "$1")" = T ]; }

# A child that nobody waited for yet is a zombie.
is_gone() {
	case $(state "$1") in
	'' | Z | X) ;;
	*) return 1 ;;
	esac
}

# relay_of PID: the process id of tunlab's only child.
relay_of() {
	local child=

	read -r child _ <"/proc/$1/task/$1/children" # the line has no end
	[ -n "$child" ] && echo "$child"
}

has_relay() { relay_of "$1" >/dev/null; }

# contains TEXT PART: prints the text where it lacks the part.
contains() {
	case $1 in
	*"$2"*) ;;
	*)
		printf 'no "%s" in:\n%s\n' "$2" "$1"
		return 1
		;;
	esac
}

# first_failure: the number of the first point of the TAP on standard input that is not ok.
first_failure() {
	sed -n 's/^not ok \([0-9]*\).*/\1/p' | head -n 1
}

# needs_rooms: skips the test where no room (see below) can be made, as in a chroot or in most containers.
needs_rooms() {
	unshare --user --map-root-user --net --mount true 2>/dev/null || skip "no user namespace can be made here"
}

# room COMMAND...: runs it in a user namespace of its own, and so in network and mount namespaces of its own.
room() { unshare --user --map-root-user --net --mount "$@" 3>&-; }

# In a room: whether this shell is alone in it. Who has no namespaces any more has ended: what a process namespace held
# may be waiting there for the machine's first process to reap orphans of tunlab's, which not every one does at once.
no_process_left() {
	local process

	for process in /proc/[0-9]*; do
		if [ "$process" != "/proc/$$" ] && [ "$process/ns/user" -ef "/proc/$$/ns/user" ] && [ -e "$process/ns/net" ]; then
			return 1
		fi
	done
}

# In a room: whether its own network namespace is the only one. The kernel accounts for each network namespace with the
# user namespace that it was made in, from its making until the last of it is freed, whoever held it and however: where
# two are allowed, another can be made only if none is left but the room's own.
no_namespace_left() {
	echo 2 >/proc/sys/user/max_net_namespaces # of this room alone
	unshare --net true 2>/dev/null
}

# leaves_nothing COMMAND...: runs it in a room; its exit status, or 99 where anything is left two seconds later.
leaves_nothing() {
	# shellcheck disable=SC2016 # for the inner shell to expand
	room bash -c '
		. "$LIVE/helpers.bash"
		"$@"
		status=$?
		within 2 no_process_left && within 2 no_namespace_left || exit 99
		exit $status' - "$@"
}
