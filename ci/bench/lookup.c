/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lookup [ROUNDS [BOUND]]: what a lookup in the router's route table costs among 100,000 routes and among 10,
 * IPv4 and IPv6, in nanoseconds of processor time, and as a ratio. Ends with 1 where one is over BOUND.
 *
 * The routes have the lengths that the Internet's have. "Spread" routes have any prefix, so that no two
 * lookups share much of what they read; this is what has the bound. "Crowded" ones are in 1,600 blocks, as
 * registries give these out, which takes nodes below nodes. A destination is any address within any of the
 * routes ("hit"), or any address where routes may be ("any": among 10 mostly a miss). Independent lookups may
 * overlap in the processor, as those of packets in a burst do; of dependent ones each begins when the one
 * before it ended, which shows every cache miss whole. Both go through the destinations in order.
 */
#include <time.h>

#include "ci/bench/bench.h"
#include "forwarder/router/table.h"

enum { FEW = 10, MANY = 100000, DESTINATIONS = 1 << 18, ROUNDS_MOST = 1001 };

static uint64_t state = 1;

/* Any number below BOUND, the same in every run. */
static unsigned any(unsigned bound)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (unsigned)((state >> 32) * bound >> 32);
}

/* How many of 1,000 routes have which length. */
struct share {
	uint8_t length;
	unsigned share;
};

static const struct share shares4[] = { { 8, 1 }, { 11, 1 }, { 12, 1 }, { 13, 1 }, { 14, 2 }, { 15, 3 },
	{ 16, 14 }, { 17, 8 }, { 18, 14 }, { 19, 25 }, { 20, 45 }, { 21, 50 }, { 22, 110 }, { 23, 100 },
	{ 24, 600 }, { 25, 3 }, { 26, 3 }, { 27, 3 }, { 28, 4 }, { 29, 4 }, { 30, 3 }, { 32, 5 } };
static const struct share shares6[] = { { 28, 4 }, { 29, 25 }, { 30, 4 }, { 32, 120 }, { 33, 20 }, { 34, 15 },
	{ 35, 10 }, { 36, 50 }, { 38, 12 }, { 39, 8 }, { 40, 100 }, { 41, 8 }, { 42, 22 }, { 43, 7 },
	{ 44, 95 }, { 45, 10 }, { 46, 25 }, { 47, 25 }, { 48, 400 }, { 56, 20 }, { 64, 20 } };

static uint8_t any_length(uint8_t family)
{
	const struct share *share = family == AF_INET ? shares4 : shares6;
	unsigned number = any(1000);

	for (; number >= share->share; share++)
		number -= share->share;
	return share->length;
}

/* Any unicast address: 1.0.0.0 to 223.255.255.255, 2000::/3. */
static struct ip any_ip(uint8_t family)
{
	struct ip ip = { .family = family };

	for (unsigned i = 0; i < ip_size(&ip); i++)
		ip.bytes[i] = (uint8_t)any(256);
	ip.bytes[0] = (uint8_t)(family == AF_INET ? 1 + any(223) : 0x20 + any(0x20));
	return ip;
}

/* Any within one of 1,600 blocks, as registries give them out: of the length 16, and 32. */
static struct ip any_crowded(uint8_t family)
{
	enum { FIRST = 40, SECOND = 40 };
	struct ip ip = any_ip(family);
	unsigned first = any(FIRST), second = any(SECOND);

	if (family == AF_INET) {
		ip.bytes[0] = (uint8_t)(1 + first * 223 / FIRST);
		ip.bytes[1] = (uint8_t)(second * 256 / SECOND);
		return ip;
	}
	ip.bytes[0] = 0x2a;
	ip.bytes[1] = (uint8_t)(first / 8);
	ip.bytes[2] = (uint8_t)(first % 8);
	ip.bytes[3] = (uint8_t)second;
	return ip;
}

/* FIRST to LENGTH, and then SECOND. */
static struct ip join(struct ip first, unsigned length, struct ip second)
{
	for (unsigned bit = length; bit < 8 * ip_size(&first); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		first.bytes[bit / 8] =
			(uint8_t)((first.bytes[bit / 8] & ~mask) | (second.bytes[bit / 8] & mask));
	}
	return first;
}

static void *need(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		fail("malloc");
	memset(memory, 0, size);
	return memory;
}

/* A table of COUNT routes, and destinations for it. */
struct stand {
	struct table *table;
	struct ip *hit, *any;
	double build; /* milliseconds */
};

static double now(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time))
		fail("clock_gettime");
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void make(struct stand *stand, uint8_t family, unsigned count, bool crowded)
{
	struct route *routes = need(count * sizeof(*routes));
	const struct ip zeros = { .family = family };
	double begin;

	for (unsigned i = 0; i < count; i++) {
		routes[i].length = any_length(family);
		routes[i].prefix =
			join(crowded ? any_crowded(family) : any_ip(family), routes[i].length, zeros);
	}
	begin = now();
	stand->table = table_open();
	if (!stand->table || !table_build(stand->table, routes, count))
		fail("table_build");
	stand->build = (now() - begin) / 1e6;
	stand->hit = need(DESTINATIONS * sizeof(*stand->hit));
	stand->any = need(DESTINATIONS * sizeof(*stand->any));
	for (unsigned i = 0; i < DESTINATIONS; i++) {
		const struct route *route = &routes[any(count)];

		stand->hit[i] = join(route->prefix, route->length, any_ip(family));
		stand->any[i] = crowded ? any_crowded(family) : any_ip(family);
	}
	free(routes);
}

static void close_stand(struct stand *stand)
{
	table_close(stand->table);
	free(stand->hit);
	free(stand->any);
}

static volatile uintptr_t sink;

/* Nanoseconds of one lookup. A route's address is even, which the processor knows only when it has it. */
static double measure(const struct table *table, const struct ip *destinations, bool dependent)
{
	uintptr_t sum = 0;
	double begin = now();

	for (size_t i = 0; i < DESTINATIONS; i++) {
		uintptr_t found = (uintptr_t)table_find(table, &destinations[i]);

		sum += found;
		if (dependent)
			i += found & 1;
	}
	sink = sum;
	return (now() - begin) / DESTINATIONS;
}

static int compare(const void *left, const void *right)
{
	double one = *(const double *)left, other = *(const double *)right;

	return (one > other) - (one < other);
}

static double median(double *numbers, unsigned count)
{
	qsort(numbers, count, sizeof(*numbers), compare);
	return numbers[count / 2];
}

/* One line: the medians of alternating rounds, and of their ratios. Returns whether that is within BOUND. */
static bool compare_stands(const struct stand *few, const struct stand *many, bool hit, bool dependent,
	unsigned rounds, double bound, const char *name)
{
	static double small[ROUNDS_MOST], large[ROUNDS_MOST], ratios[ROUNDS_MOST];
	double ratio;

	for (unsigned i = 0; i < rounds; i++) {
		small[i] = measure(few->table, hit ? few->hit : few->any, dependent);
		large[i] = measure(many->table, hit ? many->hit : many->any, dependent);
		ratios[i] = large[i] / small[i];
	}
	ratio = median(ratios, rounds);
	printf("| %s | %s, %s | %.1f | %.1f | %.2f | %s |\n", name, hit ? "hit" : "any",
		dependent ? "dependent" : "independent", median(small, rounds), median(large, rounds), ratio,
		bound == 0	 ? ""
		: ratio <= bound ? "yes"
				 : "no");
	return ratio <= bound;
}

/* BOUND 0: there is none. */
static bool bench(uint8_t family, bool crowded, const char *name, unsigned rounds, double bound)
{
	struct stand few, many;
	bool holds = true;

	make(&few, family, FEW, crowded);
	make(&many, family, MANY, crowded);
	for (unsigned i = 0; i < 4; i++)
		holds = compare_stands(&few, &many, !(i & 1), i & 2, rounds, bound, name) && holds;
	printf("| %s | building: milliseconds | %.3f | %.1f | | |\n", name, few.build, many.build);
	close_stand(&few);
	close_stand(&many);
	return holds || bound == 0;
}

int main(int count, char **words)
{
	unsigned rounds = count > 1 ? (unsigned)strtoul(words[1], NULL, 10) : 21;
	double bound = count > 2 ? strtod(words[2], NULL) : 2;
	bool holds;

	if (!rounds || rounds > ROUNDS_MOST)
		fail("the number of rounds");
	printf("| routes | destinations | 10 routes, ns | 100,000 routes, ns | ratio | at most %.1f |\n",
		bound);
	printf("|---|---|---:|---:|---:|---|\n");
	holds = bench(AF_INET, false, "IPv4, spread", rounds, bound);
	holds = bench(AF_INET6, false, "IPv6, spread", rounds, bound) && holds;
	bench(AF_INET, true, "IPv4, crowded", rounds, 0);
	bench(AF_INET6, true, "IPv6, crowded", rounds, 0);
	return holds ? 0 : 1;
}
