/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router has, entry by entry: done or refused as the kernel does with the same words; what it
 * advertises as numbers; and the addresses that its ports have by themselves. */
#include "lab/router.h"

#include "tests/unit/reading.h"
#include "tests/unit/tap.h"

#define ENDS "\"ends\": [\"a/tun0\", \"b/tap0\"]"

/* A router without anything, and a change of it that says WHAT. */
static struct lab *lab_with(struct arena *arena, const char *what)
{
	return lab_of(arena_printf(arena,
		"{ \"namespaces\": { \"a\": {}, \"b\": { \"links\": { \"tap0\": { \"kind\": \"tap\" } } } },"
		"  \"wires\": [{ \"kind\": \"router\", " ENDS " }],"
		"  \"steps\": [{ \"change\": { \"wires\": [{ " ENDS ", %s }] } }] }",
		what));
}

static const struct router_said *said_in(const struct lab *lab)
{
	return lab->steps[0].change->statements[0]->router;
}

/* "+10.0.0.254/24 -10.2.0.0/16", or "EEXIST: its words". */
static const char *outcome(struct arena *arena, struct router_state *state, const struct router_entry *entry)
{
	struct router_effects effects = { 0 };
	struct router_refusal refusal = router_apply(arena, state, entry, &effects);
	const char *text = "";

	if (refusal.number)
		return arena_printf(arena, "%s%s%s", error_name(refusal.number), refusal.message ? ": " : "",
			refusal.message ? refusal.message : "");
	for (size_t i = 0; i < effects.count; i++) {
		const struct router_item *item = &effects.at[i].item;

		text = arena_printf(arena, "%s%s%s%s", text, i ? " " : "", effects.at[i].set ? "+" : "-",
			item->at.length ? address_print(arena, &item->at) : "default");
		if (item->object == &router_route && item->dev && effects.at[i].set)
			text = arena_printf(arena, "%s@%s", text, item->dev->name);
	}
	return text;
}

struct row {
	const char *key, *line, *outcome;
};

/* One after the other, to one router. Those of the kernel were tried on 6.18. */
static const struct row rows[] = {
	{ "routes", "10.2.0.0/16 via 10.0.0.1", "ENETUNREACH: Nexthop has invalid gateway" },
	{ "addresses", "10.0.0.254/24 dev a/tun0", "+10.0.0.254/24" },
	{ "addresses", "10.0.0.254/24 dev a/tun0", "" },
	{ "addresses", "inet 10.0.0.254/24 scope global dev a/tun0 valid_lft forever preferred_lft forever",
		"" },
	{ "addresses", "add 10.0.0.254/24 dev a/tun0", "EEXIST: ipv4: Address already assigned" },
	{ "addresses", "10.0.0.254/25 dev a/tun0", "EEXIST: ipv4: Address already assigned" },
	{ "addresses", "replace 10.0.0.254/25 dev a/tun0", "+10.0.0.254/25" },
	{ "addresses", "del 10.0.0.254/24 dev a/tun0", "EADDRNOTAVAIL: ipv4: Address not found" },
	{ "addresses", "del 10.0.0.254 dev b/tap0", "EADDRNOTAVAIL: ipv4: Address not found" },
	{ "addresses", "del 10.0.0.254 dev a/tun0", "-10.0.0.254/25" },
	{ "addresses", "10.0.0.254/24 dev a/tun0", "+10.0.0.254/24" },
	{ "addresses", "10.0.1.254/24 dev b/tap0", "+10.0.1.254/24" },
	{ "addresses", "2001:db8::fe/64 dev b/tap0", "+2001:db8::fe/64" },
	{ "addresses", "add 2001:db8::fe/48 dev b/tap0", "EEXIST: ipv6: address already assigned" },
	{ "addresses", "del 2001:db8::fe dev b/tap0", "EADDRNOTAVAIL: ipv6: address not found" },
	{ "routes", "10.2.0.0/16 via 10.0.1.2", "+10.2.0.0/16@tap0" },
	{ "routes", "10.2.0.0/16 via 10.0.1.2", "" },
	{ "routes", "10.2.0.0/16 via 10.0.1.2 dev b/tap0", "" },
	{ "routes", "add 10.2.0.0/16 via 10.0.1.2", "EEXIST" },
	{ "routes", "10.2.0.0/16 via 10.0.0.1", "EEXIST" },
	{ "routes", "blackhole 10.2.0.0/16", "EEXIST" },
	{ "routes", "10.2.0.0/17 via 10.0.0.1", "+10.2.0.0/17@tun0" },
	{ "routes", "10.3.0.0/16 via 10.0.0.1 dev b/tap0", "ENETUNREACH: Nexthop has invalid gateway" },
	{ "routes", "10.3.0.0/16 via 10.0.0.254", "EINVAL: Nexthop has invalid gateway" },
	{ "routes", "10.3.0.0/16 via 10.0.0.255", "EINVAL: Nexthop has invalid gateway" },
	{ "routes", "10.3.0.0/16 via 10.0.1.255 dev b/tap0", "EINVAL: Nexthop has invalid gateway" },
	{ "routes", "10.3.0.0/16 via 10.0.0.255 dev b/tap0", "ENETUNREACH: Nexthop has invalid gateway" },
	{ "routes", "10.3.0.0/16 via 224.0.0.1 dev b/tap0", "EINVAL: Nexthop has invalid gateway" },
	{ "routes", "10.3.0.0/16 via 10.0.0.0", "+10.3.0.0/16@tun0" },
	{ "routes", "del 10.3.0.0/16", "-10.3.0.0/16" },
	{ "addresses", "10.0.3.2/31 dev b/tap0", "+10.0.3.2/31" },
	{ "routes", "10.3.0.0/16 via 10.0.3.3", "+10.3.0.0/16@tap0" },
	{ "routes", "del 10.3.0.0/16", "-10.3.0.0/16" },
	{ "addresses", "del 10.0.3.2/31 dev b/tap0", "-10.0.3.2/31" },
	{ "routes", "10.4.0.0/16 dev b/tap0", "+10.4.0.0/16@tap0" },
	{ "routes", "10.3.0.0/16 via 10.4.0.1", "+10.3.0.0/16@tap0" },
	{ "routes", "replace 10.3.0.0/16 via 10.0.0.2", "+10.3.0.0/16@tun0" },
	{ "routes", "replace unreachable 10.3.0.0/16", "+10.3.0.0/16" },
	{ "routes", "blackhole 10.0.1.0/25", "+10.0.1.0/25" },
	{ "routes", "10.5.0.0/16 via 10.0.1.2", "+10.5.0.0/16@tap0" },
	{ "routes", "del 10.5.0.0/16", "-10.5.0.0/16" },
	{ "routes", "del 10.0.1.0/25", "-10.0.1.0/25" },
	{ "routes", "10.5.0.0/16 via 10.3.0.1", "ENETUNREACH: Nexthop has invalid gateway" },
	{ "routes", "del 10.6.0.0/16", "ESRCH" },
	{ "routes", "del 10.3.0.0/16 via 10.0.0.2", "ESRCH" },
	{ "routes", "del prohibit 10.3.0.0/16", "ESRCH" },
	{ "routes", "del unreachable 10.3.0.0/16", "-10.3.0.0/16" },
	{ "routes", "del 10.2.0.0/17 dev b/tap0", "ESRCH" },
	{ "routes", "default via 10.0.0.1", "+default@tun0" },
	{ "routes", "default via 2001:db8::1", "+default@tap0" },
	{ "routes", "add default via 10.0.0.2", "EEXIST" },
	{ "routes",
		"10.0.0.0/24 dev a/tun0 proto kernel scope link src 10.0.0.254 metric 256 pref medium "
		"linkdown",
		"" },
	{ "routes", "add 10.0.0.0/24 dev a/tun0", "EEXIST" },
	{ "routes", "10.0.0.0/24 via 10.0.0.1", "EEXIST" },
	{ "routes", "del 10.0.0.0/24", "EOPNOTSUPP: the route follows from an address of the router" },
	{ "routes", "replace 10.0.0.0/24 dev b/tap0",
		"EOPNOTSUPP: the route follows from an address of the router" },
	{ "routes", "2001:db8:1::/48 via 2001:db9::1", "EHOSTUNREACH" },
	{ "routes", "2001:db8:1::/48 via 2001:db8::fe", "EINVAL: Gateway can not be a local address" },
	{ "routes", "2001:db8:1::/48 via ff02::1 dev b/tap0", "EINVAL: Invalid gateway address" },
	{ "routes", "2001:db8:1::/48 via :: dev b/tap0", "EINVAL: Invalid gateway address" },
	{ "routes", "2001:db8:1::/48 via fe80::1", "EINVAL: Egress device not specified" },
	{ "routes", "2001:db8:1::/48 via fe80::1 dev a/tun0", "+2001:db8:1::/48@tun0" },
	{ "routes", "2001:db8:2::1/48 dev b/tap0", "+2001:db8:2::/48@tap0" },
	{ "neighbours", "10.0.1.9 dev b/tap0 lladdr 02:00:00:00:00:09 PERMANENT", "+10.0.1.9" },
	{ "neighbours", "10.0.1.9 dev b/tap0 lladdr 02:00:00:00:00:09", "" },
	{ "neighbours", "10.0.1.9 dev b/tap0 lla 02:00:00:00:00:09", "" },
	{ "neighbours", "10.0.1.9 dev b/tap0 lladdr 02:00:00:00:00:09 nud permanent", "" },
	{ "neighbours", "10.0.1.9 dev b/tap0 lladdr 02:00:00:00:00:08", "EEXIST" },
	{ "neighbours", "replace 10.0.1.9 dev b/tap0 lladdr 02:00:00:00:00:08", "+10.0.1.9" },
	{ "neighbours", "del 10.0.1.8 dev b/tap0", "ENOENT" },
	{ "neighbours", "del 10.0.1.9 dev b/tap0", "-10.0.1.9" },
	/* With its last IPv4 address a port loses its IPv4 routes, which are named from the newest. */
	{ "addresses", "2001:db8:5::fe/64 dev a/tun0", "+2001:db8:5::fe/64" },
	{ "addresses", "10.0.2.254/24 dev a/tun0", "+10.0.2.254/24" },
	{ "addresses", "del 10.0.0.254/24 dev a/tun0", "-10.0.0.254/24" },
	{ "addresses", "del 10.0.2.254/24 dev a/tun0", "-10.0.2.254/24 -default -10.2.0.0/17" },
	{ "addresses", "del 2001:db8::fe/64 dev b/tap0", "-2001:db8::fe/64" },
	{ "routes", "del default", "ESRCH" },
	{ "routes", "del -6 default", "-default" },
	/* An IPv6 address takes no IPv4 route with it, nor where the port has no IPv4 address. */
	{ "routes", "10.8.0.0/16 dev a/tun0", "+10.8.0.0/16@tun0" },
	{ "addresses", "del 2001:db8:5::fe/64 dev a/tun0", "-2001:db8:5::fe/64" },
	{ "routes", "del 10.8.0.0/16", "-10.8.0.0/16" },
};

static void entry_by_entry(void)
{
	struct arena *arena = arena_open();
	struct router_state state = { 0 };
	struct lab *labs[sizeof rows / sizeof *rows];
	const struct link *ends[2] = { NULL, NULL };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		const struct router_said *said;
		struct router_entry entry;

		labs[i] = lab_with(arena, arena_printf(arena, "\"%s\": [\"%s\"]", row->key, row->line));
		said = said_in(labs[i]);
		entry = said->entries[0];
		/* Each row has a lab of its own, whose ends are those of the first. */
		for (size_t j = 0; j < 2; j++) {
			const struct link *end = labs[i]->wires[0]->ends[j];

			ends[j] = ends[j] ? ends[j] : end;
			if (entry.item.dev == end)
				entry.item.dev = ends[j];
		}
		tap_is(outcome(arena, &state, &entry), row->outcome, "%s: %s", row->key, row->line);
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		lab_close(labs[i]);
	arena_close(arena);
}

/* Sixteen entries are printed, of more it is said that there are. */
static void printed_entries(void)
{
	static const size_t counts[] = { 16, 17 };

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct arena *arena = arena_open();
		const char *list = "", *text;
		struct lab *lab;

		for (size_t j = 0; j < counts[i]; j++)
			list = arena_printf(
				arena, "%s%s\"blackhole 10.%zu.0.0/16\"", list, j ? ", " : "", j + 1);
		lab = lab_with(arena, arena_printf(arena, "\"routes\": [%s]", list));
		text = router_print(arena, lab->steps[0].change->statements[0]);
		tap_ok(strstr(text, "10.16.0.0/16") && !strstr(text, "10.17.0.0/16") &&
				!strstr(text, "...") == (counts[i] == 16),
			"of %zu entries: %s", counts[i], text);
		lab_close(lab);
		arena_close(arena);
	}
}

static void advertises(void)
{
	struct arena *arena = arena_open();
	struct lab *lab = lab_with(arena,
		"\"advertise\": { \"b/tap0\": { \"MaxRtrAdvInterval\": 10, \"AdvManagedFlag\": \"on\","
		" \"AdvDefaultPreference\": \"low\", \"prefix\": { \"2001:db8::/64\": { \"AdvAutonomous\": "
		"false, \"AdvPreferredLifetime\": 14400 } },"
		" \"route\": { \"2001:db8:1::/48\": { \"AdvRouteLifetime\": \"infinity\" } },"
		" \"RDNSS\": { \"2001:db8::53\": {} } }, \"a/tun0\": null }");
	const struct router_said *said = said_in(lab);
	const struct advertisement *one = said->advertisements;
	uint64_t numbers[RELAY_NUMBERS];

	tap_ok(said->advertisement_count == 2 && said->advertisements[1].ends,
		"null ends what is advertised");
	tap_ok(lab->uses_ipv6, "hosts need link-local addresses for it");
	advertise_numbers(one, numbers);
	tap_ok(numbers[RELAY_MIN_INTERVAL] == 3000 && numbers[RELAY_MAX_INTERVAL] == 10000,
		"intervals in milliseconds, the least a third");
	tap_ok(numbers[RELAY_DEFAULT_LIFETIME] == 30 && numbers[RELAY_CUR_HOP_LIMIT] == 64 &&
			numbers[RELAY_SOURCE_LL_ADDRESS] == 1 && numbers[RELAY_LINK_MTU] == 0,
		"radvd's defaults");
	tap_ok(numbers[RELAY_MANAGED] == 1 && numbers[RELAY_OTHER_CONFIG] == 0 &&
			numbers[RELAY_DEFAULT_PREFERENCE] == 3,
		"what is said");
	tap_ok(one->option_count == 3, "a prefix, a route and a server");
	advertised_numbers(one, &one->options[0], numbers);
	tap_ok(one->options[0].kind == RELAY_ADVERTISED_PREFIX && one->options[0].address.length == 64 &&
			numbers[RELAY_VALID_LIFETIME] == 86400 &&
			numbers[RELAY_PREFERRED_LIFETIME] == 14400 && numbers[RELAY_ON_LINK] == 1 &&
			numbers[RELAY_AUTONOMOUS] == 0,
		"the prefix");
	advertised_numbers(one, &one->options[1], numbers);
	tap_ok(one->options[1].kind == RELAY_ADVERTISED_ROUTE && numbers[RELAY_VALID_LIFETIME] == UINT32_MAX,
		"the route");
	advertised_numbers(one, &one->options[2], numbers);
	tap_ok(one->options[2].kind == RELAY_ADVERTISED_RDNSS && numbers[RELAY_VALID_LIFETIME] == 20,
		"the server");
	lab_close(lab);
	arena_close(arena);
}

/* Each word is a number of its own: said of an end, and of an option of it. */
static void numbers_said(void)
{
	static const struct {
		const char *said;
		size_t number;
		uint64_t is;
	} said[] = {
		{ "\"MinRtrAdvInterval\": 5", RELAY_MIN_INTERVAL, 5000 },
		{ "\"MaxRtrAdvInterval\": 11", RELAY_MAX_INTERVAL, 11000 },
		{ "\"AdvManagedFlag\": true", RELAY_MANAGED, 1 },
		{ "\"AdvOtherConfigFlag\": true", RELAY_OTHER_CONFIG, 1 },
		{ "\"AdvLinkMTU\": 1300", RELAY_LINK_MTU, 1300 },
		{ "\"AdvReachableTime\": 70", RELAY_REACHABLE_TIME, 70 },
		{ "\"AdvRetransTimer\": 71", RELAY_RETRANS_TIMER, 71 },
		{ "\"AdvCurHopLimit\": 72", RELAY_CUR_HOP_LIMIT, 72 },
		{ "\"AdvDefaultLifetime\": 700", RELAY_DEFAULT_LIFETIME, 700 },
		{ "\"AdvDefaultPreference\": \"high\"", RELAY_DEFAULT_PREFERENCE, 1 },
		{ "\"AdvSourceLLAddress\": \"off\"", RELAY_SOURCE_LL_ADDRESS, 0 },
	};
	static const struct {
		const char *said;
		size_t number;
		uint64_t is;
	} of_options[] = {
		{ "\"prefix\": { \"2001:db8::/64\": { \"AdvOnLink\": false } }", RELAY_ON_LINK, 0 },
		{ "\"prefix\": { \"2001:db8::/64\": { \"AdvAutonomous\": false } }", RELAY_AUTONOMOUS, 0 },
		{ "\"prefix\": { \"2001:db8::/64\": { \"AdvRouterAddr\": true } }", RELAY_ROUTER_ADDR, 1 },
		{ "\"prefix\": { \"2001:db8::/64\": { \"AdvValidLifetime\": 20000 } }", RELAY_VALID_LIFETIME,
			20000 },
		{ "\"prefix\": { \"2001:db8::/64\": { \"AdvPreferredLifetime\": 7 } }",
			RELAY_PREFERRED_LIFETIME, 7 },
		{ "\"route\": { \"2001:db8::/32\": {} }", RELAY_VALID_LIFETIME, 1800 },
		{ "\"route\": { \"2001:db8::/32\": { \"AdvRouteLifetime\": 8 } }", RELAY_VALID_LIFETIME, 8 },
		{ "\"route\": { \"2001:db8::/32\": { \"AdvRoutePreference\": \"low\" } }",
			RELAY_ROUTE_PREFERENCE, 3 },
		{ "\"RDNSS\": { \"2001:db8::53\": { \"AdvRDNSSLifetime\": 9 } }", RELAY_VALID_LIFETIME, 9 },
	};
	enum { OF_ENDS = sizeof said / sizeof *said, OF_OPTIONS = sizeof of_options / sizeof *of_options };

	for (size_t i = 0; i < OF_ENDS + OF_OPTIONS; i++) {
		struct arena *arena = arena_open();
		bool option = i >= OF_ENDS;
		const char *text = option ? of_options[i - OF_ENDS].said : said[i].said;
		struct lab *lab =
			lab_with(arena, arena_printf(arena, "\"advertise\": { \"b/tap0\": { %s } }", text));
		const struct advertisement *one = said_in(lab)->advertisements;
		uint64_t numbers[RELAY_NUMBERS];

		if (option)
			advertised_numbers(one, &one->options[0], numbers);
		else
			advertise_numbers(one, numbers);
		tap_ok(option ? numbers[of_options[i - OF_ENDS].number] == of_options[i - OF_ENDS].is
			      : numbers[said[i].number] == said[i].is,
			"%s", text);
		lab_close(lab);
		arena_close(arena);
	}
}

/* RFC 4861 6.2.1: MinRtrAdvInterval is 3 seconds or more. */
static void least_intervals(void)
{
	static const unsigned intervals[][2] = { { 4, 3 }, { 9, 3 }, { 10, 3 }, { 13, 4 }, { 600, 198 } };

	for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
		struct arena *arena = arena_open();
		struct lab *lab =
			lab_with(arena, arena_printf(arena,
						"\"advertise\": { \"b/tap0\": { \"MaxRtrAdvInterval\": %u, "
						"\"AdvDefaultLifetime\": 0, \"AdvLinkMTU\": 0 } }",
						intervals[i][0]));
		uint64_t numbers[RELAY_NUMBERS];

		advertise_numbers(said_in(lab)->advertisements, numbers);
		tap_ok(numbers[RELAY_MIN_INTERVAL] == UINT64_C(1000) * intervals[i][1],
			"of at most %u seconds at least %u", intervals[i][0], intervals[i][1]);
		tap_ok(!numbers[RELAY_DEFAULT_LIFETIME], "nobody has a default route by it");
		lab_close(lab);
		arena_close(arena);
	}
}

static void identities(void)
{
	struct arena *arena = arena_open();
	struct lab *lab = lab_with(arena, "\"routes\": []"), *again = lab_with(arena, "\"routes\": []");
	uint8_t hardware[3][6], local[3][16];

	router_identity(lab->wires[0], lab->wires[0]->ends[0], hardware[0], local[0]);
	router_identity(lab->wires[0], lab->wires[0]->ends[1], hardware[1], local[1]);
	router_identity(again->wires[0], again->wires[0]->ends[0], hardware[2], local[2]);
	tap_ok(!memcmp(hardware[0], hardware[2], 6) && !memcmp(local[0], local[2], 16),
		"the same lab gives the same addresses");
	tap_ok(memcmp(hardware[0], hardware[1], 6) != 0, "each port has its own");
	tap_ok((hardware[0][0] & 3) == 2, "locally administered, and no group's");
	tap_ok(local[0][0] == 0xfe && local[0][1] == 0x80 && local[0][8] == (hardware[0][0] ^ 2) &&
			local[0][11] == 0xff && local[0][12] == 0xfe && local[0][15] == hardware[0][5],
		"the link-local address is made from it");
	lab_close(again);
	lab_close(lab);
	arena_close(arena);
}

int main(void)
{
	entry_by_entry();
	printed_entries();
	advertises();
	numbers_said();
	least_intervals();
	identities();
	return tap_done();
}
