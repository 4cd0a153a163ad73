/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/sightings.h"

#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "forwarder/pcapng.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"

/* An interface of the capture. */
struct interface {
	const struct netns *in; /* NULL: not one of the lab's */
	const char *device;
	bool wire;
	uint16_t link;
};

struct capture_view {
	struct evidence *evidence;
	const struct lab *lab;
	struct interface *interfaces;
	size_t count;
};

static uint16_t u16(const uint8_t *at)
{
	uint16_t number;

	memcpy(&number, at, sizeof number);
	return number;
}

static uint32_t u32(const uint8_t *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof number);
	return number;
}

/* Where the options of a block begin. */
struct options {
	const uint8_t *at, *end;
};

/* The option WANTED, NULL if there is none. */
static const uint8_t *option(struct options options, uint16_t wanted, size_t *size)
{
	while (options.end - options.at >= 4) {
		uint16_t code = u16(options.at), length = u16(options.at + 2);

		if (!code || options.end - options.at < 4 + length)
			return NULL;
		if (code == wanted) {
			*size = length;
			return options.at + 4;
		}
		options.at += 4 + ((length + 3) & ~3);
	}
	return NULL;
}

static const char *text_option(struct arena *arena, struct options options, uint16_t wanted)
{
	size_t size = 0;
	const uint8_t *at = option(options, wanted, &size);

	return at ? arena_copy(arena, at, size) : NULL;
}

/* "left/tun0", or "wire:left/tun0". */
static void read_interface(struct capture_view *view, const struct pcapng_block *block)
{
	enum { NAME = 2, HEADER = 16 };
	struct arena *arena = view->evidence->arena;
	struct options options = { block->bytes + HEADER, block->bytes + block->size - 4 };
	const char *name = text_option(arena, options, NAME), *slash;
	struct interface interface = { .link = u16(block->bytes + 8) };

	if (name && !strncmp(name, "wire:", 5)) {
		interface.wire = true;
		name += 5;
	}
	slash = name ? strchr(name, '/') : NULL;
	if (slash) {
		interface.in = lab_namespace(view->lab, arena_copy(arena, name, (size_t)(slash - name)));
		interface.device = slash + 1;
	}
	arena_append(arena, &view->interfaces, &view->count, &interface, sizeof interface);
}

static uint16_t network16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Ethernet and IPv4 (RFC 826). */
static bool read_arp(const uint8_t *at, size_t size, struct flow *out)
{
	if (size < 28 || network16(at + 2) != ETH_P_IP)
		return false;
	memset(out, 0, sizeof *out);
	out->family = AF_INET;
	out->arp = network16(at + 6);
	out->from = (struct address) { .family = AF_INET, .length = 32 };
	out->to = out->from;
	memcpy(out->from.bytes, at + 14, 4);
	memcpy(out->to.bytes, at + 24, 4);
	return true;
}

static bool read_protocol(uint16_t protocol, const uint8_t *at, size_t size, struct flow *out)
{
	if (protocol == ETH_P_ARP)
		return read_arp(at, size, out);
	return (protocol == ETH_P_IP || protocol == ETH_P_IPV6) && flow_read(at, size, out);
}

static bool read_frame(uint16_t link, const uint8_t *at, size_t size, struct flow *out)
{
	size_t type = 12;

	switch (link) {
	case PCAPNG_RAW_IP: return flow_read(at, size, out);
	case PCAPNG_COOKED: return size >= 16 && read_protocol(network16(at + 14), at + 16, size - 16, out);
	case PCAPNG_ETHERNET: break;
	default: return false;
	}
	while (size >= type + 6 &&
		(network16(at + type) == ETH_P_8021Q || network16(at + type) == ETH_P_8021AD))
		type += 4;
	return size >= type + 2 && read_protocol(network16(at + type), at + type + 2, size - type - 2, out);
}

/* What was corrupted is known by what it was: the change is taken back. */
static void repair(uint8_t *bytes, size_t size, const struct remark *befell)
{
	if (befell->corrupted && befell->bit / 8 < size)
		bytes[befell->bit / 8] ^= (uint8_t)(1 << befell->bit % 8);
}

static void read_packet(struct capture_view *view, const struct pcapng_block *block)
{
	enum { COMMENT = 1, FLAGS = 2, HEADER = 28, RECEPTION = 7 << 2 };
	struct arena *arena = view->evidence->arena;
	uint32_t number = u32(block->bytes + 8), captured = u32(block->bytes + 20);
	struct options options = { block->bytes + HEADER + ((captured + 3) & ~3U),
		block->bytes + block->size - 4 };
	const struct interface *interface = number < view->count ? &view->interfaces[number] : NULL;
	size_t size = 0;
	const uint8_t *flags = option(options, FLAGS, &size);
	uint8_t *bytes;
	struct sighting sighting = { .time = block->time };

	if (!interface || !interface->in)
		return;
	bytes = arena_copy(arena, block->bytes + HEADER, captured); /* what is quoted stays there */
	sighting.befell = remark_read(arena, text_option(arena, options, COMMENT));
	repair(bytes, captured, &sighting.befell);
	if (!read_frame(interface->link, bytes, captured, &sighting.flow))
		return;
	sighting.in = interface->in;
	sighting.device = interface->device;
	sighting.wire = interface->wire;
	sighting.direction = flags && size == 4 ? u32(flags) & 3 : RELAY_BOTH;
	sighting.elsewhere = flags && size == 4 && (u32(flags) & RECEPTION) == PCAPNG_PROMISCUOUS;
	sighting.dropped = sighting.befell.dropped;
	arena_append(arena, &view->evidence->sightings, &view->evidence->sighting_count, &sighting,
		sizeof sighting);
}

static int by_time(const void *left, const void *right)
{
	const struct sighting *a = left, *b = right;

	return a->time < b->time ? -1 : a->time > b->time;
}

void sightings_read(struct evidence *evidence, const struct lab *lab, const unsigned char *bytes, size_t size,
	size_t since)
{
	struct capture_view view = { .evidence = evidence, .lab = lab };
	struct pcapng_block block;

	for (size_t at = 0; pcapng_read(bytes + at, size - at, &block); at += block.size) {
		if (block.type == PCAPNG_INTERFACE)
			read_interface(&view, &block);
		else if (block.type == PCAPNG_PACKET && at >= since)
			read_packet(&view, &block);
	}
	if (evidence->sighting_count)
		qsort(evidence->sightings, evidence->sighting_count, sizeof *evidence->sightings, by_time);
}

static bool is_echo(const struct flow *flow, bool reply)
{
	if (flow->protocol == IPPROTO_ICMPV6)
		return flow->type == (reply ? ICMP6_ECHO_REPLY : ICMP6_ECHO_REQUEST);
	return flow->protocol == IPPROTO_ICMP && flow->type == (reply ? ICMP_ECHOREPLY : ICMP_ECHO);
}

uint8_t protocol_of_probe(const struct step *step)
{
	if (!strcmp(step->verb->name, "tcp"))
		return IPPROTO_TCP;
	if (!strcmp(step->verb->name, "udp"))
		return IPPROTO_UDP;
	return step->target.address.family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
}

/* Of what is no ICMP error. Addresses may be translated on the way, ports seldom are. */
static enum role role_of(const struct flow *flow, uint8_t protocol, uint16_t local)
{
	if (flow->arp || flow->fragment || flow->protocol != protocol || !local)
		return ROLE_OTHER;
	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
		if (flow->id != local)
			return ROLE_OTHER;
		if (is_echo(flow, false))
			return ROLE_REQUEST;
		return is_echo(flow, true) ? ROLE_ANSWER : ROLE_OTHER;
	}
	if (flow->sport == local)
		return ROLE_REQUEST;
	return flow->dport == local ? ROLE_ANSWER : ROLE_OTHER;
}

static enum role give(const struct flow *flow, uint8_t protocol, uint16_t local)
{
	struct flow quoted;

	if (!flow->quoted)
		return role_of(flow, protocol, local);
	if (!flow_read(flow->quoted, flow->quoted_size, &quoted) ||
		role_of(&quoted, protocol, local) == ROLE_OTHER)
		return ROLE_OTHER;
	return ROLE_ERROR;
}

/* What is inside of what is nothing itself, be it inside of several. */
static void look_inside(struct sighting *sighting, uint8_t protocol, uint16_t local)
{
	struct flow outer = sighting->flow, inside;

	sighting->carries = ROLE_OTHER;
	while (sighting->role == ROLE_OTHER && sighting->carries == ROLE_OTHER && !outer.arp &&
		flow_inside(&outer, &inside)) {
		sighting->carries = give(&inside, protocol, local);
		sighting->inside = outer = inside;
	}
}

void roles_give(struct evidence *evidence, uint16_t local)
{
	uint8_t protocol = protocol_of_probe(evidence->step);

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		evidence->sightings[i].role = give(&evidence->sightings[i].flow, protocol, local);
		look_inside(&evidence->sightings[i], protocol, local);
	}
	for (size_t i = 0; i < evidence->drop_count; i++)
		evidence->drops[i].role = give(&evidence->drops[i].flow, protocol, local);
}

struct flow flow_of_probe(const struct evidence *evidence)
{
	const struct step *step = evidence->step;
	const struct address *source = value_address(&step->values, "source");
	struct flow flow = { .family = step->target.address.family,
		.protocol = protocol_of_probe(step),
		.tos = (uint8_t)value_number(&step->values, "tos", 0),
		.to = step->target.address,
		.dport = step->target.port };

	if (source)
		flow.from = *source;
	if (flow.protocol == IPPROTO_ICMP)
		flow.type = ICMP_ECHO;
	else if (flow.protocol == IPPROTO_ICMPV6)
		flow.type = ICMP6_ECHO_REQUEST;
	return flow;
}

bool sighting_same_place(const struct sighting *one, const struct sighting *other)
{
	return one->in == other->in && one->wire == other->wire && one->direction == other->direction &&
	       !strcmp(one->device, other->device);
}

bool sighting_leads_nowhere(const struct sighting *sighting)
{
	const struct link *link = namespace_link(sighting->in, sighting->device);

	return !sighting->wire && sighting->direction == RELAY_OUT && link && link->kind && !link->wire &&
	       (link->kind->made == LINK_BY_TUN || !strcmp(link->kind->name, "dummy"));
}
