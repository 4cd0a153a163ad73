/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/pcapng.h"

#include <string.h>

enum {
	TEXT = 4000,	 /* bytes of a text, at most */
	FRAME = 12,	 /* bytes of a block around its body: type, and the length twice */
	PACKET = 20,	 /* bytes of a packet's block before the packet itself */
	NANOSECONDS = 9, /* of if_tsresol: a negative power of ten */
};

/* The numbers of options, each in its own kind of block. */
enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_SYSTEM = 3,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
	STATISTICS_SEEN = 4,
	STATISTICS_LOST = 5,
};

/* A block that is being put; what has no room is counted and not written. */
struct block {
	struct pcapng *to;
	size_t size;
};

static void put(struct block *block, const void *bytes, size_t size)
{
	struct pcapng *to = block->to;

	if (size && block->size + size <= to->room - to->length)
		memcpy(to->bytes + to->length + block->size, bytes, size);
	block->size += size;
}

static void put_16(struct block *block, uint16_t number)
{
	put(block, &number, sizeof number);
}

static void put_32(struct block *block, uint32_t number)
{
	put(block, &number, sizeof number);
}

static void put_64(struct block *block, uint64_t number)
{
	put(block, &number, sizeof number);
}

/* Moments are the one number of 64 bits whose halves stand in this order on every machine. */
static void put_time(struct block *block, uint64_t time)
{
	put_32(block, (uint32_t)(time >> 32));
	put_32(block, (uint32_t)time);
}

/* Up to the next multiple of four bytes. */
static void pad(struct block *block)
{
	static const uint8_t zeros[4];

	put(block, zeros, -block->size & 3);
}

static void put_option(struct block *block, enum option option, const void *bytes, size_t size)
{
	put_16(block, (uint16_t)option);
	put_16(block, (uint16_t)size);
	put(block, bytes, size);
	pad(block);
}

/* A character of UTF-8 is kept whole or not at all. */
static void put_text(struct block *block, enum option option, const char *text)
{
	size_t size = text ? strnlen(text, TEXT) : 0;

	while (size && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	if (size)
		put_option(block, option, text, size);
}

static void put_number(struct block *block, enum option option, uint64_t number)
{
	put_16(block, (uint16_t)option);
	put_16(block, sizeof number);
	put_64(block, number);
}

static struct block begin(struct pcapng *to, enum pcapng_type type)
{
	struct block block = { .to = to };

	put_32(&block, (uint32_t)type);
	put_32(&block, 0); /* its length, once it is known */
	return block;
}

/* Without options there is no end of them either. */
static bool end(struct block *block, size_t without_options)
{
	struct pcapng *to = block->to;
	uint32_t size;

	if (block->size > without_options)
		put_option(block, OPTION_END, NULL, 0);
	size = (uint32_t)block->size + sizeof size;
	put_32(block, size);
	if (block->size > to->room - to->length)
		return false;
	memcpy(to->bytes + to->length + sizeof size, &size, sizeof size);
	to->length += block->size;
	return true;
}

bool pcapng_add_section(struct pcapng *to, const char *application, const char *system, const char *comment)
{
	struct block block = begin(to, PCAPNG_SECTION);
	size_t body;

	put_32(&block, 0x1A2B3C4D); /* tells the byte order */
	put_16(&block, 1);	    /* the format's version */
	put_16(&block, 0);
	put_64(&block, UINT64_MAX); /* the section's length: not told */
	body = block.size;
	put_text(&block, OPTION_COMMENT, comment);
	put_text(&block, SECTION_SYSTEM, system);
	put_text(&block, SECTION_APPLICATION, application);
	return end(&block, body);
}

bool pcapng_add_interface(struct pcapng *to, enum pcapng_link link, const char *name, const char *description)
{
	static const uint8_t resolution = NANOSECONDS;
	struct block block = begin(to, PCAPNG_INTERFACE);
	size_t body;

	put_16(&block, (uint16_t)link);
	put_16(&block, 0);
	put_32(&block, PCAPNG_SNAPLEN);
	body = block.size;
	put_text(&block, INTERFACE_NAME, name);
	put_text(&block, INTERFACE_DESCRIPTION, description);
	put_option(&block, INTERFACE_RESOLUTION, &resolution, sizeof resolution);
	return end(&block, body);
}

bool pcapng_add_packet(struct pcapng *to, const struct pcapng_packet *packet)
{
	size_t header = packet->header ? packet->header_size : 0;
	size_t most = PCAPNG_SNAPLEN - header;
	size_t size = packet->size < most ? packet->size : most;
	uint32_t flags = packet->flags;
	struct block block = begin(to, PCAPNG_PACKET);
	size_t body;

	put_32(&block, packet->interface);
	put_time(&block, packet->time);
	put_32(&block, (uint32_t)(header + size));
	put_32(&block, (uint32_t)(header + packet->length));
	put(&block, packet->header, header);
	put(&block, packet->bytes, size);
	pad(&block);
	body = block.size;
	put_text(&block, OPTION_COMMENT, packet->comment);
	if (flags)
		put_option(&block, PACKET_FLAGS, &flags, sizeof flags);
	return end(&block, body);
}

bool pcapng_add_statistics(struct pcapng *to, uint32_t interface, uint64_t time, uint64_t seen, uint64_t lost,
	const char *comment)
{
	struct block block = begin(to, PCAPNG_STATISTICS);
	size_t body;

	put_32(&block, interface);
	put_time(&block, time);
	body = block.size;
	put_text(&block, OPTION_COMMENT, comment);
	put_number(&block, STATISTICS_SEEN, seen);
	put_number(&block, STATISTICS_LOST, lost);
	return end(&block, body);
}

static uint32_t get_32(const uint8_t *bytes)
{
	uint32_t number;

	memcpy(&number, bytes, sizeof number);
	return number;
}

bool pcapng_read(const uint8_t *bytes, size_t size, struct pcapng_block *out)
{
	uint32_t length;

	if (size < FRAME)
		return false;
	length = get_32(bytes + 4);
	if (length < FRAME || length % 4 || length > size || get_32(bytes + length - 4) != length)
		return false;
	*out = (struct pcapng_block) { .type = get_32(bytes), .bytes = bytes, .size = length };
	if (out->type != PCAPNG_PACKET)
		return true;
	if (length < FRAME + PACKET)
		return false;
	out->time = (uint64_t)get_32(bytes + 12) << 32 | get_32(bytes + 16);
	return true;
}
