/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The route table against a look at every route. */
#include <sys/resource.h>

#include "forwarder/router/table.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum { MOST = 20000 };

static struct route routes[MOST];
static size_t count;
static uint64_t state = 1;

/* Any number below BOUND, the same in every run. */
static unsigned any(unsigned bound)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((state >> 32) * bound >> 32);
}

static struct ip any_ip(uint8_t family)
{
	struct ip ip = { .family = family };

	for (unsigned i = 0; i < ip_size(&ip); i++)
		ip.bytes[i] = (uint8_t)any(256);
	return ip;
}

/* IP, with other bits from LENGTH on. */
static struct ip beyond(struct ip ip, unsigned length, struct ip other)
{
	for (unsigned bit = length; bit < 8 * ip_size(&ip); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		ip.bytes[bit / 8] = (uint8_t)((ip.bytes[bit / 8] & ~mask) | (other.bytes[bit / 8] & mask));
	}
	return ip;
}

static void add(struct ip prefix, unsigned length)
{
	world_need(count < MOST, "too many routes");
	routes[count] = (struct route) { .length = (uint8_t)length, .kind = ROUTE_BLACKHOLE };
	routes[count].prefix = beyond(prefix, length, (struct ip) { .family = prefix.family });
	memcpy(routes[count].via.bytes, &count, sizeof(count));
	count++;
}

static void add_text(const char *text)
{
	uint8_t length;
	struct ip ip = world_ip(text, &length);

	add(ip, length);
}

/* The first of the longest prefixes that TARGET is within. */
static const struct route *look(const struct ip *target)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (ip_within(target, &routes[i].prefix, routes[i].length) &&
			(!best || routes[i].length > best->length))
			best = &routes[i];
	return best;
}

static bool same(const struct route *seen, const struct route *wanted)
{
	if (!seen || !wanted)
		return seen == wanted;
	return seen != wanted && seen->length == wanted->length && ip_equal(&seen->prefix, &wanted->prefix) &&
	       ip_equal(&seen->via, &wanted->via);
}

static bool agrees(const struct table *table, const struct ip *target)
{
	const struct route *seen = table_find(table, target), *wanted = look(target);
	char text[INET6_ADDRSTRLEN];

	if (same(seen, wanted))
		return true;
	inet_ntop(target->family, target->bytes, text, sizeof(text));
	printf("# %s: seen %d, wanted %d\n", text, seen ? seen->length : -1, wanted ? wanted->length : -1);
	return false;
}

/* The first and the last address of a route, those beside them, and some of it. */
static bool agrees_around(const struct table *table, const struct route *route)
{
	struct ip ones = { .family = route->prefix.family }, ip = route->prefix;
	unsigned flip = route->length ? route->length - 1U : 0;

	memset(ones.bytes, 0xff, ip_size(&ones));
	if (!agrees(table, &ip))
		return false;
	ip = beyond(route->prefix, route->length, ones);
	if (!agrees(table, &ip))
		return false;
	ip.bytes[flip / 8] ^= (uint8_t)(0x80 >> flip % 8);
	if (!agrees(table, &ip))
		return false;
	ip = beyond(route->prefix, route->length, any_ip(ip.family));
	if (!agrees(table, &ip))
		return false;
	flip = any(8 * ip_size(&ip));
	ip.bytes[flip / 8] ^= (uint8_t)(0x80 >> flip % 8);
	return agrees(table, &ip);
}

/* All of them where they are few, else 500; and any address. */
static bool agrees_all(const struct table *table)
{
	enum { SOME = 500 };
	bool holds = true;

	for (unsigned i = 0; i < (count < SOME ? count : SOME) && holds; i++)
		holds = agrees_around(table, &routes[count < SOME ? i : any((unsigned)count)]);
	for (unsigned i = 0; i < SOME && holds; i++) {
		struct ip ip = any_ip(i % 2 ? AF_INET : AF_INET6);

		holds = agrees(table, &ip);
	}
	return holds;
}

/* A prefix as those that are there: within one, around one, beside one; or any. */
static void add_any(uint8_t family)
{
	struct ip ip = any_ip(family);
	unsigned bits = 8 * ip_size(&ip), length = any(bits + 1);

	if (count && any(4)) {
		const struct route *near = &routes[any((unsigned)count)];

		if (near->prefix.family == family)
			ip = beyond(near->prefix, any(near->length + 1U), ip);
		if (any(2))
			length = near->length + any(8);
	}
	add(ip, length < bits ? length : bits);
}

static bool try(struct table *table, unsigned how_many)
{
	count = 0;
	for (unsigned i = 0; i < how_many; i++)
		add_any(any(2) ? AF_INET : AF_INET6);
	return table_build(table, routes, count) && agrees_all(table);
}

static void try_tables(struct table *table)
{
	static const unsigned sizes[] = { 1, 2, 3, 5, 10, 30, 100, 300 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bool holds = true;

		for (unsigned round = 0; round < 1000 / sizes[i] + 10 && holds; round++)
			holds = try(table, sizes[i]);
		tap_ok(holds, "any %u routes, many times: what a look at every one finds", sizes[i]);
	}
	tap_ok(try(table, MOST), "any %u routes", MOST);
}

static void try_empty(struct table *table)
{
	count = 0;
	tap_ok(agrees_all(table), "a new table has no route");
	add_text("10.0.0.0/8");
	tap_ok(table_build(table, routes, count) && agrees_all(table), "one route");
	count = 0;
	tap_ok(table_build(table, NULL, 0) && agrees_all(table), "and none again");
}

static const char *prefix_of(const struct table *table, const char *target)
{
	static char text[INET6_ADDRSTRLEN + 4];
	struct ip ip = world_ip(target, NULL);
	const struct route *route = table_find(table, &ip);

	if (!route)
		return "none";
	inet_ntop(route->prefix.family, route->prefix.bytes, text, INET6_ADDRSTRLEN);
	snprintf(text + strlen(text), 5, "/%u", route->length);
	return text;
}

static void try_named(struct table *table)
{
	static const char *const texts[] = { "0.0.0.0/0", "10.0.0.0/8", "10.2.0.0/16", "10.2.3.0/24",
		"10.2.3.4/32", "10.2.3.4/31", "128.0.0.0/1", "255.255.255.255/32", "2001:db8::/32",
		"2001:db8::/64", "2001:db8::1/128", "2001:db8::/127", "2001:db8:0:0:8000::/65" };
	static const char *const wanted[][2] = { { "1.1.1.1", "0.0.0.0/0" }, { "10.9.9.9", "10.0.0.0/8" },
		{ "10.2.9.9", "10.2.0.0/16" }, { "10.2.3.9", "10.2.3.0/24" }, { "10.2.3.4", "10.2.3.4/32" },
		{ "10.2.3.5", "10.2.3.4/31" }, { "200.1.1.1", "128.0.0.0/1" },
		{ "255.255.255.255", "255.255.255.255/32" }, { "2001:db9::", "none" }, { "::", "none" },
		{ "2001:db8:1::", "2001:db8::/32" }, { "2001:db8::2", "2001:db8::/64" },
		{ "2001:db8::1", "2001:db8::1/128" }, { "2001:db8::", "2001:db8::/127" },
		{ "2001:db8::8000:0:0:1", "2001:db8:0:0:8000::/65" } };

	count = 0;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(texts[i]);
	tap_ok(table_build(table, routes, count) && agrees_all(table), "prefixes within prefixes");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		tap_is(prefix_of(table, wanted[i][0]), wanted[i][1], "the route to %s", wanted[i][0]);
}

/* Of each family one of every length around the same address: the longest way from leaf to parent. */
static void try_nested(struct table *table)
{
	count = 0;
	for (unsigned length = 0; length <= 128; length++)
		add(world_ip("2001:db8:5555:5555:aaaa:5555:5555:5555", NULL), length);
	for (unsigned length = 0; length <= 32; length++)
		add(world_ip("192.0.2.85", NULL), length);
	tap_ok(table_build(table, routes, count) && agrees_all(table),
		"one within the other, of every length");
	count = 0;
	for (unsigned length = 1; length <= 32; length++)
		add(world_ip("0.0.0.0", NULL), length);
	for (unsigned length = 1; length <= 128; length++)
		add(world_ip("::", NULL), length);
	tap_ok(table_build(table, routes, count) && agrees_all(table), "and so with zeros, without default");
}

static void try_several(struct table *table)
{
	struct ip ip = world_ip("10.2.3.4", NULL);
	const struct route *found;

	count = 0;
	add_text("10.2.0.0/16");
	add_text("10.2.0.0/16");
	add_text("2001:db8::/32");
	add_text("10.2.0.0/16");
	routes[1].kind = ROUTE_PROHIBIT;
	routes[3].kind = ROUTE_UNREACHABLE;
	world_need(table_build(table, routes, count), "memory");
	found = table_find(table, &ip);
	tap_ok(found && found->kind == ROUTE_BLACKHOLE, "of several with the same prefix the first counts");
	memset(routes, 0xff, sizeof(routes[0]));
	tap_ok(found && found->kind == ROUTE_BLACKHOLE && found->length == 16,
		"and it is a copy of what was given");
}

/* With ever more memory, until there is enough. Returns how often there was not; -1: the table changed. */
static int build_with_little(struct table *table, const struct route *now)
{
	enum { STEP = 1 << 16, STEPS = 1000 };
	struct ip ip = world_ip("10.2.3.4", NULL);
	struct rlimit before, limit;

	world_need(!getrlimit(RLIMIT_AS, &before), "getrlimit");
	for (int i = 0; i < STEPS; i++) {
		bool built;

		limit = (struct rlimit) { (rlim_t)i * STEP, before.rlim_max };
		world_need(!setrlimit(RLIMIT_AS, &limit), "setrlimit");
		built = table_build(table, routes, count);
		world_need(!setrlimit(RLIMIT_AS, &before), "setrlimit");
		if (built)
			return i;
		if (table_find(table, &ip) != now)
			return -1;
	}
	return -1;
}

static void try_little(struct table *table)
{
	struct ip ip = world_ip("10.2.3.4", NULL);
	int failures;

#if defined(__SANITIZE_ADDRESS__)
	tap_skip("a sanitizer's memory is not to be limited");
	return;
#endif
	count = 0;
	while (count < MOST)
		add_any(any(2) ? AF_INET : AF_INET6);
	failures = build_with_little(table, table_find(table, &ip));
	tap_ok(failures > 2 && agrees_all(table), "with too little memory, more each time, it is as it was");
	printf("# until it was built: %d times\n", failures);
}

static void try_failing(struct table *table)
{
	count = 0;
	add_text("10.2.0.0/16");
	world_need(table_build(table, routes, count), "memory");
	tap_ok(!table_build(table, routes, SIZE_MAX / 2), "what no memory is enough for is not built");
	tap_is(prefix_of(table, "10.2.3.4"), "10.2.0.0/16", "and the table is as it was");
}

int main(void)
{
	struct table *table = table_open();

	world_need(table, "memory");
	try_empty(table);
	try_named(table);
	try_nested(table);
	try_several(table);
	try_failing(table);
	try_little(table);
	try_tables(table);
	table_close(table);
	table_close(NULL);
	return tap_done();
}
