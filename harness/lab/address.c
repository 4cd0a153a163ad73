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

/* ip takes the IPv4 prefixes 10/8 and 10.1/16 too: what is missing is zero. */
static bool short_prefix_read(const char *text, struct address *out)
{
	memset(out->bytes, 0, sizeof out->bytes);
	for (unsigned part = 0; part < 4; part++) {
		char *end;
		unsigned long number = strtoul(text, &end, 10);

		if (!isdigit((unsigned char)*text) || number > 255 || end - text > 3)
			return false;
		out->bytes[part] = (uint8_t)number;
		if (*end != '.')
			return !*end;
		text = end + 1;
	}
	return false;
}

const char *address_read(struct arena *arena, const char *text, bool prefix, struct address *out)
{
	const char *slash = strchr(text, '/');
	const char *host = slash ? arena_copy(arena, text, (size_t)(slash - text)) : text;

	memset(out, 0, sizeof *out);
	if (prefix && (!strcmp(text, "default") || !strcmp(text, "all") || !strcmp(text, "any"))) {
		out->prefixed = true;
		return NULL;
	}
	if (inet_pton(AF_INET, host, out->bytes) == 1)
		out->family = AF_INET;
	else if (inet_pton(AF_INET6, host, out->bytes) == 1)
		out->family = AF_INET6;
	else if (prefix && slash && short_prefix_read(host, out))
		out->family = AF_INET;
	else
		return prefix ? "not an address or prefix" : "not an address";
	out->length = (uint8_t)(8 * family_size(out->family));
	if (!slash)
		return NULL;
	if (!prefix)
		return "a prefix where an address is meant";
	if (!length_read(slash + 1, out))
		return out->family == AF_INET ? "a prefix length that is not a number from 0 to 32"
					      : "a prefix length that is not a number from 0 to 128";
	return NULL;
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

bool address_equal(const struct address *left, const struct address *right)
{
	return left->family == right->family && !memcmp(left->bytes, right->bytes, family_size(left->family));
}
