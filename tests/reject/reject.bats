#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every bad lab here, NAME.json, is refused with the very text of NAME.expected, by check and by run alike, and nothing
# is made of it. {baselines}, {links}, {wires} and {verbs} stand there for all that there are, in the order of their
# files. What is too large to be kept is written by the test.

setup() {
	cd "$BATS_TEST_DIRNAME" || return
	BUILD=${BUILD:-$BATS_TEST_DIRNAME/../../build}
	TUNLAB=${TUNLAB:-$BUILD/tunlab}
	MADE=$(mktemp -d)
	chmod 755 "$MADE"
	LINKS=$(kinds links | sed 's/loopback, //') WIRES=$(kinds wires) VERBS=$(kinds steps)
	BASELINES=$(sed -n 's/^\t\.name = "\(.*\)",$/\1/p' ../../harness/baselines/*.c | paste -sd , | sed 's/,/, /g')
}

kinds() { # DIRECTORY
	find "../../harness/$1" -name '*.c' | sed 's|.*/||; s/\.c$//' | LC_ALL=C sort | paste -sd , | sed 's/,/, /g'
}

teardown() {
	rm -rf "$MADE"
}

expand() { # EXPECTED
	sed "s/{links}/$LINKS/; s/{wires}/$WIRES/; s/{verbs}/$VERBS/; s/{baselines}/$BASELINES/" "$1"
}

# Status 2, the text, and nothing on standard output. What libpcap says of a filter differs by its version.
refuses() { # EXPECTED COMMAND...
	expected=$1
	shift
	status=0
	expand "$expected" >"$MADE/expanded"
	"$@" >"$MADE/out" 2>"$MADE/err" </dev/null || status=$?
	sed 's/not a packet filter: .*; allowed:/not a packet filter: (libpcap); allowed:/' "$MADE/err" |
		diff -u "$MADE/expanded" -
	[ "$status" = 2 ] && [ ! -s "$MADE/out" ]
}

@test "there are at least 50 bad labs, each with its text, and no text without its lab" {
	count=0
	for lab in *.json; do
		[ -s "${lab%.json}.expected" ]
		count=$((count + 1))
	done
	[ "$count" -ge 50 ]
	for text in *.expected; do [ -e "${text%.expected}.json" ]; done
}

@test "check refuses each" {
	for lab in *.json; do refuses "${lab%.json}.expected" "$TUNLAB" check "$lab"; done
}

@test "run refuses each with the same text" {
	for lab in *.json; do refuses "${lab%.json}.expected" "$TUNLAB" run "$lab"; done
}

@test "show refuses each with the same text" {
	for lab in *.json; do refuses "${lab%.json}.expected" "$TUNLAB" show "$lab"; done
}

@test "run needs no privilege to refuse, so it has made nothing before" {
	[ "$(id -u)" = 0 ] || skip "only root can become nobody"
	cp several-in-order.json "$MADE"
	cp several-in-order.expected "$MADE"
	cp "$TUNLAB" "$MADE/tunlab"
	cd "$MADE"
	refuses several-in-order.expected setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
		./tunlab run several-in-order.json
}

@test "run asks the kernel for no namespace, device or process before it refuses" {
	command -v strace >/dev/null || skip "there is no strace"
	export ASAN_OPTIONS=detect_leaks=0 # which traces the program as well
	calls=unshare,setns,clone,clone3,fork,vfork,socket,mount,execve,ioctl
	strace -f -qq -e trace=$calls -e signal=none -o "$MADE/calls" true || skip "strace is not permitted"
	for lab in several-in-order undeclared-devices wire-ends-used-twice; do
		status=0
		strace -f -qq -e trace=$calls -e signal=none -o "$MADE/calls" "$TUNLAB" run $lab.json 2>"$MADE/err" ||
			status=$?
		[ "$status" = 2 ]
		diff -u $lab.expected "$MADE/err"
		[ "$(grep -vc -e execve -e TCGETS "$MADE/calls")" = 0 ]
	done
}

@test "of several labs, one that is wrong keeps all from being run, and all that are wrong are told" {
	echo '{ "namespaces": { "left": {} }, "steps": [{ "ping": "127.0.0.1" }] }' >"$MADE/good.json"
	cat several-in-order.expected masters.expected >"$MADE/both"
	refuses "$MADE/both" "$TUNLAB" run "$MADE/good.json" several-in-order.json masters.json "$MADE/good.json"
}

@test "of several labs check tells which are right" {
	echo '{ "namespaces": { "left": {}, "right": {} } }' >"$MADE/good.json"
	status=0
	"$TUNLAB" check masters.json "$MADE/good.json" >"$MADE/out" 2>"$MADE/err" || status=$?
	[ "$status" = 2 ]
	diff -u masters.expected "$MADE/err"
	[ "$(cat "$MADE/out")" = "$MADE/good.json: ok: 2 namespaces, 0 steps" ]
}

@test "a lab from standard input is told by the name -" {
	sed 's/^masters.json/-/' masters.expected >"$MADE/expected"
	status=0
	"$TUNLAB" check - <masters.json >"$MADE/out" 2>"$MADE/err" || status=$?
	[ "$status" = 2 ]
	diff -u "$MADE/expected" "$MADE/err"
}

# Writes the text; the file it is about is called "lab" in it.
told() {
	printf '%s\n' "$1" >"$MADE/expected"
}

@test "a file that is not there, and a directory" {
	cd "$MADE"
	told "nowhere.json:1:1: cannot be opened: No such file or directory"
	refuses expected "$TUNLAB" check nowhere.json
	refuses expected "$TUNLAB" run nowhere.json
	mkdir lab
	told "lab:1:1: is a directory; allowed: a lab's file, or - for standard input"
	refuses expected "$TUNLAB" check lab
	refuses expected "$TUNLAB" run lab
}

@test "a file that may not be read" {
	[ "$(id -u)" = 0 ] || skip "only root can become nobody"
	cd "$MADE"
	cp "$TUNLAB" tunlab
	echo '{}' >secret.json
	chmod 000 secret.json
	told "secret.json:1:1: cannot be opened: Permission denied"
	refuses expected setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all ./tunlab run secret.json
}

@test "neither a FIFO nor a device is waited for" {
	cd "$MADE"
	mkfifo fifo
	told "fifo:1:1: is empty; allowed: a lab, which is a JSON object"
	refuses expected timeout 60 "$TUNLAB" check fifo
	told "/dev/zero:1:1: has more than 8388608 bytes, which is the most allowed"
	refuses expected timeout 60 "$TUNLAB" check /dev/zero
}

# As many times as said, without a newline.
repeat() { # COUNT TEXT
	yes "$2" | head -n "$1" | tr -d '\n'
}

@test "nesting 10,000 and 100,000 deep" {
	cd "$MADE"
	for depth in 10000 100000; do
		{ repeat $depth '['; repeat $depth ']'; } >lab
		[ "$(stat -c %s lab)" = $((2 * depth)) ]
		told "lab:1:2050: $(repeat 40 '[0]')...: syntax: nested too deeply; allowed: 32 levels"
		refuses expected "$TUNLAB" check lab
		refuses expected "$TUNLAB" run lab
		repeat $depth '{"a":' >lab
		told "lab:1:10242: $(repeat 60 'a.')...: syntax: nested too deeply; allowed: 32 levels"
		refuses expected "$TUNLAB" check lab
	done
}

@test "a file of 50 MB, and one without end" {
	cd "$MADE"
	{ printf '{ "namespaces": { "left": {} }, "name": "'; head -c 50000000 /dev/zero | tr '\0' x; printf '" }'; } >lab
	told "lab:1:1: has 50000044 bytes; allowed: at most 8388608"
	refuses expected "$TUNLAB" check lab
	refuses expected "$TUNLAB" run lab
	told "-:1:1: has more than 8388608 bytes, which is the most allowed"
	status=0
	# shellcheck disable=SC2002 # a pipe has no size
	cat lab | "$TUNLAB" check - 2>err || status=$?
	[ "$status" = 2 ]
	diff -u expected err
}

@test "a million namespaces, and five thousand" {
	cd "$MADE"
	{ printf '{ "namespaces": {'; seq -f '"n%.0f": {},' 1000000; printf '"last": {} } }'; } >lab
	refuses /dev/stdin "$TUNLAB" run lab <<-END
		lab:1:1: has $(stat -c %s lab) bytes; allowed: at most 8388608
	END
	{ printf '{ "namespaces": {'; seq -f '"n%.0f": {},' 4999; printf '"last": {} } }'; } >lab
	told 'lab:1:17: namespaces: {"n1": {}, "n2": {}, "n3": {}, "n4": {}, "n5": {}, "n6": ...: has 5000; allowed: 1 to 4096'
	refuses expected "$TUNLAB" run lab
}

@test "1,025 sysctls, each of which would be compared with each" {
	cd "$MADE"
	{ printf '{ "namespaces": { "left": { "sysctls": {'; seq -f '"net.x%.0f": 1,' 1024; printf '"net.x": 1 } } } }'; } >lab
	told 'lab:1:40: namespaces.left.sysctls: {"net.x1": 1, "net.x2": 1, "net.x3": 1, "net.x4": 1, "net...: has 1025 names; allowed: at most 1024'
	refuses expected "$TUNLAB" run lab
}

@test "of ten thousand mistakes a hundred are told, and the rest are counted" {
	cd "$MADE"
	{
		printf '{ "namespaces": { "left": {} }, "steps": ['
		for number in $(seq 10000); do echo "{ \"ping\": \"10.0.0.$((number + 255))\" },"; done
		printf '{ "ping": "10.0.0.1" }] }'
	} >lab
	status=0
	timeout 60 "$TUNLAB" check lab 2>err || status=$?
	[ "$status" = 2 ]
	[ "$(wc -l <err)" = 101 ]
	[ "$(sed -n 100p err)" = 'lab:100:11: steps[99].ping: "10.0.0.355": not an address; allowed: an IPv4 or IPv6 address' ]
	[ "$(tail -n 1 err)" = 'lab: 9900 more mistakes were found' ]
}
