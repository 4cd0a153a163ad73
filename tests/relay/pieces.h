/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP datagrams for tests of a router's fragments, written straight from RFC 791 and RFC 8200. */
#ifndef TUNLAB_TESTS_RELAY_PIECES_H
#define TUNLAB_TESTS_RELAY_PIECES_H

#include "forwarder/router/fragment.h"
#include "tests/relay/made.h"
#include "tests/relay/world.h"

enum { PIECES_LONGEST = 40 + 65535 };

/* One datagram, with room before it. */
struct piece {
	size_t length;
	uint8_t room[ROUTER_ROOM];
	uint8_t bytes[PIECES_LONGEST];
};

static inline unsigned pieces_version(const uint8_t *ip)
{
	return ip[0] >> 4;
}

static inline uint32_t pieces_load(const uint8_t *at, unsigned size)
{
	uint32_t number = 0;

	for (unsigned i = 0; i < size; i++)
		number = number << 8 | at[i];
	return number;
}

static inline size_t pieces_header4(const uint8_t *ip)
{
	return 4 * (size_t)(ip[0] & 15);
}

/* Sets the length and the checksum of a header right. */
static inline void pieces_finish(struct piece *piece)
{
	uint8_t *ip = piece->bytes;

	if (pieces_version(ip) == 6) {
		made_number(ip + 4, 2, (uint32_t)piece->length - 40);
		return;
	}
	made_number(ip + 2, 2, (uint32_t)piece->length);
	made_number(ip + 10, 2, 0);
	made_number(ip + 10, 2, ~made_add(0, ip, pieces_header4(ip)) & 0xffff);
}

static inline bool pieces_checksum_holds(const uint8_t *ip)
{
	return pieces_version(ip) == 6 || made_add(0, ip, pieces_header4(ip)) == 0xffff;
}

/* Payload that tells where it is of which datagram. */
static inline void pieces_fill(uint8_t *at, size_t size, unsigned which)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(i * 7 + i / 251 + 31 * (size_t)which);
}

/* From 10.0.0.1 to 10.0.0.2, with SIZE bytes behind a header with OPTIONS, of which there are a multiple
 * of 4. */
static inline void pieces_make4(
	struct piece *piece, uint16_t id, const uint8_t *options, size_t option_size, size_t size)
{
	static const uint8_t addresses[8] = { 10, 0, 0, 1, 10, 0, 0, 2 };
	uint8_t *ip = piece->bytes;

	memset(ip, 0, 20);
	ip[0] = (uint8_t)(0x40 | (20 + option_size) / 4);
	made_number(ip + 4, 2, id);
	ip[8] = 61;
	ip[9] = 17;
	memcpy(ip + 12, addresses, sizeof(addresses));
	if (option_size)
		memcpy(ip + 20, options, option_size);
	pieces_fill(ip + 20 + option_size, size, id);
	piece->length = 20 + option_size + size;
	pieces_finish(piece);
}

/* From 2001:db8::1 to 2001:db8::2; EXTENSIONS are of EXTENSION_SIZE bytes, and the first one is FIRST. */
static inline void pieces_make6(struct piece *piece, uint8_t first, const uint8_t *extensions,
	size_t extension_size, unsigned which, size_t size)
{
	uint8_t *ip = piece->bytes;

	memset(ip, 0, 40);
	ip[0] = 0x60;
	ip[6] = first;
	ip[7] = 61;
	memcpy(ip + 8, world_ip("2001:db8::1", NULL).bytes, 16);
	memcpy(ip + 24, world_ip("2001:db8::2", NULL).bytes, 16);
	if (extension_size)
		memcpy(ip + 40, extensions, extension_size);
	pieces_fill(ip + 40 + extension_size, size, which);
	piece->length = 40 + extension_size + size;
	pieces_finish(piece);
}

/* The datagram of what PORT gave. */
static inline enum router_counter pieces_read(
	struct router_port *port, struct piece *piece, struct datagram *out)
{
	struct packet packet = { .bytes = piece->bytes, .length = piece->length, .frame = RELAY_IP };

	return datagram_read(port, &packet, piece->bytes, out);
}

/* A fragment, of UDP, whose payload is SIZE bytes of CONTENT from BEGIN on. */
static inline void pieces_fragment(struct piece *piece, unsigned version, uint32_t id, const uint8_t *content,
	size_t begin, size_t size, bool more)
{
	uint8_t header[8] = { [0] = 17 };
	size_t at = version == 4 ? 20 : 48;

	if (version == 4) {
		pieces_make4(piece, (uint16_t)id, NULL, 0, size);
		made_number(piece->bytes + 6, 2, (uint32_t)(begin / 8) | (more ? 0x2000 : 0));
	} else {
		made_number(header + 2, 2, (uint32_t)begin | more);
		made_number(header + 4, 4, id);
		pieces_make6(piece, 44, header, sizeof(header), 0, size);
	}
	memcpy(piece->bytes + at, content + begin, size);
	pieces_finish(piece);
}

/* Whether a datagram has SIZE bytes of CONTENT behind a header, is no fragment, and is right. */
static inline bool pieces_whole(
	const struct datagram *datagram, unsigned version, const uint8_t *content, size_t size)
{
	size_t header = version == 4 ? 20 : 40;
	const uint8_t *ip = datagram->bytes;

	return datagram->packet.length == header + size && datagram->packet.bytes == ip &&
	       (version == 4 ? pieces_load(ip + 2, 2) : 40 + pieces_load(ip + 4, 2)) == header + size &&
	       pieces_checksum_holds(ip) && !datagram->fragment && datagram->protocol == 17 &&
	       datagram->header == header && datagram->form.count == 1 && !memcmp(ip + header, content, size);
}

/* What is drawn for a test: a number below BELOW. */
static inline uint32_t pieces_draw(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)((*state >> 33) % below);
}

/* WHOLE, which came by PORT, cut for an MTU into at most MOST pieces. Returns how many they are. */
static inline size_t pieces_cut(
	struct router_port *port, struct piece *whole, uint32_t mtu, struct piece *pieces, size_t most)
{
	struct datagram datagram, piece;
	size_t offset = 0, count = 0;
	bool more = true;

	world_need(pieces_read(port, whole, &datagram) == ROUTER_COUNTERS, "a datagram");
	while (more) {
		more = fragment_cut(port->router, &datagram, mtu, &offset, &piece);
		world_need(count < most, "it is cut into too many pieces");
		memcpy(pieces[count].bytes, piece.bytes, piece.packet.length);
		pieces[count++].length = piece.packet.length;
	}
	return count;
}

#endif
