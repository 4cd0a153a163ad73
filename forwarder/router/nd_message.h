/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of neighbour discovery as bytes (RFC 4861 4). */
#ifndef TUNLAB_ROUTER_ND_MESSAGE_H
#define TUNLAB_ROUTER_ND_MESSAGE_H

#include "forwarder/ip.h"
#include "forwarder/router/datagram.h"

/* Types, offsets and sizes. */
enum {
	ND_ROUTER_SOLICIT_TYPE = 133,
	ND_ROUTER_ADVERT_TYPE,
	ND_NEIGHBOUR_SOLICIT_TYPE,
	ND_NEIGHBOUR_ADVERT_TYPE,
	ND_REDIRECT_TYPE,
	ND_CODE = 1,
	ND_CHECKSUM = 2,
	ND_FLAGS = 4,  /* of a neighbour's advertisement */
	ND_TARGET = 8, /* of what is about a neighbour */
	ND_SOLICIT_SIZE = 8,
	ND_ADVERT_SIZE = 16,
	ND_NEIGHBOUR_SIZE = 24,
	ND_REDIRECT_SIZE = 40,
	ND_OPTION_SOURCE = 1,
	ND_OPTION_TARGET = 2,
	ND_OPTION_UNIT = 8, /* bytes, which lengths of options count in */
	ND_HOPS = 255,	    /* of each: so it was not forwarded */
};

/* Room for a message with the IP header before it; the message begins at ND_ROOM. */
enum { ND_ROOM = ROUTER_ROOM + IP6_HEADER };

/*
 * Finds the link-layer address that the options of SIZE bytes say by KIND, as *OUT; NULL: they say none.
 * False: they are wrong.
 */
bool nd_read_options(const uint8_t *options, size_t size, uint8_t kind, const uint8_t **out);

/* Writes a link-layer address option where PORT has one. Returns its bytes. */
size_t nd_write_address(const struct router_port *port, uint8_t kind, uint8_t *at);

/*
 * Sends the message of SIZE bytes at BUFFER + ND_ROOM, behind an IP header: to the station HARDWARE, or,
 * where that is NULL, to whoever has the address.
 */
void nd_send(struct router_port *port, const struct ip *source, const struct ip *target,
	const uint8_t *hardware, uint8_t *buffer, size_t size, const char *what);

/* ff02::NUMBER: of all nodes 1, of all routers 2. */
struct ip nd_group(uint8_t number);

/* The group that those listen to who have an address that ends so (RFC 4291 2.7.1). */
struct ip nd_solicited_group(const struct ip *ip);

#endif
