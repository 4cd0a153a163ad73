/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random fragments, given to the kernel and to a router: what one puts together, drops or answers with an
 * error, the other does, too.
 */
#include "forwarder/router/icmp.h"
#include "forwarder/router/reassembly.h"
#include "tests/relay/pieces_kernel.h"
#include "tests/unit/tap.h"

enum { SENTINEL = 0xfffe, INCOMPLETE_CHAIN = 3 };

static struct world world;
static struct router_port *port;
static struct piece got, fragment, request;
static struct datagram out;
static int tun0;

/* The two bits of RFC 3168. */
static unsigned mark_of(const uint8_t *ip)
{
	return ip[1] >> (pieces_version(ip) == 4 ? 0 : 4) & 3;
}

/* What one of both made of a fragment, or of all of them. */
struct outcome {
	unsigned replies;
	uint32_t sum; /* over what they hold */
	unsigned errors;
	uint32_t pointers;
};

static void make_fragment(unsigned version, uint32_t id, size_t begin, size_t size, bool more, unsigned mark)
{
	size_t header = version == 4 ? 20 : 40;

	fragment = request;
	if (version == 4) {
		memmove(fragment.bytes + header, request.bytes + header + begin, size);
		made_number(fragment.bytes + 4, 2, id);
		made_number(fragment.bytes + 6, 2, (uint32_t)(begin / 8) | (more ? 0x2000 : 0));
		fragment.length = header + size;
	} else {
		memcpy(fragment.bytes + header + 8, request.bytes + header + begin, size);
		fragment.bytes[6] = 44;
		made_number(fragment.bytes + header, 2, 58 << 8);
		made_number(fragment.bytes + header + 2, 2, (uint32_t)begin | more);
		made_number(fragment.bytes + header + 4, 4, id);
		fragment.length = header + 8 + size;
	}
	fragment.bytes[1] = (uint8_t)(mark << (version == 4 ? 0 : 4));
	pieces_finish(&fragment);
}

/* The kernel answers echo requests whose checksum is right. */
static void note_router(struct outcome *outcome)
{
	struct datagram datagram;
	int error;
	uint32_t argument;
	size_t size;

	device_need(pieces_read(port, &fragment, &datagram) == ROUTER_COUNTERS, "a fragment");
	world.router->now = world.now;
	if (reassembly_take(world.router, &datagram, &out, &error, &argument) == ROUTER_COUNTERS) {
		size = out.packet.length - out.header;
		if (size < 8 || pieces_icmp_sum(out.bytes, out.header, size) != 0)
			return;
		outcome->replies++;
		outcome->sum =
			made_add(outcome->sum + 1 + mark_of(out.bytes), out.bytes + out.header + 4, size - 4);
	} else if (error) {
		outcome->errors++;
		outcome->pointers += argument + (error == ICMP_NO_HEADERS ? INCOMPLETE_CHAIN << 16 : 0);
	}
}

/* Counts what the kernel sent, until it answers what is asked now; false: it does not. */
static bool note_kernel(unsigned version, struct outcome *outcome)
{
	size_t header = version == 4 ? 20 : 40;
	const uint8_t *icmp = got.bytes + header;

	pieces_request(&request, version, SENTINEL, 64);
	pieces_give(tun0, &request);
	while (pieces_take(tun0, version, &got)) {
		if (version == 6 && icmp[0] == 4) {
			outcome->errors++;
			outcome->pointers += pieces_load(icmp + 4, 4) + (uint32_t)(icmp[1] << 16);
		}
		if (icmp[0] != (version == 4 ? 0 : 129))
			continue;
		if (pieces_load(icmp + 4, 2) == SENTINEL)
			return true;
		outcome->replies++;
		outcome->sum =
			made_add(outcome->sum + 1 + mark_of(got.bytes), icmp + 4, got.length - header - 4);
	}
	return false;
}

/* One sequence of fragments of one packet: mostly the few that make it whole, in any order. */
static bool agrees(unsigned version, uint32_t id, uint64_t *state, struct outcome *all)
{
	/* Marks that go together, and that do not. */
	static const uint8_t marks[][2] = { { 0, 0 }, { 1, 2 }, { 1, 3 }, { 0, 3 }, { 3, 3 }, { 2, 0 } };
	const uint8_t *both = marks[pieces_draw(state, 2) ? 0 : pieces_draw(state, 6)];
	struct outcome kernel = { 0 }, router = { 0 };
	unsigned count = 2 + pieces_draw(state, 14), units = 2 + pieces_draw(state, 6);
	size_t size = 8 * (size_t)units - (size_t)pieces_draw(state, 2) * pieces_draw(state, 8);

	pieces_request(&request, version, id, size);
	memset(request.bytes + (version == 4 ? 20 : 40) + size, 0, 64);
	for (unsigned i = 0; i < count; i++) {
		size_t begin = 8 * (size_t)pieces_draw(state, units);
		size_t end = begin + 8 * (size_t)(1 + pieces_draw(state, units));

		if (end > size || pieces_draw(state, 3) == 0)
			end = pieces_draw(state, 20) ? size : size + pieces_draw(state, 24);
		if (pieces_draw(state, 20) == 0)
			end = begin + pieces_draw(state, (uint32_t)(end - begin + 1));
		make_fragment(version, id, begin, end - begin, end != size || pieces_draw(state, 20) == 0,
			both[pieces_draw(state, 2)]);
		note_router(&router);
		pieces_give(tun0, &fragment);
	}
	world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	if (!note_kernel(version, &kernel))
		return false;
	all->replies += kernel.replies;
	all->errors += kernel.errors;
	return !memcmp(&kernel, &router, sizeof(kernel));
}

static void test_reassembly(unsigned version)
{
	enum { TRIED = 5000 };
	struct outcome all = { 0 };
	uint64_t state = version;
	unsigned good = 0;

	for (unsigned i = 0; i < TRIED; i++) {
		bool same = agrees(version, 1000 + i, &state, &all);

		if (!same)
			printf("# sequence %u\n", i);
		good += same;
	}
	tap_ok(good == TRIED && all.replies > TRIED / 10,
		"IPv%u: of %u of %u sequences the kernel makes the same, %u packets and %u errors", version,
		good, TRIED, all.replies, all.errors);
}

/* First fragments with any headers: whether all are there. ICMP is not among them: of a type that is missing
 * the kernel does not know whether it may answer. */
static void test_headers(void)
{
	enum { TRIED = 5000 };
	static const uint8_t headers[] = { 0, 6, 17, 43, 44, 44, 50, 51, 51, 59, 60, 60, 60, 132, 255 };
	struct outcome all = { 0 };
	uint64_t state = 9;
	unsigned good = 0;

	for (unsigned i = 0; i < TRIED; i++) {
		struct outcome kernel = { 0 }, router = { 0 };
		size_t size = 8 * (size_t)(1 + pieces_draw(&state, 5));

		pieces_request(&request, 6, i, 64);
		make_fragment(6, 20000 + i, 0, size, true, 0);
		fragment.bytes[40] = headers[pieces_draw(&state, sizeof(headers))];
		for (size_t at = 0; at < size; at += 4) {
			fragment.bytes[48 + at] = headers[pieces_draw(&state, sizeof(headers))];
			fragment.bytes[49 + at] = (uint8_t)pieces_draw(&state, 4);
			fragment.bytes[50 + at] = 0;
			fragment.bytes[51 + at] =
				(uint8_t)(pieces_draw(&state, 3) ? 0 : pieces_draw(&state, 16));
		}
		note_router(&router);
		pieces_give(tun0, &fragment);
		world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
		good += note_kernel(6, &kernel) && !memcmp(&kernel, &router, sizeof(kernel));
		all.errors += kernel.errors;
	}
	tap_ok(good == TRIED && all.errors > TRIED / 10,
		"of %u of %u first fragments the kernel says the same, %u errors", good, TRIED, all.errors);
}

static void open_device(void)
{
	device_open("tun0", IFF_NO_PI, "10.0.0.254", "2001:db8::fe", 1, &tun0);
	/* What is left of a sequence is to be no reason to drop another one. */
	pieces_set("/proc/sys/net/ipv4/ipfrag_high_thresh", "1000000000");
	pieces_set("/proc/sys/net/ipv6/ip6frag_high_thresh", "1000000000");
	pieces_set("/proc/sys/net/ipv4/ipfrag_max_dist", "0");
	/* No kind of ICMP message is limited. */
	pieces_set("/proc/sys/net/ipv6/icmp/ratemask", "\n");
}

int main(void)
{
	if (device_space() < 0) {
		tap_skip("no namespace, or no TUN device: %s", strerror(errno));
		return tap_done();
	}
	open_device();
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1500);
	test_reassembly(4);
	test_reassembly(6);
	test_headers();
	world_close(&world);
	return tap_done();
}
