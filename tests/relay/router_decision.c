/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a router sends what comes to it, and in which order it looks at what is wrong. */
#include "forwarder/router/decision.h"
#include "tests/relay/probe.h"
#include "tests/unit/tap.h"

static struct world world;
static struct router_port *left, *right, *tap;
static struct probe probe;
static struct datagram datagram;

struct row {
	const char *source, *target;
	uint8_t hops;
	const char *said;
	enum icmp_error error;
};

static const struct row rows[] = {
	{ "10.0.0.1", "10.0.1.2", 64, "forwarded by 10.0.1.0/24, ttl 63", 0 },
	{ "10.0.0.1", "10.0.1.2", 2, "forwarded by 10.0.1.0/24, ttl 1", 0 },
	{ "10.0.0.1", "10.0.1.2", 1, "its time to live is over", ICMP_TTL_EXCEEDED },
	{ "10.0.0.1", "10.0.1.2", 0, "its time to live is over", ICMP_TTL_EXCEEDED },
	{ "10.0.0.1", "10.0.0.2", 64, "forwarded by 10.0.0.0/24, ttl 63", 0 },
	{ "10.0.0.1", "10.2.9.9", 64, "forwarded by 10.2.0.0/16 via 10.0.1.2, ttl 63", 0 },
	{ "10.0.0.1", "10.9.9.9", 1, "there is no route to 10.9.9.9", ICMP_NO_ROUTE },
	{ "10.0.0.1", "10.3.0.1", 1, "the route is a blackhole: 10.3.0.0/16", 0 },
	{ "10.0.0.1", "10.4.0.1", 1, "the route says unreachable: 10.4.0.0/16", ICMP_NO_NEIGHBOUR },
	{ "10.0.0.1", "10.5.0.1", 1, "the route says prohibit: 10.5.0.0/16", ICMP_PROHIBITED },
	{ "10.0.0.1", "10.0.0.254", 0, "for the router", 0 },
	{ "10.0.0.1", "10.0.1.254", 64, "for the router", 0 },
	{ "10.0.0.1", "10.0.0.255", 64, "for the router", 0 },
	{ "10.0.0.1", "10.0.1.255", 64, "for the router", 0 },
	{ "10.0.0.1", "255.255.255.255", 64, "for the router", 0 },
	{ "0.0.0.0", "255.255.255.255", 64, "for the router", 0 },
	{ "10.0.0.1", "224.0.0.1", 64, "for the router", 0 },
	{ "0.0.0.0", "224.0.0.1", 64, "for the router", 0 },
	{ "10.0.0.1", "224.0.0.5", 64, "multicast is not forwarded", 0 },
	{ "10.0.0.1", "239.1.1.1", 1, "multicast is not forwarded", 0 },
	{ "224.0.0.1", "10.0.1.2", 64, "no host can have this source address: 224.0.0.1", 0 },
	{ "255.255.255.255", "10.0.1.2", 64, "no host can have this source address: 255.255.255.255", 0 },
	{ "127.0.0.1", "10.0.1.2", 64, "no host can have this source address: 127.0.0.1", 0 },
	{ "0.0.0.0", "10.0.0.254", 64, "no host can have this source address: 0.0.0.0", 0 },
	{ "0.1.2.3", "10.0.1.2", 64, "no host can have this source address: 0.1.2.3", 0 },
	{ "10.0.1.254", "10.0.1.2", 64, "no host can have this source address: 10.0.1.254", 0 },
	{ "10.0.0.255", "10.0.1.2", 64, "no host can have this source address: 10.0.0.255", 0 },
	{ "10.0.0.1", "127.0.0.1", 64, "no packet may go to this address: 127.0.0.1", 0 },
	{ "10.0.0.1", "0.0.0.0", 64, "no packet may go to this address: 0.0.0.0", 0 },
	{ "10.0.0.1", "0.1.2.3", 64, "no packet may go to this address: 0.1.2.3", 0 },
	{ "169.254.1.1", "10.0.1.2", 64, "a link-local address is not forwarded", 0 },
	{ "10.0.0.1", "169.254.1.1", 64, "a link-local address is not forwarded", 0 },
	{ "169.254.1.1", "10.0.0.254", 64, "for the router", 0 },
	{ "2001:db8::1", "2001:db8:1::2", 64, "forwarded by 2001:db8:1::/64, hop limit 63", 0 },
	{ "2001:db8::1", "2001:db8:1::2", 1, "its time to live is over", ICMP_TTL_EXCEEDED },
	{ "2001:db8::1", "2001:db8:20::2", 64, "forwarded by 2001:db8:20::/48 via fe80::9, hop limit 63", 0 },
	{ "2001:db8::1", "2001:db8:99::2", 1, "there is no route to 2001:db8:99::2", ICMP_NO_ROUTE },
	{ "2001:db8::1", "2001:db8:30::2", 1, "the route is a blackhole: 2001:db8:30::/48", 0 },
	{ "2001:db8::1", "2001:db8:40::2", 1, "the route says unreachable: 2001:db8:40::/48", ICMP_NO_ROUTE },
	{ "2001:db8::1", "2001:db8:50::2", 1, "the route says prohibit: 2001:db8:50::/48", ICMP_PROHIBITED },
	{ "2001:db8::1", "2001:db8::fe", 0, "for the router", 0 },
	{ "2001:db8::1", "2001:db8:1::fe", 64, "for the router", 0 },
	{ "2001:db8::1", "2001:db8::", 64, "for the router", 0 },
	{ "fe80::9", "fe80::1", 64, "for the router", 0 },
	{ "fe80::9", "fe80::", 64, "for the router", 0 },
	{ "fe80::9", "fe80::2", 64, "a link-local address is not forwarded", 0 },
	{ "fe80::9", "fe80::77", 64, "a link-local address is not forwarded", 0 },
	{ "fe80::9", "2001:db8::fe", 64, "for the router", 0 },
	{ "fe80::9", "2001:db8:1::2", 64, "a link-local address is not forwarded", ICMP_BEYOND_SCOPE },
	{ "fe80::9", "2001:db8:1::2", 1, "its time to live is over", ICMP_TTL_EXCEEDED },
	{ "fe80::9", "2001:db8::77", 64, "forwarded by 2001:db8::/64, hop limit 63", 0 },
	{ "fe80::9", "2001:db8:99::2", 64, "there is no route to 2001:db8:99::2", ICMP_NO_ROUTE },
	{ "2001:db8::1", "ff02::1", 64, "for the router", 0 },
	{ "2001:db8::1", "ff05::77", 64, "multicast is not forwarded", 0 },
	{ "2001:db8::1", "ff01::1", 64, "no packet may go to this address: ff01::1", 0 },
	{ "2001:db8::1", "ff00::1", 64, "no packet may go to this address: ff00::1", 0 },
	{ "2001:db8::1", "::1", 64, "no packet may go to this address: ::1", 0 },
	{ "2001:db8::1", "::", 64, "no packet may go to this address: ::", 0 },
	{ "ff02::1", "2001:db8:1::2", 64, "no host can have this source address: ff02::1", 0 },
	{ "::1", "2001:db8:1::2", 64, "no host can have this source address: ::1", 0 },
	{ "::", "2001:db8:1::2", 64, "no host can have this source address: ::", 0 },
	{ "::", "ff02::1", 64, "no host can have this source address: ::", 0 },
};

static struct decision decide_by(struct router_port *port)
{
	struct packet packet = { .length = probe.length, .frame = port->frame };

	packet.bytes = memcpy(world.buffer + ROUTER_ROOM, probe.bytes, probe.length);
	world_need(datagram_read(port, &packet, world.buffer + ROUTER_ROOM, &datagram) == ROUTER_COUNTERS,
		"a packet in a test is wrong");
	return decide(world.router, &datagram);
}

static void one(const struct row *row)
{
	struct decision decision;
	char text[160];

	probe_make(&probe, row->source, row->target, IPPROTO_UDP, 20);
	probe_hops(&probe, row->hops);
	decision = decide_by(left);
	decision_print(&decision, &datagram, text, sizeof(text));
	tap_is(text, row->said, "%s to %s, %u", row->source, row->target, row->hops);
	tap_ok(decision.error == row->error &&
			(decision.error == ICMP_NONE || decision.going == GOING_NOWHERE),
		"and the error is %d (%d)", row->error, decision.error);
}

static void discovery(void)
{
	probe_make(&probe, "::", "ff02::1", IPPROTO_ICMPV6, 24);
	tap_ok(decide_by(left).going == GOING_HOME, "who has no address as yet may ask for neighbours");
	probe_make(&probe, "::", "2001:db8:1::2", IPPROTO_ICMPV6, 24);
	tap_ok(decide_by(left).why == ROUTER_martian_source, "but not elsewhere");
}

/* What of SIZE bytes, FIXED or not, becomes by a link of 1400 bytes. */
static struct decision sized(const char *source, const char *target, size_t size, bool fixed, uint8_t hops)
{
	bool ip4 = strchr(target, '.');

	probe_make(&probe, source, target, IPPROTO_UDP, size - (ip4 ? 20 : 40));
	if (fixed)
		probe.bytes[6] = 0x40;
	probe_hops(&probe, hops);
	return decide_by(left);
}

static void sizes(void)
{
	struct decision decision = sized("10.0.0.1", "10.0.1.2", 1400, true, 64);
	char text[160];

	tap_ok(decision.going == GOING_ON && !decision.cut, "IPv4: what fits goes on");
	decision = sized("10.0.0.1", "10.0.1.2", 1401, false, 64);
	tap_ok(decision.going == GOING_ON && decision.cut, "IPv4: what does not fit is cut");
	decision = sized("10.0.0.1", "10.0.1.2", 1401, true, 64);
	tap_ok(decision.going == GOING_NOWHERE && decision.error == ICMP_TOO_BIG && decision.argument == 1400,
		"IPv4: unless it must not be");
	tap_is(decision_print(&decision, &datagram, text, sizeof(text)),
		"too big, and it must not be cut: 1401 bytes, and 1400 fit", "and it is said so");
	tap_ok(sized("10.0.0.1", "10.0.1.2", 1401, true, 1).error == ICMP_TTL_EXCEEDED,
		"IPv4: its time is over before it is too big");
	tap_ok(sized("2001:db8::1", "2001:db8:1::2", 1400, false, 64).going == GOING_ON,
		"IPv6: what fits goes on");
	decision = sized("2001:db8::1", "2001:db8:1::2", 1401, false, 64);
	tap_ok(decision.going == GOING_NOWHERE && decision.error == ICMP_TOO_BIG && decision.argument == 1400,
		"IPv6: what does not is too big");
	right->mtu = 1000;
	decision = sized("2001:db8::1", "2001:db8:1::2", 1401, false, 64);
	tap_ok(decision.error == ICMP_TOO_BIG && decision.argument == 1280,
		"IPv6: no link has less than 1280");
	tap_ok(sized("2001:db8::1", "2001:db8:1::2", 1280, false, 64).going == GOING_ON,
		"and these are sent");
	right->mtu = 1400;
}

static void options(void)
{
	static const uint8_t wrong[4] = { 7, 2 }, route[8] = { 131, 7, 4, 10, 0, 1, 2 };
	struct decision decision;

	probe_ip(&probe, "10.0.0.1", "10.9.9.9", IPPROTO_UDP);
	probe_extra(&probe, 0, wrong, sizeof(wrong));
	probe_payload(&probe, 20);
	decision = decide_by(left);
	tap_ok(decision.why == ROUTER_bad_option && decision.error == ICMP_BAD_PARAMETER &&
			decision.argument == 21,
		"a wrong option comes before that there is no route");
	probe_ip(&probe, "10.0.0.1", "10.0.1.2", IPPROTO_UDP);
	probe_extra(&probe, 0, route, sizeof(route));
	probe_payload(&probe, 20);
	decision = decide_by(left);
	tap_ok(decision.why == ROUTER_source_route && decision.error == ICMP_NONE, "no source route");
}

static void frames(void)
{
	const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };

	probe_make(&probe, "10.0.2.1", "10.0.1.2", IPPROTO_UDP, 20);
	probe_hops(&probe, 1);
	probe_frame(&probe, all, 0x0800);
	tap_ok(decide_by(tap).why == ROUTER_broadcast && decide_by(tap).error == ICMP_NONE,
		"what came to all stations is not forwarded");
	probe_make(&probe, "10.0.2.1", "10.0.2.254", IPPROTO_UDP, 20);
	probe_frame(&probe, all, 0x0800);
	tap_ok(decide_by(tap).going == GOING_HOME, "but taken");
}

static void segments(void)
{
	struct packet packet = { .length = 20 + 8 + 5000,
		.frame = RELAY_IP,
		.offload = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.csum_start = 20,
			.csum_offset = 6,
			.gso_type = 5,
			.gso_size = 1372,
			.hdr_len = 28 } };

	probe_make(&probe, "10.0.0.1", "10.0.1.2", IPPROTO_UDP, 5008);
	probe.bytes[6] = 0x40;
	probe_finish(&probe);
	packet.bytes = memcpy(world.buffer + ROUTER_ROOM, probe.bytes, probe.length);
	datagram_read(left, &packet, world.buffer + ROUTER_ROOM, &datagram);
	tap_ok(decide(world.router, &datagram).going == GOING_ON, "a segment whose packets fit goes on");
	packet.offload.gso_size = 1373;
	datagram_read(left, &packet, world.buffer + ROUTER_ROOM, &datagram);
	tap_ok(decide(world.router, &datagram).why == ROUTER_too_big, "one whose packets do not is too big");
}

static void begin(void)
{
	world_open_pair(&world, &left, &right);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
	world_address(tap, "10.0.2.254/24");
	world_route(&world, ROUTE_UNICAST, "10.2.0.0/16", "10.0.1.2", right);
	world_route(&world, ROUTE_BLACKHOLE, "10.3.0.0/16", NULL, NULL);
	world_route(&world, ROUTE_UNREACHABLE, "10.4.0.0/16", NULL, NULL);
	world_route(&world, ROUTE_PROHIBIT, "10.5.0.0/16", NULL, NULL);
	world_route(&world, ROUTE_UNICAST, "2001:db8:20::/48", "fe80::9", right);
	world_route(&world, ROUTE_BLACKHOLE, "2001:db8:30::/48", NULL, NULL);
	world_route(&world, ROUTE_UNREACHABLE, "2001:db8:40::/48", NULL, NULL);
	world_route(&world, ROUTE_PROHIBIT, "2001:db8:50::/48", NULL, NULL);
}

int main(void)
{
	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		one(&rows[i]);
	discovery();
	sizes();
	options();
	frames();
	segments();
	world_close(&world);
	return tap_done();
}
