# SPDX-License-Identifier: GPL-2.0-or-later
# awk -v machine=WORDS -v rounds=N -v data=FILE -f relay.awk NAMES RELAY.TSV: prints the tables of ci/bench/relay and
# writes to FILE what relay.gnuplot draws. Ends with 1 where a ratio is over its bound.

function sort(values, count, i, j, value) {
	for (i = 2; i <= count; i++) {
		value = values[i]
		for (j = i - 1; j && values[j] > value; j--)
			values[j + 1] = values[j]
		values[j + 1] = value
	}
}

# The value below which PART of the COUNT sorted values lie, between two of them where it falls so.
function quantile(values, count, part, place, below) {
	place = 1 + part * (count - 1)
	below = int(place)
	if (below == count)
		return values[count]
	return values[below] + (place - below) * (values[below + 1] - values[below])
}

# Into MEDIAN, LOW and HIGH: of what the rounds gave for PATH, or for tunlab as a part of that. False if nothing.
function look(figure, path, as_ratio, values, count, i, one, base) {
	count = 0
	for (i = 1; i <= rounds; i++) {
		one = (i SUBSEP path SUBSEP figure)
		base = (i SUBSEP "tunlab" SUBSEP figure)
		if ((one in value) && (!as_ratio || base in value))
			values[++count] = as_ratio ? value[base] / value[one] : value[one]
	}
	sort(values, count)
	median = quantile(values, count, 0.5)
	low = quantile(values, count, 0.25)
	high = quantile(values, count, 0.75)
	return count
}

function digits(number) { return sprintf(number < 1 ? "%.3f" : number < 100 ? "%.2f" : "%.0f", number) }

function cell(figure, path, as_ratio) {
	if (!look(figure, path, as_ratio))
		return " |"
	return sprintf(" %s (%s–%s) |", digits(median), digits(low), digits(high))
}

function heads(first, i, line) {
	printf "| %s |", first
	for (i = 1; i <= figures; i++)
		printf " %s |", title[i]
	printf "\n|---|"
	for (i = 1; i <= figures; i++)
		printf "---|"
	print ""
}

function row(first, path, as_ratio, i) {
	printf "| %s |", first
	for (i = 1; i <= figures; i++)
		printf "%s", cell(figure[i], path, as_ratio)
	print ""
}

function judge(what, found, bound, at_least) {
	good = at_least ? found >= bound : found <= bound
	missed += !good
	printf "| %s | %s | at %s %s | %s |\n", what, digits(found), at_least ? "least" : "most", bound,
		good ? "ok" : "**MISSED**"
}

function judge_ratio(what, figure, path, bound, at_least) {
	if (look(figure, path, 1))
		judge(what " / " name[path], median, bound, at_least)
}

function is_peer(path) { return path == "vde" || path == "ubridge" || path == "mahimahi" }

function judge_all(i) {
	print "\n| required | found | bound | |\n|---|---|---|---|"
	judge_ratio("TCP", "tcp", "veth", 1, 1)
	if (look("tcp", "veth", 1))
		judge("TCP / " name["veth"] ", lower quartile", low, 0.85, 1)
	judge_ratio("TCP", "tcp", "plain", 8, 1)
	for (i = 1; i <= paths; i++)
		if (is_peer(path[i]))
			judge_ratio("TCP", "tcp", path[i], 6, 1)
	judge_ratio("UDP", "udp", "plain", 1.2, 1)
	for (i = 1; i <= paths; i++)
		if (is_peer(path[i]))
			judge_ratio("UDP", "udp", path[i], 1.8, 1)
	judge_ratio("round trip", "rtt", "plain", 0.6, 0)
	judge_ratio("CPU for a GB of TCP", "cpu", "veth", 1.25, 0)
	judge("CPU of an idle wire, ms in 2 s", value["-", "tunlab", "idle"], 1, 0)
}

function draw(i, j) {
	for (i = 1; i <= figures; i++) {
		for (j = 1; j <= paths; j++)
			if (look(figure[i], path[j], 0))
				printf "\"%s\" %g %g %g\n", path[j], median, low, high >data
		printf "\n\n" >data
	}
}

BEGIN {
	FS = "\t"
	figures = 4
	figure[1] = "tcp"; title[1] = "TCP, Gbit/s"
	figure[2] = "udp"; title[2] = "UDP of 64 bytes, received/s"
	figure[3] = "rtt"; title[3] = "flood ping, µs"
	figure[4] = "cpu"; title[4] = "CPU s for a GB of TCP"
}

FNR == NR { path[++paths] = $1; name[$1] = $2; next }
{ value[$1, $2, $3] = $4 }

END {
	printf "Medians of %d rounds (quartiles), on %s; TCP is cubic, the MTU 1500.\n\n", rounds, machine
	heads("path")
	for (i = 1; i <= paths; i++)
		row(name[path[i]], path[i], 0)
	draw()
	if (!("tunlab" in name) || paths == 1)
		exit
	print "\nRatios of the same round, medians (quartiles):\n"
	heads("tunlab's wire /")
	for (i = 1; i <= paths; i++)
		if (path[i] != "tunlab")
			row(name[path[i]], path[i], 1)
	judge_all()
	exit missed > 0
}
