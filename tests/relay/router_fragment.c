/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router cuts a datagram into. */
#include "forwarder/router/fragment.h"
#include "tests/relay/pieces.h"
#include "tests/unit/tap.h"

enum { MOST = 9000 };

static struct world world;
static struct router_port *port;
static struct piece whole, pieces[MOST];
static struct datagram cut[MOST];

/* Cuts one; returns how many PIECES it is. */
static size_t cut_all(struct piece *piece, uint32_t mtu)
{
	struct datagram datagram, out;
	size_t offset = 0, count = 0;
	bool more = true;

	world_need(pieces_read(port, piece, &datagram) == ROUTER_COUNTERS, "a datagram");
	while (more) {
		world_need(count < MOST, "it cuts for ever");
		more = fragment_cut(world.router, &datagram, mtu, &offset, &out);
		memcpy(pieces[count].bytes, out.bytes, out.packet.length);
		pieces[count].length = out.packet.length;
		world_need(out.bytes == world.router->piece + ROUTER_ROOM, "room before a piece");
		cut[count++] = out;
	}
	return count;
}

/* "20+1480@0+ 20+1480@1480+ 20+40@2960": headers and bytes, offset, whether more is to come. */
static const char *print4(size_t count)
{
	static char text[4000];
	size_t at = 0;

	for (size_t i = 0; i < count && at < sizeof(text); i++) {
		const uint8_t *ip = pieces[i].bytes;
		size_t header = pieces_header4(ip);
		uint32_t field = pieces_load(ip + 6, 2);

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%zu+%zu@%u%s%s%s", i ? " " : "",
			header, pieces[i].length - header, (field & 0x1fff) * 8, field & 0x2000 ? "+" : "",
			field & 0xc000 ? " flags" : "", pieces_checksum_holds(ip) ? "" : " checksum");
	}
	return text;
}

static const char *print6(size_t count, size_t front)
{
	static char text[4000];
	size_t at = 0;

	for (size_t i = 0; i < count && at < sizeof(text); i++) {
		const uint8_t *header = pieces[i].bytes + front;
		uint32_t field = pieces_load(header + 2, 2);

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%zu+%zu@%u%s%s", i ? " " : "",
			front + 8, pieces[i].length - front - 8, field & ~7U, field & 1 ? "+" : "",
			header[1] || field & 6 ? " reserved" : "");
	}
	return text;
}

/* Whether all payloads together are the whole's, and each piece's length is its header's. */
static bool adds_up(size_t count, size_t header, size_t piece_header)
{
	size_t at = header;

	for (size_t i = 0; i < count; i++) {
		size_t size = pieces[i].length - piece_header, said;

		said = pieces_version(pieces[i].bytes) == 4 ? pieces_load(pieces[i].bytes + 2, 2)
							    : 40 + pieces_load(pieces[i].bytes + 4, 2);
		if (said != pieces[i].length || at + size > whole.length ||
			memcmp(pieces[i].bytes + piece_header, whole.bytes + at, size) != 0)
			return false;
		at += size;
	}
	return at == whole.length;
}

/* What fragment_cut() says of each piece is what is read from it. */
static bool reads_the_same(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct datagram *said = &cut[i];
		struct datagram read;

		if (pieces_read(port, &pieces[i], &read) != ROUTER_COUNTERS)
			return false;
		if (read.header != said->header || read.hops != said->hops || read.fixed != said->fixed ||
			read.fragment != said->fragment || read.more != said->more ||
			read.offset != said->offset || read.fragment_at != said->fragment_at ||
			read.identification != said->identification || read.next_at != said->next_at ||
			!ip_equal(&read.source, &said->source) || !ip_equal(&read.target, &said->target) ||
			(read.protocol != said->protocol && read.offset == 0) || said->form.count != 1 ||
			said->packet.length != pieces[i].length || said->from != port)
			return false;
	}
	return true;
}

static void test4(void)
{
	size_t count;

	pieces_make4(&whole, 0x1234, NULL, 0, 3000);
	count = cut_all(&whole, 1500);
	tap_is(print4(count), "20+1480@0+ 20+1480@1480+ 20+40@2960", "IPv4: as much as fits, in units of 8");
	tap_ok(adds_up(count, 20, 20), "all of it, and right lengths");
	tap_ok(reads_the_same(count), "what is said of the pieces is what they are");
	tap_ok(pieces[2].bytes[8] == 61 && pieces[2].bytes[9] == 17 &&
			pieces_load(pieces[2].bytes + 4, 2) == 0x1234,
		"the last has the same TTL, protocol and identification");
	tap_is(print4(cut_all(&whole, 1499)), "20+1472@0+ 20+1472@1472+ 20+56@2944", "an odd MTU");
	pieces_make4(&whole, 1, NULL, 0, 1480 + 1480);
	tap_is(print4(cut_all(&whole, 1500)), "20+1480@0+ 20+1480@1480", "the last is full");
	pieces_make4(&whole, 1, NULL, 0, 1481);
	tap_is(print4(cut_all(&whole, 1500)), "20+1480@0+ 20+1@1480", "the last has one byte");
	pieces_make4(&whole, 1, NULL, 0, 1483);
	tap_is(print4(cut_all(&whole, 1502)), "20+1480@0+ 20+3@1480", "six bytes of a unit do not fit");
	pieces_make4(&whole, 1, NULL, 0, 65515);
	count = cut_all(&whole, 68);
	tap_ok(count == (65515 + 47) / 48 && adds_up(count, 20, 20), "65,535 bytes in pieces of 68");
}

static void test4_again(void)
{
	static struct piece middle;
	size_t count;

	pieces_make4(&whole, 9, NULL, 0, 4000);
	cut_all(&whole, 1500);
	middle = pieces[1];
	whole = middle;
	count = cut_all(&whole, 700);
	tap_is(print4(count), "20+680@1480+ 20+680@2160+ 20+120@2840+",
		"a fragment is cut: offsets go on, more follows the last");
	tap_ok(adds_up(count, 20, 20) && reads_the_same(count), "all of it");
	pieces_make4(&whole, 9, NULL, 0, 4000);
	cut_all(&whole, 1500);
	middle = pieces[2];
	whole = middle;
	tap_is(print4(cut_all(&whole, 700)), "20+680@2960+ 20+360@3640", "the last one is: nothing follows");
	pieces_make4(&whole, 9, NULL, 0, 100);
	whole.bytes[6] = 0x80;
	pieces_finish(&whole);
	tap_is(print4(cut_all(&whole, 68)), "20+48@0+ 20+48@48+ 20+4@96", "the reserved flag goes");
}

static void test4_options(void)
{
	/* Record route, which is not copied; an option that does nothing; a security option, which is; the
	   end of the list, and what is behind it. */
	static const uint8_t options[] = { 7, 7, 4, 0, 0, 0, 0, 1, 130, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 68,
		4, 9, 9 },
			     kept[] = { 1, 1, 1, 1, 1, 1, 1, 1, 130, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 68, 4,
				     9, 9 },
			     wrong[] = { 1, 68, 3, 5, 7, 200, 0, 0 },
			     wrong_kept[] = { 1, 1, 1, 1, 7, 200, 0, 0 };
	size_t count;

	pieces_make4(&whole, 5, options, sizeof(options), 100);
	count = cut_all(&whole, 100);
	tap_is(print4(count), "44+56@0+ 44+44@56", "with options: every header is as long");
	tap_ok(adds_up(count, 44, 44) && reads_the_same(count), "all of it");
	tap_ok(!memcmp(pieces[0].bytes + 20, options, sizeof(options)), "the first has all options");
	tap_ok(!memcmp(pieces[1].bytes + 20, kept, sizeof(kept)), "others have those that are copied");
	pieces_make4(&whole, 5, wrong, sizeof(wrong), 100);
	cut_all(&whole, 100);
	tap_ok(!memcmp(pieces[1].bytes + 20, wrong_kept, sizeof(wrong)),
		"options that end beyond the header stay");
	pieces_make4(&whole, 5, options, sizeof(options), 100);
	whole.bytes[7] = 1;
	pieces_finish(&whole);
	cut_all(&whole, 100);
	tap_ok(!memcmp(pieces[1].bytes + 20, options, sizeof(options)), "those of a later fragment stay");
}

static void test_too_small(void)
{
	size_t count;

	pieces_make4(&whole, 5, NULL, 0, 21);
	tap_is(print4(cut_all(&whole, 20)), "20+8@0+ 20+8@8+ 20+5@16", "an MTU without room: 8 bytes each");
	tap_is(print4(cut_all(&whole, 0)), "20+8@0+ 20+8@8+ 20+5@16", "an MTU of 0");
	tap_is(print4(cut_all(&whole, 27)), "20+8@0+ 20+8@8+ 20+5@16", "an MTU with room for 7 bytes");
	pieces_make6(&whole, 17, NULL, 0, 1, 20);
	count = cut_all(&whole, 0);
	tap_is(print6(count, 40), "48+8@0+ 48+8@8+ 48+4@16", "IPv6: an MTU of 0");
}

static void test6(void)
{
	uint32_t id;
	size_t count;

	pieces_make6(&whole, 17, NULL, 0, 1, 3000);
	count = cut_all(&whole, 1280);
	tap_is(print6(count, 40), "48+1232@0+ 48+1232@1232+ 48+536@2464", "IPv6: as much as fits");
	tap_ok(adds_up(count, 40, 48) && reads_the_same(count), "all of it");
	tap_ok(pieces[0].bytes[6] == 44 && pieces[2].bytes[6] == 44 && pieces[0].bytes[40] == 17 &&
			pieces[2].bytes[40] == 17,
		"the next headers are right");
	id = pieces_load(pieces[0].bytes + 44, 4);
	tap_ok(pieces_load(pieces[1].bytes + 44, 4) == id && pieces_load(pieces[2].bytes + 44, 4) == id,
		"the identification is the same in all");
	tap_is(print6(cut_all(&whole, 1287), 40), "48+1232@0+ 48+1232@1232+ 48+536@2464", "an odd MTU");
}

static void test6_headers(void)
{
	/* Hop-by-hop options, destination options, routing, destination options. */
	static const uint8_t four[32] = { [0] = 60, [8] = 43, [16] = 60, [19] = 1, [24] = 17 },
			     two[16] = { [0] = 60, [8] = 17 }, one[8] = { [0] = 17 };
	size_t count;

	pieces_make6(&whole, 0, four, sizeof(four), 1, 1400);
	count = cut_all(&whole, 1280);
	tap_is(print6(count, 64), "72+1208@0+ 72+200@1208", "headers up to the routing header are in each");
	tap_ok(adds_up(count, 64, 72) && pieces[1].bytes[56] == 44 && pieces[1].bytes[64] == 60 &&
			reads_the_same(count),
		"and what is said of them is right");
	pieces_make6(&whole, 0, two, sizeof(two), 1, 1400);
	count = cut_all(&whole, 1280);
	tap_is(print6(count, 48), "56+1224@0+ 56+184@1224", "hop-by-hop options are");
	tap_ok(adds_up(count, 48, 56) && reads_the_same(count), "and no destination options");
	pieces_make6(&whole, 60, one, sizeof(one), 1, 1400);
	count = cut_all(&whole, 1280);
	tap_is(print6(count, 40), "48+1232@0+ 48+176@1232", "else none is");
	tap_ok(adds_up(count, 40, 48) && reads_the_same(count), "all of it");
}

static void test6_identification(void)
{
	enum { COUNT = 2000 };
	static uint32_t seen[COUNT];
	unsigned same = 0, near = 0;

	pieces_make6(&whole, 17, NULL, 0, 1, 1300);
	for (unsigned i = 0; i < COUNT; i++) {
		cut_all(&whole, 1280);
		seen[i] = pieces_load(pieces[0].bytes + 44, 4);
		near += i && seen[i] - seen[i - 1] + 65536 < 2 * 65536;
		for (unsigned j = 0; j < i; j++)
			same += seen[i] == seen[j];
	}
	tap_ok(same == 0, "%u packets have identifications of their own", COUNT);
	/* By chance one in 32,768 is. */
	tap_ok(near < 4, "%u of them are within 65,536 of the one before", near);
}

static void test_random(void)
{
	uint64_t state = 4;
	unsigned good = 0, tried = 20000;

	for (unsigned i = 0; i < tried; i++) {
		bool ip4 = pieces_draw(&state, 2);
		uint32_t mtu = 68 + pieces_draw(&state, 1500), size = mtu + pieces_draw(&state, 3000);
		size_t options = 4 * (size_t)pieces_draw(&state, 11), header = ip4 ? 20 + options : 40;
		static const uint8_t nothing[40] = { [0] = 1 };
		size_t count, longest = 0;

		if (ip4)
			pieces_make4(&whole, (uint16_t)i, nothing, options, size);
		else
			pieces_make6(&whole, 17, NULL, 0, i, size);
		count = cut_all(&whole, mtu);
		for (size_t j = 0; j < count; j++)
			longest = pieces[j].length > longest ? pieces[j].length : longest;
		good += longest <= mtu && longest + 8 > mtu && reads_the_same(count) &&
			adds_up(count, header, header + (ip4 ? 0 : 8));
	}
	tap_ok(good == tried, "%u of %u random datagrams are cut well", good, tried);
}

int main(void)
{
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1500);
	test4();
	test4_again();
	test4_options();
	test_too_small();
	test6();
	test6_headers();
	test6_identification();
	test_random();
	world_close(&world);
	return tap_done();
}
