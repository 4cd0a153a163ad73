/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of its addresses a router takes as source: the same as Linux, by "ip route get ... oif ...". */
#include "forwarder/router/icmp.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

static struct world world;
static struct router_port *left, *right, *bare;

static void is(const struct router_port *port, const char *target, const char *wanted, const char *why)
{
	char text[INET6_ADDRSTRLEN] = "none";
	struct ip to = world_ip(target, NULL), found;

	if (router_source(world.router, port, &to, &found))
		inet_ntop(found.family, found.bytes, text, sizeof(text));
	tap_is(text, wanted, "to %s: %s, %s", target, wanted, why);
}

static void begin(void)
{
	world_open(&world);
	left = world_port(&world, RELAY_ETHERNET, 1500);
	right = world_port(&world, RELAY_ETHERNET, 1500);
	bare = world_port(&world, RELAY_ETHERNET, 1500);
}

static void ip4(void)
{
	begin();
	is(left, "10.0.0.1", "none", "a router without one");
	world_address(right, "10.0.9.1/24");
	world_address(left, "10.0.1.1/24");
	world_address(left, "10.0.0.1/24");
	world_address(left, "10.0.0.2/24");
	world_address(right, "10.0.0.3/24");
	is(left, "10.0.0.77", "10.0.0.1", "the first of the port's in the subnet");
	is(left, "10.0.0.2", "10.0.0.1", "also for the subnet's second");
	is(right, "10.0.0.77", "10.0.0.3", "of the same subnet, that of the port");
	is(left, "10.77.0.1", "10.0.1.1", "in no subnet: the port's first");
	is(left, "10.0.9.77", "10.0.1.1", "in a subnet of another port: the port's first");
	is(bare, "10.77.0.1", "10.0.1.1", "the port has none: the first port's first");
	is(NULL, "10.77.0.1", "10.0.1.1", "by no port: the first port's first");
	is(left, "255.255.255.255", "10.0.1.1", "to all: the port's first");
	world_close(&world);
}

static void ip6(void)
{
	begin();
	is(left, "2001:db8::1", "fe80::1", "a router with no other");
	world_address(left, "2001:db8:1::1/64");
	world_address(left, "2001:db8:2::1/64");
	world_address(left, "fd00:1::1/64");
	world_address(right, "2001:db8:9::1/64");
	is(left, "2001:db8:1::77", "2001:db8:1::1", "the longest common prefix (rule 8)");
	is(left, "2001:db8:2::77", "2001:db8:2::1", "the longest common prefix (rule 8)");
	is(left, "fd00:1::77", "fd00:1::1", "the longest common prefix (rule 8)");
	is(left, "f000::77", "2001:db8:2::1", "the same label before a longer prefix (rule 6)");
	is(left, "2001:db8:9::77", "2001:db8:2::1", "the port's own before a longer prefix (rule 5)");
	is(left, "2001:db8:9::1", "2001:db8:9::1", "to itself: itself (rule 1)");
	is(bare, "2001:db8:9::77", "2001:db8:9::1", "a scope that is large enough before the port (rule 2)");
	is(left, "fe80::77", "fe80::1", "on the link: link-local (rule 2)");
	is(left, "ff02::1", "fe80::1", "to the link's multicast: link-local (rule 2)");
	is(left, "ff05::2", "2001:db8:2::1",
		"to the site's multicast: a larger one (rule 2), not local (rule 6)");
	is(left, "ff0e::5", "2001:db8:2::1", "of equals the last, as Linux");
	is(bare, "ff02::1", "fe80::3", "no other port's on the link");
	is(NULL, "2001:db8:9::77", "2001:db8:9::1", "by no port: the longest common prefix");
	world_close(&world);
}

/* Bits beyond an address's own prefix do not count (RFC 6724 2.2). */
static void prefixes(void)
{
	begin();
	world_address(left, "2001:db8::8000:0:0:1/64");
	world_address(left, "2001:db8::1/64");
	is(left, "2001:db8::8000:0:0:77", "2001:db8::1", "within a prefix no bits count: the last");
	world_close(&world);
}

int main(void)
{
	ip4();
	ip6();
	prefixes();
	return tap_done();
}
