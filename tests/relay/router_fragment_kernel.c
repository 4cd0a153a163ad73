/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragments as the kernel has them: what it cuts is what a router cuts, and what a router cuts it puts
 * together.
 *
 *     this program -- tun0 ==> a namespace that forwards ==> tun1, of a smaller MTU -- this program
 */
#include "forwarder/router/fragment.h"
#include "forwarder/router/reassembly.h"
#include "tests/relay/pieces_kernel.h"
#include "tests/unit/tap.h"

enum { FORWARD_MTU = 616 };

static struct world world;
static struct router_port *port;
static struct piece whole, got, request;
static struct datagram out;
static int tun0, tun1;

/* Whether the kernel sends on the same pieces as the router makes. */
static bool cuts_the_same(void)
{
	struct datagram datagram, piece;
	size_t offset = 0;
	bool more = true, same = true;

	pieces_give(tun0, &whole);
	whole.bytes[8]--;
	pieces_finish(&whole);
	device_need(pieces_read(port, &whole, &datagram) == ROUTER_COUNTERS, "a datagram");
	while (more) {
		more = fragment_cut(world.router, &datagram, FORWARD_MTU, &offset, &piece);
		if (!pieces_take(tun1, 4, &got))
			return false;
		same &= got.length == piece.packet.length && !memcmp(got.bytes, piece.bytes, got.length);
	}
	return same;
}

static void test_cut(void)
{
	/* Of options that are copied and that are not: a security option, record route and time stamps
	   without room, one that is not known, the end of the list. */
	static const uint8_t lists[][24] = {
		{ 1, 1, 1, 0 },
		{ 7, 7, 8, 1, 2, 3, 4, 1, 130, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 },
		{ 30, 4, 1, 2, 158, 4, 3, 4, 7, 7, 8, 9, 9, 9, 9, 0, 30, 4, 5, 6 },
		{ 136, 4, 1, 2, 30, 4, 1, 2, 1, 1, 30, 2, 0, 0, 0, 0 },
	};
	unsigned good = 0, tried = 0;
	uint64_t state = 3;

	for (unsigned i = 0; i < 400; i++) {
		size_t options = 4 * (size_t)pieces_draw(&state, 6);
		size_t size = FORWARD_MTU - 20 + (i < 100 ? i : pieces_draw(&state, 8000));

		/* In no option's middle: the kernel would say that it is wrong. */
		options = options == 4 ? 8 : options == 12 ? 16 : options;
		pieces_make4(&whole, (uint16_t)(i + 1), lists[1 + i % 3],
			i % 3 == 0 && options ? 20 : 16 * (options > 0), size);
		memcpy(whole.bytes + 16, "\x0a\x01\x00\x02", 4);
		if (i % 4 == 3)
			made_number(whole.bytes + 6, 2, pieces_draw(&state, 5000) | (i & 4 ? 0x2000 : 0));
		pieces_finish(&whole);
		if (whole.length <= FORWARD_MTU)
			continue;
		tried++;
		good += cuts_the_same();
	}
	tap_ok(good == tried && tried > 300, "%u of %u IPv4 packets are cut as by the kernel", good, tried);
}

/* Cuts REQUEST for an MTU and gives the kernel the pieces, the last one first. */
static void give_pieces(uint32_t mtu)
{
	static struct piece pieces[64];
	size_t count = pieces_cut(port, &request, mtu, pieces, sizeof(pieces) / sizeof(pieces[0]));

	while (count)
		pieces_give(tun0, &pieces[--count]);
}

/* Takes what the kernel answers, which is in fragments, until it is complete. *SAME: they are as the router
 * would cut the whole. */
static bool take_reply(unsigned version, uint32_t mtu, bool *same)
{
	static struct piece pieces[64];
	struct datagram datagram, piece;
	size_t count = 0, offset = 0, id_at = version == 4 ? 4 : 44, id_size = version == 4 ? 2 : 4;
	int error;
	uint32_t argument;

	do {
		if (!pieces_take(tun0, version, &got))
			return false;
		pieces[count++] = got;
		device_need(pieces_read(port, &got, &datagram) == ROUTER_COUNTERS, "a fragment");
	} while (reassembly_take(world.router, &datagram, &out, &error, &argument) == ROUTER_delivered);
	datagram = out;
	*same = true;
	for (size_t i = 0; i < count; i++) {
		bool more = fragment_cut(world.router, &datagram, mtu, &offset, &piece);

		memcpy(piece.bytes + id_at, pieces[i].bytes + id_at, id_size);
		if (version == 4)
			memcpy(piece.bytes + 10, pieces[i].bytes + 10, 2);
		*same &= more == (i + 1 < count) && piece.packet.length == pieces[i].length &&
			 !memcmp(piece.bytes, pieces[i].bytes, piece.packet.length);
	}
	return true;
}

/* The kernel puts together what the router cuts, and the router what the kernel does. */
static void test_echo(unsigned version, size_t size)
{
	size_t header = version == 4 ? 20 : 40;
	bool same = false, answered;

	pieces_request(&request, version, 5, size);
	give_pieces(1280);
	answered = take_reply(version, 1500, &same);
	tap_ok(answered && out.packet.length == header + size &&
			!memcmp(out.bytes + header + 8, request.bytes + header + 8, size - 8),
		"IPv%u: the kernel answers an echo of %zu bytes in fragments", version, size);
	tap_ok(same, "and cuts its own packets as the router would");
}

static void open_devices(void)
{
	int inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq mtu = { .ifr_name = "tun1", .ifr_mtu = FORWARD_MTU };

	device_open("tun0", IFF_NO_PI, "10.0.0.254", "2001:db8::fe", 1, &tun0);
	device_open("tun1", IFF_NO_PI, "10.1.0.254", "2001:db8:1::fe", 1, &tun1);
	device_need(ioctl(inet, SIOCSIFMTU, &mtu) == 0, "an MTU");
	close(inet);
	pieces_set("/proc/sys/net/ipv4/ip_forward", "1");
	pieces_set("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	pieces_set("/proc/sys/net/ipv4/conf/tun0/rp_filter", "0");
}

int main(void)
{
	if (device_space() < 0) {
		tap_skip("no namespace, or no TUN device: %s", strerror(errno));
		return tap_done();
	}
	open_devices();
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1500);
	test_cut();
	test_echo(4, 3000);
	test_echo(4, 60000);
	test_echo(6, 3000);
	test_echo(6, 60000);
	world_close(&world);
	return tap_done();
}
