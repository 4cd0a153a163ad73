#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The plan of every lab here, NAME.json, is that of NAME.expected; and ip takes what tunlab prints, line by line.

setup() {
	cd "$BATS_TEST_DIRNAME" || return
	BUILD=${BUILD:-$BATS_TEST_DIRNAME/../../build}
	TUNLAB=${TUNLAB:-$BUILD/tunlab}
	MADE=$(mktemp -d)
}

teardown() {
	rm -rf "$MADE"
}

@test "each plan is the one that is expected" {
	for lab in *.json; do
		"$TUNLAB" show "$lab" >"$MADE/plan"
		diff -u "${lab%.json}.expected" "$MADE/plan"
	done
}

@test "no expected plan lacks its lab" {
	for plan in *.expected; do [ -e "${plan%.expected}.json" ]; done
}

@test "a plan needs no privilege" {
	[ "$(id -u)" = 0 ] || skip "only root can become nobody"
	cp "$TUNLAB" "$MADE/tunlab"
	cp every-phase.json "$MADE"
	chmod 755 "$MADE"
	cd "$MADE"
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all ./tunlab show every-phase.json >plan
	diff -u "$BATS_TEST_DIRNAME/every-phase.expected" plan
}

@test "a format that show does not have is refused" {
	status=0
	"$TUNLAB" show --format sql smallest.json >"$MADE/out" 2>"$MADE/err" || status=$?
	[ "$status" = 2 ]
	[ ! -s "$MADE/out" ]
	grep -q 'sql: no such format' "$MADE/err"
}

# What needs namespaces and ip.
needs_ip() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	command -v ip >/dev/null || skip "there is no ip"
	command -v sysctl >/dev/null || skip "there is no sysctl"
	[ -c /dev/net/tun ] || skip "there is no /dev/net/tun"
	unshare --mount --net true || skip "may not unshare"
}

# Runs a shell script with namespaces of its own, which only it can see by name and which go when it ends.
apart() { # SCRIPT
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare --mount --net --propagation private \
		sh -euc 'mount -t tmpfs tmpfs /run && mkdir /run/netns && . "$1"' sh "$1"
}

@test "ip takes every plan as it is printed" {
	needs_ip
	for lab in *.json ../../labs/*.json; do
		case $lab in *.schema.json) continue ;; esac
		"$TUNLAB" show "$lab" >"$MADE/plan"
		grep -q '^ip netns add' "$MADE/plan"
		if grep -q ' wg set ' "$MADE/plan" && ! command -v wg >/dev/null; then continue; fi
		if apart "$MADE/plan" 2>"$MADE/err"; then continue; fi
		echo "$lab: $(cat "$MADE/err")"
		grep -q 'Unknown device type' "$MADE/err" # a kind of link that this kernel lacks
	done
}

@test "what ip -j shows of a namespace is a lab" {
	needs_ip
	"$TUNLAB" show routes-rules.json >"$MADE/script"
	cat >>"$MADE/script" <<-'END'
		array() { [ "$1" = '[]' ] || echo "$1" | sed 's/^\[//; s/\]$//'; }
		echo '{ "namespaces": { "left": {'
		echo '"links": { "tun0": { "kind": "tun" }, "tun1": { "kind": "tun" } },'
		echo '"addresses":' "$(ip -n left -j address)" ','
		echo '"routes": [' "$(array "$(ip -n left -j route show table all)")" ','
		array "$(ip -n left -6 -j route show table all)"
		echo '], "rules":' "$(ip -n left -j rule)"
		echo '} } }'
	END
	apart "$MADE/script" >"$MADE/lab.json"
	grep -q '"ifname":"tun0"' "$MADE/lab.json"
	grep -q '"type":"blackhole"' "$MADE/lab.json"
	grep -q '"fwmask":"0xff0000"' "$MADE/lab.json"
	"$TUNLAB" check "$MADE/lab.json"
}

@test "lines that ip shows of a namespace are a lab" {
	needs_ip
	"$TUNLAB" show routes-rules.json >"$MADE/script"
	cat >>"$MADE/script" <<-'END'
		quoted() { sed "s/$(printf '\t')/ /g; s/^/\"/; s/\$/\",/" | sed '$s/,$//'; }
		echo '{ "namespaces": { "left": {'
		echo '"links": { "tun0": { "kind": "tun" }, "tun1": { "kind": "tun" } },'
		echo '"routes": ['
		ip -n left -o route show table all | tr -d '\\' | quoted
		echo '], "rules": ['
		ip -n left rule | quoted
		echo '] } } }'
	END
	apart "$MADE/script" >"$MADE/lab.json"
	grep -q '"0: *from all lookup local' "$MADE/lab.json" || grep -q '"200: *from all lookup local' "$MADE/lab.json"
	grep -q 'nexthop via 10.0.0.2' "$MADE/lab.json"
	"$TUNLAB" check "$MADE/lab.json"
}

@test "a plan from what ip shows makes the same again" {
	needs_ip
	cat >"$MADE/state" <<-'END'
		objects() { sed 's/^\[//; s/\]$//; s/},{/}\n{/g' | grep "$@" | paste -sd ,; }
		echo '{ "namespaces": { "left": {'
		echo '"links": { "tun0": { "kind": "tun" }, "tun1": { "kind": "tun" } },'
		echo '"routes": ['
		ip -n left -j route show table all | objects '"table":"13"'
		echo '], "rules": ['
		ip -n left -j rule | objects -v -e '"priority":200,' -e '"priority":3276[67]'
		echo '] } } }'
	END
	"$TUNLAB" show routes-rules.json >"$MADE/script"
	cat "$MADE/state" >>"$MADE/script"
	apart "$MADE/script" >"$MADE/one.json"
	grep -q '"dst":"239.0.0.0/8"' "$MADE/one.json"
	grep -q '"suppress_ifgroup"' "$MADE/one.json"

	"$TUNLAB" show "$MADE/one.json" >"$MADE/script"
	echo 'ip -n left rule add pref 200 lookup local; ip -n left rule del pref 0' >>"$MADE/script"
	cat "$MADE/state" >>"$MADE/script"
	apart "$MADE/script" >"$MADE/two.json"
	diff -u "$MADE/one.json" "$MADE/two.json"
}
