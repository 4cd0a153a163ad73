/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragments as the kernel has them: what it cuts is what a router cuts, and what it puts together, or drops,
 * of any fragments a router does, too.
 *
 *     this program -- tun0 ==> a namespace that forwards ==> tun1, of a smaller MTU -- this program
 */
#include <net/if.h>

#include "forwarder/router/fragment.h"
#include "forwarder/router/icmp.h"
#include "forwarder/router/reassembly.h"
#include "tests/relay/device.h"
#include "tests/relay/pieces.h"
#include "tests/unit/tap.h"

enum { FORWARD_MTU = 616, PATIENCE = 5000 /* milliseconds */, ECHO4 = 8, ECHO6 = 128, SENTINEL = 0xfffe };

static struct world world;
static struct router_port *port;
static struct piece whole, got, fragment, request;
static struct datagram out;
static int tun0, tun1;

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	device_need(fd >= 0 && write(fd, value, strlen(value)) > 0, path);
	close(fd);
}

static void give_kernel(const struct piece *piece)
{
	device_need(write(tun0, piece->bytes, piece->length) == (ssize_t)piece->length, "write");
}

/* The next packet of this version that comes out of a device; false: none comes. */
static bool take_kernel(int fd, unsigned version)
{
	struct pollfd polled = { fd, POLLIN, 0 };

	while (poll(&polled, 1, PATIENCE) == 1) {
		ssize_t length = read(fd, got.bytes, sizeof(got.bytes));

		/* Not what the kernel says of itself. */
		if (length > 0 && pieces_version(got.bytes) == version &&
			(version == 4 || got.bytes[24] != 0xff)) {
			got.length = (size_t)length;
			return true;
		}
	}
	return false;
}

/* Whether the kernel sends on the same pieces as the router makes. */
static bool cuts_the_same(void)
{
	struct datagram datagram, piece;
	size_t offset = 0;
	bool more = true, same = true;

	give_kernel(&whole);
	whole.bytes[8]--;
	pieces_finish(&whole);
	device_need(pieces_read(port, &whole, &datagram) == ROUTER_COUNTERS, "a datagram");
	while (more) {
		more = fragment_cut(world.router, &datagram, FORWARD_MTU, &offset, &piece);
		if (!take_kernel(tun1, 4))
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

/* The checksum of an ICMP message of SIZE bytes behind its header; 0 where it is right. */
static uint32_t icmp_sum(const uint8_t *ip, size_t header, size_t size)
{
	uint32_t sum = 0;

	if (pieces_version(ip) == 6)
		sum = made_add(made_add(0, ip + 8, 32), (const uint8_t[]) { 0, 0, 0, 58 }, 4) +
		      (uint32_t)size;
	sum = made_add(sum, ip + header, size);
	return ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
}

/* An echo request to the kernel, of SIZE bytes of ICMP. */
static void make_request(struct piece *piece, unsigned version, unsigned id, size_t size)
{
	size_t header = version == 4 ? 20 : 40;
	uint8_t *icmp = piece->bytes + header;

	if (version == 4)
		pieces_make4(piece, (uint16_t)id, NULL, 0, size);
	else
		pieces_make6(piece, 58, NULL, 0, id, size);
	memcpy(piece->bytes + 16, version == 4 ? "\x0a\x00\x00\xfe" : "\0\0\0\0", 4);
	if (version == 6)
		memcpy(piece->bytes + 24, world_ip("2001:db8::fe", NULL).bytes, 16);
	if (version == 6)
		memcpy(piece->bytes + 8, world_ip("2001:db8::1", NULL).bytes, 16);
	if (version == 4)
		piece->bytes[9] = 1;
	icmp[0] = version == 4 ? ECHO4 : ECHO6;
	icmp[1] = 0;
	made_number(icmp + 2, 2, 0);
	made_number(icmp + 4, 2, id);
	made_number(icmp + 6, 2, id >> 16);
	made_number(icmp + 2, 2, icmp_sum(piece->bytes, header, size));
	pieces_finish(piece);
}

/* Cuts REQUEST for an MTU and gives the kernel the pieces, the last one first. */
static void give_pieces(uint32_t mtu)
{
	static struct piece pieces[64];
	struct datagram datagram, piece;
	size_t offset = 0, count = 0;
	bool more = true;

	device_need(pieces_read(port, &request, &datagram) == ROUTER_COUNTERS, "a datagram");
	while (more) {
		more = fragment_cut(world.router, &datagram, mtu, &offset, &piece);
		memcpy(pieces[count].bytes, piece.bytes, piece.packet.length);
		pieces[count++].length = piece.packet.length;
	}
	while (count)
		give_kernel(&pieces[--count]);
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
		if (!take_kernel(tun0, version))
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

	make_request(&request, version, 5, size);
	give_pieces(1280);
	answered = take_reply(version, 1500, &same);
	tap_ok(answered && out.packet.length == header + size &&
			!memcmp(out.bytes + header + 8, request.bytes + header + 8, size - 8),
		"IPv%u: the kernel answers an echo of %zu bytes in fragments", version, size);
	tap_ok(same, "and cuts its own packets as the router would");
}

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
		if (size < 8 || icmp_sum(out.bytes, out.header, size) != 0)
			return;
		outcome->replies++;
		outcome->sum =
			made_add(outcome->sum + 1 + mark_of(out.bytes), out.bytes + out.header + 4, size - 4);
	} else if (error) {
		outcome->errors++;
		outcome->pointers += argument;
	}
}

/* Counts what the kernel sent, until it answers what is asked now; false: it does not. */
static bool note_kernel(unsigned version, struct outcome *outcome)
{
	size_t header = version == 4 ? 20 : 40;
	const uint8_t *icmp = got.bytes + header;

	make_request(&request, version, SENTINEL, 64);
	give_kernel(&request);
	while (take_kernel(tun0, version)) {
		if (version == 6 && icmp[0] == 4) {
			outcome->errors++;
			outcome->pointers += pieces_load(icmp + 4, 4);
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

	make_request(&request, version, id, size);
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
		give_kernel(&fragment);
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

static void open_devices(void)
{
	int inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request_mtu = { .ifr_name = "tun1", .ifr_mtu = FORWARD_MTU };

	device_open("tun0", IFF_NO_PI, "10.0.0.254", "2001:db8::fe", 1, &tun0);
	device_open("tun1", IFF_NO_PI, "10.1.0.254", "2001:db8:1::fe", 1, &tun1);
	device_need(ioctl(inet, SIOCSIFMTU, &request_mtu) == 0, "an MTU");
	close(inet);
	set("/proc/sys/net/ipv4/ip_forward", "1");
	set("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	set("/proc/sys/net/ipv4/conf/tun0/rp_filter", "0");
	/* What is left of a sequence is to be no reason to drop another one. */
	set("/proc/sys/net/ipv4/ipfrag_high_thresh", "1000000000");
	set("/proc/sys/net/ipv6/ip6frag_high_thresh", "1000000000");
	set("/proc/sys/net/ipv4/ipfrag_max_dist", "0");
	/* No kind of ICMP message is limited. */
	set("/proc/sys/net/ipv6/icmp/ratemask", "\n");
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
	test_reassembly(4);
	test_reassembly(6);
	world_close(&world);
	return tap_done();
}
