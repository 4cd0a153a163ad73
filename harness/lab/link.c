/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/link.h"

#include <linux/if_link.h>
#include <string.h>

#include "lab/hash.h"
#include "lab/lab.h"

enum { DEFAULT_MTU = 1500, LOOPBACK_MTU = 65536 };

/* Of IN6_ADDR_GEN_MODE_... (linux/if_link.h). */
static const struct name address_modes[] = { { "eui64", IN6_ADDR_GEN_MODE_EUI64 },
	{ "none", IN6_ADDR_GEN_MODE_NONE }, { "stable_secret", IN6_ADDR_GEN_MODE_STABLE_PRIVACY },
	{ "random", IN6_ADDR_GEN_MODE_RANDOM }, { 0 } };

/* clang-format off */
const struct field port_fields[] = {
	{ .word = "priority", .type = &type_u16, .most = 63, .attribute = IFLA_BRPORT_PRIORITY, .what = "in STP" },
	{ .word = "cost", .type = &type_u32, .least = 1, .most = 65535, .attribute = IFLA_BRPORT_COST, .what = "of its path in STP" },
	{ .word = "hairpin", .type = &type_boolean, .attribute = IFLA_BRPORT_MODE, .what = "a frame may leave by the port that it came in by" },
	{ .word = "guard", .type = &type_boolean, .attribute = IFLA_BRPORT_GUARD, .what = "STP frames from there are not taken" },
	{ .word = "root_block", .type = &type_boolean, .attribute = IFLA_BRPORT_PROTECT, .what = "the root of STP is not behind it" },
	{ .word = "fastleave", .type = &type_boolean, .attribute = IFLA_BRPORT_FAST_LEAVE, .what = "who leaves a multicast group leaves at once" },
	{ .word = "learning", .type = &type_boolean, .attribute = IFLA_BRPORT_LEARNING, .what = "source addresses are learnt" },
	{ .word = "flood", .type = &type_boolean, .attribute = IFLA_BRPORT_UNICAST_FLOOD, .what = "frames for unknown addresses leave by it" },
	{ .word = "mcast_flood", .type = &type_boolean, .attribute = IFLA_BRPORT_MCAST_FLOOD, .what = "so does multicast that nobody asked for" },
	{ .word = "bcast_flood", .type = &type_boolean, .attribute = IFLA_BRPORT_BCAST_FLOOD, .what = "so does broadcast" },
	{ .word = "proxy_arp", .type = &type_boolean, .attribute = IFLA_BRPORT_PROXYARP, .what = "the bridge answers ARP for whom it knows behind other ports" },
	{ .word = "neigh_suppress", .type = &type_boolean, .attribute = IFLA_BRPORT_NEIGH_SUPPRESS, .what = "the bridge answers ARP and neighbour discovery for whom it knows" },
	{ .word = "isolated", .type = &type_boolean, .attribute = IFLA_BRPORT_ISOLATED, .what = "nothing passes between isolated ports" },
	{ .word = "locked", .type = &type_boolean, .attribute = IFLA_BRPORT_LOCKED, .what = "only known source addresses come in" },
	{ 0 },
};

const struct field link_fields[] = {
	{ .key = "kind", .what = "what it is, as `ip link add type` has it; a wire's end need not say" },
	{ .word = "link", .type = &type_lower,
	  .what = "the device that it stands on, of this namespace or namespace/device: what it sends leaves there" },
	{ .key = "up", .type = &type_boolean, .what = "false: it stays down" },
	{ .word = "arp", .type = &type_boolean, .bits = IFF_NOARP, .what = "false: no ARP, as `ip link set arp off`" },
	{ .word = "multicast", .type = &type_boolean, .bits = IFF_MULTICAST, .what = "whether it takes part in multicast" },
	{ .word = "allmulticast", .type = &type_boolean, .bits = IFF_ALLMULTI, .what = "true: all multicast comes in" },
	{ .word = "promisc", .type = &type_boolean, .bits = IFF_PROMISC, .what = "true: frames for others come in too" },
	{ .word = "address", .type = &type_mac, .attribute = IFLA_ADDRESS,
	  .what = "the MAC address; unless given it comes from the lab's seed" },
	{ .word = "mtu", .type = &type_u32, .attribute = IFLA_MTU, .least = 68, .most = 65535, .what = "in bytes" },
	{ .word = "group", .type = &type_u32, .attribute = IFLA_GROUP, .what = "the number of its group" },
	{ .word = "txqueuelen", .type = &type_u32, .attribute = IFLA_TXQLEN, .what = "in packets: a TUN or TAP drops what finds more waiting, and counts it (tx_dropped)" },
	{ .word = "alias", .type = &type_string, .as = ENCODE_TEXT, .attribute = IFLA_IFALIAS, .what = "a text that `ip link` shows with it, at most 255 bytes" },
	{ .word = "addrgenmode", .type = &type_word, .names = address_modes, .what = "how its IPv6 link-local address is made" },
	{ .word = "master", .type = &type_string,
	  .what = "the bridge, bond or VRF of this namespace that it is enslaved to; \"\" in a change: none" },
	{ .key = "bridge_slave", .group = port_fields, .what = "what it is as a port of its bridge, as `ip link set type bridge_slave`" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};
/* clang-format on */

const struct link_kind *link_kind(const char *name)
{
	for (const struct link_kind *const *kind = link_kinds; *kind; kind++)
		if (!strcmp((*kind)->name, name))
			return *kind;
	return NULL;
}

bool link_up(const struct link *link)
{
	return value_number(&link->values, "up", true);
}

uint32_t link_mtu(const struct link *link)
{
	uint32_t otherwise = link->stands		 ? link_mtu(link->stands)
			     : !strcmp(link->name, "lo") ? LOOPBACK_MTU
							 : DEFAULT_MTU;

	return (uint32_t)value_number(&link->values, "mtu", otherwise);
}

const char *link_path(struct arena *arena, const struct link *link)
{
	return arena_printf(arena, "%s/%s", link->in->name, link->name);
}

struct link *link_add(
	const struct reading *reading, struct netns *in, const char *name, const struct place *where)
{
	struct link *link = arena_take(reading->arena, sizeof *link);

	link->name = name;
	link->in = in;
	link->where = where;
	link->birth = reading->birth;
	arena_append(reading->arena, &in->links, &in->link_count, &link, sizeof link);
	return link;
}

static void decide_mac(const struct reading *reading, struct link *link)
{
	const struct address *given = value_address(&link->values, "address");
	uint64_t h = hash(reading->lab->seed, link_path(reading->arena, link));

	if (given) {
		memcpy(link->mac, given->bytes, sizeof link->mac);
		return;
	}
	link->mac[0] = 0x02; /* locally administered, unicast */
	for (size_t i = 1; i < sizeof link->mac; i++)
		link->mac[i] = (uint8_t)(h >> 8 * i);
}

static bool in_table(const struct field *table, const struct field *field)
{
	for (; table && (table->word || table->key); table++)
		if (table == field)
			return true;
	return false;
}

/* The same fields in a change: what isn't said stays as it is. */
static const struct field *optional(struct arena *arena, const struct field *fields)
{
	struct field *copies = NULL;
	size_t count = 0;

	for (const struct field *field = fields;; field++) {
		struct field copy = *field;

		copy.flags &= (uint8_t)~FIELD_REQUIRED;
		copy.fallback = NULL;
		arena_append(arena, &copies, &count, &copy, sizeof copy);
		if (!field->word && !field->key)
			return copies;
	}
}

static void read_port(const struct reading *reading, struct link *link)
{
	const struct field *const tables[] = { port_fields, NULL };
	const struct place *where = place_key(reading->arena, link->where, "bridge_slave");
	const json_t *json = json_object_get(link->json, "bridge_slave");

	if (json_is_object(json))
		values_read(reading, json, where, tables, &link->bridge_port);
	else if (json)
		wrong_kind(reading, json, where, "an object, such as { \"isolated\": true }");
}

static void check_lower(const struct reading *reading, const struct link *link, const struct value *lower)
{
	const struct link_kind *kind = link->kind;

	if (!lower && kind->lower == LOWER_REQUIRED && !link->stands && !json_object_get(link->json, "link"))
		problem_add(reading->problems, link->where, "lacks \"link\", the device that a %s stands on",
			kind->name);
	if (lower && kind->lower == LOWER_NONE)
		problem_add(reading->problems, lower->where,
			"a %s stands on no other device; allowed: no \"link\"", kind->name);
	else if (lower && link->stands && !kind->lower_attribute)
		problem_add(reading->problems, lower->where,
			"the device stands already; allowed: what it stands on stays");
}

static void check_common(const struct reading *reading, const struct link *link)
{
	const struct value *alias = value_of(&link->values, "alias");

	check_lower(reading, link, value_of(&link->values, "link"));
	if (alias && strlen(alias->text) >= IFALIASZ)
		problem_add(reading->problems, alias->where, "has %zu bytes; allowed: at most %d",
			strlen(alias->text), IFALIASZ - 1);
}

void link_read(const struct reading *reading, struct link *link)
{
	static const struct field none[] = { { 0 } };
	const struct field *own = none, *tables[] = { link_fields, none, NULL };
	struct values values = { 0 };
	const char *wrong;

	if (link->read)
		return;
	link->read = true;
	if (!link->kind) {
		problem_add(reading->problems, link->where,
			"lacks \"kind\"; allowed: without it only what is the end of a wire");
		return;
	}
	own = link->kind->fields ? link->kind->fields : none;
	if (link->stands)
		own = optional(reading->arena, own);
	tables[1] = own;
	if (link->json)
		values_read(reading, link->json, link->where, tables, &values);
	else
		values_complete(reading, tables, &values);
	for (size_t i = 0; i < values.count; i++)
		values_add(reading->arena, in_table(own, values.at[i].field) ? &link->own : &link->values,
			&values.at[i]);
	read_port(reading, link);
	check_common(reading, link);
	if (link->kind->ethernet)
		decide_mac(reading, link);
	wrong = link->kind->settle ? link->kind->settle(reading, link) : NULL;
	if (wrong)
		problem_add(reading->problems, link->where, "%s", wrong);
}
