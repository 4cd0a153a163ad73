# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154,SC2034,SC2086 # what a lab's script sets and reads
# The functions of scripts (see library_build.sh) that change the lab, count what a step moves, and judge it.

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
