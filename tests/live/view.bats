#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What programs in a lab see, on machines that lack something or do not allow something.
# shellcheck disable=SC2016,SC2154 # what the inner shell expands; scratch is set by open_machine
load machine

setup() {
	open_machine
	jq '.steps = [{ "in": "left", "exec": ["ip", "-n", "right", "-br", "address"], "expect": { "stdout": "10.0.0.2/24" } }]' \
		"$LABS/two-ns.json" >"$scratch/exec.json"
}
teardown() { close_machine; }

# veth_lab: what an ordinary user can bring up, too.
veth_lab() { jq '.wires = [{ "kind": "veth", "ends": .wires[0] }]' "$LABS/two-ns.json"; }

@test "/proc, /sys, /etc/hosts and /run/netns are the lab's, and the machine keeps its own" {
	inside ip netns add other
	inside ip link add br7 type bridge
	inside mkdir /run/mount # mount(8) would
	try 0 "$TUNLAB" up "$LABS/two-ns.json"
	try 0 "$TUNLAB" exec two-ns left true # the first program brings tunlab-init
	remember
	try 0 "$TUNLAB" exec two-ns left sh -c 'ls /sys/class/net; ls /run/netns; ps -e -o comm=; cat /etc/hosts'
	diff - <(sed 10q "$scratch/stdout") <<-'END'
		lo
		tun0
		left
		right
		two-ns.left
		two-ns.right
		tunlab-init
		sh
		ps
		10.0.0.1 left
	END
	contains "$(cat "$scratch/stdout")" "$(cat /etc/hosts)"
	try 0 "$TUNLAB" exec two-ns left sh -c 'mount -t tmpfs none /mnt; echo >/mnt/file; : >/run/netns/more; rm /run/netns/left'
	as_before
}

@test "where there is no /run/netns the lab's program has one, and the rest of /run, and the machine has not" {
	inside sh -c 'mkdir /run/folder /run/mount && mount -t tmpfs none /run/mount && echo words >/run/mount/file &&
		ln -s mount/file /run/link && : >/run/file && chmod 640 /run/file'
	remember
	try 0 "$TUNLAB" run --allow-exec "$scratch/exec.json"
	as_before
	cat >"$scratch/look" <<-'END'
		cd /run && [ "$(cat link; ls -F; stat -c %a file)" = "words
		file
		folder/
		link@
		mount/
		netns/
		640" ]
	END
	jq --arg look "$(cat "$scratch/look")" '.steps[0] |= { in, exec: ["sh", "-c", $look] }' "$scratch/exec.json" >"$scratch/look.json"
	try 0 "$TUNLAB" run --allow-exec "$scratch/look.json"
	as_before
}

@test "where there is no /etc/hosts none is made" {
	inside sh -c 'mkdir "$1" && cp -a /etc/. "$1" && rm "$1/hosts" && mount --bind "$1" /etc' - "$scratch/etc"
	try 0 "$TUNLAB" run --allow-exec "$scratch/exec.json"
	try 0 "$TUNLAB" up "$LABS/two-ns.json"
	try 2 "$TUNLAB" exec two-ns left getent hosts right
	try 0 "$TUNLAB" exec two-ns left ping -c 1 -W 2 10.0.0.2
	[ ! -e "$scratch/etc/hosts" ]
}

@test "in a chroot programs run, and see the machine's" {
	# Its root is no mount, so that none can be made private.
	inside sh -c '
		mkdir "$1"
		for entry in /*; do
			if [ -L "$entry" ]; then
				cp -P "$entry" "$1"
			elif [ -d "$entry" ]; then
				mkdir "$1$entry" && mount --bind "$entry" "$1$entry"
			fi
		done' - "$scratch/root"
	try 0 chroot "$scratch/root" "$TUNLAB" up "$LABS/two-ns.json"
	inside cat /proc/self/mountinfo >"$scratch/mounts"
	try 0 chroot "$scratch/root" "$TUNLAB" exec two-ns left ping -c 1 -W 2 10.0.0.2
	try 5 chroot "$scratch/root" "$TUNLAB" exec two-ns left sh -c 'exit 5'
	inside cat /proc/self/mountinfo | cmp - "$scratch/mounts"
	try 0 chroot "$scratch/root" "$TUNLAB" down two-ns
}

@test "an ordinary user in a user namespace has the same" {
	needs_rooms
	veth_lab >"$scratch/veth.json"
	cp "$TUNLAB" "${TUNLAB_RELAY:-${TUNLAB%/*}/tunlab-relay}" "$scratch"
	mkdir -m 777 "$scratch/runtime"
	chmod 755 "$scratch" "$scratch"/tunlab*
	cat >"$scratch/script" <<-'END'
		cd "$1" && ./tunlab up veth.json 2>/dev/null
		./tunlab exec veth left ping -c 1 -W 2 right || exit
		./tunlab exec veth left sh -c 'ls /sys/class/net; ip netns; cat /proc/1/comm; exit 9'
		echo "status $?"
		./tunlab down veth
	END
	try 0 setpriv --reuid=65534 --regid=65534 --clear-groups env "XDG_RUNTIME_DIR=$scratch/runtime" \
		unshare --user --map-root-user --net sh "$scratch/script" "$scratch"
	says $'lo\ntun0\n'
	says left
	says $'tunlab-init\nstatus 9'
}
