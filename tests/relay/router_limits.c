/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many errors are sent to an address: as many as Linux, and to one whatever is sent to others. */
#include "forwarder/router/icmp.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum { BURST = 6 };

static struct world world;

static bool allow(const char *to)
{
	struct ip ip = world_ip(to, NULL);

	return limits_allow(world.router, &ip);
}

/* How many of COUNT, one each STEP nanoseconds, the first after one step. */
static unsigned allowed(const char *to, unsigned count, uint64_t step)
{
	unsigned yes = 0;

	for (unsigned i = 0; i < count; i++) {
		world.router->now += step;
		yes += allow(to);
	}
	return yes;
}

static void bucket(void)
{
	unsigned yes;

	world_open(&world);
	yes = allowed("10.0.0.1", 20, 0);
	tap_ok(yes == BURST, "at once %u of 20: six", yes);
	yes = allowed("10.0.0.1", 99, WORLD_SECOND / 100);
	tap_ok(yes == 0, "within a second none: %u", yes);
	world.router->now += WORLD_SECOND / 100;
	tap_ok(allow("10.0.0.1"), "after a second one");
	yes = allowed("10.0.0.1", 1000, WORLD_SECOND / 10);
	tap_ok(yes == 100, "in 100 seconds 100: %u", yes);
	world.router->now += 3 * (uint64_t)WORLD_SECOND;
	yes = allowed("10.0.0.1", 20, 0);
	tap_ok(yes == 3, "after three seconds of silence three: %u", yes);
	world.router->now += 3600 * (uint64_t)WORLD_SECOND;
	yes = allowed("10.0.0.1", 20, 0);
	tap_ok(yes == BURST, "after an hour of silence six: %u", yes);
	world_close(&world);
}

static void each_of_its_own(void)
{
	unsigned one, other;

	world_open(&world);
	one = allowed("10.0.0.1", 20, 0);
	other = allowed("10.0.0.2", 20, 0);
	tap_ok(one == BURST && other == BURST, "two hosts have six each: %u and %u", one, other);
	one = allowed("2001:db8::1", 20, 0);
	other = allowed("2001:db8::2", 20, 0);
	tap_ok(one == BURST && other == BURST, "over IPv6, too: %u and %u", one, other);
	world_close(&world);
}

static void settings(void)
{
	unsigned yes;

	world_open(&world);
	world.router->ratelimit = 0;
	yes = allowed("10.0.0.1", 1000, 0);
	tap_ok(yes == 1000, "without a limit all: %u of 1000", yes);
	world.router->ratelimit = WORLD_SECOND / 10;
	yes = allowed("10.0.0.1", 100, WORLD_SECOND / 100);
	tap_ok(yes == BURST + 9, "at 100 ms six, and ten in a second, less what the first has cost: %u", yes);
	world.router->ratelimit = UINT32_MAX * (uint64_t)1000000;
	yes = allowed("10.0.0.9", 20, 0);
	tap_ok(yes == BURST, "at the longest interval there is, six: %u", yes);
	world_close(&world);
}

/* Many others ask meanwhile: who asks all the time is not forgotten, and so has no new six each time. */
static void many(void)
{
	enum { OTHERS = 200 };
	unsigned yes = 0;

	world_open(&world);
	allowed("10.0.0.1", 20, 0);
	for (unsigned i = 0; i < 100000; i++) {
		struct ip other = world_ip("10.1.0.0", NULL);

		world.router->now += 1000;
		other.bytes[2] = (uint8_t)(i % OTHERS);
		other.bytes[3] = (uint8_t)(i / OTHERS);
		limits_allow(world.router, &other);
		yes += allow("10.0.0.1");
	}
	tap_ok(yes == 0, "in a tenth of a second and among 100,000 others it has no other: %u", yes);
	world_close(&world);
}

int main(void)
{
	bucket();
	each_of_its_own();
	settings();
	many();
	return tap_done();
}
