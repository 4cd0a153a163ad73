/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where one more or one less is another thing to a router.
 */
#include "forwarder/router/icmp.h"
#include "tests/relay/pieces.h"
#include "tests/relay/probe.h"
#include "tests/unit/tap.h"

static struct world world;
static struct router_port *left, *right, *tap;
static struct probe probe;

static void begin(void)
{
	world_open(&world);
	left = world_port(&world, RELAY_IP, 1500);
	right = world_port(&world, RELAY_IP, 1500);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
	world_address(left, "10.0.0.254/24");
	world_address(left, "2001:db8::fe/64");
	world_address(right, "10.0.1.254/24");
	world_address(tap, "10.0.2.254/24");
	world_address(tap, "2001:db8:2::fe/64");
}

static void give(const char *source, const char *target, uint8_t protocol, size_t size)
{
	probe_make(&probe, source, target, protocol, size);
	probe_give(&world, left, &probe);
}

/* An answer went out, of this type and code behind an IPv4 header. */
static bool answered4(uint8_t type, uint8_t code)
{
	return world.sent_count == 1 && world.sent[0].bytes[20] == type && world.sent[0].bytes[21] == code;
}

static void test_prefixes(void)
{
	begin();
	world_address(right, "10.9.0.1/30");
	give("10.0.0.1", "10.9.0.3", IPPROTO_UDP, 20);
	tap_is(world.said, router_why(ROUTER_closed_port), "a prefix of 30 bits has a broadcast address");
	world_address(right, "10.9.1.0/31");
	give("10.0.0.1", "10.9.1.1", IPPROTO_UDP, 20);
	tap_is(world.said, "forwarded by 10.9.1.0/31, ttl 63", "one of 31 bits has none (RFC 3021)");
	world_address(right, "2001:db8:9::1/126");
	give("2001:db8::1", "2001:db8:9::", IPPROTO_UDP, 20);
	tap_is(world.said, router_why(ROUTER_closed_port), "one of 126 bits has an anycast address");
	world_address(right, "2001:db8:a::1/127");
	give("2001:db8::1", "2001:db8:a::", IPPROTO_UDP, 20);
	tap_is(world.said, "forwarded by 2001:db8:a::/127, hop limit 63",
		"one of 127 bits has none (RFC 6164)");
	world_close(&world);
}

static void test_forgotten_route(void)
{
	uint8_t length;
	struct ip prefix = world_ip("10.8.0.0/16", &length);

	begin();
	world_route(&world, ROUTE_BLACKHOLE, "10.7.0.0/16", NULL, NULL);
	router_remove_route(world.router, &prefix, length);
	tap_ok(world.router->route_count == 1 && router_settle(world.router),
		"a route that is not there is forgotten without harm");
	world_close(&world);
}

/* As Linux looks at them: what is not to be forwarded at all has no options that are wrong. */
static void test_order(void)
{
	static const struct {
		const char *target;
		enum router_counter why;
	} rows[] = { { "224.0.0.5", ROUTER_multicast }, { "169.254.1.1", ROUTER_link_local } };
	static const uint8_t wrong[4] = { 222, 1 };

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		probe_ip(&probe, "10.0.0.1", rows[i].target, IPPROTO_UDP);
		probe_extra(&probe, 0, wrong, sizeof(wrong));
		probe_payload(&probe, 20);
		probe_give(&world, left, &probe);
		tap_is(world.said, router_why(rows[i].why), "IPv4: %s, whatever its options", rows[i].target);
	}
	world_close(&world);
}

static void test_udp(void)
{
	begin();
	give("10.0.0.1", "10.0.0.254", IPPROTO_UDP, 8);
	tap_ok(answered4(3, 3), "UDP: a header is enough");
	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_UDP, 12);
	probe.bytes[2] = 0;
	probe.bytes[3] = 40; /* 8 bytes behind the message */
	memset(probe.bytes + 32, 0x5a, 8);
	probe.length = 40;
	made_number(probe.bytes + 10, 2, 0);
	made_number(probe.bytes + 10, 2, ~made_add(0, probe.bytes, 20) & 0xffff);
	probe_give(&world, left, &probe);
	tap_ok(answered4(3, 3), "UDP: what is behind its length is none of it");
	made_number(probe.bytes + 24, 2, 20);
	probe_give(&world, left, &probe);
	tap_ok(!world.sent_count && !strcmp(world.said, router_why(ROUTER_bad_message)),
		"UDP: another length has another checksum");
	world_close(&world);
}

static void test_redirect(void)
{
	begin();
	probe_ip(&probe, "fe80::9", "2001:db8::fe", IPPROTO_ICMPV6);
	probe_payload(&probe, 40);
	probe.bytes[40] = 137;
	probe_hops(&probe, 255);
	probe_give(&world, left, &probe);
	tap_is(world.said, "redirect: not for a router", "a redirect is told from other messages");
	world_close(&world);
}

/* There is a way back to it, but nobody has it. */
static void test_no_host(void)
{
	begin();
	world_route(&world, ROUTE_UNICAST, "0.0.0.0/0", "10.0.0.1", left);
	probe_make(&probe, "240.0.0.1", "10.0.1.2", IPPROTO_UDP, 20);
	probe_hops(&probe, 1);
	probe_give(&world, left, &probe);
	tap_ok(!world.sent_count && !world_count(&world, ROUTER_errors),
		"no error goes to 240.0.0.1 (RFC 1122 3.2.2)");
	probe_make(&probe, "10.66.0.1", "10.0.1.2", IPPROTO_UDP, 20);
	probe_hops(&probe, 1);
	probe_give(&world, left, &probe);
	tap_ok(answered4(11, 0), "one goes to whoever else is far away");
	world_close(&world);
}

static void test_stamps(void)
{
	static const uint8_t last[8] = { 68, 8, 8, 0 };

	begin();
	probe_ip(&probe, "10.0.0.1", "10.0.1.2", IPPROTO_UDP);
	probe_extra(&probe, 0, last, sizeof(last));
	probe_payload(&probe, 20);
	probe_give(&world, left, &probe);
	tap_ok(answered4(12, 0) && world.sent[0].bytes[24] == 22,
		"times whose pointer is their last byte have no room, and are not full");
	world_close(&world);
}

static void test_address_again(void)
{
	begin();
	world_address(left, "10.0.0.254/16");
	tap_ok(world.router->address_count == 5 && world.router->addresses[0].length == 16,
		"an address that is added again has another prefix");
	world_close(&world);
}

static void test_no_source(void)
{
	struct ip target = world_ip("2001:db8:7::1", NULL), out;

	begin();
	memset(right->link_local.bytes, 0, sizeof(right->link_local.bytes));
	left->link_local = right->link_local;
	tap_ok(router_source(world.router, right, &target, &out) && out.family == AF_INET6,
		"an IPv4 address is no source of IPv6");
	target = world_ip("fe80::9", NULL);
	tap_ok(!router_source(world.router, right, &target, &out),
		"what goes to a link has no source of another");
	target = world_ip("2001:db8:7::1", NULL);
	router_remove_address(left, &world.router->addresses[1].ip, 64);
	router_remove_address(tap, &world.router->addresses[3].ip, 64);
	tap_ok(!router_source(world.router, right, &target, &out), "where there is no other, there is none");
	world_close(&world);
}

static void test_other_family(void)
{
	begin();
	give("10.0.0.1", "10.0.0.254", IPPROTO_NONE, 20);
	tap_ok(answered4(3, 2), "no next header (59) is a protocol that nobody speaks in IPv4");
	give("2001:db8::1", "2001:db8::fe", IPPROTO_IGMP, 20);
	tap_is(world.said, router_why(ROUTER_no_transport), "and so is IGMP in IPv6");
	world_close(&world);
}

static void test_offload_in_frame(void)
{
	struct virtio_net_hdr offload = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 13, .csum_offset = 6
	};

	begin();
	probe_make(&probe, "10.0.2.1", "10.0.1.2", IPPROTO_UDP, 20);
	probe_frame(&probe, tap->hardware, 0x0800);
	world_give_offload(&world, tap, probe.bytes, probe.length, &offload);
	tap_is(world.said, router_why(ROUTER_bad_header), "no checksum that is left begins in the frame");
	world_close(&world);
}

static struct piece piece;
static uint8_t content[100];

static void give_piece(struct router_port *port, unsigned version, size_t at, bool more)
{
	pieces_fragment(&piece, version, 7, content, at, 16, more);
	world_forget(&world);
	world_give(&world, port, piece.bytes, piece.length);
}

static void test_pieces(void)
{
	begin();
	pieces_fill(content, sizeof(content), 7);
	world_address(left, "10.0.0.2/24");
	world_address(left, "2001:db8::2/64");
	give_piece(left, 6, 0, true);
	give_piece(right, 6, 16, false);
	tap_ok(world_count(&world, ROUTER_reassembled) == 1, "IPv6: fragments may come by two ports");
	give_piece(left, 4, 0, true);
	give("10.0.0.7", "10.0.1.2", IPPROTO_UDP, 60);
	world_forget(&world);
	world_pass(&world, 31 * (uint64_t)WORLD_SECOND);
	tap_ok(answered4(11, 1) && !memcmp(world.sent[0].bytes + 28, piece.bytes, piece.length),
		"what is quoted of a late packet is its first fragment, whatever came since");
	world_close(&world);
}

static void test_udp_length(void)
{
	begin();
	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_UDP, 20);
	made_number(probe.bytes + 24, 2, 0);
	probe_finish(&probe);
	probe_give(&world, left, &probe);
	tap_is(world.said, router_why(ROUTER_bad_message), "UDP: no length is wrong in IPv4");
	probe_make(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_UDP, 20);
	made_number(probe.bytes + 44, 2, 0);
	probe_finish(&probe);
	probe_give(&world, left, &probe);
	tap_is(world.said, router_why(ROUTER_closed_port), "UDP: but in IPv6 it is that of the packet");
	world_close(&world);
}

static void test_removed(void)
{
	struct ip first, second;

	begin();
	first = world.router->addresses[0].ip;
	second = world.router->addresses[1].ip;
	router_remove_address(left, &first, 24);
	tap_ok(world.router->address_count == 4 && ip_equal(&world.router->addresses[0].ip, &second) &&
			world.router->addresses[3].port == tap,
		"who has lost its first address has the others as they were");
	world_close(&world);
}

/* RFC 8200 4.5, RFC 7112 5. */
static void test_short_first(void)
{
	begin();
	world_address(left, "2001:db8::2/64");
	pieces_fragment(&piece, 6, 7, content, 0, 7, true);
	world_give(&world, left, piece.bytes, piece.length);
	tap_ok(world.sent_count == 1 && world.sent[0].bytes[40] == 4 && world.sent[0].bytes[41] == 3,
		"IPv6: a first fragment with 7 bytes of UDP has not all headers");
	world_close(&world);
}

static void test_no_first(void)
{
	begin();
	world_address(left, "10.0.0.2/24");
	give_piece(left, 4, 16, false);
	world_forget(&world);
	world_pass(&world, 31 * (uint64_t)WORLD_SECOND);
	tap_ok(!world.sent_count && world_count(&world, ROUTER_late_fragment) == 1,
		"without its first fragment nobody is told that a packet is late (RFC 792)");
	world_close(&world);
}

int main(void)
{
	test_prefixes();
	test_forgotten_route();
	test_order();
	test_udp();
	test_redirect();
	test_no_host();
	test_stamps();
	test_address_again();
	test_no_source();
	test_other_family();
	test_offload_in_frame();
	test_pieces();
	test_udp_length();
	test_removed();
	test_short_first();
	test_no_first();
	return tap_done();
}
