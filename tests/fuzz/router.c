/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anything that could come to a router, by any of its ports, with a clock that the input turns. Each packet
 * that came is told of once, each that is dropped is counted, and what is sent is well formed: all of what
 * the router made itself, and the IP header of what it forwarded, whose time to live is one less.
 *
 * Where FUZZ_ROUTER_PCAP names a folder, what the router made itself is written there, too, for others to
 * judge: TUNs.pcap, TAPs.pcap.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include "forwarder/router/advertise.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/datagram.h"
#include "forwarder/router/neighbour.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/sent.h"

enum {
	PORTS = 4,
	TAPS = 2, /* from this port on */
	ARRIVALS = 48,
	PACKETS = 40,  /* of wire size, that a segment may be */
	TICKS = 20000, /* in one stretch of time */
};

#define MILLISECOND UINT64_C(1000000)

static const uint64_t waits[] = { 0, MILLISECOND, 100 * MILLISECOND, 1000 * MILLISECOND, 3000 * MILLISECOND,
	10000 * MILLISECOND, 40000 * MILLISECOND, 120000 * MILLISECOND };
static const uint32_t mtus[] = { 1500, 1280, 576, 65535 };

struct arrival {
	const struct router_port *port;
	struct ip source, target;
	uint8_t hops;
};

/* What one input makes. */
static struct stand {
	struct router *router;
	struct relay_router memory;
	struct router_outside outside;
	struct fuzz_router head;
	struct fuzz_input all, input;
	uint64_t now;
	struct arrival arrivals[ARRIVALS];
	size_t count;
	bool changed;  /* addresses may have gone that what waits comes from */
	unsigned told; /* of the packet that came last */
	uint64_t dropped;
	uint8_t buffer[ROUTER_ROOM + SEGMENT_LONGEST];
} stand;

/* --- what is sent --- */

/* What came so, one hop before; by PORT, where that is not NULL. */
static bool came(const struct view *view, const struct router_port *port)
{
	for (size_t i = 0; i < stand.count; i++) {
		const struct arrival *arrival = &stand.arrivals[i];

		if ((!port || arrival->port == port) && ip_equal(&arrival->source, &view->source) &&
			ip_equal(&arrival->target, &view->target) && arrival->hops == view->hops + 1)
			return true;
	}
	return false;
}

/* RFC 4291 2.5.6: what is link-local does not go to other links; RFC 3927 2.6.2: of IPv4 to none. */
static void check_forwarded(const struct router_port *port, const struct view *view)
{
	bool six = view->source.family == AF_INET6;

	must(came(view, six && ip_is_link_local(&view->source) ? port : NULL),
		"what is forwarded came, with one more in its time to live");
	must(!ip_is_multicast(&view->target) && !ip_is_broadcast(&view->target) &&
			!ip_is_loopback(&view->target) && !ip_is_loopback(&view->source) &&
			!ip_is_multicast(&view->source) && !ip_is_unspecified(&view->source),
		"and is what a router forwards");
	must((six || !ip_is_link_local(&view->source)) && !ip_is_link_local(&view->target),
		"what is link-local is not");
}

static void check_made(const struct router_port *port, const struct view *view)
{
	bool own;

	router_own(stand.router, port, &view->source, &own);
	must(own || stand.changed, "what the router makes comes from an address of its own");
	must(view->bytes[0] >> 4 == 6 || !(view->bytes[6] & 0x80), "it does not set the reserved flag");
	if (view->fragment)
		return;
	if (view->protocol == IPPROTO_ICMP || view->protocol == IPPROTO_ICMPV6) {
		check_icmp(view);
		return;
	}
	must(view->protocol == IPPROTO_TCP, "it makes ICMP and TCP only");
	must(view->length - view->header >= 20 &&
			sum(view->bytes + view->header, view->length - view->header,
				pseudo(view->bytes, IPPROTO_TCP, view->length - view->header)) == 0,
		"TCP's checksum is right");
}

/* A packet of wire size, from its IP header on. */
static void check_ip(
	const struct router_port *port, const uint8_t *bytes, size_t length, const char *what, bool sent)
{
	struct view view = see(bytes, length);

	must(!sent || length <= port->mtu, "what is sent is no longer than the MTU");
	if (what)
		check_made(port, &view);
	else
		check_forwarded(port, &view);
}

static void check_packets(
	const struct router_port *port, const struct packet *packet, const char *what, bool sent)
{
	static uint8_t buffer[SEGMENT_LONGEST];
	struct segment form;
	struct packet piece;

	must(segment_read(packet, port->frame, &form), "what is left to a device can be done");
	must(!what || !(packet->offload.flags | packet->offload.gso_type),
		"nothing of the router's own is left to a device");
	for (unsigned i = 0; i < form.count; i++) {
		segment_complete(packet, &form, i, buffer, &piece);
		check_ip(port, piece.bytes + form.network, piece.length - form.network, what, sent);
	}
}

/* --- for others to judge --- */

static void put(int file, const void *bytes, size_t size)
{
	must(write(file, bytes, size) == (ssize_t)size, "write");
}

/* draft-ietf-opsawg-pcap: appended, in this machine's order of bytes. The seconds are the input's own number,
 * by which it is found again. */
static void write_pcap(const struct router_port *port, const struct packet *packet)
{
	static uint32_t number;
	const char *folder = getenv("FUZZ_ROUTER_PCAP");
	bool ethernet = port->frame == RELAY_ETHERNET;
	const uint32_t header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, ethernet ? 1 : 101 };
	uint32_t record[] = { 0, ++number, (uint32_t)packet->length, (uint32_t)packet->length };
	char path[300];
	int file;

	if (!folder)
		return;
	for (size_t i = 0; i < stand.all.left; i++)
		record[0] = record[0] * 31 + stand.all.at[i];
	snprintf(path, sizeof(path), "%s/%s.pcap", folder, ethernet ? "TAPs" : "TUNs");
	file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	must(file >= 0, path);
	if (lseek(file, 0, SEEK_END) == 0)
		put(file, header, sizeof(header));
	put(file, record, sizeof(record));
	put(file, packet->bytes, packet->length);
	close(file);
}

/* --- the world --- */

/* How many packets of wire size it is, without what a frame has behind its IP packet. */
static unsigned weight(const struct router_port *port, const struct packet *packet)
{
	size_t network = port->frame == RELAY_ETHERNET ? SENT_FRAME : 0, length = packet->length;
	const uint8_t *ip = packet->bytes + network;
	struct packet own = *packet;
	struct segment form;

	if (length >= network + 20 && ip[0] >> 4 == 4)
		length = network + load16(ip + 2);
	else if (length >= network + 40 && ip[0] >> 4 == 6 && load16(ip + 4))
		length = network + 40 + load16(ip + 4);
	if (length < own.length)
		own.length = length;
	return segment_read(&own, port->frame, &form) ? form.count : 1;
}

/* Why a packet is dropped before it is known of how many it is made. */
static bool is_early(const char *what)
{
	static const enum router_counter early[] = { ROUTER_no_protocol, ROUTER_not_mine, ROUTER_bad_header,
		ROUTER_bad_length, ROUTER_bad_checksum };

	for (size_t i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		if (!strcmp(what, router_why(early[i])))
			return true;
	return false;
}

static void saw(
	void *context, struct router_port *port, const struct packet *packet, bool dropped, const char *what)
{
	(void)context;
	must(what && *what, "it says what becomes of a packet");
	stand.told++;
	if (dropped)
		stand.dropped += is_early(what) ? 1 : weight(port, packet);
}

static void sent(void *context, struct router_port *port, const struct packet *packet, const char *what)
{
	(void)context;
	must(packet->frame == port->frame, "a packet is as its port carries it");
	if (what)
		write_pcap(port, packet);
	if (port->frame == RELAY_ETHERNET)
		check_frame(port, packet);
	if (port->frame == RELAY_ETHERNET && packet->protocol == 0x0806) {
		must(what, "ARP is not forwarded");
		check_arp(port, packet);
	} else {
		check_packets(port, packet, what, true);
	}
}

static void lost(void *context, struct router_port *port, const struct packet *packet, const char *what)
{
	(void)context;
	must(what && *what, "it says why a packet is lost");
	stand.dropped += weight(port, packet);
}

/* --- the router --- */

/* The number of a port stands where TEXT has a '#'. */
static struct ip address(const char *text, unsigned port)
{
	const char *place = strchrnul(text, '#');
	struct ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	char full[64];

	if (*place)
		snprintf(full, sizeof(full), "%.*s%u%s", (int)(place - text), text, port, place + 1);
	else
		snprintf(full, sizeof(full), "%s", text);
	must(inet_pton(ip.family, full, ip.bytes) == 1, full);
	return ip;
}

static void add_address(struct router_port *port, const char *text, uint8_t length)
{
	const struct ip ip = address(text, port->number);

	must(router_add_address(port, &ip, length), "memory");
}

static void remove_address(struct router_port *port, const char *text, uint8_t length)
{
	const struct ip ip = address(text, port->number);

	router_remove_address(port, &ip, length);
}

static void add_port(unsigned number)
{
	const uint8_t hardware[6] = { 2, 0, 0, 0, 0, (uint8_t)number };
	const struct ip link_local = address("fe80::#", number + 1);
	struct router_port *port = router_add_port(stand.router, number, hardware, &link_local);

	must(port, "memory");
	port->frame = number < TAPS ? RELAY_IP : RELAY_ETHERNET;
	port->mtu = mtus[stand.head.mtu >> 2 * number & 3];
	if (stand.head.form & FUZZ_BARE && number >= PORTS - 2)
		return;
	add_address(port, "10.0.#.254", 24);
	add_address(port, "2001:db8:#::fe", 64);
}

static void add_route(
	enum route_kind kind, const char *prefix, uint8_t length, const char *via, unsigned port)
{
	struct route route = {
		.kind = kind, .prefix = address(prefix, port), .length = length, .gateway = via
	};

	if (kind == ROUTE_UNICAST)
		route.port = stand.router->ports[port];
	if (via)
		route.via = address(via, port);
	must(router_add_route(stand.router, &route), "memory");
}

static void add_routes(void)
{
	add_route(ROUTE_UNICAST, "10.2.0.0", 16, "10.0.#.2", 2);
	add_route(ROUTE_BLACKHOLE, "10.3.0.0", 16, NULL, 0);
	add_route(ROUTE_UNREACHABLE, "10.4.0.0", 16, NULL, 0);
	add_route(ROUTE_PROHIBIT, "10.5.0.0", 16, NULL, 0);
	add_route(ROUTE_UNICAST, "10.6.0.0", 16, NULL, 3);
	add_route(ROUTE_UNICAST, "2001:db8:20::", 48, "2001:db8:#::2", 2);
	add_route(ROUTE_BLACKHOLE, "2001:db8:30::", 48, NULL, 0);
	add_route(ROUTE_UNREACHABLE, "2001:db8:40::", 48, NULL, 0);
	add_route(ROUTE_PROHIBIT, "2001:db8:50::", 48, NULL, 0);
	add_route(ROUTE_UNICAST, "2001:db8:60::", 48, "fe80::99", 3);
	if (stand.head.form & FUZZ_ROUTELESS)
		return;
	add_route(ROUTE_UNICAST, "0.0.0.0", 0, "10.0.#.1", 0);
	add_route(ROUTE_UNICAST, "::", 0, "2001:db8:#::1", 0);
}

static void state(const char *text, unsigned number)
{
	const uint8_t hardware[6] = { 2, 0, 0, 0, 1, (uint8_t)number };
	const struct ip ip = address(text, number);

	must(neighbour_state(stand.router->ports[number], &ip, hardware), "there is room");
}

static void advertise(unsigned number)
{
	static const uint64_t numbers[RELAY_NUMBERS] = { [RELAY_MIN_INTERVAL] = 3000,
		[RELAY_MAX_INTERVAL] = 4000,
		[RELAY_LINK_MTU] = 1400,
		[RELAY_DEFAULT_LIFETIME] = 1800,
		[RELAY_SOURCE_LL_ADDRESS] = 1 };
	static const uint64_t options[RELAY_NUMBERS] = { 86400, 14400, 1, 1 };
	struct router_port *port = stand.router->ports[number];
	const struct ip prefix = address("2001:db8:#::", number);

	must(advertise_set(port, numbers), "memory");
	must(advertise_add(port, RELAY_ADVERTISED_PREFIX, &prefix, 64, options) &&
			advertise_add(port, RELAY_ADVERTISED_ROUTE, &prefix, 48, options) &&
			advertise_add(port, RELAY_ADVERTISED_RDNSS, &prefix, 128, options),
		"there is room for options");
}

static void open_router(void)
{
	stand.outside = (struct router_outside) { saw, sent, lost, NULL };
	stand.router = router_open(&stand.outside, &stand.memory, 1);
	must(stand.router, "memory");
	stand.now = 1000000 * MILLISECOND;
	stand.router->now = stand.now;
	if (stand.head.form & FUZZ_UNLIMITED)
		stand.router->ratelimit = 0;
	for (unsigned i = 0; i < PORTS; i++)
		add_port(i);
	add_routes();
	must(router_settle(stand.router), "memory");
	for (unsigned i = TAPS; i < PORTS && !(stand.head.form & FUZZ_UNKNOWN); i++) {
		state("10.0.#.2", i);
		state("2001:db8:#::2", i);
	}
	for (unsigned i = TAPS; i < PORTS && stand.head.form & FUZZ_ADVERTISING; i++)
		advertise(i);
}

/* Each bit takes something away, or, where it is 0, brings it back. */
static void change(struct router_port *port, uint8_t less)
{
	const struct ip prefix = address("10.2.0.0", 0), prefix6 = address("2001:db8:20::", 0),
			neighbour = address("10.0.#.2", port->number);

	stand.changed = true;
	(less & 1 ? remove_address : add_address)(port, "10.0.#.254", 24);
	(less & 2 ? remove_address : add_address)(port, "2001:db8:#::fe", 64);
	if (less & 4) {
		router_remove_route(stand.router, &prefix, 16);
		router_remove_route(stand.router, &prefix6, 48);
	} else {
		add_routes();
	}
	if (less & 8)
		advertise_set(port, NULL);
	else
		advertise(port->number);
	if (less & 16)
		must(neighbour_state(port, &neighbour, NULL), "a neighbour is forgotten");
	else
		state("10.0.#.2", port->number);
	must(router_settle(stand.router), "memory");
}

/* --- what comes --- */

static void pass(uint64_t time)
{
	uint64_t end = stand.now + time;
	unsigned ticks = 0;

	for (uint64_t next; (next = router_next(stand.router)) <= end;) {
		stand.now = next > stand.now ? next : stand.now;
		router_tick(stand.router, stand.now);
		must(++ticks < TICKS, "what is due is done, and not due any more");
	}
	stand.now = end;
}

static void note(const struct router_port *port, const uint8_t *bytes, size_t size)
{
	struct arrival *arrival = &stand.arrivals[stand.count++];

	*arrival = (struct arrival) { .port = port };
	if (size >= 20 && bytes[0] >> 4 == 4)
		*arrival = (struct arrival) { port, ip_load(AF_INET, bytes + 12),
			ip_load(AF_INET, bytes + 16), bytes[8] };
	else if (size >= 40 && bytes[0] >> 4 == 6)
		*arrival = (struct arrival) { port, ip_load(AF_INET6, bytes + 8),
			ip_load(AF_INET6, bytes + 24), bytes[7] };
}

/* What a device gives can be cut as its offload says: the relay lets no other through. */
static bool is_given(const struct packet *packet)
{
	struct segment form;

	return segment_read(packet, packet->frame, &form) && form.count <= PACKETS;
}

static size_t read_bytes(const struct fuzz_arrival *arrival, uint8_t *at)
{
	size_t length = (size_t)arrival->length[0] | (size_t)arrival->length[1] << 8, size = length;

	if (size > stand.input.left)
		size = stand.input.left;
	fuzz_take(&stand.input, at, size);
	length = size;
	if (arrival->turn & FUZZ_STRETCHED)
		length += (size_t)arrival->more[0] | (size_t)arrival->more[1] << 8;
	if (length > SEGMENT_LONGEST)
		length = SEGMENT_LONGEST;
	for (size_t i = size; i < length; i++)
		at[i] = (uint8_t)(i * 7 >> 2);
	return length;
}

static void arrive(const struct fuzz_arrival *arrival)
{
	struct router_port *port = stand.router->ports[arrival->turn & FUZZ_PORT];
	size_t network = port->frame == RELAY_ETHERNET ? SENT_FRAME : 0, length;
	uint8_t *at = stand.buffer + ROUTER_ROOM;
	struct packet packet = { .bytes = at, .frame = port->frame };

	if (arrival->turn & FUZZ_OFFLOADED)
		fuzz_take(&stand.input, &packet.offload, sizeof(packet.offload));
	length = read_bytes(arrival, at);
	packet.length = length;
	if (!length)
		change(port, arrival->more[0]);
	if (length < (network ? network : 1) || !is_given(&packet))
		return;
	if (arrival->turn & FUZZ_MENDED && !packet.offload.flags)
		mend(at + network, length - network);
	packet.protocol = network ? load16(at + 12) : at[0] >> 4 == 4 ? 0x0800 : 0x86dd;
	note(port, at + network, length - network);
	stand.told = 0;
	router_take(port, stand.now, &packet, at);
	must(stand.told == 1, "a packet that came is told of once");
}

static uint64_t counted(void)
{
	uint64_t count = 0;

	for (unsigned i = ROUTER_FIRST_DROP; i < ROUTER_COUNTERS; i++)
		if (i != ROUTER_late_fragment && i != ROUTER_many_fragments)
			count += stand.memory.counters[i];
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_arrival arrival;

	memset(&stand, 0, offsetof(struct stand, buffer));
	stand.all = stand.input = (struct fuzz_input) { data, size };
	fuzz_take(&stand.input, &stand.head, sizeof(stand.head));
	open_router();
	for (unsigned i = 0; stand.input.left && i < ARRIVALS; i++) {
		fuzz_take(&stand.input, &arrival, sizeof(arrival));
		pass(waits[arrival.turn / FUZZ_WHEN & 7]);
		arrive(&arrival);
		must(counted() == stand.dropped,
			"what is dropped is counted, and what is counted is dropped");
	}
	pass(waits[7]);
	must(counted() == stand.dropped, "and in the end");
	router_close(stand.router);
	return 0;
}
