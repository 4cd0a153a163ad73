/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/arp.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <stdio.h>

#include "forwarder/router/checksum.h"
#include "forwarder/router/frame.h"
#include "forwarder/router/icmp.h"
#include "forwarder/router/neighbour.h"
#include "forwarder/router/table.h"

/* Where the fields are (RFC 826), for Ethernet and IPv4. */
enum {
	ARP_HARDWARE = 0,
	ARP_PROTOCOL = 2,
	ARP_HARDWARE_SIZE = 4,
	ARP_PROTOCOL_SIZE = 5,
	ARP_OPERATION = 6,
	ARP_SENDER_HARDWARE = 8,
	ARP_SENDER = 14,
	ARP_TARGET_HARDWARE = 18,
	ARP_TARGET = 24,
	ARP_SIZE = 28,
	IP4_SIZE = 4,
	ARP_TEXT = 80,
};

static const uint8_t broadcast[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* An ARP packet that came. */
struct arp {
	uint16_t operation;
	const uint8_t *sender_hardware, *target_hardware;
	struct ip sender, target;
	bool to_us; /* its frame is for this station alone */
};

static void drop(struct router_port *port, const struct packet *packet, enum router_counter why)
{
	const struct router_outside *outside = port->router->outside;

	router_count(port->router, why, 1);
	outside->saw(outside->context, port, packet, true, router_why(why));
}

/* RFC 826's checks; Linux, too, takes the number of IEEE 802 for that of Ethernet. */
static bool is_ethernet_ip4(const uint8_t *arp)
{
	uint16_t hardware = load16(arp + ARP_HARDWARE);

	return (hardware == ARPHRD_ETHER || hardware == ARPHRD_IEEE802) &&
	       load16(arp + ARP_PROTOCOL) == ETH_P_IP && arp[ARP_HARDWARE_SIZE] == ETH_ALEN &&
	       arp[ARP_PROTOCOL_SIZE] == IP4_SIZE;
}

/* No station has such an address. (One that has none as yet asks with 0.0.0.0: RFC 5227 2.1.1.) */
static bool is_no_sender(const struct router *router, const struct ip *ip)
{
	const struct route *route = table_find(router->table, ip);

	return ip_is_multicast(ip) || ip_is_broadcast(ip) || ip_is_loopback(ip) ||
	       (route && route->kind == ROUTE_BROADCAST);
}

/* Returns ROUTER_COUNTERS where all is well. */
static enum router_counter read_arp(
	const struct router_port *port, const struct packet *packet, struct arp *out)
{
	const uint8_t *arp = packet->bytes + ETH_HLEN;

	if (packet->length < ETH_HLEN + ARP_SIZE)
		return ROUTER_bad_message;
	*out = (struct arp) { .operation = load16(arp + ARP_OPERATION) };
	out->to_us = !memcmp(packet->bytes, port->hardware, ETH_ALEN);
	if (!out->to_us && !(packet->bytes[0] & 1))
		return ROUTER_not_mine;
	out->sender_hardware = arp + ARP_SENDER_HARDWARE;
	out->target_hardware = arp + ARP_TARGET_HARDWARE;
	out->sender = ip_load(AF_INET, arp + ARP_SENDER);
	out->target = ip_load(AF_INET, arp + ARP_TARGET);
	if (!is_ethernet_ip4(arp) || (out->operation != ARPOP_REQUEST && out->operation != ARPOP_REPLY))
		return ROUTER_bad_message;
	/* RFC 1812 3.3.2: no station has a group's hardware address. */
	if (out->sender_hardware[0] & 1 || is_no_sender(port->router, &out->sender))
		return ROUTER_bad_message;
	return ip_is_multicast(&out->target) || ip_is_loopback(&out->target) ? ROUTER_bad_message
									     : ROUTER_COUNTERS;
}

/* ASKED: what is answered; NULL: it is a question. */
static void send_arp(struct router_port *port, uint16_t operation, const uint8_t *to, const struct ip *sender,
	const struct arp *asked, const struct ip *target, const char *what)
{
	uint8_t arp[ARP_SIZE] = { 0 };

	store16(arp + ARP_HARDWARE, ARPHRD_ETHER);
	store16(arp + ARP_PROTOCOL, ETH_P_IP);
	arp[ARP_HARDWARE_SIZE] = ETH_ALEN;
	arp[ARP_PROTOCOL_SIZE] = IP4_SIZE;
	store16(arp + ARP_OPERATION, operation);
	memcpy(arp + ARP_SENDER_HARDWARE, port->hardware, ETH_ALEN);
	memcpy(arp + ARP_SENDER, sender->bytes, IP4_SIZE);
	if (asked)
		memcpy(arp + ARP_TARGET_HARDWARE, asked->sender_hardware, ETH_ALEN);
	memcpy(arp + ARP_TARGET, target->bytes, IP4_SIZE);
	frame_send_other(port, to, ETH_P_ARP, arp, sizeof(arp), what);
}

static const char *print(const char *what, const struct ip *ip, char text[ARP_TEXT])
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, ip->bytes, address, sizeof(address));
	snprintf(text, ARP_TEXT, "ARP: %s %s", what, address);
	return text;
}

static void answer(struct router_port *port, const struct arp *arp)
{
	char text[ARP_TEXT];

	router_count(port->router, ROUTER_answers, 1);
	send_arp(port, ARPOP_REPLY, arp->sender_hardware, &arp->target, arp, &arp->sender,
		print("answer for", &arp->target, text));
}

/* A gratuitous reply says the same address twice, and of both who has it (RFC 5227 3). */
static bool is_gratuitous(const struct arp *arp)
{
	if (!ip_equal(&arp->sender, &arp->target))
		return false;
	return arp->operation == ARPOP_REQUEST ||
	       !memcmp(arp->sender_hardware, arp->target_hardware, ETH_ALEN);
}

/* As Linux: one that asks for us becomes known; of others only what is known already is believed. */
static void learn(struct router_port *port, const struct arp *arp, bool asks_us)
{
	const struct neighbour_news news = {
		.port = port,
		.ip = arp->sender,
		.hardware = arp->sender_hardware,
		.solicited = arp->operation == ARPOP_REPLY && arp->to_us,
		.override = asks_us || is_gratuitous(arp),
		.create = asks_us,
	};

	neighbour_learn(port->router, &news);
}

void arp_take(struct router_port *port, const struct packet *packet)
{
	struct arp arp;
	enum router_counter wrong = read_arp(port, packet, &arp);
	char text[ARP_TEXT];
	bool asks_us;

	if (wrong != ROUTER_COUNTERS) {
		drop(port, packet, wrong);
		return;
	}
	if (arp.operation == ARPOP_REQUEST)
		router_saw(port, packet, print("who has", &arp.target, text));
	else
		router_saw(port, packet, print("answer of", &arp.sender, text));
	/* Another one has our address, or it is a frame of our own that came back. */
	if (router_has(port->router, port, &arp.sender))
		return;
	asks_us = arp.operation == ARPOP_REQUEST && router_has(port->router, port, &arp.target);
	if (!ip_is_unspecified(&arp.sender))
		learn(port, &arp, asks_us);
	if (asks_us)
		answer(port, &arp);
}

void arp_ask(
	struct router_port *port, const struct ip *target, const uint8_t *hardware, const struct ip *source)
{
	struct ip sender = { .family = AF_INET };
	char text[ARP_TEXT];

	if (source)
		sender = *source;
	else
		router_source(port->router, port, target, &sender);
	router_count(port->router, ROUTER_questions, 1);
	send_arp(port, ARPOP_REQUEST, hardware ? hardware : broadcast, &sender, NULL, target,
		print("who has", target, text));
}
