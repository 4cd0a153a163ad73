#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of a lab whose keeper or relay dies; which names are cleaned up, and which never; and what list tells.
# shellcheck disable=SC2016,SC2154 # for jq and inner shells to expand; set in machine.bash
load machine

setup() { open_machine; }
teardown() { close_machine; }

up() { try 0 "$TUNLAB" up "${@:-$LABS/two-ns.json}"; }

# kill_keeper NAME: SIGKILL, and it is dead.
kill_keeper() {
	local keeper

	keeper=$(keeper "$1")
	inside kill -KILL "$keeper"
	within 1 dead "$keeper"
}

# nothing_stands: no process of a lab is left, and no network namespace but the machine's own.
nothing_stands() {
	[ "$(look namespaces | wc -l)" = 1 ] && [ "$(look processes | grep -c tunlab)" = 0 ]
}

@test "SIGKILL to the keeper: relay, devices and namespaces go within a second, before any other command" {
	local keeper began took

	remember
	up --allow-exec --until 3 "$LIVE/every-phase.json"
	keeper=$(keeper every-phase)
	[ "$(look namespaces | wc -l)" = 3 ]
	began=${EPOCHREALTIME/[.,]/}
	inside kill -KILL "$keeper"
	within 1 nothing_stands
	took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	echo "# gone after $took ms" >&3
	[ "$took" -lt 1000 ]
	# Names are left, which lead nowhere.
	[ "$(inside find /run/netns -xtype l | wc -l)" = 2 ]
	try 0 "$TUNLAB" list
	[ "$(cat "$scratch/stderr")" = \
		"tunlab: the lab every-phase died with its keeper; what it left is removed: every-phase.left, every-phase.right" ]
	[ ! -s "$scratch/stdout" ]
	as_before
	try 0 "$TUNLAB" list
	complains_of_nothing
}

@test "each command removes what a dead lab left, and says so" {
	local command

	remember
	for command in "list" "list --json" "down --all" "up $LABS/two-ns-ipv6.json" "step two-ns-ipv6 [] "; do
		up --name dead "$LABS/two-ns.json"
		kill_keeper dead
		# shellcheck disable=SC2086 # words
		try 0 "$TUNLAB" $command
		complains "tunlab: the lab dead died with its keeper; what it left is removed: dead.left, dead.right"
	done
	# For whoever completes a command line it is not the time.
	up --name dead "$LABS/two-ns.json"
	kill_keeper dead
	try 0 "$TUNLAB" list --names
	complains_of_nothing
	[ "$(cat "$scratch/stdout")" = two-ns-ipv6 ]
	try 0 "$TUNLAB" down --all
	try 0 "$TUNLAB" list
	complains_of_nothing
	as_before
}

@test "a name is free again when its lab has died" {
	remember
	up
	kill_keeper two-ns
	up
	complains "tunlab: the lab two-ns died with its keeper"
	try 0 "$TUNLAB" step two-ns '{ "in": "left", "ping": "10.0.0.2" }'
	try 0 "$TUNLAB" down two-ns
	as_before
}

@test "SIGTERM, SIGHUP, SIGINT to the keeper: the lab is taken down" {
	local signal

	remember
	for signal in TERM HUP INT; do
		up
		inside kill "-$signal" "$(keeper two-ns)"
		as_before
	done
	try 0 "$TUNLAB" list
	complains_of_nothing
}

@test "who called up ignored signals: its keeper heeds them" {
	local signal

	remember
	for signal in TERM HUP INT; do
		try 0 sh -c 'trap "" TERM HUP INT; "$1" up "$2"' - "$TUNLAB" "$LABS/two-ns.json"
		inside kill "-$signal" "$(keeper two-ns)"
		as_before
	done
}

@test "somebody removes /run/tunlab: the keeper takes back its names when it ends" {
	inside mkdir /run/netns
	remember
	up
	inside rm -r /run/tunlab
	try 2 "$TUNLAB" up "$LABS/two-ns.json"
	complains "tunlab: /run/netns/two-ns.left is somebody else's"
	inside kill -TERM "$(inside pgrep -x tunlab)"
	as_before
}

@test "SIGTERM to the keeper during a step" {
	remember
	up
	start wait "$TUNLAB" step two-ns '{ "wait": "600s" }'
	within 60 grep -q '^1\.\.' "$scratch/wait.out"
	inside kill -TERM "$(keeper two-ns)"
	ends wait 3
	cat "$scratch/wait.err"
	as_before
}

@test "SIGKILL to the keeper during a step: the step's command says that the lab has gone" {
	up
	start wait "$TUNLAB" step two-ns '{ "wait": "600s" }'
	within 60 grep -q '^1\.\.' "$scratch/wait.out"
	inside kill -KILL "$(keeper two-ns)"
	ends wait 3
	[ "$(cat "$scratch/wait.err")" = "tunlab: the lab two-ns has gone" ]
}

@test "SIGKILL to the relay: list and step say so, down works" {
	remember
	up
	inside kill -KILL "$(relay two-ns)"
	try 0 "$TUNLAB" list
	says "  broken: the relay died (signal 9)"
	[ "$(inside "$TUNLAB" list --json | jq -r '.[0].broken')" = "the relay died (signal 9)" ]
	try 3 "$TUNLAB" step two-ns '{ "in": "left", "ping": "10.0.0.2" }'
	complains "tunlab: the relay died (signal 9) (tunlab down two-ns, and up again)"
	says "Bail out! the relay died"
	try 0 "$TUNLAB" down two-ns
	complains_of_nothing
	as_before
}

@test "SIGKILL to the relay during a step" {
	remember
	up
	start wait "$TUNLAB" step two-ns '{ "wait": "600s" }'
	within 60 grep -q '^1\.\.' "$scratch/wait.out"
	inside kill -KILL "$(relay two-ns)"
	ends wait 3
	contains "$(cat "$scratch/wait.err")" "the relay died (signal 9)"
	try 0 "$TUNLAB" down two-ns
	as_before
}

@test "what is somebody else's, or a living lab's, is never removed" {
	up
	up --name alive "$LABS/two-ns.json"
	kill_keeper two-ns
	# Somebody makes one of its names anew, as a mount, and the other as a link.
	inside rm /run/netns/two-ns.left /run/netns/two-ns.right
	inside ip netns add two-ns.left
	inside ln -s /proc/1/ns/net /run/netns/two-ns.right
	inside ip netns add two-ns.middle
	inside ln -s /proc/99999/fd/9 /run/netns/two-ns.dead
	inside ln -s /proc/99999/fd/9 /run/netns/other
	inside touch /run/tunlab/note.txt /run/tunlab/two-ns.old
	try 0 "$TUNLAB" list
	[ "$(cat "$scratch/stderr")" = "tunlab: the lab two-ns died with its keeper; what it left is removed" ]
	diff <(inside ls /run/netns) - <<-'END'
		alive.left
		alive.right
		other
		two-ns.dead
		two-ns.left
		two-ns.middle
		two-ns.right
	END
	inside ip netns exec two-ns.left true
	inside ip netns exec alive.left ping -q -c 1 -W 2 10.0.0.2
	try 0 "$TUNLAB" down alive
	[ "$(inside ls /run/netns | tr '\n' ' ')" = "other two-ns.dead two-ns.left two-ns.middle two-ns.right " ]
	inside test -e /run/tunlab/note.txt
}

@test "a link of a living lab that somebody made anew is left to them" {
	up
	inside rm /run/netns/two-ns.left
	inside ln -s /proc/1/ns/net /run/netns/two-ns.left
	try 0 "$TUNLAB" down two-ns
	[ "$(inside ls /run/netns)" = two-ns.left ]
}

@test "/run/netns that was there stays; one that tunlab made goes with the last lab" {
	up
	up --name two "$LABS/two-ns.json"
	try 0 "$TUNLAB" down two-ns
	inside test -e /run/netns/two.left
	try 0 "$TUNLAB" down two
	inside sh -c '! test -e /run/netns && ! test -e /run/tunlab'
	inside mkdir /run/netns
	up
	try 0 "$TUNLAB" down two-ns
	inside test -d /run/netns
	inside sh -c '! test -e /run/tunlab'
}

@test "a process that is in the lab otherwise is named by down, and left alone" {
	up
	start tail ip netns exec two-ns.left tail -f /dev/null
	within 60 sh -c 'nsenter --target "$1" --mount --pid --net pgrep -x tail >"$2"' - "$first" "$scratch/tail.process"
	try 0 "$TUNLAB" down two-ns
	complains "process $(cat "$scratch/tail.process") (tail) was brought into left by something else than tunlab"
	inside kill -0 "$(cat "$scratch/tail.process")"
	signal tail KILL
	within 2 nothing_stands
}

@test "list: what it tells, for people and as JSON" {
	up
	try 0 "$TUNLAB" list
	sed 's/up [0-9]*s, pid [0-9]*, .*labs/up Ns, pid N, labs/' "$scratch/stdout" | diff - <(
		cat <<-'END'
			two-ns: up Ns, pid N, labs/two-ns.json
			  left: two-ns.left
			  right: two-ns.right
			  left/tun0 - right/tun0 (wire)
			    to left/tun0: 0 packets 0 bytes
			    to right/tun0: 0 packets 0 bytes
		END
	)
	inside ip netns exec two-ns.left ping -q -c 3 -i 0.01 -W 2 10.0.0.2
	try 0 "$TUNLAB" list two-ns
	says "to left/tun0: 3 packets 252 bytes"
	up "$LABS/three-ns-router.json"
	try 0 "$TUNLAB" list --json
	jq -e 'length == 2 and .[0].name == "three-ns-router" and .[1].name == "two-ns"
		and (.[] | .pid > 1 and .uptime < 60 and (.file | startswith("/")))' "$scratch/stdout"
	jq -e '.[1] | .namespaces == [{ name: "left", netns: "two-ns.left", path: .namespaces[0].path },
			{ name: "right", netns: "two-ns.right", path: .namespaces[1].path }]
		and .wires[0].ends == ["left/tun0", "right/tun0"] and .wires[0].kind == "wire"
		and .wires[0].impairments == {} and .wires[0].toward["left/tun0"].packets == 3' "$scratch/stdout"
	inside nsenter "--net=$(jq -r '.[1].namespaces[0].path' "$scratch/stdout")" ip -o address show dev tun0 | grep -q 10.0.0.1/24
	try 0 "$TUNLAB" list --names
	[ "$(cat "$scratch/stdout")" = $'three-ns-router\ntwo-ns' ]
	try 0 "$TUNLAB" list --names two-ns
	[ "$(cat "$scratch/stdout")" = $'left\nright' ]
	try 2 "$TUNLAB" list nonesuch
	complains "tunlab: no lab nonesuch is up; up are: three-ns-router, two-ns"
	try 3 sh -c '"$1" list >/dev/full' - "$TUNLAB"
	try 0 "$TUNLAB" down --all
	try 0 "$TUNLAB" list --json
	[ "$(cat "$scratch/stdout")" = "[]" ]
	try 2 "$TUNLAB" list nonesuch
	complains "tunlab: no lab nonesuch is up, nor any other (tunlab up LAB)"
	try 2 "$TUNLAB" list ../x
}

@test "down: names, several, one that is not up, none, all" {
	up
	up --name two "$LABS/two-ns.json"
	up --name three "$LABS/two-ns.json"
	try 2 "$TUNLAB" down two nonesuch three
	complains "tunlab: no lab nonesuch is up"
	[ "$(inside "$TUNLAB" list --names)" = two-ns ]
	try 2 "$TUNLAB" down
	complains "down: the name of a lab is missing"
	try 2 "$TUNLAB" down --all two-ns
	complains "down: --all two-ns: names and --all exclude each other"
	try 0 "$TUNLAB" down --all
	try 0 "$TUNLAB" down --all
	nothing_stands
}

@test "a lab that is only coming up; down waits for it" {
	# It stops with the request sent, and must not be late with the answer.
	jq '.steps[0].timeout = "60s"' "$LABS/two-ns.json" >"$scratch/two-ns.json"
	remember
	start up env TUNLAB_STOP_AT=ping "$TUNLAB" up --until 1 "$scratch/two-ns.json"
	within 60 inside pgrep --runstates T -x tunlab >"$scratch/stopped"
	try 0 "$TUNLAB" list
	[ ! -s "$scratch/stdout" ]
	try 3 "$TUNLAB" list two-ns
	[ "$(cat "$scratch/stderr")" = "tunlab: the lab two-ns is only coming up, or going down" ]
	try 3 "$TUNLAB" step two-ns '[]'
	complains "only coming up"
	try 2 "$TUNLAB" up "$LABS/two-ns.json"
	complains "two-ns is up already"
	start down "$TUNLAB" down --all
	inside kill -CONT "$(cat "$scratch/stopped")"
	ends up 0
	ends down 0
	as_before
}

@test "down by several at once" {
	local i

	remember
	up
	up --name two "$LABS/two-ns.json"
	for i in {1..6}; do start "down$i" "$TUNLAB" down --all; done
	for i in {1..6}; do
		ends "down$i" 0
		[ ! -s "$scratch/down$i.err" ]
	done
	as_before
}

@test "a folder that is somebody else's is not used" {
	inside mkdir /run/tunlab
	inside chown 65534 /run/tunlab
	try 3 "$TUNLAB" up "$LABS/two-ns.json"
	complains "cannot use /run/tunlab (it is another user's"
	inside chown 0 /run/tunlab
	inside chmod 777 /run/tunlab
	try 3 "$TUNLAB" up "$LABS/two-ns.json"
	inside rmdir /run/tunlab
	inside ln -s "$scratch" /run/tunlab
	try 3 "$TUNLAB" up "$LABS/two-ns.json"
	[ ! -e "$scratch/two-ns" ]
	nothing_stands
}

# by_user COMMAND...: runs it as an ordinary user who is root in namespaces of their own.
by_user() {
	inside setpriv --reuid=65534 --regid=65534 --clear-groups -- \
		unshare --user --map-root-user --net "$@"
}

# let_all_open_tun: on the machine, as on most distributions.
let_all_open_tun() {
	inside sh -c 'mknod /run/tun c 10 200 && chmod 666 /run/tun && mount --bind /run/tun /dev/net/tun'
}

@test "an ordinary user, in a user namespace of their own: /tmp or XDG_RUNTIME_DIR, and no names for ip netns" {
	local folder

	chmod 755 "$scratch"
	cp "$TUNLAB" "$TUNLAB-relay" "$LABS/two-ns.json" "$scratch"
	by_user sh -c 'exec 9<>/dev/net/tun' 2>/dev/null || let_all_open_tun || skip "no device can be made here"
	by_user true || skip "an ordinary user can make no user namespace here"
	mkdir -m 777 "$scratch/run"
	for folder in "" "$scratch/run"; do
		by_user env "XDG_RUNTIME_DIR=$folder" sh -c '
			set -e
			"$1/tunlab" up "$1/two-ns.json"
			"$1/tunlab" step two-ns "{ \"in\": \"left\", \"ping\": \"10.0.0.2\" }"
			path=$("$1/tunlab" list --json | jq -r ".[0].namespaces[0].path")
			nsenter --net="$path" ping -q -c 1 -W 2 10.0.0.2
			"$1/tunlab" down two-ns' - "$scratch" >"$scratch/stdout" 2>"$scratch/stderr"
		says "ok 1 - left ping"
		complains "tunlab: /run/netns cannot be written to: "
		[ -z "$(ls "$scratch/run")" ]
	done
}

@test "an ordinary user is told that root has labs, and nothing of them" {
	by() { inside setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }
	chmod 755 "$scratch"
	cp "$TUNLAB" "$scratch"
	by "$scratch/tunlab" list 2>&1 | diff /dev/null -
	up
	by "$scratch/tunlab" list >"$scratch/stdout" 2>"$scratch/stderr"
	[ ! -s "$scratch/stdout" ]
	complains "tunlab: no lab of yours is up; root has labs that are (sudo)"
	run by "$scratch/tunlab" down two-ns
	[ "$status" = 2 ]
	contains "$output" "tunlab: no lab two-ns of yours is up; root has labs that are (sudo)"
	[ -z "$(by "$scratch/tunlab" list --names 2>&1)" ]
	try 0 "$TUNLAB" down two-ns
}

@test "from inside a lab none is brought up, and labs are run as anywhere" {
	up
	try 2 "$TUNLAB" exec two-ns left "$TUNLAB" up --name inner "$LABS/two-ns.json"
	complains "tunlab: from inside a lab none can be brought up: "
	try 0 "$TUNLAB" exec two-ns left "$TUNLAB" run "$LABS/two-ns.json"
	[ "$(inside "$TUNLAB" list --names)" = two-ns ]
	try 0 "$TUNLAB" down two-ns
}
