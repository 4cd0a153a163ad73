# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154,SC2034,SC2086 # what a lab's script sets and reads
# The functions of scripts (see library_build.sh) that do what a step probes, and say what came of it.

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
