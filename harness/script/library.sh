# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154,SC2034,SC2086 # what a lab's script sets and reads
# The functions of the scripts that `tunlab show --format script` prints: each paragraph here is one, and a script has
# those that it calls.

bail() { # REASON: the lab cannot be built
	printf 'Bail out! %s\n' "$*"
	exit 2
}

skip_all() { # REASON
	printf '1..0 # SKIP %s\n' "$*"
	exit 0
}

build() { # COMMAND...: part of building the lab
	error=$("$@" 2>&1 </dev/null) && return
	case $error in
	*'Unknown device type'* | *'Operation not supported'*) skip_all "this kernel lacks it: $*" ;;
	*) bail "$*: $error" ;;
	esac
}

build_stands() { # COMMAND...: the same, of what may stand already
	error=$("$@" 2>&1 </dev/null) && return
	case $error in
	*'File exists'*) ;;
	*) bail "$*: $error" ;;
	esac
}

build_input() { # COMMAND...: the same, of one that reads its standard input
	error=$("$@" 2>&1) || bail "$*: $error"
}

settings() { # NAMESPACE: lines of a sysctl's path and value; what this kernel does not have is passed over
	# shellcheck disable=SC2016 # for the inner shell to expand
	ip netns exec "$1" sh -c 'cd /proc/sys/net && while read -r path value; do
		if [ -w "$path" ]; then echo "$value" >"$path"; fi
	done' 2>/dev/null
}

wire() { # NAMESPACE DEVICE NAMESPACE DEVICE: a veth pair that behaves as two TUN devices do on a wire
	build ip link add name "$2" netns "$1" arp off gso_max_segs 1 address 02:00:00:00:00:01 \
		type veth peer name "$4" netns "$3" arp off gso_max_segs 1 address 02:00:00:00:00:01
}

wire_ethernet() { # NAMESPACE DEVICE MAC NAMESPACE DEVICE MAC: as two TAP devices do
	build ip link add name "$2" netns "$1" gso_max_segs 1 address "$3" \
		type veth peer name "$5" netns "$4" gso_max_segs 1 address "$6"
}

hub() { # NAMESPACE DEVICE MAC NAMESPACE HUB PORT: an end of a hub, which is made with its first
	ip -n "$4" link show dev "$5" >/dev/null 2>&1 ||
		build ip -n "$4" link add name "$5" up type bridge ageing_time 0 mcast_snooping 0 group_fwd_mask 65528
	wire_ethernet "$1" "$2" "$3" "$4" "$6" 02:00:00:00:00:01
	build ip -n "$4" link set dev "$6" mtu 65535 master "$5" up
}

router() { # NAMESPACE: one that forwards in place of a router on a wire, which is made with its first port
	if [ -e "/run/netns/$1" ]; then return; fi
	build ip netns add "$1"
	set_up "$1"
	build ip netns exec "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
}

needs_netem() { # NAMESPACE
	tc -n "$1" qdisc add dev lo root netem 2>/dev/null || skip_all 'this kernel has no netem, or there is no tc'
	tc -n "$1" qdisc del dev lo root
}

settle() { # what came up has its carrier: the kernel tells a bridge of it up to a second later; IPv6 addresses can be used
	tries=0
	while [ $tries -lt 100 ]; do
		waits=$(for at in $namespaces; do
			ip -n "$at" -o link show up
			ip -n "$at" -6 -o address show up tentative -dadfailed
		done | grep -c -e 'state DOWN' -e 'state LOWERLAYERDOWN' -e ' tentative ')
		if [ "$waits" = 0 ]; then return; fi
		tries=$((tries + 1))
		sleep 0.02
	done
}

errno_of() { # TEXT: the errno's name, by what the C library calls it
	case $1 in
	*'Network is unreachable'*) echo ENETUNREACH ;;
	*'No route to host'*) echo EHOSTUNREACH ;;
	*'Permission denied'* | *'Do you want to ping broadcast'*) echo EACCES ;;
	*'Invalid argument'*) echo EINVAL ;;
	*[Mm]'essage too long'*) echo EMSGSIZE ;;
	*'Operation not permitted'*) echo EPERM ;;
	*'Cannot assign requested address'*) echo EADDRNOTAVAIL ;;
	*'Connection refused'*) echo ECONNREFUSED ;;
	*'File exists'*) echo EEXIST ;;
	*'No such process'*) echo ESRCH ;;
	*'No such file or directory'*) echo ENOENT ;;
	*'No such device'*) echo ENODEV ;;
	*'Operation not supported'*) echo EOPNOTSUPP ;;
	*'Invalid cross-device link'*) echo EINVAL ;;
	*'Network is down'*) echo ENETDOWN ;;
	*'Device or resource busy'*) echo EBUSY ;;
	*'No buffer space available'*) echo ENOBUFS ;;
	*'Required key not available'*) echo ENOKEY ;;
	*) echo "error: $1" ;;
	esac
}

ping_outcome() { # what ping printed: "reply", "no-reply", ICMP's error and who sent it, or an errno
	awk '
		/^From / { from = $2; sub(/%.*/, "", from); sub(/:$/, "", from) }
		/Destination Net Unreachable/ { error = "net-unreachable" }
		/Destination Host Unreachable/ { error = "host-unreachable" }
		/Destination Port Unreachable|unreachable: Port unreachable/ { error = "port-unreachable" }
		/Destination Protocol Unreachable/ { error = "prot-unreachable" }
		/Destination Net Prohibited/ { error = "net-prohibited" }
		/Destination Host Prohibited/ { error = "host-prohibited" }
		/Packet filtered|Administratively prohibited/ { error = "admin-prohibited" }
		/Frag needed/ { error = "frag-needed" }
		/Packet too big/ { error = "packet-too-big" }
		/Time to live exceeded|Time exceeded/ { error = "time-exceeded" }
		/unreachable: No route/ { error = "no-route" }
		/unreachable: Address unreachable/ { error = "addr-unreachable" }
		/failed ingress\/egress policy/ { error = "policy-fail" }
		/[Rr]eject route/ { error = "reject-route" }
		/packets transmitted/ { sent = $1; received = $4 }
		/^ping: |local error|sendmsg/ { local = $0 }
		END {
			if (error) print error "@" from
			else if (local && !received) print "errno " local
			else if (received && received == sent) print "reply"
			else if (sent && !received) print "no-reply"
			else if (sent) print received " of " sent " replies"
			else print "errno " local
		}'
}

probe_ping() { # NAMESPACE ADDRESS OPTION...
	namespace=$1 address=$2
	shift 2
	seen=$(ip netns exec "$namespace" $as ping -n "$@" "$address" 2>&1 </dev/null | ping_outcome)
	case $seen in
	'errno '*) seen=$(errno_of "${seen#errno }") ;;
	no-reply) # of a rule that forbids the packet ping tells nothing
		error=$(refusal "$namespace" "$address" "$@") && return
		seen=$(errno_of "$error")
		;;
	esac
}

refusal() { # NAMESPACE ADDRESS OPTION...: what the lookup says of a ping with these options
	at=$1 to=$2 from=
	shift 2
	while [ $# -gt 0 ]; do
		case $1 in
		-I) case $2 in *[.:]*) from="$from from $2" ;; *) from="$from oif $2" ;; esac ;;
		-m) from="$from mark $2" ;;
		-Q) from="$from tos $2" ;;
		esac
		shift
	done
	# shellcheck disable=SC2086 # words
	{ ip -n "$at" route get "$to" $from >/dev/null; } 2>&1
}

probe_trace() { # NAMESPACE ADDRESS HOPS SILENT OPTION...: the hops by rising TTL, "null" for a silent one
	namespace=$1 address=$2 hops=$3 most=$4 ttl=0 silent=0 seen=
	shift 4
	while [ $ttl -lt "$hops" ] && [ $silent -lt "$most" ]; do
		ttl=$((ttl + 1))
		outcome=$(ip netns exec "$namespace" ping -n -c 1 -t $ttl "$@" "$address" 2>&1 </dev/null | ping_outcome)
		case $outcome in
		reply) path="$seen $address" seen=reached && break ;;
		time-exceeded@*) seen="$seen ${outcome#*@}" silent=0 ;;
		no-reply) seen="$seen null" silent=$((silent + 1)) ;;
		*) path="$seen ${outcome#*@}" seen=$outcome && break ;;
		esac
	done
	case $seen in ' '*) path=$seen ;; esac
}

owner() { # ADDRESS: the namespace that has it
	for namespace in $namespaces; do
		if ip -n "$namespace" -o address show to "$1" | grep -q .; then echo "$namespace"; fi
	done
}

listening() { # NAMESPACE OPTION PORT ADDRESS: nc has made its socket
	ip netns exec "$1" ss -Hln "$2" "sport = :$3" | grep -q .
}

listen() { # tcp|udp NAMESPACE ADDRESS PORT BYTES: nc listens, also where the address is not local
	protocol=$1 at=$2 address=$3 port=$4
	if [ -z "$at" ]; then return; fi
	head -c "$5" "$work/pattern" >"$work/sent"
	case $address in *:*) family=ipv6 ;; *) family=ipv4 ;; esac
	ip netns exec "$at" sysctl -qw "net.$family.ip_nonlocal_bind=1"
	if [ "$protocol" = tcp ]; then
		ip netns exec "$at" nc -n -v -N -l "$address" "$port" <"$work/sent" >"$work/got" 2>"$work/listener" &
	else
		rm -f "$work/echo"
		mkfifo "$work/echo"
		ip netns exec "$at" nc -n -v -u -l "$address" "$port" 0<>"$work/echo" 1>&0 2>"$work/listener" &
	fi
	listener=$! tries=0
	case $protocol in tcp) option=-t ;; *) option=-u ;; esac
	until listening "$at" $option "$port" || [ $tries = 200 ]; do
		tries=$((tries + 1))
		sleep 0.01
	done
	ip netns exec "$at" sysctl -qw "net.$family.ip_nonlocal_bind=0"
}

unlisten() { # whom the listener saw; and it ends
	if [ -z "$listener" ]; then return; fi
	tries=0
	while [ "$seen" = connected ] && ! cmp -s "$work/sent" "$work/got" && [ $tries -lt 200 ]; do
		tries=$((tries + 1))
		sleep 0.01
	done
	kill "$listener" 2>/dev/null
	wait "$listener" 2>/dev/null
	peer=$(sed -n 's/^Connection received on \([^ ]*\) .*/\1/p' "$work/listener")
	if [ "$seen" = connected ] && ! cmp -s "$work/sent" "$work/got"; then seen=stalled; fi
	listener=
}

probe_tcp() { # NAMESPACE ADDRESS PORT BYTES TIMEOUT OPTION...: the listener ends first, as nc -l goes when its peer ends
	namespace=$1 address=$2 port=$3 timeout=$5
	head -c "$4" "$work/pattern" >"$work/question"
	shift 5
	ip netns exec "$namespace" $as nc -n -v -w "$timeout" "$@" "$address" "$port" <"$work/question" \
		>"$work/answer" 2>"$work/error"
	case $(cat "$work/error") in
	*succeeded*) if cmp -s "$work/question" "$work/answer"; then seen=connected; else seen=stalled; fi ;;
	*refused*) seen=refused ;;
	*'timed out'*) seen=no-reply ;;
	*) seen=$(errno_of "$(cat "$work/error")") ;;
	esac
	unlisten
}

unreachables() { # NAMESPACE: how many ICMP errors came
	ip netns exec "$1" nstat -asz IcmpInDestUnreachs Icmp6InDestUnreachs | awk '/^Icmp/ { sum += $2 } END { print sum }'
}

probe_udp() { # NAMESPACE ADDRESS PORT BYTES TIMEOUT OPTION...: nc does not tell why nothing came; a counter may
	namespace=$1 address=$2 port=$3 timeout=$5
	head -c "$4" "$work/pattern" >"$work/question"
	shift 5
	before=$(unreachables "$namespace")
	if ! ip netns exec "$namespace" $as nc -n -u -W 1 -w "$timeout" "$@" "$address" "$port" <"$work/question" \
		>"$work/answer" 2>"$work/error"; then
		seen=$(errno_of "$(ip netns exec "$namespace" $as nc -n -u -v -w 1 "$@" "$address" "$port" 2>&1 </dev/null)")
	elif cmp -s "$work/question" "$work/answer"; then
		seen=reply
	elif [ "$(unreachables "$namespace")" != "$before" ]; then
		seen=unreachable
	else
		seen=no-reply
	fi
	unlisten
}

within() { # of JSON, whether $wanted (JSON, too) is in it: of an object each key, of a list each element
	jq -e --argjson wanted "$1" '
		def alike($w): . as $s | if $w | type == "object" then
			($s | type == "object") and
				all($w | keys[]; . as $k | ($w[$k] == false and ($s[$k] | not)) or ($s[$k] | alike($w[$k])))
		elif $w | type == "array" then
			($s | type == "array") and all($w[]; . as $e | any($s[]; alike($e)))
		elif $w == null then $s == null
		else ($s | tostring) == ($w | tostring) end;
		alike($wanted)' >/dev/null 2>&1
}

probe_route() { # NAMESPACE WANTED WORD...: `ip route get`; WANTED is JSON, {} for any
	namespace=$1 wanted=$2
	shift 2
	if ! output=$(ip -n "$namespace" -d -j route get "$@" 2>&1 </dev/null); then
		seen=$(errno_of "$output")
		return
	fi
	fib=$(ip -n "$namespace" -d -j route get fibmatch "$@" 2>/dev/null </dev/null) || fib='[{}]'
	if printf '%s\n%s\n' "$output" "${fib:-[{\}]}" |
		jq -s '(.[0][0] | .table //= "main" | .type //= "unicast") + { fibmatch: .[1][0] }' | within "$wanted"; then
		seen=found
	else
		seen=$output
	fi
}

probe_show() { # NAMESPACE WANTED WORD...: `ip -j`; WANTED is a list, [] for none
	namespace=$1 wanted=$2
	shift 2
	output=$(ip -n "$namespace" -d -j "$@" 2>/dev/null </dev/null) || output='[]'
	seen=$output
	if [ "$wanted" = '[]' ]; then
		if printf '%s' "${output:-[]}" | jq -e 'map(select(. != {})) == []' >/dev/null; then seen=found; fi
	elif printf '%s' "$output" | jq 'map(if has("priority") then .not = has("not") else . end)' | within "$wanted"; then
		seen=found
	fi
}

hosts() { # /etc/hosts, here only: the namespaces by their names, then what this machine has
	if [ ! -e "$work/hosts" ]; then
		cat /etc/hosts >"$work/machine" 2>/dev/null
		: >"$work/hosts"
		mount --bind "$work/hosts" /etc/hosts 2>/dev/null
	fi
	for at in $namespaces; do
		ip -n "$at" -o address show scope global | awk -v name="$at" '{ sub(/\/.*/, "", $4); print $4, name }'
	done >"$work/named"
	cat "$work/named" "$work/machine" >"$work/hosts"
}

variables() { # that every program has, and no others
	echo PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LANG=C.UTF-8 TERM=dumb
}

ended() { # STATUS: with which the program ended
	[ "$code" = "$1" ]
}

printed() { # stdout|stderr PATTERN: whether it printed a line that matches; '' is nothing at all
	text=$(tr '\000' ' ' <"$work/$1.$programs")
	if [ -z "$2" ]; then [ -z "$text" ]; else printf '%s\n' "$text" | LC_ALL=C grep -qaE -e "$2"; fi
}

tried() { # TIMES
	[ "$tries" -ge "$1" ]
}

program_outcome() { # of $code, and of what it printed
	seen="exit status $code"
	case $code:$(head -n 1 "$work/stderr.$programs") in
	0:*) seen=success ;;
	12[67]:'env: '*) seen=$(errno_of "$(cat "$work/stderr.$programs")") ;;
	esac
	if eval "$wanted"; then seen=found; fi
}

probe_exec() { # NAMESPACE SECONDS WANTED VARIABLE=VALUE... PROGRAM ARGUMENT...: WANTED is what makes it "found"
	namespace=$1 seconds=$2 wanted=$3 programs=$((programs + 1)) clean=$(variables)
	shift 3
	hosts
	{
		timeout -s KILL "$seconds" ip netns exec "$namespace" env -i $clean "$@" >"$work/stdout.$programs" \
			2>"$work/stderr.$programs" </dev/null
		code=$?
	} 2>/dev/null # where the shell tells of signals
	program_outcome
}

probe_background() { # NAMESPACE TRIES WANTED UNTIL VARIABLE=VALUE... PROGRAM ARGUMENT...: as above; UNTIL ends the step
	namespace=$1 most=$2 wanted=$3 until=$4 programs=$((programs + 1)) tries=0 code='' clean=$(variables)
	shift 4
	hosts
	: >"$work/stdout.$programs" 2>"$work/stderr.$programs" # the program's may be late
	setsid ip netns exec "$namespace" env -i $clean "$@" >"$work/stdout.$programs" 2>"$work/stderr.$programs" </dev/null &
	process=$!
	while kill -0 $process 2>/dev/null; do
		if eval "$until"; then
			seen=success
			if eval "$wanted"; then seen=found; fi
			return
		elif tried "$most"; then
			kill -s KILL -- -$process
			break
		fi
		tries=$((tries + 1))
		sleep 0.01
	done
	wait $process 2>/dev/null
	code=$?
	program_outcome
	if [ "$seen" = success ]; then seen='exit status 0'; fi
}

try() { # COMMAND...: part of a change, which stops at the first error
	if [ -n "$failed" ]; then return; fi
	failed=$("$@" 2>&1 </dev/null) && failed=
}

try_stands() { # COMMAND...: the same, of what may stand already
	try "$@"
	case $failed in *'File exists'*) failed= ;; esac
}

try_input() { # COMMAND...: the same, of one that reads its standard input
	if [ -n "$failed" ]; then return; fi
	failed=$("$@" 2>&1) && failed=
}

changed() { # what came of the change
	case $failed in
	'') seen='done' ;;
	*'Error: '*) seen=told ;; # the kernel's words, where there are any ip does not tell the errno
	*) seen=$(errno_of "$failed") ;;
	esac
	message=$failed failed=
}

pause() { # SECONDS
	sleep "$1"
	seen=waited
}

capture() { # NAMESPACE DEVICE DIRECTION LEAST MOST FILTER: what the device sees during the next step
	captures=$((captures + 1)) tries=0
	: >"$work/capture.$captures.error"
	ip netns exec "$1" tcpdump -p -i "$2" -Q "$3" -n -q -t -l -s 128 -B 16384 --immediate-mode "$6" >"$work/capture.$captures" \
		2>"$work/capture.$captures.error" </dev/null &
	echo "$! $4 $5 $1/$2 $6" >"$work/capture.$captures.wanted"
	until grep -q 'listening on' "$work/capture.$captures.error" || [ $tries = 500 ]; do
		tries=$((tries + 1))
		sleep 0.01
	done
}

captured() { # whether each device saw what it must
	good=true
	while [ "$captures" -gt 0 ]; do
		read -r pid least most what <"$work/capture.$captures.wanted"
		tries=0
		until count=$(grep -c . "$work/capture.$captures"); [ "$count" -ge "$least" ] || [ $tries = 100 ]; do
			tries=$((tries + 1))
			sleep 0.01
		done
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		count=$(grep -c . "$work/capture.$captures")
		if [ "$count" -lt "$least" ] || [ "$count" -gt "$most" ]; then
			good=false
			trouble="$trouble; $what: $count packets"
		fi
		captures=$((captures - 1))
	done
	$good
}

counter() { # NAMESPACE NAME: the counter now: of nftables, of a device, or of nstat
	case $2 in
	nft\ *)
		# shellcheck disable=SC2086 # family, table, name
		ip netns exec "$1" nft list counter ${2#nft } 2>/dev/null | sed -n 's/.*packets \([0-9]*\) .*/\1/p'
		;;
	*.*) ip netns exec "$1" cat "/sys/class/net/${2%.*}/statistics/${2##*.}" ;;
	*) ip netns exec "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }' ;;
	esac
}

count() { # NAMESPACE COUNTER LEAST MOST: by how much it moves during the next step
	counts=$((counts + 1))
	now=$(counter "$1" "$2")
	printf '%s\n' "$1 ${now:-unknown} $3 $4 $2" >"$work/count.$counts"
}

counted() { # whether each counter moved as it must
	good=true
	while [ "$counts" -gt 0 ]; do
		read -r namespace before least most what <"$work/count.$counts"
		now=$(counter "$namespace" "$what")
		if [ "$before" = unknown ] || [ -z "$now" ]; then
			good=false trouble="$trouble; $namespace $what: unknown"
			counts=$((counts - 1))
			continue
		fi
		moved=$((now - before))
		if [ $moved -lt "$least" ] || [ $moved -gt "$most" ]; then
			good=false
			trouble="$trouble; $namespace $what: $moved"
		fi
		counts=$((counts - 1))
	done
	$good
}

holds() { # EXPECTED: whether what was seen is among these; each may name who sent it, whom the listener saw, ...
	for word in $1; do
		case $word in
		"$seen" | "${seen%@*}") return 0 ;;
		peer=*) case $seen in reply | connected) if [ "$peer" = "${word#peer=}" ]; then return 0; fi ;; esac ;;
		path=*) if [ "$path" = "$(printf %s "${word#path=}" | tr , ' ')" ]; then return 0; fi ;;
		message=*) case $message in *"$(printf %s "${word#message=}" | tr , ' ')"*) return 0 ;; esac ;;
		esac
	done
	return 1
}

attempt() { # EXPECTED COMMAND...
	expected=$1 trouble=
	shift
	"$@"
	verdict=true
	if ! holds "$expected"; then verdict=false; fi
}

step() { # NAME EXPECTED COMMAND...
	name=$1 number=$((number + 1))
	shift
	attempt "$@"
	if [ -n "$patience" ]; then
		end=$(($(date +%s) + patience))
		while ! $verdict && [ "$(date +%s)" -lt $end ]; do
			sleep 0.05
			attempt "$@"
		done
	fi
	if ! captured; then verdict=false; fi
	if ! counted; then verdict=false; fi
	if $verdict; then printf 'ok %s - %s\n' "$number" "$name$todo"; else
		printf 'not ok %s - %s\n' "$number" "$name$todo"
		printf '# expected %s, seen %s%s\n' "$1" "$seen" "$trouble"
		if [ -z "$todo" ]; then status=1; fi
	fi
	todo='' patience='' as='' peer='' path='' message=''
}

unsaid() { # NAME REASON: a step that these tools cannot do
	number=$((number + 1))
	printf 'ok %s - %s\n' "$number" "$1 # SKIP $2"
}
