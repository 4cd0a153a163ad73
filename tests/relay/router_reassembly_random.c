/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random fragments that come to a router, in any order. */
#include "forwarder/router/fragment.h"
#include "forwarder/router/reassembly.h"
#include "tests/relay/pieces.h"
#include "tests/unit/tap.h"

enum { MOST = 600 };

static struct world world;
static struct router_port *port;
static struct piece whole, fragment, pieces[MOST];
static struct datagram out;
static uint8_t content[64];

static enum router_counter give(struct piece *piece)
{
	struct datagram datagram;
	int error;
	uint32_t argument;

	world_need(pieces_read(port, piece, &datagram) == ROUTER_COUNTERS, "a datagram");
	world.router->now = world.now;
	return reassembly_take(world.router, &datagram, &out, &error, &argument);
}

/* Cuts PIECE, and each piece of IPv4 again; returns how many PIECES there are. */
static size_t cut(struct piece *piece, uint32_t mtu, size_t count)
{
	struct datagram datagram, one;
	size_t offset = 0;
	bool more = true;

	world_need(pieces_read(port, piece, &datagram) == ROUTER_COUNTERS, "a datagram");
	while (more) {
		more = fragment_cut(world.router, &datagram, mtu, &offset, &one);
		world_need(count < MOST, "too many pieces");
		pieces[count].length = one.packet.length;
		memcpy(pieces[count++].bytes, one.bytes, one.packet.length);
	}
	return count;
}

static size_t cut_twice(bool ip4, uint64_t *state)
{
	uint32_t mtu = 300 + pieces_draw(state, 1200), again = 100 + pieces_draw(state, 200);
	static struct piece once[MOST];
	size_t count = cut(&whole, mtu, 0), second = 0;

	if (!ip4 || pieces_draw(state, 2))
		return count;
	memcpy(once, pieces, count * sizeof(once[0]));
	for (size_t i = 0; i < count; i++)
		second = cut(&once[i], again, second);
	return second;
}

static void shuffle(size_t *order, size_t count, uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = pieces_draw(state, (uint32_t)i + 1);

		order[i] = order[at];
		order[at] = i;
	}
}

/* Whether the pieces are put together in a random order, some of them twice, with the last of all. */
static bool joins(bool ip4, size_t count, uint64_t *state)
{
	size_t order[MOST] = { 0 };
	enum router_counter what;

	shuffle(order, count, state);
	for (size_t i = 0; i + 1 < count; i++) {
		if (give(&pieces[order[i]]) != ROUTER_delivered)
			return false;
		if (pieces_draw(state, 4) == 0 &&
			give(&pieces[order[pieces_draw(state, (uint32_t)i + 1)]]) != ROUTER_delivered)
			return false;
	}
	what = give(&pieces[order[count - 1]]);
	return what == ROUTER_COUNTERS && out.packet.length == whole.length &&
	       (!ip4 || pieces_checksum_holds(out.bytes)) && !memcmp(out.bytes, whole.bytes, whole.length);
}

static void test_random(void)
{
	enum { TRIED = 4000 };
	uint64_t state = 8;
	unsigned good = 0;

	for (unsigned i = 0; i < TRIED; i++) {
		bool ip4 = pieces_draw(&state, 2);
		size_t size = 1500 + pieces_draw(&state, 10000);
		static const uint8_t options[40] = { 130, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 };

		if (ip4)
			pieces_make4(&whole, (uint16_t)i, options, 12 * (size_t)pieces_draw(&state, 2), size);
		else
			pieces_make6(&whole, 17, NULL, 0, i, size);
		good += joins(ip4, cut_twice(ip4, &state), &state);
	}
	tap_ok(good == TRIED, "%u of %u random datagrams are put together byte for byte", good, TRIED);
	tap_ok(reassembly_next(world.router) == ROUTER_NEVER, "and none is left");
}

/* What was given of a packet, by the bytes of each fragment. */
struct given {
	size_t begin, end;
};

/* Fragments of random places: where two overlap and neither is the other, the packet ends. Returns whether
 * none came out that had such, and counts those that did. */
static bool overlaps_end(unsigned version, uint32_t id, uint64_t *state, unsigned *came, unsigned *overlapped)
{
	struct given given[40] = { { 0 } };
	size_t count = 0;
	bool bad = false;

	for (unsigned i = 0; i < 40; i++) {
		size_t begin = 8 * (size_t)pieces_draw(state, 8),
		       size = 8 * (size_t)(1 + pieces_draw(state, 4));
		enum router_counter what;

		if (begin + size > 64)
			continue;
		for (size_t j = 0; j < count; j++)
			bad |= begin < given[j].end && given[j].begin < begin + size &&
			       !(begin == given[j].begin && begin + size == given[j].end);
		given[count++] = (struct given) { begin, begin + size };
		pieces_fragment(&fragment, version, id, content, begin, size, begin + size < 64);
		what = give(&fragment);
		if (what == ROUTER_COUNTERS) {
			*came += 1;
			return pieces_whole(&out, version, content, 64);
		}
		*overlapped += what == ROUTER_bad_fragment;
		if (what == ROUTER_bad_fragment && !bad)
			return false;
		if (what == ROUTER_bad_fragment) {
			count = 0;
			bad = false;
		}
	}
	return true;
}

static void test_random_overlaps(void)
{
	enum { TRIED = 20000 };
	uint64_t state = 15;
	unsigned good = 0, came = 0, overlapped = 0;

	for (unsigned i = 0; i < TRIED; i++) {
		good += overlaps_end(4 + 2 * (i % 2), i, &state, &came, &overlapped);
		world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	}
	tap_ok(good == TRIED && came > TRIED / 100 && overlapped > TRIED,
		"%u of %u random sequences: %u packets came out as they were, %u fragments overlapped", good,
		TRIED, came, overlapped);
}

/* One of many packets whose fragments come in turn. */
struct open {
	unsigned version;
	uint32_t id;
	size_t units, next, order[16];
};

static void open_next(struct open *one, uint32_t id, uint64_t *state)
{
	*one = (struct open) { .version = 4 + 2 * pieces_draw(state, 2), .id = id };
	one->units = 2 + pieces_draw(state, 7);
	shuffle(one->order, one->units, state);
}

/* What became of all fragments. */
struct fates {
	unsigned given, missing, whole, wrong;
};

/* Gives the next fragment of a packet, of one unit; returns whether that was its last. */
static bool give_next(struct open *one, struct fates *fates)
{
	size_t unit = one->order[one->next++];
	enum router_counter what;

	pieces_fragment(&fragment, one->version, one->id, content, 8 * unit, 8, unit + 1 < one->units);
	fates->given++;
	what = give(&fragment);
	if (what == ROUTER_delivered)
		fates->missing++;
	else if (what == ROUTER_COUNTERS && pieces_whole(&out, one->version, content, 8 * one->units) &&
		 one->next == one->units)
		fates->whole++;
	else
		fates->wrong++;
	return one->next == one->units;
}

/*
 * Some packets at a time are under way, and up to STEP goes by between fragments. Whatever is forgotten, for
 * want of room or of time, what comes out is right.
 */
static void test_many(size_t at_a_time, uint32_t step)
{
	enum { PACKETS = 20000, MOST_OPEN = 64 };
	struct open open[MOST_OPEN] = { { 0 } };
	struct fates fates = { 0 };
	uint64_t state = at_a_time, many = world_count(&world, ROUTER_many_fragments),
		 late = world_count(&world, ROUTER_late_fragment),
		 joined = world_count(&world, ROUTER_reassembled);
	uint32_t id = 0;

	for (size_t i = 0; i < at_a_time; i++)
		open_next(&open[i], id++, &state);
	while (id < PACKETS) {
		struct open *one = &open[pieces_draw(&state, (uint32_t)at_a_time)];

		if (give_next(one, &fates))
			open_next(one, id++, &state);
		world_pass(&world, pieces_draw(&state, step + 1));
	}
	world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	many = world_count(&world, ROUTER_many_fragments) - many;
	late = world_count(&world, ROUTER_late_fragment) - late;
	tap_ok(fates.wrong == 0 && fates.whole > PACKETS / 100 &&
			fates.given == fates.missing + fates.whole &&
			world_count(&world, ROUTER_reassembled) - joined == fates.whole &&
			(fates.whole + at_a_time == PACKETS) == (at_a_time <= 16 && step == 0),
		"%zu packets at a time: %u of %u put together, %llu forgotten for room, %llu for time",
		at_a_time, fates.whole, PACKETS, (unsigned long long)many, (unsigned long long)late);
	tap_ok(router_next(world.router) == ROUTER_NEVER, "and nothing is left");
}

int main(void)
{
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1500);
	pieces_fill(content, sizeof(content), 1);
	test_random();
	test_random_overlaps();
	test_many(16, 0);
	test_many(16, WORLD_SECOND);
	test_many(60, WORLD_SECOND);
	world_close(&world);
	return tap_done();
}
