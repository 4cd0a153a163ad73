#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The profiles that "baseline" names: what the namespaces of a lab begin with, seen by a shell that walks /proc/sys/net.
load helpers

setup() {
	scratch=$(mktemp -d)
	process=
}

teardown() {
	end
	rm -rf "$scratch"
}

end() {
	[ -n "$process" ] || return 0
	kill -KILL "$process"
	wait "$process" || true
	process=
}

# settings BASELINE: all that stands in /proc/sys/net/ipv4 and ipv6 of a lab's namespace with a TAP, before it is up.
settings() {
	local fd

	cat >"$scratch/lab.json" <<-END
		{ "baseline": "$1", "namespaces": { "one": { "links": { "tap0": { "kind": "tap" } },
			"addresses": ["2001:db8::1/64 dev tap0"] } }, "steps": [{ "wait": "1ms" }] }
	END
	TUNLAB_STOP_AT=up "$TUNLAB" run "$scratch/lab.json" >"$scratch/tap" 2>&1 3>&- &
	process=$!
	within 60 is_stopped "$process" || { cat "$scratch/tap" && false; }
	for fd in "/proc/$process/fd"/*; do
		[[ $(readlink "$fd") == net:* ]] || continue
		nsenter --net="$fd" test -e /proc/sys/net/ipv4/conf/tap0 || continue
		# Left out is what is random.
		nsenter --net="$fd" sh -c 'cd /proc/sys/net && grep -r . ipv4 ipv6 2>/dev/null' |
			grep -v -e stable_secret -e tcp_fastopen_key | sort
		end
		return
	done
	return 1
}

# beyond BASELINE: in what it differs from the kernel's settings.
beyond() {
	settings kernel >"$scratch/kernel"
	settings "$1" >"$scratch/other"
	[ "$(wc -l <"$scratch/kernel")" -gt 200 ]
	diff "$scratch/kernel" "$scratch/other" | sed -n 's/^> //p' | tr '\t' ' '
}

@test "kernel: rp_filter and forwarding are off, whatever the host has" {
	settings kernel >"$scratch/kernel"
	[ "$(grep -c '^ipv4/conf/[^/]*/\(rp_filter\|forwarding\):0$' "$scratch/kernel")" = 8 ]
}

@test "debian-12 is the kernel's" {
	run beyond debian-12
	echo "$output"
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "ubuntu-22.04: just what its packages set, and a device takes after default" {
	diff -u - <(beyond ubuntu-22.04) <<-END
		ipv4/conf/all/rp_filter:2
		ipv4/conf/default/accept_source_route:0
		ipv4/conf/default/promote_secondaries:1
		ipv4/conf/default/rp_filter:2
		ipv4/conf/lo/accept_source_route:0
		ipv4/conf/lo/promote_secondaries:1
		ipv4/conf/lo/rp_filter:2
		ipv4/conf/tap0/accept_source_route:0
		ipv4/conf/tap0/promote_secondaries:1
		ipv4/conf/tap0/rp_filter:2
		ipv4/ping_group_range:0 2147483647
		ipv6/conf/all/use_tempaddr:2
		ipv6/conf/default/use_tempaddr:2
		ipv6/conf/tap0/use_tempaddr:2
	END
}

@test "ubuntu-24.04: just what its packages set, and a device takes after default" {
	diff -u - <(beyond ubuntu-24.04) <<-END
		ipv4/conf/all/rp_filter:2
		ipv4/conf/default/rp_filter:2
		ipv4/conf/lo/rp_filter:2
		ipv4/conf/tap0/rp_filter:2
		ipv6/conf/all/use_tempaddr:2
		ipv6/conf/default/use_tempaddr:2
		ipv6/conf/tap0/use_tempaddr:2
	END
}

@test "host: what this machine gives to a new namespace" {
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare --net sh -c 'cd /proc/sys/net && for file in ipv4/conf/all/* ipv4/conf/lo/* ipv4/tcp_rmem; do
		echo "$file:$(cat "$file")"; done' | sort >"$scratch/unshared"
	[ "$(wc -l <"$scratch/unshared")" -gt 50 ]
	settings host | grep -e '^ipv4/conf/all/' -e '^ipv4/conf/lo/' -e '^ipv4/tcp_rmem' | sort | diff -u "$scratch/unshared" -
}

@test "show names the source of every value, and the shell that follows it has the same" {
	settings ubuntu-22.04 >"$scratch/tunlab"
	"$TUNLAB" show "$scratch/lab.json" >"$scratch/script"
	[ "$(grep -c 'sysctl -qw .*[0-9]'\'' # \(procps\|systemd\) [^ ]*ubuntu[^ ]*, /.*\.conf$' "$scratch/script")" = 10 ]
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare --mount --net --propagation private sh -euc 'mount -t tmpfs tmpfs /run && mkdir /run/netns && . "$1"
		ip netns exec one sh -c "cd /proc/sys/net && grep -r . ipv4/conf ipv4/ping_group_range ipv6/conf 2>/dev/null || true"' \
		sh "$scratch/script" | grep -e rp_filter -e use_tempaddr -e promote -e ping_group | sort >"$scratch/shell"
	grep -e rp_filter -e use_tempaddr -e promote -e ping_group "$scratch/tunlab" | diff -u "$scratch/shell" -
}

@test "in a user namespace, where a group range cannot be set, the output says so once" {
	needs_rooms
	sed 's/"one": {/"two": {}, "one": {/' <<-END >"$scratch/lab.json"
		{ "baseline": "ubuntu-22.04", "namespaces": { "one": {} }, "steps": [{ "in": "one", "ping": "127.0.0.1" }] }
	END
	run room "$TUNLAB" run "$scratch/lab.json"
	echo "$output"
	[ "$status" = 0 ]
	[ "$(grep -c '^# baseline: net.ipv4.ping_group_range is [0-9]* 0; 0 2147483647 could not be set: Invalid argument$' <<<"$output")" = 1 ]
}
