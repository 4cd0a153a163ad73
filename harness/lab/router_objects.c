/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a router's addresses, neighbours and routes: iproute2's, as far as such a router has them. */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/neighbour_names.h"
#include "lab/router.h"

static const struct name kinds[] = { { "unicast", RELAY_UNICAST }, { "blackhole", RELAY_BLACKHOLE },
	{ "unreachable", RELAY_UNREACHABLE }, { "prohibit", RELAY_PROHIBIT }, { 0 } };

/* clang-format off */
static const struct field address_fields[] = {
	{ .word = "local", .type = &type_local, .flags = FIELD_LEADS, .what = "the address, with the length of its prefix: 32 or 128 unless given" },
	{ .key = "prefixlen", .type = &type_u8, .most = 128, .what = "the length of the prefix" },
	{ .word = "dev", .type = &type_end, .what = "the end of the wire that the router's port faces; of a wire with one end that one" },
	/* What only show prints. */
	{ .word = "inet", .key = "", .type = &type_flag, .flags = FIELD_SHOWN, .what = "before an IPv4 address" },
	{ .word = "inet6", .key = "", .type = &type_flag, .flags = FIELD_SHOWN, .what = "before an IPv6 address" },
	{ .word = "scope", .type = &type_string, .flags = FIELD_SHOWN, .what = "where it is valid" },
	{ .word = "valid_lft", .key = "valid_life_time", .type = &type_string, .flags = FIELD_SHOWN, .what = "for how long it is valid" },
	{ .word = "preferred_lft", .key = "preferred_life_time", .type = &type_string, .flags = FIELD_SHOWN, .what = "for how long it is preferred" },
	{ 0 },
};

static const struct field neighbour_fields[] = {
	{ .word = "to", .key = "dst", .type = &type_host, .flags = FIELD_LEADS, .what = "the neighbour's address" },
	{ .word = "dev", .type = &type_end, .what = "the end of the wire that it is behind; of a wire with one end that one" },
	{ .word = "lladdr", .alias = "lladdr*", .type = &type_mac, .what = "its link-layer address" },
	{ .word = "nud", .type = &type_word, .names = neighbour_states, .what = "the state; a router is told of permanent ones" },
	{ .key = "state", .type = &type_word, .names = neighbour_shown_states, .flags = FIELD_LEADS | FIELD_LIST, .what = "the state, as show prints it; in JSON a list of one" },
	{ 0 },
};

static const struct field route_fields[] = {
	{ .word = "type", .type = &type_word, .names = kinds, .flags = FIELD_LEADS, .what = "what kind of route" },
	{ .word = "to", .key = "dst", .type = &type_prefix, .flags = FIELD_LEADS, .what = "the destination" },
	{ .word = "via", .key = "gateway", .keys = "via", .type = &type_host, .what = "the next hop, which must be within the prefix of one of the router's addresses, or be link-local" },
	{ .word = "dev", .type = &type_end, .what = "the end of the wire that it goes out to; unless given the one whose address's prefix has the next hop" },
	/* What only show prints. */
	{ .word = "proto", .key = "protocol", .type = &type_string, .flags = FIELD_SHOWN, .what = "who made it" },
	{ .word = "scope", .type = &type_string, .flags = FIELD_SHOWN, .what = "how far the destination is" },
	{ .word = "src", .key = "prefsrc", .type = &type_string, .flags = FIELD_SHOWN, .what = "the source address that it prefers" },
	{ .word = "metric", .type = &type_string, .flags = FIELD_SHOWN, .what = "the smaller comes first: a router has one route to each prefix" },
	{ .word = "pref", .type = &type_string, .flags = FIELD_SHOWN, .what = "the router's preference (RFC 4191)" },
	{ .word = "linkdown", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the link has no carrier" },
	{ 0 },
};
/* clang-format on */

/* RFC 1812 4.2.2.11 and RFC 4291 2.5, 2.7: what no port can have as its address. */
static bool is_no_port(const struct address *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	uint8_t first = address->bytes[0];

	if (address_is_unspecified(address))
		return true;
	if (address->family == AF_INET)
		return first == 0 || first == 127 || first >= 224;
	return first == 0xff || !memcmp(address->bytes, loopback, sizeof loopback);
}

/* As `ip -j` has it, the length stands beside the address. */
static void settle_length(const struct reading *reading, struct values *values)
{
	struct value *local = (struct value *)value_of(values, "local"),
		     *length = (struct value *)value_of(values, "prefixlen");
	size_t most = local ? 8 * family_size(local->address.family) : 0;

	if (!local || !length)
		return;
	if (local->address.prefixed)
		problem_add(reading->problems, length->where, "the length stands twice; allowed: once");
	else if (length->number > most)
		problem_add(reading->problems, length->where,
			"not the length of this address's prefix; allowed: at most %zu", most);
	local->address.prefixed = true;
	local->address.length = (uint8_t)length->number;
	memmove(length, length + 1, (size_t)(values->at + values->count - (length + 1)) * sizeof *length);
	values->count--;
}

static const char *settle_address(const struct reading *reading, struct entry *entry)
{
	const struct value *local;

	settle_length(reading, &entry->values);
	local = value_of(&entry->values, "local");

	if (!local || !local->address.family)
		return "lacks the address; allowed: ADDRESS/LENGTH dev NAMESPACE/DEVICE";
	if (is_no_port(&local->address))
		problem_add(reading->problems, local->where ? local->where : entry->where,
			"%s: no address of a router's port; allowed: one of a host",
			value_print(reading->arena, local));
	return NULL;
}

/* What a router learns it keeps by itself: of the states only that of what it is told goes without saying.
 * The table has all, so that a refusal can say why. */
static void settle_state(const struct reading *reading, struct entry *entry)
{
	struct values *values = &entry->values, kept = { 0 };

	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];
		const char *key = field_key(value->field);

		if (strcmp(key, "state") != 0 && strcmp(key, "nud") != 0)
			values_add(reading->arena, &kept, value);
		else if (value->number != NUD_PERMANENT)
			problem_add(reading->problems, value->where ? value->where : entry->where,
				"%s: a router is told of PERMANENT ones and learns the others; allowed: "
				"PERMANENT, or nothing",
				value_print(reading->arena, value));
	}
	*values = kept;
}

static const char *settle_neighbour(const struct reading *reading, struct entry *entry)
{
	settle_state(reading, entry);
	if (!value_said(&entry->values, "dst"))
		return "lacks the address; allowed: ADDRESS dev NAMESPACE/DEVICE lladdr ADDRESS";
	if (!value_said(&entry->values, "lladdr") && entry->command != COMMAND_DEL)
		return "lacks \"lladdr\"; allowed: with the neighbour's link-layer address";
	return NULL;
}

static const char *settle_route(const struct reading *reading, struct entry *entry)
{
	const struct value *to = value_of(&entry->values, "dst"), *via = value_of(&entry->values, "gateway");
	bool hops = via || value_said(&entry->values, "dev");

	if (!to)
		return "lacks the destination; allowed: a prefix, an address or \"default\"";
	/* IPv6 takes no notice of them. */
	if (entry->family == AF_INET && address_has_host_bits(&to->address))
		problem_add(reading->problems, to->where ? to->where : entry->where,
			"%s: Invalid prefix for given prefix length; allowed: without bits beyond it",
			value_print(reading->arena, to));
	if (value_number(&entry->values, "type", RELAY_UNICAST) != RELAY_UNICAST && hops)
		return "Gateway, device and multipath can not be specified for this route type; allowed: "
		       "without \"via\" and \"dev\"";
	return NULL;
}

enum { VERBS = 1 << COMMAND_ADD | 1 << COMMAND_DEL | 1 << COMMAND_REPLACE };

const struct object router_address = {
	.name = "address",
	.key = "addresses",
	.what = "addresses of the router's ports",
	.phase = PHASE_ADDRESSES,
	.fields = address_fields,
	.commands = VERBS,
	.pasted = "inet inet6",
	.settle = settle_address,
};

const struct object router_neighbour = {
	.name = "neighbour",
	.key = "neighbours",
	.what = "link-layer addresses of neighbours that the router need not ask for",
	.phase = PHASE_NEIGHBOURS,
	.fields = neighbour_fields,
	.commands = VERBS,
	.settle = settle_neighbour,
};

const struct object router_route = {
	.name = "route",
	.key = "routes",
	.what = "routes of the router, beside those to its addresses' prefixes",
	.phase = PHASE_ROUTES,
	.fields = route_fields,
	.commands = VERBS,
	.settle = settle_route,
};

const struct object *const router_objects[] = { &router_address, &router_neighbour, &router_route, NULL };
