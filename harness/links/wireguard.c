/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `wg set` tells WireGuard by generic netlink: linux/wireguard.h. */
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/lab.h"

enum { KEY_DIGITS = 44 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 32 bytes in base64 (RFC 4648, 4): 43 digits, of which the last has two bits that are not used, and "=". */
static bool decode(const char *text, uint8_t key[WG_KEY_LEN])
{
	uint32_t bits = 0;
	size_t have = 0, out = 0;

	if (strlen(text) != KEY_DIGITS || text[KEY_DIGITS - 1] != '=')
		return false;
	for (size_t i = 0; i < KEY_DIGITS - 1; i++) {
		const char *digit = strchr(digits, text[i]);

		if (!digit)
			return false;
		bits = bits << 6 | (uint32_t)(digit - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			key[out++] = (uint8_t)(bits >> have);
		}
	}
	return !(bits & 3);
}

static const char *read_key(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	uint8_t key[WG_KEY_LEN];

	return decode(text, key) ? type_string.read(reading, field, text, out) : "not a key";
}

static void print_key(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const struct type type_wireguard_key = {
	.allowed = "32 bytes in base64, as `wg genkey` prints them",
	.read = read_key,
	.print = print_key,
	.only_string = true,
	.pattern = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
};

static const struct name off[] = { { "off", 0 }, { 0 } };

/* clang-format off */
static const struct field peer_fields[] = {
	{ .word = "peer", .key = "public_key", .type = &type_wireguard_key, .flags = FIELD_REQUIRED, .what = "its public key, by which it is known" },
	{ .word = "remove", .type = &type_flag, .what = "in a change: there is no such peer any more" },
	{ .word = "preshared-key", .key = "preshared_key", .type = &type_wireguard_key, .what = "a further secret that both share" },
	{ .word = "endpoint", .type = &type_endpoint, .what = "where it is reached; unless given, whence it was heard last" },
	{ .word = "persistent-keepalive", .key = "persistent_keepalive", .type = &type_name32, .names = off, .most = 65535, .what = "seconds after which something is sent in any case" },
	{ .word = "allowed-ips", .key = "allowed_ips", .type = &type_prefix, .flags = FIELD_LIST, .what = "what it may send from, and what is sent to it" },
	{ 0 },
};

static const struct field fields[] = {
	{ .word = "listen-port", .key = "listen_port", .type = &type_u16, .what = "the UDP port; any that is free unless given" },
	{ .word = "fwmark", .type = &type_u32, .what = "the mark of the UDP packets" },
	{ .word = "private-key", .key = "private_key", .type = &type_wireguard_key, .what = "its own key; public ones stand in the lab too, nothing in it is secret" },
	{ .word = "peer", .key = "peers", .group = peer_fields, .flags = FIELD_LIST, .what = "whom it talks to; in a change those that are new, or different" },
	{ 0 },
};
/* clang-format on */

static const struct field *peer_field(void)
{
	const struct field *field = fields;

	while (!field->group)
		field++;
	return field;
}

static void read_peer(
	const struct reading *reading, struct link *link, const json_t *json, const struct place *where)
{
	const struct field *const tables[] = { peer_fields, NULL };
	struct value peer = { .field = peer_field(), .where = where };

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object with \"public_key\"");
		return;
	}
	values_read(reading, json, where, tables, &peer.group);
	if (value_said(&peer.group, "remove") && !link->stands)
		problem_add(reading->problems, where, "is removed before it is there; allowed: in a change");
	for (size_t i = 0; i < peer.group.count; i++)
		if ((peer.group.at[i].field->flags & FIELD_LIST) && !peer.group.at[i].address.family)
			problem_add(reading->problems, peer.group.at[i].where,
				"is of no family; allowed: 0.0.0.0/0, or ::/0");
	values_add(reading->arena, &link->own, &peer);
}

static const char *settle(const struct reading *reading, struct link *link)
{
	const struct place *where = place_key(reading->arena, link->where, "peers");
	const json_t *peers = json_object_get(link->json, "peers");
	size_t i;
	json_t *peer;

	if (peers && !json_is_array(peers))
		wrong_kind(reading, peers, where, "an array of objects with \"public_key\"");
	json_array_foreach ((json_t *)peers, i, peer)
		read_peer(reading, link, peer, place_index(reading->arena, where, i));
	return NULL;
}

/* The peer of this number; NULL: there are fewer. */
static const struct value *peer_of(const struct link *link, size_t number)
{
	for (size_t i = 0; i < link->own.count; i++)
		if (link->own.at[i].field->group && !number--)
			return &link->own.at[i];
	return NULL;
}

static bool says_something_itself(const struct link *link)
{
	return value_said(&link->own, "private_key") || value_said(&link->own, "listen_port") ||
	       value_said(&link->own, "fwmark");
}

static void add_key(struct arena *arena, struct attributes *to, uint16_t type, const struct values *values,
	const char *name)
{
	const char *text = value_text(values, name);
	uint8_t key[WG_KEY_LEN];

	if (text && decode(text, key))
		attribute_bytes(arena, to, type, key, sizeof key);
}

static void add_u16(struct arena *arena, struct attributes *to, uint16_t type, const struct values *values,
	const char *name)
{
	uint16_t number = (uint16_t)value_number(values, name, 0);

	if (value_said(values, name))
		attribute_bytes(arena, to, type, &number, sizeof number);
}

static void add_endpoint(struct arena *arena, struct attributes *to, const struct value *value)
{
	struct sockaddr_in six_or_four = { .sin_family = AF_INET, .sin_port = htons(value->port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(value->port) };

	memcpy(&six_or_four.sin_addr, value->address.bytes, sizeof six_or_four.sin_addr);
	memcpy(&six.sin6_addr, value->address.bytes, sizeof six.sin6_addr);
	if (value->address.family == AF_INET)
		attribute_bytes(arena, to, WGPEER_A_ENDPOINT, &six_or_four, sizeof six_or_four);
	else
		attribute_bytes(arena, to, WGPEER_A_ENDPOINT, &six, sizeof six);
}

static void add_allowed(struct arena *arena, struct attributes *to, const struct address *address)
{
	struct attributes *allowed = attribute_element(arena, to, 0);
	uint16_t family = address->family;

	attribute_bytes(arena, allowed, WGALLOWEDIP_A_FAMILY, &family, sizeof family);
	attribute_bytes(arena, allowed, WGALLOWEDIP_A_IPADDR, address->bytes, family_size(address->family));
	attribute_bytes(arena, allowed, WGALLOWEDIP_A_CIDR_MASK, &address->length, sizeof address->length);
}

static void add_peer(struct arena *arena, struct attributes *to, const struct values *peer)
{
	bool allows = value_said(peer, "allowed_ips");

	add_key(arena, to, WGPEER_A_PUBLIC_KEY, peer, "public_key");
	if (value_said(peer, "remove") || allows)
		attribute_u32(arena, to, WGPEER_A_FLAGS,
			value_said(peer, "remove") ? WGPEER_F_REMOVE_ME : WGPEER_F_REPLACE_ALLOWEDIPS);
	add_key(arena, to, WGPEER_A_PRESHARED_KEY, peer, "preshared_key");
	if (value_said(peer, "endpoint"))
		add_endpoint(arena, to, value_of(peer, "endpoint"));
	add_u16(arena, to, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, peer, "persistent_keepalive");
	for (size_t i = 0; i < peer->count; i++)
		if (peer->at[i].field->flags & FIELD_LIST)
			add_allowed(
				arena, attribute_nest(arena, to, WGPEER_A_ALLOWEDIPS), &peer->at[i].address);
}

/* First the device itself, then each peer. */
static struct request *request(struct arena *arena, const struct link *link, size_t number)
{
	const struct genlmsghdr header = { .cmd = WG_CMD_SET_DEVICE, .version = WG_GENL_VERSION };
	const struct value *peer = NULL;
	struct request *request;
	struct attributes *to;

	if (number || !says_something_itself(link)) {
		peer = peer_of(link, number - says_something_itself(link));
		if (!peer)
			return NULL;
	}
	request = arena_take(arena, sizeof *request);
	to = &request->body.attributes;
	request->generic = WG_GENL_NAME;
	body_header(&request->body, &header, sizeof header);
	attribute_string(arena, to, WGDEVICE_A_IFNAME, link->name);
	if (peer) {
		add_peer(arena, attribute_element(arena, attribute_nest(arena, to, WGDEVICE_A_PEERS), 0),
			&peer->group);
		return request;
	}
	add_key(arena, to, WGDEVICE_A_PRIVATE_KEY, &link->own, "private_key");
	add_u16(arena, to, WGDEVICE_A_LISTEN_PORT, &link->own, "listen_port");
	if (value_said(&link->own, "fwmark"))
		attribute_u32(arena, to, WGDEVICE_A_FWMARK, (uint32_t)value_number(&link->own, "fwmark", 0));
	return request;
}

/* wg reads secret keys from files. */
static const char *print_secret(struct arena *arena, const struct values *values, const char *name)
{
	const char *key = value_text(values, name);

	return key ? arena_printf(arena, "echo %s | ", key) : "";
}

static const char *print_value(struct arena *arena, const struct value *value)
{
	const struct field *field = value->field;

	if (!strcmp(field->word, "private-key") || !strcmp(field->word, "preshared-key"))
		return arena_printf(arena, " %s /dev/stdin", field->word);
	if (field->type->bare)
		return arena_printf(arena, " %s", field->word);
	return arena_printf(arena, " %s %s", field->word, value_print(arena, value));
}

/* wg takes prefixes with commas between them, after one word. */
static const char *print_values(struct arena *arena, const struct values *values)
{
	const char *text = "", *list = "";

	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];

		if (value->field->group)
			continue;
		if (value->field->flags & FIELD_LIST)
			list = arena_printf(
				arena, "%s%s%s", list, *list ? "," : "", value_print(arena, value));
		else
			text = arena_printf(arena, "%s%s", text, print_value(arena, value));
	}
	return *list ? arena_printf(arena, "%s allowed-ips %s", text, list) : text;
}

static const char *print(struct arena *arena, const struct link *link, size_t number)
{
	const struct value *peer = NULL;

	if (number || !says_something_itself(link))
		peer = peer_of(link, number - says_something_itself(link));
	return arena_printf(arena, "%sip netns exec %s wg set %s%s",
		peer ? print_secret(arena, &peer->group, "preshared_key")
		     : print_secret(arena, &link->own, "private_key"),
		link->in->name, link->name, print_values(arena, peer ? &peer->group : &link->own));
}

const struct link_kind link_wireguard = {
	.name = "wireguard",
	.what = "an encrypted tunnel of IP in UDP; with \"link\" in another namespace its packets leave "
		"there, by "
		"any device",
	.made = LINK_BY_REQUEST,
	.inherits = true,
	.lower = LOWER_OPTIONAL,
	.fields = fields,
	.settle = settle,
	.request = request,
	.print = print,
};
