/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seeds of the target "router": what each part of it answers, and each error; neighbours are in a file
 * of their own. Checksums are left to the target, but where one is to be wrong. Addresses are those of
 * tests/fuzz/equipped.h.
 */
#include "tests/fuzz/seeds/arrival.h"

static void plant_forwarded(void)
{
	plant("forward4", datagram(HOST4, FAR4, 16));
	plant("forward6", datagram(HOST6, FAR6, 16));
	plant("forward-tcp4", segment(HOST4, "10.0.1.9", 2));
	plant("forward-tcp6", segment(HOST6, "2001:db8:1::9", 2));
	plant("default4", echo("10.0.2.9", "192.0.2.1", 8));
	plant("default6", echo("2001:db8:2::9", "2001:db8:ffff::1", 8));
	plant("on-link6", echo(HOST6, "2001:db8:60::1", 8));
}

/* Each error of both families. */
static void plant_errors(void)
{
	plant("ttl4", with_hops(datagram(HOST4, FAR4, 16), 1));
	plant("ttl6", with_hops(datagram(HOST6, FAR6, 16), 1));
	plant("unreachable4", datagram(HOST4, "10.4.0.1", 16));
	plant("unreachable6", datagram(HOST6, "2001:db8:40::1", 16));
	plant("prohibited4", datagram(HOST4, "10.5.0.1", 16));
	plant("prohibited6", datagram(HOST6, "2001:db8:50::1", 16));
	plant("blackhole4", datagram(HOST4, "10.3.0.1", 16));
	plant("blackhole6", datagram(HOST6, "2001:db8:30::1", 16));
	plant("port4", datagram(HOST4, OWN4, 700));
	plant("port6", datagram(HOST6, OWN6, 1400));
	plant("protocol4", ip4(HOST4, OWN4, 200, 30));
	plant("protocol6", ip6(HOST6, OWN6, 200, 30));
	plant("ttl-error4", with_hops(with_byte(echo(HOST4, FAR4, 40), 20, 3), 1));
	plant("ttl-error6", with_hops(with_byte(echo(HOST6, FAR6, 60), 40, 1), 1));
	plant("ttl-fragment4", with_hops(with_flags(datagram(HOST4, FAR4, 16), 0x2001), 1));
	plant("beyond-scope6", datagram("fe80::1", FAR6, 16));
	plant("broadcast4", datagram(HOST4, "10.0.0.255", 16));
	plant("all-ones4", datagram(HOST4, "255.255.255.255", 16));
	plant("multicast4", datagram(HOST4, "224.0.0.1", 16));
	plant("multicast6", echo(HOST6, "ff02::1", 16));
	plant("martian4", datagram("127.0.0.1", FAR4, 16));
	plant("martian6", datagram("::1", FAR6, 16));
	plant("anycast6", echo(HOST6, "2001:db8::", 16));
}

/* No route, and no answer of the next hop. */
static void plant_unanswered(void)
{
	struct sample four = datagram(HOST4, "10.99.0.1", 16), six = datagram(HOST6, "2001:db8:ffff::1", 16);

	begin("no-route", FUZZ_ROUTELESS, 0);
	come(TUN, AT_ONCE, &four);
	come(TUN, AT_ONCE, &six);
	end();
	begin("no-answer", FUZZ_UNKNOWN, 0);
	four = datagram(HOST4, "10.0.2.77", 16);
	six = datagram(HOST6, "2001:db8:2::77", 16);
	for (unsigned i = 0; i < 4; i++) {
		come(TUN, AT_ONCE, &four);
		come(TUN, MILLISECOND, &six);
	}
	come(TUN, SECONDS_10, &four);
	end();
	begin("crowd", FUZZ_UNKNOWN | FUZZ_UNLIMITED, LOW_MTUS);
	four = datagram(HOST4, "10.0.2.77", 60000);
	come(TUN, AT_ONCE, &four);
	come(TUN, SECONDS_10, &four);
	end();
	four = datagram(HOST4, "10.0.2.77", 16);
	begin("limited", 0, 0);
	four = with_hops(four, 1);
	for (unsigned i = 0; i < 12; i++)
		come(TUN, i == 10 ? SECOND : AT_ONCE, &four);
	end();
}

static void plant_long(const char *name, struct sample sample, uint8_t mtu)
{
	begin(name, FUZZ_UNLIMITED, mtu);
	come(TUN, AT_ONCE, &sample);
	end();
}

static void plant_sizes(void)
{
	enum { LAST_1280 = 0x50, LAST_576 = 0xa0 }; /* the TAPs' MTUs */

	plant_long("cut4", datagram(HOST4, FAR4, 1400), LAST_576);
	plant_long("df4", with_flags(datagram(HOST4, FAR4, 1400), 0x4000), LAST_576);
	plant_long("big6", datagram(HOST6, FAR6, 1400), LAST_1280);
	plant_long("cut-fragment4", with_flags(datagram(HOST4, FAR4, 1400), 0x2000), LAST_576);
	plant_long("echo-long4", echo(HOST4, OWN4, 1400), LOW_MTUS);
	plant_long("echo-long6", echo(HOST6, OWN6, 1400), 0x55);
	plant_long("port-long4", datagram(HOST4, OWN4, 1400), LOW_MTUS);
	plant_long("cut-options4",
		insert(datagram(HOST4, FAR4, 1300), 0, (const uint8_t *)"\x07\x0b\x04\0\0\0\0\0\0\0\0", 12),
		LAST_576);
}

static void plant_local(void)
{
	plant("echo4", echo(HOST4, OWN4, 40));
	plant("echo6", echo(HOST6, OWN6, 40));
	plant("echo-other4", echo(HOST4, "10.0.1.254", 40));
	plant("echo-other6", echo(HOST6, "2001:db8:1::fe", 40));
	plant("echo-link-local", echo("fe80::77", "fe80::1", 40));
	plant("syn4", segment(HOST4, OWN4, 2));
	plant("syn6", segment(HOST6, OWN6, 2));
	plant("ack4", segment(HOST4, OWN4, 0x10));
	plant("ack6", segment(HOST6, OWN6, 0x11));
	plant("reset4", segment(HOST4, OWN4, 4));
	plant("timestamp4", with_byte(echo(HOST4, OWN4, 12), 20, 13));
	plant("type6", with_byte(echo(HOST6, OWN6, 12), 40, 200));
}

/* Two pieces of 16 bytes of an echo request, and what is between and beyond. */
static void put_pieces4(unsigned first, unsigned second, unsigned when)
{
	struct sample piece = echo(HOST4, OWN4, 8);

	piece = with_flags(piece, (uint16_t)(first | 0x2000));
	come(TUN, AT_ONCE, &piece);
	piece = with_flags(piece, (uint16_t)second);
	come(TUN, when, &piece);
}

static struct sample piece6(uint16_t offset_and_more)
{
	uint8_t header[8] = { 0, 0, 0, 0, 0, 0, 0, 7 };

	made_number(header + 2, 2, offset_and_more);
	return insert(echo(HOST6, OWN6, 8), FRAGMENT, header, sizeof(header));
}

static void put_pieces6(uint16_t first, uint16_t second, unsigned when)
{
	struct sample piece = piece6(first);

	come(TUN, AT_ONCE, &piece);
	piece = piece6(second);
	come(TUN, when, &piece);
}

static void plant_pieces(void)
{
	static const struct {
		const char *name;
		uint16_t first, second; /* in eights of bytes */
		unsigned when;
	} all[] = { { "pieces", 0, 2, AT_ONCE }, { "pieces-overlap", 0, 1, AT_ONCE },
		{ "pieces-same", 0, 0, AT_ONCE }, { "pieces-late", 0, 2, MINUTES_2 },
		{ "pieces-hole", 0, 8, SECONDS_40 }, { "pieces-far", 0, 0x1fff, AT_ONCE } };
	char name[64];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(name, sizeof(name), "%s4", all[i].name);
		begin(name, 0, 0);
		put_pieces4(all[i].first, all[i].second, all[i].when);
		end();
		snprintf(name, sizeof(name), "%s6", all[i].name);
		begin(name, 0, 0);
		put_pieces6((uint16_t)(all[i].first * 8 + 1), (uint16_t)(all[i].second * 8), all[i].when);
		end();
	}
	begin("pieces-odd6", 0, 0);
	put_pieces6(1, 3, AT_ONCE);
	end();
	begin("pieces-many4", 0, 0);
	for (uint8_t i = 0; i < 40; i++) {
		struct sample piece = with_byte(with_flags(echo(HOST4, OWN4, 8), 0x2000), 5, i);

		come(TUN, AT_ONCE, &piece);
	}
	end();
}

/* Options of IPv4 and extension headers of IPv6, right and wrong, through the router and to it. */
static void plant_options(void)
{
	static const uint8_t record[12] = { 7, 11, 4 }, stamp[12] = { 68, 12, 5, 1 },
			     strict[8] = { 137, 7, 4 }, alert[4] = { 148, 4 }, endless[4] = { 7, 0 },
			     over[4] = { 7, 40, 4 }, pads[8] = { 0, 0, 1, 4 },
			     alert6[8] = { 0, 0, 5, 2, 0, 0, 1, 0 }, unknown6[8] = { 0, 0, 0xc5, 4 },
			     long6[8] = { 0, 9, 1, 4 }, route0[24] = { 0, 2, 0, 1 },
			     route4[24] = { 0, 2, 4, 1 };

	plant("record4", insert(echo(HOST4, OWN4, 8), 0, record, sizeof(record)));
	plant("record-through4", insert(datagram(HOST4, FAR4, 8), 0, record, sizeof(record)));
	plant("stamp4", insert(echo(HOST4, OWN4, 8), 0, stamp, sizeof(stamp)));
	plant("source-route4", insert(datagram(HOST4, FAR4, 8), 0, strict, sizeof(strict)));
	plant("alert4", insert(datagram(HOST4, FAR4, 8), 0, alert, sizeof(alert)));
	plant("option-endless4", insert(datagram(HOST4, FAR4, 8), 0, endless, sizeof(endless)));
	plant("option-over4", insert(datagram(HOST4, FAR4, 8), 0, over, sizeof(over)));
	plant("hop-by-hop6", insert(datagram(HOST6, FAR6, 8), 0, pads, sizeof(pads)));
	plant("alert6", insert(echo(HOST6, OWN6, 8), 0, alert6, sizeof(alert6)));
	plant("option-unknown6", insert(datagram(HOST6, FAR6, 8), 0, unknown6, sizeof(unknown6)));
	plant("option-long6", insert(datagram(HOST6, FAR6, 8), 0, long6, sizeof(long6)));
	plant("destination6", insert(echo(HOST6, OWN6, 8), OPTIONS6, unknown6, sizeof(unknown6)));
	plant("routing0", insert(echo(HOST6, OWN6, 8), ROUTING, route0, sizeof(route0)));
	plant("routing4", insert(echo(HOST6, OWN6, 8), ROUTING, route4, sizeof(route4)));
	plant("no-next6", ip6(HOST6, OWN6, NO_NEXT, 0));
}

static void plant_wrong(void)
{
	plant("version", with_byte(datagram(HOST4, FAR4, 8), 0, 0x55));
	plant("header-short4", with_byte(datagram(HOST4, FAR4, 8), 0, 0x44));
	plant("header-long4", with_byte(datagram(HOST4, FAR4, 8), 0, 0x4f));
	plant("length-long4", with_byte(datagram(HOST4, FAR4, 8), 3, 200));
	plant("length-short4", with_byte(datagram(HOST4, FAR4, 8), 3, 19));
	plant("length-long6", with_byte(datagram(HOST6, FAR6, 8), 5, 200));
	plant("padded6", with_byte(datagram(HOST6, FAR6, 8), 5, 8));
}

/* What the router knows goes and comes again, with packets that wait. */
static void plant_changes(void)
{
	struct sample four = datagram(HOST4, FAR4, 16), six = echo("2001:db8:2::77", "2001:db8:2::fe", 16);

	begin("changes", FUZZ_ADVERTISING, 0);
	for (uint8_t less = 1; less; less = (uint8_t)(less << 1)) {
		struct fuzz_arrival arrival = { .turn = TAP | TENTH * FUZZ_WHEN, .more = { less } };

		put(file, &arrival, sizeof(arrival));
		come(TUN, AT_ONCE, &four);
		come(TAP, AT_ONCE, &six);
		arrival.more[0] = 0;
		put(file, &arrival, sizeof(arrival));
	}
	end();
}

/* What a kernel leaves to its device. */
static void plant_offloaded(const char *name, struct made made, const char *target)
{
	static uint8_t payload[MOST], bytes[MADE_MOST];
	struct virtio_net_hdr offload;
	struct fuzz_arrival arrival = { .turn = TUN | FUZZ_OFFLOADED };
	size_t length;

	made.payload = payload;
	length = made_whole(&made, bytes, &offload);
	inet_pton(made.version == 4 ? AF_INET : AF_INET6, target, bytes + (made.version == 4 ? 16 : 24));
	if (made.version == 4) {
		memset(bytes + 10, 0, 2);
		made_number(bytes + 10, 2, 0xffffU & ~made_add(0, bytes, 20));
	}
	made_number(bytes + offload.csum_start + offload.csum_offset, 2,
		made_pseudo(&made, bytes, length - offload.csum_start));
	made_number(arrival.length + 1, 1, (uint32_t)length >> 8);
	made_number(arrival.length, 1, (uint32_t)length & 0xff);
	begin(name, 0, LOW_MTUS & 0xf0);
	put(file, &arrival, sizeof(arrival));
	put(file, &offload, sizeof(offload));
	put(file, bytes, length);
	end();
}

static void plant_segments(void)
{
	const struct made tcp4 = { .version = 4, .flags = 0x18, .size = 1500, .gso = 500 },
			  tcp6 = { .version = 6, .flags = 0x18, .size = 1500, .gso = 500 },
			  udp4 = { .version = 4, .udp = true, .size = 1200, .gso = 600 },
			  one4 = { .version = 4, .udp = true, .size = 100 };

	plant_offloaded("tso4", tcp4, FAR4);
	plant_offloaded("tso6", tcp6, FAR6);
	plant_offloaded("uso4", udp4, FAR4);
	plant_offloaded("tso-home4", tcp4, OWN4);
	plant_offloaded("tso-home6", tcp6, OWN6);
	plant_offloaded("tso-unreachable4", tcp4, "10.4.0.1");
	plant_offloaded("partial4", one4, FAR4);
	plant_offloaded("partial-home4", one4, OWN4);
}

void plant_router(void)
{
	plant_forwarded();
	plant_errors();
	plant_unanswered();
	plant_sizes();
	plant_local();
	plant_pieces();
	plant_options();
	plant_wrong();
	plant_segments();
	plant_changes();
}
