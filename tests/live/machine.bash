# SPDX-License-Identifier: GPL-2.0-or-later
# For tests of labs that are up: a machine of their own, so that no lab of whoever runs the tests is touched and nothing but
# the test's own is seen. It has a mount, a process and a network namespace of its own, and an empty /run.
# shellcheck shell=bash disable=SC2016 # for inner shells to expand

load helpers

# open_machine: to be called in setup. Its process 1 collects the orphans; everything in it ends with it.
open_machine() {
	scratch=$(mktemp -d)
	mkdir "$scratch/tmp"
	export TMPDIR=$scratch/tmp
	unset XDG_RUNTIME_DIR
	unshare --mount --pid --net --fork --kill-child --mount-proc sh -c \
		'mount -t tmpfs -o mode=755 run /run && : >"$1" && exec env --ignore-signal=CHLD sleep infinity' \
		- "$scratch/ready" >"$scratch/machine" 2>&1 3>&- &
	machine=$!
	if ! within 60 test -e "$scratch/ready"; then
		cat "$scratch/machine"
		return 1
	fi
	first=$(relay_of "$machine")
}

# close_machine: to be called in teardown.
close_machine() {
	kill -KILL "$machine" "$first" 2>/dev/null || true
	wait "$machine" 2>/dev/null || true
	rm -rf "$scratch"
}

# inside COMMAND...: runs it on the machine.
inside() { nsenter --target "$first" --mount --pid --net -- "$@" 3>&-; }

# try STATUS COMMAND...: runs it on the machine, keeps what it says in $scratch/stdout and stderr, and shows it where the
# status is another.
try() {
	local wanted=$1 status=0

	shift
	inside "$@" >"$scratch/stdout" 2>"$scratch/stderr" || status=$?
	[ "$status" = "$wanted" ] && return
	echo "status $status of: $*"
	head -v "$scratch/stdout" "$scratch/stderr"
	return 1
}

says() { contains "$(cat "$scratch/stdout")" "$1"; }
complains() { contains "$(cat "$scratch/stderr")" "$1"; }
complains_of_nothing() { diff /dev/null "$scratch/stderr"; }

# start NAME COMMAND...: begins it on the machine, in a session of its own as from a terminal. What it says comes into
# $scratch/NAME.out and .err, its exit status into NAME.status, and its process on the machine into NAME.pid.
start() {
	local name=$1

	shift
	rm -f "$scratch/$name."*
	(
		status=0
		inside env --default-signal=INT,PIPE setsid sh -c \
			'echo $$ >"$0.new" && mv "$0.new" "$0" && exec "$@"' \
			"$scratch/$name.pid" "$@" >"$scratch/$name.out" 2>"$scratch/$name.err" || status=$?
		echo "$status" >"$scratch/$name.status"
	) 3>&- &
	within 60 test -e "$scratch/$name.pid"
}

# ends NAME STATUS: what was started so has ended or does so, with the status.
ends() {
	if within 60 test -s "$scratch/$1.status" && [ "$(cat "$scratch/$1.status")" = "$2" ]; then return; fi
	head -v "$scratch/$1."*
	return 1
}

# signal NAME SIGNAL: sends it to what was started.
signal() { inside kill "-$2" "$(cat "$scratch/$1.pid")"; }

# keeper NAME: the process id, on the machine, of a lab's keeper.
keeper() { inside "$TUNLAB" list --json "$1" | jq -r '.[0].pid'; }

# relay NAME: that of its relay.
relay() { inside pgrep --parent "$(keeper "$1")" tunlab-relay; }

# alive PID: whether that process lives, on the machine.
alive() { inside sh -c 'read -r _ _ letter _ <"/proc/$1/stat" && [ "$letter" != Z ]' - "$1" 2>/dev/null; }
dead() { ! alive "$1"; }

# look WHAT...: on the machine, in one go: its network "namespaces", which are those that any process is in or holds, or that are
# mounted; the names of its "processes"; its "rest": files, links, rules, routes, mounts.
look() {
	inside bash -c '
		namespaces() {
			find /proc/[0-9]*/ns/net /proc/[0-9]*/fd -lname "net:*" -printf "%l\n" 2>/dev/null | sort -u
			grep " - nsfs " /proc/self/mountinfo
		}
		processes() {
			local process name

			for process in /proc/[0-9]*; do
				if [ "$process" != "/proc/$$" ]; then
					{ read -r name <"$process/comm"; } 2>/dev/null && echo "$name"
				fi
			done
		}
		rest() {
			find /run /dev/shm "$TMPDIR" 2>/dev/null
			find /tmp/tunlab-[0-9]* -user 0 2>/dev/null # all see /tmp: another test may be an ordinary user
			ip netns
			ip -o link
			ip rule
			ip route
			cat /proc/self/mountinfo /proc/sys/net/ipv4/ip_forward
		}
		for what; do "$what"; done' - "$@"
}

# snapshot: all that a lab could leave on the machine.
snapshot() { look namespaces processes rest; }

# remember: takes a snapshot for is_as_before.
remember() { snapshot >"$scratch/before"; }

is_as_before() { snapshot | cmp -s "$scratch/before" -; }

# as_before: the machine is so, or becomes so within a second.
as_before() {
	within 1 is_as_before && return
	snapshot | diff "$scratch/before" -
	return 1
}
