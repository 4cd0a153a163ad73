/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anything that could come to a router, by any of its ports, with a clock that the input turns. Each packet
 * that came is told of once, each that is dropped is counted, and what is sent is well formed: all of what
 * the router made itself, and the IP header of what it forwarded, whose time to live is one less.
 *
 * Where FUZZ_ROUTER_PCAP names a folder, what the router made itself is written there, too, for others to
 * judge: TUNs.pcap, TAPs.pcap.
 */
#include "forwarder/router/datagram.h"
#include "tests/fuzz/equipped.h"
#include "tests/fuzz/judged.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/sent.h"

enum {
	ARRIVALS = 48,
	PACKETS = 40,  /* of wire size, that a segment may be */
	TICKS = 20000, /* in one stretch of time */
};

#define MILLISECOND UINT64_C(1000000)

static const uint64_t waits[] = { 0, MILLISECOND, 100 * MILLISECOND, 1000 * MILLISECOND, 3000 * MILLISECOND,
	10000 * MILLISECOND, 40000 * MILLISECOND, 120000 * MILLISECOND };

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
		write_pcap(port, packet, &stand.all);
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

static void open_router(void)
{
	stand.outside = (struct router_outside) { saw, sent, lost, NULL };
	stand.router = router_open(&stand.outside, &stand.memory, 1);
	must(stand.router, "memory");
	stand.now = 1000000 * MILLISECOND;
	stand.router->now = stand.now;
	if (stand.head.form & FUZZ_UNLIMITED)
		stand.router->ratelimit = 0;
	equip(stand.router, &stand.head);
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
	if (!length) {
		stand.changed = true;
		change(port, stand.head.form, arrival->more[0]);
	}
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
