/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A router that is asked, answers and forwards in fragments, and says so where others do not come. */
#include "forwarder/router/neighbour.h"
#include "tests/relay/pieces.h"
#include "tests/unit/tap.h"

enum { MOST = 100, ETHERNET = 14 };

static struct world world;
static struct router_port *port, *narrow, *tap;
static struct piece whole, fragment, pieces[MOST];
static uint8_t content[65536], joined[65536];

/* Puts together what was sent, which is in order; returns its payload's size. FRAME: bytes before its
 * packets. */
static size_t join_sent(unsigned version, size_t frame)
{
	size_t size = 0, header = frame + (version == 4 ? 20 : 48);

	for (size_t i = 0; i < world.sent_count; i++) {
		const struct world_sent *sent = &world.sent[i];
		uint32_t field = pieces_load(sent->bytes + frame + (version == 4 ? 6 : 42), 2);
		size_t offset = version == 4 ? (field & 0x1fff) * 8 : field & ~7U;

		if (sent->length > frame + sent->port->mtu || offset != size)
			return 0;
		memcpy(joined + offset, sent->bytes + header, sent->length - header);
		size += sent->length - header;
	}
	return size;
}

static void put_checksum(struct piece *piece, unsigned version, size_t size)
{
	size_t header = version == 4 ? 20 : 40;
	uint8_t *icmp = piece->bytes + header;
	uint32_t sum = 0;

	if (version == 6)
		sum = made_add(0, piece->bytes + 8, 32) + (uint32_t)size + 58;
	made_number(icmp + 2, 2, 0);
	sum = made_add(sum, icmp, size);
	made_number(icmp + 2, 2, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
}

static void make_echo(struct piece *piece, unsigned version, size_t size)
{
	uint8_t *icmp = piece->bytes + (version == 4 ? 20 : 40);

	if (version == 4)
		pieces_make4(piece, 7, NULL, 0, size);
	else
		pieces_make6(piece, 58, NULL, 0, 7, size);
	if (version == 4)
		piece->bytes[9] = 1;
	icmp[0] = version == 4 ? 8 : 128;
	icmp[1] = 0;
	put_checksum(piece, version, size);
	pieces_finish(piece);
}

/* Cuts WHOLE and gives the pieces to BY, the last one first. */
static void give_pieces(struct router_port *by, uint32_t mtu)
{
	static const uint8_t ethernet4[ETHERNET] = { 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 9, 8, 0 },
			     ethernet6[ETHERNET] = { 2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 9, 0x86, 0xdd };
	size_t count = pieces_cut(port, &whole, mtu, pieces, MOST);

	while (count--) {
		struct piece *last = &pieces[count];
		size_t frame = by->frame == RELAY_ETHERNET ? ETHERNET : 0;

		if (frame)
			memcpy(last->bytes - frame, pieces_version(last->bytes) == 4 ? ethernet4 : ethernet6,
				frame);
		world_give(&world, by, last->bytes - frame, last->length + frame);
	}
}

static void test_echo(struct router_port *by, unsigned version, size_t size)
{
	size_t frame = by->frame == RELAY_ETHERNET ? ETHERNET : 0;
	size_t header = version == 4 ? 20 : 40;
	unsigned count;

	make_echo(&whole, version, size);
	give_pieces(by, 1500);
	count = (unsigned)world.sent_count;
	/* The reply is the request but for its type and its checksum. */
	tap_ok(join_sent(version, frame) == size && joined[0] == (version == 4 ? 0 : 129) &&
			!memcmp(joined + 4, whole.bytes + header + 4, size - 4),
		"IPv%u over a %s: an echo request of %zu bytes in fragments is answered, in %u", version,
		frame ? "TAP" : "TUN", size, count);
	world_forget(&world);
}

static void test_forward(void)
{
	pieces_make4(&whole, 7, NULL, 0, 1400);
	memcpy(whole.bytes + 16, world_ip("10.1.0.2", NULL).bytes, 4);
	pieces_finish(&whole);
	world_give(&world, port, whole.bytes, whole.length);
	tap_ok(world.sent_count == 3 && join_sent(4, 0) == 1400 && !memcmp(joined, whole.bytes + 20, 1400),
		"a packet is forwarded to a narrower link in %zu fragments", world.sent_count);
	tap_ok(world_count(&world, ROUTER_fragmented) == 5, "and counted as one that was cut");
	world_forget(&world);
}

/* What is said of fragments of a packet that is never complete. */
static void test_late(unsigned version)
{
	unsigned type = version == 4 ? 11 : 3;
	size_t at = version == 4 ? 20 : 40;

	pieces_fragment(&fragment, version, 1, content, 8, 8, true);
	world_give(&world, port, fragment.bytes, fragment.length);
	world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	tap_ok(world.sent_count == 0, "IPv%u: without the first fragment there is no error", version);
	pieces_fragment(&fragment, version, 1, content, 800, 8, true);
	world_give(&world, port, fragment.bytes, fragment.length);
	pieces_fragment(&fragment, version, 1, content, 0, 24, true);
	world_give(&world, port, fragment.bytes, fragment.length);
	world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	tap_ok(world.sent_count == 1 && world.sent[0].bytes[at] == type && world.sent[0].bytes[at + 1] == 1 &&
			world.sent[0].length == at + 8 + fragment.length &&
			!memcmp(world.sent[0].bytes + at + 8, fragment.bytes, fragment.length),
		"else one that quotes it as it came");
	world_forget(&world);
}

static void test_forgotten(void)
{
	for (unsigned i = 0; i < 40; i++) {
		pieces_fragment(&fragment, 4, i, content, 0, 24, true);
		world_give(&world, port, fragment.bytes, fragment.length);
	}
	tap_ok(world.sent_count == 0 && world_count(&world, ROUTER_many_fragments) == 24,
		"nor is there one about what is forgotten for want of room");
	world.router->ratelimit = 0;
	world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	tap_ok(world.sent_count == 16, "but for the %zu others", world.sent_count);
	world_forget(&world);
}

/* A parameter problem at AT, about the last fragment. */
static bool is_problem(unsigned code, uint32_t at)
{
	const uint8_t *icmp = world.sent[0].bytes + 40;

	return world.sent_count == 1 && icmp[0] == 4 && icmp[1] == code && pieces_load(icmp + 4, 4) == at &&
	       !memcmp(icmp + 8, fragment.bytes, fragment.length) && world.dropped;
}

static void test_problems(void)
{
	pieces_fragment(&fragment, 6, 1, content, 0, 13, true);
	world_give(&world, port, fragment.bytes, fragment.length);
	tap_ok(is_problem(0, 4), "no whole unit: a parameter problem at the payload length");
	world_forget(&world);
	pieces_fragment(&fragment, 6, 1, content, 65528, 8, false);
	world_give(&world, port, fragment.bytes, fragment.length);
	tap_ok(is_problem(0, 42), "too long: a parameter problem at the fragment offset");
	world_forget(&world);
	pieces_fragment(&fragment, 6, 1, content, 0, 16, true);
	fragment.bytes[40] = 6;
	world_give(&world, port, fragment.bytes, fragment.length);
	tap_ok(is_problem(3, 0), "16 bytes of TCP: a parameter problem of an incomplete header chain");
	world_forget(&world);
}

/* The same addresses by another port. */
static void test_tap(void)
{
	static const uint8_t hardware[6] = { 2, 0, 0, 0, 0, 9 };
	const struct ip host4 = world_ip("10.0.0.1", NULL), host6 = world_ip("2001:db8::1", NULL);
	struct ip own4 = world_ip("10.0.0.2", NULL), own6 = world_ip("2001:db8::2", NULL);

	router_remove_address(port, &own4, 24);
	router_remove_address(port, &own6, 64);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
	world_address(tap, "10.0.0.2/24");
	world_address(tap, "2001:db8::2/64");
	world_need(neighbour_state(tap, &host4, hardware) && neighbour_state(tap, &host6, hardware),
		"neighbours");
	test_echo(tap, 4, 65515);
	test_echo(tap, 6, 65535);
}

int main(void)
{
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1400);
	narrow = world_port(&world, RELAY_IP, 576);
	world_address(port, "10.0.0.2/24");
	world_address(port, "2001:db8::2/64");
	world_address(narrow, "10.1.0.1/24");
	pieces_fill(content, sizeof(content), 1);
	test_echo(port, 4, 3000);
	test_echo(port, 4, 65515);
	test_echo(port, 6, 3000);
	test_echo(port, 6, 65535);
	test_forward();
	test_late(4);
	test_late(6);
	test_forgotten();
	test_problems();
	test_tap();
	world_close(&world);
	return tap_done();
}
