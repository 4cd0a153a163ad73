#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Rulesets of nftables in a lab, with nft(8) as the judge. Everything runs in a network namespace of the test's own, which
# plays the host and has a ruleset.
# shellcheck disable=SC2016 # what stands in single quotes is for the inner shell, or jq, to expand

load helpers

setup() {
	command -v nft >/dev/null || skip "there is no nft"
	unshare --net nft list ruleset 2>/dev/null || skip "nft may not be used here"
	scratch=$(mktemp -d)
	cat >"$scratch/host.nft" <<-'END'
		table inet host {
			counter seen { }
			chain input {
				type filter hook input priority filter; policy accept;
				tcp dport 22 counter name "seen" drop
			}
		}
	END
	cat >"$scratch/ruleset.nft" <<-'END'
		table ip filter {
			counter dropped { }
			set ports { type inet_service; flags interval; elements = { 80, 443, 8000-8100 }; }
			chain input {
				type filter hook input priority filter; policy accept;
				iif "lo" accept
				iifname "tun0" tcp dport @ports counter name "dropped" drop
				ct state established,related accept
			}
		}
		table inet mangle {
			chain output {
				type route hook output priority mangle;
				meta l4proto udp ct mark set meta mark meta mark set 0x10
			}
		}
		table ip nat {
			chain postrouting { type nat hook postrouting priority srcnat; oifname "tun0" masquerade; }
		}
	END
}

teardown() {
	rm -rf "$scratch"
}

# apart COMMAND...: runs it as on a host that has a ruleset of its own; the ruleset must be the same afterwards.
apart() {
	unshare --net bash -c '
		. "$LIVE/helpers.bash"
		ip link set lo up
		nft -f "$0/host.nft"
		nft list ruleset >"$0/before"
		status=0
		"$@" || status=$?
		nft list ruleset | diff "$0/before" - || status=99
		exit $status' "$scratch" "$@" 3>&-
}

# lab FORM: a lab whose namespace has the ruleset in the form that jq makes of it.
lab() {
	jq --null-input --rawfile text "$scratch/ruleset.nft" --slurpfile json "$scratch/ruleset.json" \
		"{ namespaces: { left: { links: { tun0: { kind: \"tun\" } }, nft: $1 } }, steps: [{ wait: \"1ms\" }] }"
}

# What is to stand: nft's own doing.
expected() {
	unshare --net sh -c 'nft -f "$0"; nft list ruleset' "$scratch/ruleset.nft"
}

# seen_in LAB: the ruleset of the lab's namespace when its steps are done; descriptors of namespaces that are not home's.
seen_in() {
	local process fd home

	TUNLAB_STOP_AT=down "$TUNLAB" run "$1" >"$scratch/tap" 2>&1 &
	process=$!
	within 60 is_stopped $process || { cat "$scratch/tap" && return 1; }
	home=$(readlink /proc/self/ns/net)
	for fd in /proc/"$process"/fd/*; do
		case $(readlink "$fd") in
		"$home") ;;
		net:*) nsenter --net="$fd" nft list ruleset ;;
		esac
	done
	kill -CONT $process
	wait $process
}

@test "a string, an array of lines and JSON build what nft -f builds, and the host's ruleset stays" {
	local form

	unshare --net sh -c 'nft -f "$0"; nft -j list ruleset' "$scratch/ruleset.nft" >"$scratch/ruleset.json"
	expected >"$scratch/expected"
	[ "$(wc -l <"$scratch/expected")" -gt 20 ]
	export -f seen_in
	export scratch
	for form in '$text' '($text / "\n")' '$json[0]' '($json[0].nftables)' '($json[0] | tojson)' '($json[0] | tojson / ",{" | join(",\n{"))'; do
		echo "$form"
		lab "$form" >"$scratch/lab.json"
		apart bash -c '. "$LIVE/helpers.bash"; seen_in "$scratch/lab.json"' >"$scratch/seen"
		diff "$scratch/expected" "$scratch/seen"
	done
}

@test "what is shown is what nft builds it from" {
	local form

	unshare --net sh -c 'nft -f "$0"; nft -j list ruleset' "$scratch/ruleset.nft" >"$scratch/ruleset.json"
	expected >"$scratch/expected"
	for form in '$text' '($text / "\n")' '$json[0]'; do
		lab "$form" >"$scratch/lab.json"
		"$TUNLAB" show "$scratch/lab.json" | sed -n '/^ip netns exec left nft/,/^EOF/p' |
			sed 's/^ip netns exec left //' >"$scratch/commands"
		echo 'nft list ruleset' >>"$scratch/commands"
		unshare --net sh -eu "$scratch/commands" | diff "$scratch/expected" -
	done
}

@test "a change is on top of what is there; what is refused changes nothing" {
	cat >"$scratch/lab.json" <<-'END'
		{
		  "namespaces": { "left": { "nft": "table ip t { counter c { }; chain in { type filter hook input priority 0; }; }" } },
		  "steps": [
		    { "change": { "nft": "add rule ip t in icmp type echo-request counter name c" } },
		    { "ping": "127.0.0.1", "counters": { "left": { "nft ip t c": 1 } } },
		    { "change": { "nft": ["add rule ip t in icmp type echo-request counter name c", "add rule ip t out accept"] },
		      "expect": { "errno": "ENOENT", "message": "No such file or directory" } },
		    { "ping": "127.0.0.1", "counters": { "left": { "nft ip t c": 1 } } },
		    { "change": { "nft": "create table ip t" }, "expect": "EEXIST" },
		    { "change": { "namespaces": { "left": { "nft": ["flush chain ip t in"] } } } },
		    { "ping": "127.0.0.1", "counters": { "left": { "nft ip t c": 0 } } }
		  ]
		}
	END
	run apart "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^ok ' <<<"$output")" -eq 7 ]
}

@test "what the kernel refuses while the lab is built is told with its place, and nothing is left" {
	cat >"$scratch/lab.json" <<-'END'
		{ "namespaces": { "left": { "nft": [
		  "table ip t { chain c { }; }",
		  "add rule ip t d accept"
		] } }, "steps": [{ "ping": "127.0.0.1" }] }
	END
	needs_rooms
	run leaves_nothing "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" -eq 2 ]
	contains "$output" "tunlab: $scratch/lab.json:3:18: namespaces.left.nft[1]: operation 3 of 3: ip netns exec left nft -f -: nft answers: Could not process rule: No such file or directory"
	contains "$output" 'Bail out!'
}

@test "where libnftables is missing a lab that has a ruleset is skipped and says so, and others run" {
	local library

	library=$(ldconfig -p | sed -n 's/^\tlibnftables\.so\.1 .* => //p' | head -n 1)
	[ -n "$library" ] || skip "where the library is cannot be told"
	needs_rooms
	echo '{ "namespaces": { "left": { "nft": "table ip t" } }, "steps": [{ "wait": "1ms" }] }' >"$scratch/lab.json"
	echo '{ "namespaces": { "left": {} }, "steps": [{ "ping": "127.0.0.1" }] }' >"$scratch/other.json"
	export library
	without() { room sh -c 'mount --bind /dev/null "$library" && exec "$@"' - "$@"; }

	run without "$TUNLAB" run "$scratch/lab.json" "$scratch/other.json"
	echo "$output"
	[ "$status" -eq 0 ]
	contains "$output" '1..0 # SKIP '
	contains "$output" 'ok 2 - other'
	contains "$output" 'rulesets need libnftables, which is not here: install libnftables1 (or nftables)'

	run without "$TUNLAB" run --no-skip "$scratch/lab.json"
	[ "$status" -eq 3 ]
	run without "$TUNLAB" check "$scratch/lab.json"
	[ "$status" -eq 0 ]
}
