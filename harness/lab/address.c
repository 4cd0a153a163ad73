/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and prefixes, as ip reads and writes them. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/value.h"

size_t family_size(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : family == AF_PACKET ? 6 : 0;
}

static bool length_read(const char *text, struct address *out)
{
	uint64_t length;

	if (!isdigit((unsigned char)*text) || !number_read(text, &length) ||
		length > 8 * family_size(out->family))
		return false;
	out->length = (uint8_t)length;
	out->prefixed = true;
	return true;
}

/* To ip, what is missing of an IPv4 address is zero: 10.1 is 10.1.0.0. */
static bool short_read(struct arena *arena, const char *text, uint8_t bytes[16])
{
	memset(bytes, 0, 16);
	for (unsigned part = 0; part < 4; part++) {
		size_t length = strcspn(text, ".");
		uint64_t number;

		if (!number_read(arena_copy(arena, text, length), &number) || number > 255)
			return false;
		bytes[part] = (uint8_t)number;
		if (!text[length])
			return true;
		text += length + 1;
	}
	return false;
}

/* A length may be a mask to ip: 10.0.0.0/255.0.0.0, also of an IPv6 prefix. */
static bool mask_read(struct arena *arena, const char *text, struct address *out)
{
	uint8_t bytes[16];
	uint32_t mask = 0;
	uint8_t length = 0;

	if (!strchr(text, '.') || !short_read(arena, text, bytes))
		return false;
	for (int i = 0; i < 4; i++)
		mask = mask << 8 | bytes[i];
	for (; mask & 1u << 31; mask <<= 1)
		length++;
	if (mask)
		return false;
	out->length = length;
	out->prefixed = true;
	return true;
}

static bool host_read(struct arena *arena, const char *text, bool abridged, struct address *out)
{
	if (inet_pton(AF_INET, text, out->bytes) == 1)
		out->family = AF_INET;
	else if (inet_pton(AF_INET6, text, out->bytes) == 1)
		out->family = AF_INET6;
	else if (abridged && short_read(arena, text, out->bytes))
		out->family = AF_INET;
	else
		return false;
	out->length = (uint8_t)(8 * family_size(out->family));
	return true;
}

static bool means_all(const char *text)
{
	return !strcmp(text, "default") || !strcmp(text, "all") || !strcmp(text, "any");
}

static const char *read_with(
	struct arena *arena, const char *text, bool prefix, bool abridged, struct address *out)
{
	const char *slash = strchr(text, '/');
	const char *host = slash ? arena_copy(arena, text, (size_t)(slash - text)) : text;

	memset(out, 0, sizeof *out);
	if (prefix && means_all(text)) {
		out->prefixed = true;
		return NULL;
	}
	if (!host_read(arena, host, abridged, out))
		return prefix ? "not an address or prefix" : "not an address";
	if (!slash)
		return NULL;
	if (!prefix)
		return "a prefix where an address is meant";
	if (length_read(slash + 1, out) || (abridged && mask_read(arena, slash + 1, out)))
		return NULL;
	return out->family == AF_INET ? "a prefix length that is not a number from 0 to 32"
				      : "a prefix length that is not a number from 0 to 128";
}

const char *address_read(struct arena *arena, const char *text, bool prefix, struct address *out)
{
	return read_with(arena, text, prefix, false, out);
}

const char *address_read_as_ip(struct arena *arena, const char *text, bool prefix, struct address *out)
{
	return read_with(arena, text, prefix, true, out);
}

void address_write(FILE *to, const struct address *address)
{
	char text[INET6_ADDRSTRLEN];

	if (!address->family) {
		fputs("default", to);
		return;
	}
	fputs(inet_ntop(address->family, address->bytes, text, sizeof text), to);
	if (address->prefixed && address->length < 8 * family_size(address->family))
		fprintf(to, "/%u", address->length);
}

const char *address_print(struct arena *arena, const struct address *address)
{
	static const struct field field = { .word = "address", .type = &type_address };
	struct value value = { .field = &field };

	value.address = *address;
	return value_print(arena, &value);
}

bool address_is_link_local(const struct address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe && address->bytes[1] >> 6 == 2;
}

bool address_equal(const struct address *left, const struct address *right)
{
	return left->family == right->family && !memcmp(left->bytes, right->bytes, family_size(left->family));
}

bool address_is_unspecified(const struct address *address)
{
	static const uint8_t zeros[sizeof address->bytes];

	return !memcmp(address->bytes, zeros, sizeof zeros);
}

void address_mask(struct address *prefix)
{
	for (unsigned bit = prefix->length; bit < 8 * family_size(prefix->family); bit++)
		prefix->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

bool address_has_host_bits(const struct address *prefix)
{
	struct address masked = *prefix;

	address_mask(&masked);
	return !address_equal(&masked, prefix);
}

bool bits_equal(const uint8_t *left, const uint8_t *right, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return !memcmp(left, right, whole) && (!rest || (left[whole] ^ right[whole]) >> (8 - rest) == 0);
}
