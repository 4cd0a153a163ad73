#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A lab to stand in: tunlab up, the ordinary tools in it, tunlab step, and tunlab down, after which the machine is as before;
# and what keeps a lab from coming up.
# shellcheck disable=SC2016,SC2154 # for inner shells to expand; set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

# down_all: takes all labs down, after which the machine is as remembered.
down_all() {
	try 0 "$TUNLAB" down --all
	as_before
}

@test "up, the ordinary tools, step, down: the machine is as before" {
	remember
	try 0 "$TUNLAB" up "$LABS/two-ns.json"
	[ "$(cat "$scratch/stdout")" = $'two-ns.left\ntwo-ns.right' ]
	[ "$(cat "$scratch/stderr")" = "tunlab: two-ns is up (tunlab shell two-ns left; tunlab down two-ns)" ]
	[ "$(inside ip netns list | sort)" = $'two-ns.left\ntwo-ns.right' ]

	inside ip netns exec two-ns.left ping -c 1 -W 2 10.0.0.2
	contains "$(inside ip -n two-ns.left -o address show dev tun0)" "inet 10.0.0.1/24"
	contains "$(inside nsenter --net=/run/netns/two-ns.right ip -o address)" "inet 10.0.0.2/24"
	start tcpdump ip netns exec two-ns.right tcpdump -n -i tun0 -c 1 --immediate-mode icmp
	within 60 grep -q 'listening on tun0' "$scratch/tcpdump.err"
	inside ip netns exec two-ns.left ping -c 1 -W 2 10.0.0.2
	ends tcpdump 0
	contains "$(cat "$scratch/tcpdump.out")" "IP 10.0.0.1 > 10.0.0.2: ICMP echo request"

	try 0 "$TUNLAB" step two-ns '{ "in": "left", "tcp": "10.0.0.2:8080" }'
	diff "$scratch/stdout" - <<-'END'
		TAP version 13
		1..1
		ok 1 - left tcp 10.0.0.2:8080
	END
	complains_of_nothing

	try 0 "$TUNLAB" down two-ns
	complains_of_nothing
	as_before
}

@test "iperf3 by tunlab exec, as server and client" {
	remember
	try 0 "$TUNLAB" up "$LABS/two-ns.json"
	start server "$TUNLAB" exec two-ns right -- iperf3 -s --forceflush
	within 60 grep -q 'Server listening' "$scratch/server.out"
	try 0 "$TUNLAB" exec two-ns left -- iperf3 -c right -n 1M --connect-timeout 60000
	says "iperf Done."
	signal server INT
	within 60 test -s "$scratch/server.status"
	start server "$TUNLAB" exec two-ns right -- iperf3 -s --forceflush
	within 60 grep -q 'Server listening' "$scratch/server.out"
	try 0 "$TUNLAB" down two-ns # with it the server ends
	within 60 test -s "$scratch/server.status"
	complains_of_nothing
	as_before
}

@test "counted by the kernel: no network namespace is left, nor a process" {
	needs_rooms
	leaves_nothing sh -c 'mount -t tmpfs run /run && "$1" up "$2" && "$1" step two-ns "$3" && "$1" down two-ns' - \
		"$TUNLAB" "$LABS/two-ns.json" '{ "in": "left", "ping": "10.0.0.2" }'
	leaves_nothing sh -c 'mount -t tmpfs run /run && "$1" up "$2" && kill -KILL "$("$1" list --json | jq ".[0].pid")"' - \
		"$TUNLAB" "$LABS/two-ns.json"
}

# what_stops: the process on the machine that has stopped itself, if any has.
what_stops() { inside pgrep --runstates T -x tunlab >"$scratch/stopped"; }

# end_up PHASE SIGNAL WHOM STATUS: up, stopped in the phase, is sent the signal; then it goes on, and nothing is left.
# WHOM: up, or child: the process that builds the lab.
end_up() {
	echo "$*"
	start up env "TUNLAB_STOP_AT=$1" "$TUNLAB" up --allow-exec --until 7 "$LIVE/every-phase.json"
	within 60 what_stops
	case $3 in
	up) signal up "$2" ;;
	child) inside kill "-$2" "$(cat "$scratch/stopped")" ;;
	esac
	inside kill -CONT "$(cat "$scratch/stopped")" 2>/dev/null || [ "$2" = KILL ]
	ends up "$4"
	if grep 'is up' "$scratch/up.err"; then return 1; fi
	as_before
}

phases='namespaces links relay sysctls up addresses routes rules exec ping tcp udp route change wait kept'

@test "Ctrl-C in any phase of up" {
	local phase

	remember
	for phase in $phases; do end_up "$phase" INT up 130; done
}

@test "SIGTERM to up, or to what builds the lab, in some phases" {
	local phase

	remember
	for phase in links change kept; do end_up "$phase" TERM up 143; done
	for phase in namespaces ping; do end_up "$phase" TERM child 143; done
}

@test "up is killed while the lab is built" {
	local phase

	remember
	for phase in namespaces rules wait kept; do end_up "$phase" KILL up 137; done
}

@test "up is killed during a long step" {
	jq '.steps = [{ "wait": "600s" }]' "$LABS/two-ns.json" >"$scratch/long.json"
	remember
	start up "$TUNLAB" up --until 1 "$scratch/long.json"
	within 60 grep -q '^1\.\.1' "$scratch/up.out"
	signal up KILL
	as_before
	start up "$TUNLAB" up --until 1 "$scratch/long.json"
	within 60 grep -q '^1\.\.1' "$scratch/up.out"
	signal up INT
	ends up 130
	as_before
}

@test "what builds the lab is killed: up says so" {
	local phase

	remember
	try 0 "$TUNLAB" list # what it left is told by the next command, and not by is_as_before
	for phase in namespaces tcp kept; do
		start up env "TUNLAB_STOP_AT=$phase" "$TUNLAB" up --allow-exec --until 7 "$LIVE/every-phase.json"
		within 60 what_stops
		inside kill -KILL "$(cat "$scratch/stopped")"
		ends up 3
		contains "$(cat "$scratch/up.err")" "tunlab: the process that builds the lab died (signal 9)"
		try 0 "$TUNLAB" list
		complains "tunlab: the lab every-phase died with its keeper; what it left is removed"
		as_before
	done
}

@test "names: the file's own, or that of --name" {
	cp "$LABS/two-ns.json" "$scratch/-two.ns lab.json"
	cp "$LABS/two-ns.json" "$scratch/two ns.2.json"
	cp "$LABS/two-ns.json" "$scratch/two"
	remember
	try 0 "$TUNLAB" up -- "$scratch/two ns.2.json"
	says two-ns-2.left
	try 0 "$TUNLAB" up -- "$scratch/-two.ns lab.json"
	says lab.right
	try 0 "$TUNLAB" up "$scratch/two"
	says two.left
	try 0 "$TUNLAB" up --name A_b-9 "$LABS/two-ns.json"
	says A_b-9.left
	try 0 "$TUNLAB" down lab
	try 0 "$TUNLAB" up - <"$LABS/two-ns.json"
	says lab.left
	down_all
}

@test "names that cannot be" {
	local name

	remember
	for name in a.b a/b 'a b' aä 'x
'; do
		try 2 "$TUNLAB" up --name "$name" "$LABS/two-ns.json"
		complains "up: --name $name: allowed: letters, digits, _ and -"
	done
	for name in '' -x _x . ../x ä "$(printf 'a%.0s' {1..41})"; do
		try 2 "$TUNLAB" up "--name=$name" "$LABS/two-ns.json"
		complains "up: --name $name: allowed: 1 to 40 letters, digits, _ and -, of which the first is"
	done
	as_before
	try 0 "$TUNLAB" up --name "$(printf 'a%.0s' {1..40})" "$LABS/two-ns.json"
	down_all
}

@test "a name that is up, or is being made: one gets it" {
	local i

	remember
	for i in {1..8}; do start "up$i" "$TUNLAB" up "$LABS/two-ns.json"; done
	for i in {1..8}; do within 60 test -s "$scratch/up$i.status"; done
	[ "$(cat "$scratch"/up?.status | sort | tr -d '\n')" = 02222222 ]
	[ "$(cat "$scratch"/up?.err | sort | uniq -c | sed 's/^ *//')" = "\
1 tunlab: two-ns is up (tunlab shell two-ns left; tunlab down two-ns)
7 tunlab: two-ns is up already (another name by --name; or tunlab down two-ns)" ]
	try 0 "$TUNLAB" step two-ns '{ "in": "left", "ping": "10.0.0.2" }'
	down_all
}

@test "a name in /run/netns that is somebody else's" {
	inside ip netns add other
	inside ln -s /nowhere /run/netns/two-ns.right
	remember
	try 2 "$TUNLAB" up "$LABS/two-ns.json"
	complains "tunlab: /run/netns/two-ns.right is somebody else's (another name by --name): File exists"
	as_before
	try 0 "$TUNLAB" up --name two "$LABS/two-ns.json"
	down_all
}

@test "--until: steps are run first" {
	remember
	try 0 "$TUNLAB" up --until 0 "$LABS/two-ns.json"
	[ "$(cat "$scratch/stdout")" = $'two-ns.left\ntwo-ns.right' ]
	try 0 "$TUNLAB" up --until 1 --name one "$LABS/two-ns.json"
	grep -v '^# baseline' "$scratch/stdout" | diff - <(
		cat <<-'END'
			TAP version 13
			1..1
			ok 1 - left ping 10.0.0.2
			# one.left
			# one.right
		END
	)
	try 0 "$TUNLAB" up --until "left tcp 10.0.0.2:8080" --name all "$LABS/two-ns.json"
	says "ok 2 - left tcp"
	down_all
	for step in 3 -1 1x '' left 99999999999999999999; do
		try 2 "$TUNLAB" up "--until=$step" "$LABS/two-ns.json"
		complains "up: --until $step: no such step; the lab has 2"
	done
	as_before
}

@test "--until: a step that fails is the last, and the lab stays as it left it" {
	jq '.steps = [{ "in": "left", "change": { "addresses": ["192.0.2.1/32 dev lo"] } },
		{ "in": "left", "ping": "10.0.0.2", "expect": "no-reply" },
		{ "in": "left", "change": { "addresses": ["192.0.2.2/32 dev lo"] } }]' "$LABS/two-ns.json" >"$scratch/fails.json"
	remember
	try 1 "$TUNLAB" up --until 3 "$scratch/fails.json"
	says "1..3"
	says "not ok 2 - left ping 10.0.0.2"
	says "ok 3 - left change address add 192.0.2.2/32 dev lo # SKIP the lab stays as step 2 left it"
	says "# fails.left"
	complains "tunlab: fails is up"
	[ "$(inside ip -n fails.left -o address show dev lo | grep -c 192.0.2.1)" = 1 ]
	[ "$(inside ip -n fails.left -o address show dev lo | grep -c 192.0.2.2)" = 0 ]
	down_all
}

@test "what the kernel refuses is status 2, and nothing is left" {
	jq '.namespaces.left.routes = ["192.0.2.0/24 via 198.51.100.1"]' "$LABS/two-ns.json" >"$scratch/refused.json"
	remember
	try 2 "$TUNLAB" up "$scratch/refused.json"
	complains "operation 16 of 16: ip -n left route add 192.0.2.0/24 via 198.51.100.1: RTNETLINK answers: Network is unreachable"
	[ ! -s "$scratch/stdout" ]
	as_before # before another command cleans up
	try 2 "$TUNLAB" up "$scratch/nonesuch.json"
	try 2 "$TUNLAB" up - <<<'{ "namespaces": }'
	as_before
}

@test "what this machine lacks is status 3, with the reason" {
	jq '.requires = ["kernel >= 99"]' "$LABS/two-ns.json" >"$scratch/later.json"
	remember
	try 3 "$TUNLAB" up "$scratch/later.json"
	complains "kernel >= 99"
	as_before
}

@test "names that cannot be written are no lab" {
	remember
	try 3 sh -c '"$1" up "$2" >/dev/full' - "$TUNLAB" "$LABS/two-ns.json"
	complains "tunlab: standard output: cannot be written: No space left on device"
	as_before
	try 3 sh -c '"$1" up --until 2 "$2" >&-' - "$TUNLAB" "$LABS/two-ns.json"
	as_before
	try 3 sh -c '"$1" up "$2" <&- >&- 2>&-' - "$TUNLAB" "$LABS/two-ns.json"
	as_before
}

# held_by PID: what the process has open, a line each, without what it made itself.
held_by() {
	inside find "/proc/$1/fd" "/proc/$1/cwd" -type l -printf '%f %l\n' |
		grep -Ev ' (socket:.*|net:.*|anon_inode:.*|/dev/net/tun|/memfd:.*|/proc/sys/net|/run/tunlab/.*)$' | sort
}

@test "the keeper holds nothing of who called up: no stream, no descriptor, no folder" {
	mkdir "$scratch/folder"
	cp "$LABS/two-ns.json" "$scratch/folder"
	remember
	timeout 60 nsenter --target "$first" --mount --pid --net -- \
		sh -c 'cd "$2" && "$1" up two-ns.json 2>&1 7<"$2" 9>"$2/file" | cat' - "$TUNLAB" "$scratch/folder" 3>&- |
		cat >"$scratch/stdout"
	says "two-ns.right"
	says "two-ns is up"
	diff <(held_by "$(keeper two-ns)") - <<-'END'
		0 /dev/null
		1 /dev/null
		2 /dev/null
		cwd /
	END
	[ "$(inside "$TUNLAB" list --json | jq -r '.[0].file')" = "$scratch/folder/two-ns.json" ]
	down_all
}

@test "up in a folder that is gone" {
	remember
	try 0 sh -c 'mkdir "$3/gone" && cd "$3/gone" && rmdir "$3/gone" && "$1" up "$2"' - \
		"$TUNLAB" "$LABS/two-ns.json" "$scratch"
	try 0 "$TUNLAB" step two-ns '{ "in": "left", "ping": "10.0.0.2" }'
	down_all
}

reachable() { inside "$TUNLAB" step "$1" '{ "in": "left", "ping": "10.0.0.2" }' >/dev/null; }

@test "twenty labs at once, each reachable; down --all takes less than two seconds" {
	local i began took

	remember
	for i in {1..20}; do start "up$i" "$TUNLAB" up --name "lab$i" "$LABS/two-ns.json"; done
	for i in {1..20}; do ends "up$i" 0; done
	for i in {1..20}; do
		reachable "lab$i"
		inside ip netns exec "lab$i.right" ping -q -c 1 -W 2 10.0.0.1 >/dev/null
	done
	[ "$(inside "$TUNLAB" list --names | wc -l)" = 20 ]
	[ "$(inside ip netns list | wc -l)" = 40 ]
	began=${EPOCHREALTIME/[.,]/}
	try 0 "$TUNLAB" down --all
	took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	echo "# down --all of twenty labs: $took ms" >&3
	[ "$took" -lt 2000 ]
	as_before
}
