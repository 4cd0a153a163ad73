/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragments whose others do not come: the kernel's ICMP error, and the router's, which are the same but for
 * what each counts itself. The kernel's clock goes faster: it waits for a second.
 */
#include "forwarder/router/datagram.h"
#include "tests/relay/pieces_kernel.h"
#include "tests/unit/tap.h"

static struct world world;
static struct router_port *port;
static struct piece fragment, got;
static uint8_t content[4096];
static int tun;

/* Gives both a fragment for them. */
static void give(unsigned version, uint32_t id, size_t begin, size_t size, bool more)
{
	pieces_fragment(&fragment, version, id, content, begin, size, more);
	if (version == 4) {
		memcpy(fragment.bytes + 16, world_ip("10.0.0.254", NULL).bytes, 4);
		pieces_finish(&fragment);
	} else {
		memcpy(fragment.bytes + 24, world_ip("2001:db8::fe", NULL).bytes, 16);
	}
	pieces_give(tun, &fragment);
	world_give(&world, port, fragment.bytes, fragment.length);
}

static void hide_count(uint8_t *ip)
{
	if (pieces_version(ip) == 4) {
		memset(ip + 4, 0, 2);
		memset(ip + 10, 0, 2);
	}
}

/* Whether what the kernel sends next is what the router sent, of the same version. */
static void check(const char *what)
{
	bool same = false;
	unsigned version = pieces_take(tun, 0, &got) ? pieces_version(got.bytes) : 0;

	hide_count(got.bytes);
	for (size_t i = 0; i < world.sent_count; i++) {
		const struct world_sent *sent = &world.sent[i];

		hide_count(sent->bytes);
		same |= sent->length == got.length && !memcmp(sent->bytes, got.bytes, got.length);
	}
	tap_ok(same && version, "IPv%u: %s: the kernel's error of %zu bytes is the router's", version, what,
		got.length);
}

/* The first fragment of SIZE bytes comes, and, THIRD, one that is not the next. */
static void late(uint32_t id, size_t size, bool third, const char *what)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		/* No error about this: it would come before the other, and be taken for it. */
		give(version, id, 800, 80, false);
		give(version, id + 1, 0, size, true);
		if (third)
			give(version, id + 1, 2 * size, 8, false);
	}
	world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	tap_ok(world.sent_count == 2, "%s: %zu errors", what, world.sent_count);
	check(what);
	check(what);
	world_forget(&world);
}

int main(void)
{
	if (device_space() < 0) {
		tap_skip("no namespace, or no TUN device: %s", strerror(errno));
		return tap_done();
	}
	device_open("tun0", IFF_NO_PI, "10.0.0.254", "2001:db8::fe", 1, &tun);
	pieces_set("/proc/sys/net/ipv4/ipfrag_time", "1");
	pieces_set("/proc/sys/net/ipv6/ip6frag_time", "1");
	pieces_set("/proc/sys/net/ipv4/icmp_ratemask", "0");
	pieces_set("/proc/sys/net/ipv6/icmp/ratemask", "\n");
	/* RFC 6437 3: a label of 0 is none. */
	pieces_set("/proc/sys/net/ipv6/auto_flowlabels", "0");
	pieces_fill(content, sizeof(content), 1);
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1500);
	world_address(port, "10.0.0.254/24");
	world_address(port, "2001:db8::fe/64");
	late(1, 16, false, "16 bytes");
	late(10, 1400, true, "1400 bytes, and another fragment");
	world_close(&world);
	return tap_done();
}
