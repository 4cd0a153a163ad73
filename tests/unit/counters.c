/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters: recorded texts become nstat's names, what moved is told from what stood, and the kernel's own
 * files are read. */
#include "kernel/counters.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/tap.h"

static const char snmp[] = "Ip: Forwarding DefaultTTL InReceives OutTransmits\n"
			   "Ip: 2 64 8684 18446744073709551615\n"
			   "IcmpMsg: InType3\n"
			   "IcmpMsg: 1\n"
			   "Tcp: RtoAlgorithm MaxConn CurrEstab InSegs\n"
			   "Tcp: 1 -1 7 8450\n";
static const char netstat[] = "TcpExt: SyncookiesSent IPReversePathFilter \n"
			      "TcpExt: 0 3\n"
			      "IpExt: InNoRoutes\n"
			      "IpExt: 12\n";
static const char snmp6[] = "Ip6InReceives                   \t14\n"
			    "Ip6OutNoRoutes                  \t0\n"
			    "Icmp6InEchos                    \t5";

/* All counters as one text, "Name=number ...". */
static const char *shown(struct arena *arena, const struct counts *counts)
{
	const char *text = "";

	for (size_t i = 0; i < counts->count; i++)
		text = arena_printf(arena, "%s%s%s=%" PRIu64, text, i ? " " : "", counts->at[i].name,
			counts->at[i].number);
	return text;
}

static void recorded_texts(struct arena *arena)
{
	struct counts counts = { 0 };
	uint64_t number = 0;

	counters_parse(arena, snmp, &counts);
	tap_is(shown(arena, &counts),
		"IpForwarding=2 IpDefaultTTL=64 IpInReceives=8684 IpOutTransmits=18446744073709551615 "
		"IcmpMsgInType3=1 TcpRtoAlgorithm=1 TcpMaxConn=18446744073709551615 TcpCurrEstab=7 "
		"TcpInSegs=8450",
		"/proc/net/snmp");

	counters_parse(arena, netstat, &counts);
	tap_ok(counts_get(&counts, "TcpExtIPReversePathFilter", &number) && number == 3,
		"/proc/net/netstat is appended");
	tap_ok(counts_get(&counts, "IpInReceives", &number) && number == 8684, "what was there before stays");
	tap_ok(!counts_get(&counts, "InReceives", &number), "a name without its group is none");

	counts = (struct counts) { 0 };
	counters_parse_snmp6(arena, snmp6, &counts);
	tap_is(shown(arena, &counts), "Ip6InReceives=14 Ip6OutNoRoutes=0 Icmp6InEchos=5",
		"/proc/net/snmp6, and no newline at its end");
}

static void odd_texts(struct arena *arena)
{
	static const struct {
		void (*parse)(struct arena *arena, const char *text, struct counts *out);
		const char *text, *expected;
	} rows[] = {
		{ counters_parse, "", "" },
		{ counters_parse, "\n\n", "" },
		{ counters_parse, "Ip: A B\n", "" },
		{ counters_parse, "Ip: A B\nIp: 1\n", "IpA=1" },
		{ counters_parse, "Ip: A\nIp: 1 2\n", "IpA=1" },
		{ counters_parse, "Ip: A\nIp: x\n", "" },
		{ counters_parse, "Ip: A\nTcp: B\nTcp: 4\n", "TcpB=4" },
		{ counters_parse, "Ip:\nIp:\nTcp: B\nTcp: 4", "TcpB=4" },
		{ counters_parse_snmp6, "", "" },
		{ counters_parse_snmp6, "\n\n", "" },
		{ counters_parse_snmp6, "Ip6A\nIp6B 2\n 3\nIp6C x\n", "Ip6B=2" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct counts counts = { 0 };

		rows[i].parse(arena, rows[i].text, &counts);
		tap_is(shown(arena, &counts), rows[i].expected, "odd text %zu", i);
	}
}

static void what_moved(struct arena *arena)
{
	struct count then[] = { { "IpForwarding", 1 }, { "IpInReceives", 10 }, { "tun0.rx_packets", 100 },
		{ "gone.rx_packets", 4 }, { "TcpInSegs", 8 } };
	struct count now[] = { { "IpForwarding", 2 }, { "IpInReceives", 13 }, { "IcmpMsgInType3", 1 },
		{ "IcmpMsgInType8", 0 }, { "tun0.rx_packets", 3 }, { "TcpInSegs", 8 } };
	const struct counts before = { then, sizeof then / sizeof then[0] };
	const struct counts after = { now, sizeof now / sizeof now[0] };
	struct counts moved = counts_moved(arena, &before, &after);

	tap_is(shown(arena, &moved), "IpInReceives=3 IcmpMsgInType3=1 tun0.rx_packets=3",
		"what moved: no gauge, nothing that stood, what is new or began anew");
	moved = counts_moved(arena, &before, &before);
	tap_is(shown(arena, &moved), "", "nothing moved");
}

static void with_devices(struct arena *arena, const struct counter_files *files)
{
	struct rtnl *rtnl = NULL;
	struct counts counts = { 0 };
	struct error *error = rtnl_open(&rtnl);
	uint64_t number;

	if (!error)
		error = counters_read(arena, files, rtnl, &counts);
	tap_ok(!error, "reading with devices: %s", error ? error->text : "no error");
	error_free(error);
	tap_ok(counts_get(&counts, "lo.rx_packets", &number) && counts_get(&counts, "lo.tx_dropped", &number),
		"lo's counters are there");
	rtnl_close(rtnl);
}

static void the_kernels_own(struct arena *arena)
{
	struct counter_files files;
	struct counts counts = { 0 };
	struct error *error = counters_open(&files, true, true);
	uint64_t number;

	if (!tap_ok(!error, "opening this namespace's files%s%s", error ? ": " : "",
		    error ? error->text : "")) {
		error_free(error);
		return;
	}
	for (int i = 0; i < 2; i++) {
		error = counters_read(arena, &files, NULL, &counts);
		tap_ok(!error, "reading %d: %s", i + 1, error ? error->text : "no error");
		error_free(error);
		tap_ok(counts_get(&counts, "IpInReceives", &number) &&
				counts_get(&counts, "TcpExtIPReversePathFilter", &number),
			"counters of snmp and of netstat are there");
	}
	with_devices(arena, &files);
	counters_close(&files);
	tap_ok(files.snmp == -1 && files.netstat == -1 && files.snmp6 == -1 && files.sctp == -1 &&
			!files.nftables,
		"closed");
}

/* What the files have and nstat leaves out: settings, and how many connections there are. */
static bool is_useless(const char *name)
{
	static const char *const useless[] = { "IpForwarding", "IpDefaultTTL", "TcpRtoAlgorithm", "TcpRtoMin",
		"TcpRtoMax", "TcpMaxConn", "TcpCurrEstab" };

	for (size_t i = 0; i < sizeof useless / sizeof useless[0]; i++)
		if (!strcmp(useless[i], name))
			return true;
	return false;
}

/* Reads the names that nstat(8) prints; a line is a name, a number, and a rate. */
static void read_nstat(struct arena *arena, FILE *nstat, struct counts *out)
{
	char line[256];

	while (fgets(line, sizeof line, nstat)) {
		struct count count = { .name = arena_copy(arena, line, strcspn(line, " \n")) };

		if (*line != '#')
			arena_append(arena, &out->at, &out->count, &count, sizeof count);
	}
}

/* The names that are in ONE and not in OTHER. */
static const char *only_in(struct arena *arena, const struct counts *one, const struct counts *other)
{
	const char *text = "";

	for (size_t i = 0; i < one->count; i++) {
		bool found = is_useless(one->at[i].name);

		for (size_t j = 0; j < other->count && !found; j++)
			found = !strcmp(one->at[i].name, other->at[j].name);
		if (!found)
			text = arena_printf(arena, "%s %s", text, one->at[i].name);
	}
	return text;
}

/* A new namespace's: nobody else moves counters there, which might bring new names. */
static void nstats_names(struct arena *arena)
{
	struct counter_files files;
	struct counts ours = { 0 }, nstats = { 0 };
	struct error *error;
	FILE *nstat;

	if (unshare(CLONE_NEWNET)) {
		tap_skip("no network namespace can be made: nstat's names");
		return;
	}
	nstat = popen("nstat -asz 2>/dev/null", "re"); /* NOLINT(cert-env33-c): it is the oracle */
	if (nstat)
		read_nstat(arena, nstat, &nstats);
	if (!nstat || pclose(nstat)) {
		tap_skip("there is no nstat: its names");
		return;
	}
	error = counters_open(&files, true, false);
	if (!error)
		error = counters_read(arena, &files, NULL, &ours);
	tap_ok(!error && nstats.count > 100, "nstat has %zu names", nstats.count);
	tap_is(only_in(arena, &nstats, &ours), "", "nstat has no name that is unknown here");
	tap_is(only_in(arena, &ours, &nstats), "", "and all names here are nstat's");
	error_free(error);
	counters_close(&files);
}

static void message_types(void)
{
	static const struct counts none = { 0 };
	uint64_t number = 1;

	tap_ok(counts_get(&none, "IcmpMsgInType3", &number) && number == 0,
		"a type of ICMP message that has not come yet is there, and 0");
	tap_ok(counts_get(&none, "Icmp6OutType255", &number), "one of ICMPv6 likewise");
	tap_ok(!counts_get(&none, "IcmpMsgInType256", &number) &&
			!counts_get(&none, "IcmpMsgInType", &number) &&
			!counts_get(&none, "IcmpMsgInType3x", &number) &&
			!counts_get(&none, "IcmpInEchos", &number),
		"what is no such type is not");
}

int main(void)
{
	struct arena *arena = arena_open();

	recorded_texts(arena);
	odd_texts(arena);
	what_moved(arena);
	message_types();
	the_kernels_own(arena);
	nstats_names(arena);
	arena_close(arena);
	return tap_done();
}
