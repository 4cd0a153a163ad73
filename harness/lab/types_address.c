/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of addresses: of IP, alone, with a prefix's length or a port, and of Ethernet. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/pattern.h"
#include "lab/value.h"

static const char *read_address(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return address_read(reading->arena, text, false, &out->address);
}

static const char *read_prefix(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return address_read_as_ip(reading->arena, text, true, &out->address);
}

static const char *read_host(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return address_read_as_ip(reading->arena, text, false, &out->address);
}

/* `ip -j` has { "family": "inet6", "host": "fe80::1" } where the family is another than the route's. */
static const char *host_as_text(const struct reading *reading, const json_t *object)
{
	const char *family = json_string_value(json_object_get(object, "family")),
		   *host = json_string_value(json_object_get(object, "host"));

	return family && host && json_object_size(object) == 2
		       ? arena_printf(reading->arena, "%s %s", family, host)
		       : NULL;
}

static void print_address(FILE *to, const struct value *value)
{
	address_write(to, &value->address);
}

static const char *read_mac(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)reading;
	(void)field;
	memset(&out->address, 0, sizeof out->address);
	out->address.family = AF_PACKET;
	for (int i = 0; i < 6; i++) {
		char *end;

		out->address.bytes[i] = (uint8_t)strtoul(text, &end, 16);
		if (!isxdigit((unsigned char)*text) || end - text > 2 || *end != (i < 5 ? ':' : 0))
			return "not a MAC address";
		text = end + 1;
	}
	return NULL;
}

static void print_mac(FILE *to, const struct value *value)
{
	for (int i = 0; i < 6; i++)
		fprintf(to, "%s%02x", i ? ":" : "", value->address.bytes[i]);
}

/* ADDRESS:PORT, the address of IPv6 in brackets. */
static const char *read_endpoint(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *colon = strrchr(text, ':'), *host;
	uint64_t port;

	(void)field;
	if (colon && *text != '[' && strchr(text, ':') != colon)
		return "an IPv6 address without brackets";
	if (!colon || (*text == '[' && colon[-1] != ']'))
		return "lacks the port";
	if (!number_read(colon + 1, &port) || !port || port > UINT16_MAX)
		return "a port that is not a number from 1 to 65535";
	host = *text == '[' ? arena_copy(reading->arena, text + 1, (size_t)(colon - text) - 2)
			    : arena_copy(reading->arena, text, (size_t)(colon - text));
	out->port = (uint16_t)port;
	if (*text == '[' && !address_read(reading->arena, host, false, &out->address) &&
		out->address.family != AF_INET6)
		return "brackets around what is not IPv6";
	return address_read(reading->arena, host, false, &out->address);
}

/* To a deletion 10.0.0.1 and 10.0.0.1/32 are not the same: a length that was written is printed. */
static void print_local(FILE *to, const struct value *value)
{
	struct address host = value->address;

	host.prefixed = false;
	address_write(to, &host);
	if (value->address.prefixed && value->address.family)
		fprintf(to, "/%u", value->address.length);
}

static void print_endpoint(FILE *to, const struct value *value)
{
	const char *open = value->address.family == AF_INET6 ? "[" : "";

	fputs(open, to);
	address_write(to, &value->address);
	fprintf(to, "%s:%u", *open ? "]" : "", value->port);
}

/* clang-format off */
const struct type type_address = {
	.allowed = "an IPv4 or IPv6 address",
	.read = read_address, .print = print_address, .encoding = ENCODE_BYTES, .has_family = true, .only_string = true,
	.pattern = "^" ADDRESS_PATTERN "$",
};
const struct type type_prefix = {
	.allowed = "an IPv4 or IPv6 address or prefix",
	.read = read_prefix, .print = print_address, .encoding = ENCODE_BYTES, .has_family = true, .only_string = true,
	.pattern = "^(default|any|all|(" ADDRESS_PATTERN "|[0-9.]+)" LENGTH_PATTERN ")$",
};
const struct type type_host = {
	.allowed = "an IPv4 or IPv6 address",
	.read = read_host, .print = print_address, .encoding = ENCODE_BYTES, .has_family = true, .only_string = true,
	.as_text = host_as_text,
};
const struct type type_local = {
	.allowed = "an IPv4 or IPv6 address or prefix",
	.read = read_prefix, .print = print_local, .has_family = true, .only_string = true,
};
const struct type type_mac = {
	.allowed = "a MAC address such as 02:00:00:00:00:01",
	.read = read_mac, .print = print_mac, .encoding = ENCODE_BYTES,
	.pattern = "^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$",
};
const struct type type_endpoint = {
	.allowed = "address:port, or [address]:port for IPv6",
	.read = read_endpoint, .print = print_endpoint, .encoding = ENCODE_NOTHING,
	.pattern = "^(\\[[0-9a-fA-F:.]+\\]|[0-9.]+):[0-9]+$",
};
/* clang-format on */
