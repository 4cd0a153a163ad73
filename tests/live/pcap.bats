#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --pcap: what passes devices and wires, with tshark and capinfos as the judges.
load helpers

setup() {
	scratch=$(mktemp -d)
	pcap=$scratch/pcap
}

teardown() {
	# Of a lab that a failed test left standing.
	if [ -e "$scratch/process" ]; then kill -KILL "$(cat "$scratch/process")" 2>/dev/null || true; fi
	rm -r "$scratch"
}

# capture LAB...: runs the labs; all pass, and nothing is said on standard error.
capture() {
	"$TUNLAB" run --pcap "$pcap" "$@" >"$scratch/tap" 2>"$scratch/stderr" 3>&- || {
		cat "$scratch/tap" "$scratch/stderr"
		return 1
	}
	diff /dev/null "$scratch/stderr"
}

# look LAB ARGUMENT...: tshark on LAB's file; a warning is a failure.
look() {
	local file=$pcap/$1.pcapng

	shift
	tshark -n -r "$file" "$@" 2>"$scratch/tshark"
	grep -v '^Running as user "root"' "$scratch/tshark" | diff /dev/null - >&2
}

# seen LAB FILTER: how many packets of each interface and direction match.
seen() {
	look "$1" -Y "$2" -T fields -e frame.interface_name -e frame.packet_flags_direction | sort | uniq -c |
		awk '{ print $2, $3 ~ /1$/ ? "in" : $3 ~ /2$/ ? "out" : $3, $1 }'
}

# interfaces LAB: those of its file, sorted.
interfaces() { capinfos "$pcap/$1.pcapng" | sed -n 's/^ *Name = //p' | sort | tr '\n' ' '; }

# same WANTED SEEN: whether two texts are the same; shows how they differ.
same() { diff <(echo "$1") <(echo "$2"); }

# is_sound LAB: the file's times are nanoseconds, and go one way; its packets make sense (what probes send to DNS's port
# does not).
is_sound() {
	local text

	text=$(capinfos "$pcap/$1.pcapng")
	contains "$text" "File timestamp precision:  nanoseconds (9)"
	contains "$text" "Strict time order:   True"
	# The kernel's are, too: some of them end in no zeros.
	look "$1" -Y '!(frame.interface_name contains "wire:")' -T fields -e frame.time_epoch >"$scratch/times"
	awk -v now="$EPOCHSECONDS" '$1 < now - 600 { exit 1 }' "$scratch/times"
	grep -q '\.[0-9]*[1-9][0-9]\{0,2\}$' "$scratch/times"
	look "$1" --disable-protocol dns -Y '_ws.malformed || _ws.expert.severity >= "Error"' | diff /dev/null -
}

# stop_at VERB LAB: leaves a lab stopped in a step: its $process.
stop_at() {
	TUNLAB_STOP_AT=$1 "$TUNLAB" run --pcap "$pcap" "$2" >"$scratch/tap" 2>"$scratch/stderr" 3>&- &
	process=$!
	echo $process >"$scratch/process"
	within 60 is_stopped "$process"
}

# go_on: the stopped lab runs to its end; its exit status.
go_on() {
	kill -CONT "$process"
	rm "$scratch/process"
	wait "$process"
}

# inside DEVICE COMMAND...: runs it in that namespace of the stopped lab which has the device.
inside() {
	local device=$1 fd

	shift
	for fd in "/proc/$process/fd"/*; do
		case $(readlink "$fd") in net:*) ;; *) continue ;; esac
		nsenter --net="$fd" ip -o link show dev "$device" >/dev/null 2>&1 || continue
		nsenter --net="$fd" "$@"
		return
	done
	return 1
}

# pings COUNT: a lab of two namespaces, and as many pings; further keys on standard input.
pings() {
	jq --argjson count "$1" '{
		namespaces: {
			left: { addresses: ["10.0.0.1/24 dev tun0"] },
			right: { addresses: ["10.0.0.2/24 dev tun0"] }
		},
		wires: [["left/tun0", "right/tun0"]],
		steps: [{ in: "left", ping: "10.0.0.2", count: $count, interval: "1ms" }]
	} * .' >"$scratch/lab.json"
}

@test "an interface for each device and each end of a wire, and nothing else is written" {
	capture "$LABS/two-ns.json"
	same "left/lo left/tun0 right/lo right/tun0 wire:left/tun0 wire:right/tun0 " "$(interfaces two-ns)"
	same "two-ns.pcapng" "$(ls -A "$pcap")"
	text=$(capinfos "$pcap/two-ns.pcapng")
	contains "$text" "Capture application: $("$TUNLAB" --version)"
	contains "$text" "Capture comment:     two namespaces, one wire"
	contains "$text" "Capture oper-sys:    Linux $(uname -r)"
	is_sound two-ns
	[ "$(look two-ns -Y tcp | wc -l)" -ge 36 ]
}

@test "every packet is at each place that it passes, in the direction that the device has it" {
	pings 3 <<<'{ "steps": [{ "in": "left", "ping": "10.0.0.2", "count": 3, "interval": "1ms", "packets": [
		{ "at": "left/tun0", "dir": "out", "filter": "icmp", "count": 3 },
		{ "at": "left/tun0", "dir": "in", "filter": "icmp", "count": 3 },
		{ "at": "wire:right/tun0", "filter": "icmp", "count": 6 },
		{ "at": "right/tun0", "filter": "icmp", "count": 6 }] }] }'
	capture "$scratch/lab.json"
	same "left/tun0 in 3
left/tun0 out 3
right/tun0 in 3
right/tun0 out 3
wire:left/tun0 in 3
wire:left/tun0 out 3
wire:right/tun0 in 3
wire:right/tun0 out 3" "$(seen lab icmp)"
	# Request and answer go their ways, one place after another.
	same "left/tun0 wire:left/tun0 wire:right/tun0 right/tun0 right/tun0 wire:right/tun0 wire:left/tun0 left/tun0 " \
		"$(look lab -Y 'icmp.seq == 2' -T fields -e frame.interface_name | tr '\n' ' ')"
	is_sound lab
}

@test "on lo each packet is once, as tcpdump shows it" {
	pings 1 <<<'{ "steps": [{ "in": "left", "ping": "10.0.0.1", "count": 2, "interval": "1ms",
		"packets": [{ "at": "left/lo", "filter": "icmp", "count": 4 }] }] }'
	capture "$scratch/lab.json"
	same "left/lo in 4" "$(seen lab icmp)"
	same "eth:ethertype:ip:icmp:data" "$(look lab -Y icmp -T fields -e frame.protocols | sort -u)"
}

@test "TAP devices and a bridge: frames, at each port" {
	capture "$LABS/bridge.json"
	same "one/eth0 one/lo switch/br0 switch/lo switch/port1 switch/port2 two/eth0 two/lo wire:one/eth0 \
wire:switch/port1 wire:switch/port2 wire:two/eth0 " "$(interfaces bridge)"
	contains "$(capinfos "$pcap/bridge.pcapng")" "File encapsulation:  Ethernet"
	# A request, its answer, and a request that the missing port keeps from going on; then both again.
	same "one/eth0 in 2
one/eth0 out 3
switch/port1 in 3
switch/port1 out 2
switch/port2 in 2
switch/port2 out 2
two/eth0 in 2
two/eth0 out 2" "$(seen bridge 'icmp && !(frame.interface_name contains "wire:")')"
	look bridge -Y 'arp && frame.interface_name == "switch/port2"' | grep -q 'Who has'
	is_sound bridge
}

@test "a veth pair has no wire of the relay's, and segments on it are whole" {
	pings 2 <<<'{ "steps": [{ "in": "left", "ping": "10.0.0.2", "count": 2, "interval": "1ms" },
			{ "in": "left", "tcp": "10.0.0.2:8080", "bytes": 300000 }],
		"wires": [{ "kind": "veth", "ends": ["left/veth0", "right/veth0"] }],
		"namespaces": { "left": { "addresses": ["10.0.0.1/24 dev veth0"] },
			"right": { "addresses": ["10.0.0.2/24 dev veth0"] } } }'
	capture "$scratch/lab.json"
	same "left/lo left/veth0 right/lo right/veth0 " "$(interfaces lab)"
	same "left/veth0 in 2
left/veth0 out 2
right/veth0 in 2
right/veth0 out 2" "$(seen lab icmp)"
	[ "$(look lab -Y 'frame.len > 3000 && frame.cap_len == frame.len' | wc -l)" -gt 0 ]
}

@test "what a change makes is there too" {
	pings 1 <<<'{ "steps": [
		{ "change": { "namespaces": {
				"left": { "links": { "late0": { "kind": "tap" } }, "addresses": ["10.9.0.1/24 dev late0"] },
				"right": { "links": { "late0": { "kind": "tap" } }, "addresses": ["10.9.0.2/24 dev late0"] } },
			"wires": [["left/late0", "right/late0"]] } },
		{ "in": "left", "ping": "10.9.0.2" }] }'
	capture "$scratch/lab.json"
	contains "$(interfaces lab)" "left/late0 left/lo left/tun0 right/late0 right/lo right/tun0 wire:left/late0"
	same "left/late0 in 1
left/late0 out 1
right/late0 in 1
right/late0 out 1
wire:left/late0 in 1
wire:left/late0 out 1
wire:right/late0 in 1
wire:right/late0 out 1" "$(seen lab icmp)"
	contains "$(capinfos "$pcap/lab.pcapng")" "File encapsulation:  " # Raw IP has no packets here
}

@test "a packet that the relay drops is there, with the reason" {
	capture "$LIVE/two-mtus.json"
	# The lab says so itself: "wire:tun0.too_big": 1 in the second step, and one more in the third.
	same "wire:right/tun0 in 2" "$(seen two-mtus 'frame.comment contains "dropped"')"
	same "dropped: 1401 bytes, the port takes 1400" "$(look two-mtus -Y frame.comment -T fields -e frame.comment | sort -u)"
	same "0" "$(look two-mtus -Y 'frame.len == 1401 && frame.interface_name == "right/tun0" && frame.packet_flags_direction == 1 &&
		frame.number < 20' | wc -l)"
}

# send_frame DEVICE: sends an ARP request with VLAN tag 5.
send_frame() {
	inside "$1" python3 -c '
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
arp = bytes.fromhex("0001080006040001" "020000000001" "0a000001" "000000000000" "0a000002")
link.send(bytes.fromhex("ffffffffffff" "020000000001" "81000005" "0806") + arp)
' "$1"
}

@test "VLAN tags, which the kernel takes out, are in again" {
	pings 1 <<<'{ "wires": [["left/tap0", "right/tap1"]],
		"namespaces": { "left": { "links": { "tap0": { "kind": "tap" } }, "addresses": ["10.0.0.1/24 dev tap0"] },
			"right": { "links": { "tap1": { "kind": "tap" } }, "addresses": ["10.0.0.2/24 dev tap1"] } },
		"steps": [{ "wait": "1ms" }] }'
	stop_at "wait" "$scratch/lab.json"
	send_frame tap0
	go_on
	same "left/tap0 out 1
right/tap1 in 1
wire:left/tap0 out 1
wire:right/tap1 in 1" "$(seen lab 'vlan.id == 5 && arp.dst.proto_ipv4 == 10.0.0.2')"
}

@test "a device that is not the lab's own, and one of a kind with no link type of its own" {
	pings 1 <<<'{ "steps": [{ "wait": "1ms" }] }'
	stop_at "wait" "$scratch/lab.json"
	inside tun0 ip link add odd1 type veth peer name odd2
	inside odd1 ip link set odd1 up
	inside odd1 ip link set odd2 up
	send_frame odd1
	# ARPHRD_IPGRE, which libpcap captures "cooked", too; gone before tunlab looks at what it sent.
	inside tun0 python3 -c '
import fcntl, os, socket, struct
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"odd0", 0x1001)) # TUNSETIFF, IFF_TUN | IFF_NO_PI
fcntl.ioctl(tun, 0x400454cd, 778) # TUNSETLINK
os.system("ip link set odd0 up && ip address add 10.77.0.1/24 dev odd0")
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.sendto(b"hello", ("10.77.0.2", 7))
'
	go_on
	seen lab 'vlan.id == 5' | sed 's/^[a-z]*//' >"$scratch/odd"
	same "/odd1 out 1
/odd2 in 1" "$(cat "$scratch/odd")"
	same "sll:ip:udp:echo" "$(look lab -Y 'udp.dstport == 7' -T fields -e frame.protocols)"
	look lab -Y 'udp.dstport == 7' -T fields -e frame.interface_name | grep -Eqx '(left|right)/if[0-9]+'
	contains "$(capinfos "$pcap/lab.pcapng")" "Encapsulation = Linux cooked-mode capture v1"
}

@test "what this machine was too slow to capture is said" {
	pings 1 <<<'{ "steps": [{ "wait": "1ms" }] }'
	stop_at "wait" "$scratch/lab.json"
	inside tun0 ping -q -f -c 1000 -s 60000 127.0.0.1 >/dev/null
	go_on
	cat "$scratch/stderr"
	[ "$(grep -cE '^tunlab: .*/lab\.pcapng: this machine was too slow to capture [0-9]+ packets of devices of (left|right)$' \
		"$scratch/stderr")" = 1 ]
	[ "$(wc -l <"$scratch/stderr")" = 1 ]
	look lab -Y icmp >/dev/null
	is_sound lab
}

@test "the second run, which explains a failure, is not captured" {
	pings 1 <<<'{ "steps": [{ "in": "left", "ping": "10.0.0.2", "expect": "no-reply" }] }'
	run "$TUNLAB" run --pcap "$pcap" "$scratch/lab.json" 3>&-
	[ "$status" = 1 ]
	same "left/tun0 in 1
left/tun0 out 1" "$(seen lab 'icmp && frame.interface_name == "left/tun0"')"
	same "left/lo left/tun0 right/lo right/tun0 wire:left/tun0 wire:right/tun0 " "$(interfaces lab)"
}

@test "a file for each of several labs, also where two have one name; what was there is replaced" {
	mkdir -p "$pcap" "$scratch/other"
	echo old >"$scratch/old"
	ln -s "$scratch/old" "$pcap/two-ns.pcapng"
	cp "$LABS/two-ns.json" "$scratch/other"
	capture "$LABS/two-ns.json" "$scratch/other/two-ns.json" "$LABS/two-ns-ipv6.json"
	same "two-ns-2.pcapng two-ns-ipv6.pcapng two-ns.pcapng " "$(for file in "$pcap"/*; do echo -n "${file##*/} "; done)"
	same old "$(cat "$scratch/old")"
	for lab in two-ns two-ns-2; do
		[ "$(look "$lab" -Y icmp | wc -l)" = 8 ]
	done
	[ "$(look two-ns-ipv6 -Y 'icmpv6.type == 128 || icmpv6.type == 129' | wc -l)" = 16 ] # two pings
	capture - <"$LABS/two-ns.json"
	[ "$(look lab -Y icmp | wc -l)" = 8 ]
}

@test "after SIGKILL the file is whole" {
	"$TUNLAB" run --pcap "$pcap" "$LIVE/long.json" >"$scratch/tap" 3>&- &
	process=$!
	echo $process >"$scratch/process"
	within 60 grep -q '^ok 1' "$scratch/tap"
	relay=$(relay_of "$process")
	# The relay appends to the file, which it cannot read, and has no more privileges than ever.
	[ "$(stat -Lc %i "$pcap/long.pcapng")" = "$(stat -Lc %i "/proc/$relay/fd/"* | grep -x "$(stat -c %i "$pcap/long.pcapng")")" ]
	[ "$(grep -c '^Cap\(Inh\|Prm\|Eff\|Bnd\|Amb\):[[:space:]]*0*$' "/proc/$relay/status")" = 5 ]
	for fd in "/proc/$relay/fd"/*; do
		case $(readlink "$fd") in
		"$pcap"/*) (("$(sed -n 's/^flags:[[:space:]]*/8#/p' "/proc/$relay/fdinfo/${fd##*/}")" % 4 == 1)) ;;
		esac
	done
	kill -KILL "$process"
	within 2 is_gone "$relay"
	[ "$(look long -Y icmp | wc -l)" = 8 ]
	same "long.pcapng" "$(ls -A "$pcap")"
}

@test "where a file cannot grow the capture ends early; the lab's results count" {
	local status=0

	# 900 KiB, which are enough for the counters; the lab would write some more than a megabyte. The relay must live, too.
	(
		ulimit -f 900
		"$TUNLAB" run --pcap "$pcap" "$LABS/bridge.json" "$LABS/two-ns.json" >"$scratch/tap" 2>"$scratch/stderr" 3>&-
	) || status=$?
	cat "$scratch/tap" "$scratch/stderr"
	[ "$status" = 3 ]
	same "tunlab: $pcap/bridge.pcapng: the capture ended early, what is there can be read: File too large" \
		"$(cat "$scratch/stderr")"
	[ "$(grep -c '^ok' "$scratch/tap")" = 2 ]
	look bridge -Y icmp >/dev/null
	[ "$(stat -c %s "$pcap/bridge.pcapng")" -gt 400000 ]
	[ "$(look two-ns -Y icmp | wc -l)" = 8 ]
}

@test "a directory that cannot be written to is a mistake, told before anything is built" {
	run "$TUNLAB" run --pcap /proc/nothing "$LABS/two-ns.json" "$LABS/bridge.json" 3>&-
	echo "$output"
	[ "$status" = 2 ]
	same "tunlab: --pcap /proc/nothing: the directory cannot be made: No such file or directory" "$output"
	touch "$scratch/file"
	run "$TUNLAB" run --pcap "$scratch/file" "$LABS/two-ns.json" 3>&-
	echo "$output"
	[ "$status" = 2 ]
	same "tunlab: --pcap $scratch/file: Not a directory" "$output"
	mkdir -p "$pcap/two-ns.pcapng"
	run "$TUNLAB" run --pcap "$pcap" "$LABS/two-ns.json" 3>&-
	echo "$output"
	[ "$status" = 2 ]
	contains "$output" "$pcap/two-ns.pcapng: cannot be made: Is a directory"
}
