/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>

#include "lab/lab.h"

enum { DEFAULT_MTU = 1500, LOOPBACK_MTU = 65536 };

/* clang-format off */
const struct field link_fields[] = {
	{ .key = "kind", .what = "what it is, as `ip link add type` has it; a wire's end need not say" },
	{ .key = "up", .type = &type_boolean, .what = "false: it stays down" },
	{ .key = "arp", .type = &type_boolean, .what = "false: no ARP, as `ip link set arp off`" },
	{ .word = "address", .type = &type_mac, .attribute = IFLA_ADDRESS,
	  .what = "the MAC address; unless given it comes from the lab's seed" },
	{ .word = "mtu", .type = &type_u32, .attribute = IFLA_MTU, .least = 68, .most = 65535, .what = "in bytes" },
	{ .word = "group", .type = &type_u32, .attribute = IFLA_GROUP, .what = "the number of its group" },
	{ .word = "txqueuelen", .type = &type_u32, .attribute = IFLA_TXQLEN, .what = "in packets" },
	{ .word = "master", .type = &type_string, .what = "the device that it is enslaved to; \"\" in a change: none" },
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

/* FNV-1a with a final mix: an address must be the same on every machine, and differ between devices. */
static uint64_t hash(uint64_t seed, const char *text)
{
	uint64_t h = 0xcbf29ce484222325 ^ seed;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

static void decide_mac(const struct reading *reading, struct link *link)
{
	const struct address *given = value_address(&link->values, "address");
	uint64_t h =
		hash(reading->lab->seed, arena_printf(reading->arena, "%s/%s", link->in->name, link->name));

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
	tables[1] = own;
	if (link->json)
		values_read(reading, link->json, link->where, tables, &values);
	for (size_t i = 0; i < values.count; i++)
		values_add(reading->arena, in_table(own, values.at[i].field) ? &link->own : &link->values,
			&values.at[i]);
	if (link->kind->ethernet)
		decide_mac(reading, link);
	wrong = link->kind->settle ? link->kind->settle(reading, link) : NULL;
	if (wrong)
		problem_add(reading->problems, link->where, "%s", wrong);
}

static struct body header(const struct link *link, unsigned flags, unsigned change)
{
	struct ifinfomsg info = { .ifi_flags = flags, .ifi_change = change };
	struct body body = { .device = link->name, .device_at = offsetof(struct ifinfomsg, ifi_index) };

	body_header(&body, &info, sizeof info);
	return body;
}

static unsigned arp_flag(const struct link *link)
{
	return value_number(&link->values, "arp", true) ? 0 : IFF_NOARP;
}

/* The name and what is common to all kinds, of a link that this request makes. */
static struct body new_body(struct arena *arena, const struct link *link)
{
	struct body body = header(link, arp_flag(link), arp_flag(link));

	body.device = NULL;
	attribute_string(arena, &body.attributes, IFLA_IFNAME, link->name);
	attributes_from(arena, &body.attributes, &link->values);
	if (link->kind->ethernet && !value_said(&link->values, "address"))
		attribute_bytes(arena, &body.attributes, IFLA_ADDRESS, link->mac, sizeof link->mac);
	return body;
}

/* The other end of a veth, inside IFLA_INFO_DATA. */
static void add_peer(struct arena *arena, const struct link *link, struct attributes *data)
{
	const struct link *peer = namespace_link(link->in, link->peer);
	struct body body;

	if (link->wire)
		peer = link->wire->ends[!link->end];
	body = new_body(arena, peer);
	if (peer->in != link->in)
		attribute_name(arena, &body.attributes, IFLA_NET_NS_FD, ATTRIBUTE_NAMESPACE, peer->in->name);
	attribute_body(arena, data, VETH_INFO_PEER, &body);
}

struct request *link_request(struct arena *arena, const struct link *link, bool stands)
{
	struct request *request = arena_take(arena, sizeof *request);
	struct attributes data = { 0 };
	struct attributes *info;

	request->type = RTM_NEWLINK;
	if (stands) {
		bool says_arp = value_said(&link->values, "arp");

		request->body = header(link, arp_flag(link), says_arp ? IFF_NOARP : 0);
		attributes_from(arena, &request->body.attributes, &link->values);
		if (link->kind->ethernet && !link->stands && !value_said(&link->values, "address"))
			attribute_bytes(
				arena, &request->body.attributes, IFLA_ADDRESS, link->mac, sizeof link->mac);
	} else {
		request->flags = NLM_F_CREATE | NLM_F_EXCL;
		request->body = new_body(arena, link);
	}
	attributes_from(arena, &data, &link->own);
	if (!stands && link->peer)
		add_peer(arena, link, &data);
	if (link->kind->made == LINK_BY_REQUEST && (!stands || data.count)) {
		info = attribute_nest(arena, &request->body.attributes, IFLA_LINKINFO);
		attribute_string(arena, info, IFLA_INFO_KIND, link->kind->name);
		if (data.count)
			*attribute_nest(arena, info, IFLA_INFO_DATA) = data;
	}
	if (stands && !request->body.attributes.count && !value_said(&link->values, "arp"))
		return NULL;
	return request;
}

struct request *link_master_request(struct arena *arena, const struct link *link)
{
	const char *master = value_text(&link->values, "master");
	struct request *request;

	if (!master)
		return NULL;
	request = arena_take(arena, sizeof *request);
	request->type = RTM_NEWLINK;
	request->body = header(link, 0, 0);
	if (*master)
		attribute_name(arena, &request->body.attributes, IFLA_MASTER, ATTRIBUTE_DEVICE, master);
	else
		attribute_u32(arena, &request->body.attributes, IFLA_MASTER, 0);
	return request;
}

struct request *link_up_request(struct arena *arena, const struct link *link, bool up)
{
	struct request *request = arena_take(arena, sizeof *request);

	request->type = RTM_NEWLINK;
	request->body = header(link, up ? IFF_UP : 0, IFF_UP);
	return request;
}

static const char *said(struct arena *arena, const struct values *values)
{
	const char *text = "";

	for (size_t i = 0; i < values->count; i++)
		if (values->at[i].field->attribute)
			text = arena_printf(arena, "%s %s %s", text, field_key(values->at[i].field),
				value_print(arena, &values->at[i]));
	return text;
}

static const char *mac_print(struct arena *arena, const struct link *link)
{
	const uint8_t *m = link->mac;

	if (!link->kind->ethernet || value_said(&link->values, "address") || link->stands)
		return "";
	return arena_printf(
		arena, " address %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* What may be said of a link of any kind. */
static const char *common_print(struct arena *arena, const struct link *link)
{
	const char *arp = value_number(&link->values, "arp", true) ? " arp on" : " arp off";

	return arena_printf(arena, "%s%s%s", mac_print(arena, link), said(arena, &link->values),
		value_said(&link->values, "arp") ? arp : "");
}

static const char *peer_print(struct arena *arena, const struct link *link)
{
	const struct link *peer =
		link->wire ? link->wire->ends[!link->end] : namespace_link(link->in, link->peer);
	const char *where = peer->in == link->in ? "" : arena_printf(arena, " netns %s", peer->in->name);

	return arena_printf(arena, " peer name %s%s%s", peer->name, where, common_print(arena, peer));
}

const char *link_print(struct arena *arena, const struct link *link, bool stands)
{
	const char *common = common_print(arena, link), *own = said(arena, &link->own);

	if (stands && link->kind->made == LINK_BY_REQUEST && *own)
		return arena_printf(
			arena, "link set dev %s%s type %s%s", link->name, common, link->kind->name, own);
	if (stands)
		return arena_printf(arena, "link set dev %s%s", link->name, common);
	if (link->kind->made == LINK_BY_TUN)
		return arena_printf(arena, "tuntap add dev %s mode %s", link->name, link->kind->name);
	return arena_printf(arena, "link add name %s%s type %s%s%s", link->name, common, link->kind->name,
		own, link->peer ? peer_print(arena, link) : "");
}
