/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of rtnetlink about links: rtnetlink(7), linux/if_link.h. */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/lab.h"
#include "lab/link.h"

const struct netns *link_made_in(const struct link *link)
{
	return link->lower ? link->lower->in : link->in;
}

static struct body header(const struct link *link, unsigned flags, unsigned change)
{
	struct ifinfomsg info = { .ifi_flags = flags, .ifi_change = change };
	struct body body = { .device = link->name, .device_at = offsetof(struct ifinfomsg, ifi_index) };

	body_header(&body, &info, sizeof info);
	return body;
}

/* Which of the header's flags are meant, and what they shall be. */
static unsigned said_flags(const struct link *link, unsigned *change)
{
	unsigned flags = 0;

	*change = 0;
	for (size_t i = 0; i < link->values.count; i++) {
		const struct value *value = &link->values.at[i];
		bool on = value->number != (value->field->bits == IFF_NOARP); /* "arp" says the opposite */

		if (value->field->attribute || !value->field->bits)
			continue;
		*change |= value->field->bits;
		flags |= on ? value->field->bits : 0;
	}
	return flags;
}

static bool takes_mac_from_seed(const struct link *link)
{
	return link->kind->ethernet && !link->kind->inherits && !link->stands &&
	       !value_said(&link->values, "address");
}

/* What may be said of a link of any kind. */
static void add_common(struct arena *arena, const struct link *link, struct attributes *to)
{
	attributes_from(arena, to, &link->values);
	if (takes_mac_from_seed(link))
		attribute_bytes(arena, to, IFLA_ADDRESS, link->mac, sizeof link->mac);
}

/* The name and what is common to all kinds, of a link that this request makes. */
static struct body new_body(struct arena *arena, const struct link *link)
{
	unsigned change, flags = said_flags(link, &change);
	struct body body = header(link, flags, change);

	body.device = NULL;
	attribute_string(arena, &body.attributes, IFLA_IFNAME, link->name);
	add_common(arena, link, &body.attributes);
	return body;
}

/*
 * The index of one end of a veth between namespaces, where indices begin anew. If both ends got the same one
 * the kernel would take each for a device that stands on nothing, of whose carrier it tells only once a
 * second (linkwatch_urgent_event in net/core/link_watch.c). A veth's peer has the index that is asked for
 * only if the other end was given one, too.
 */
static void give_index(struct body *body, const struct link *link)
{
	enum { BEHIND_ALL_OTHERS = 1 << 16 };
	uint32_t index = BEHIND_ALL_OTHERS * (link->made_by_peer ? 2 : 1);

	for (size_t i = 0; i < link->in->link_count; i++)
		if (!strcmp(link->in->links[i]->name, link->name))
			index += (uint32_t)i;
	memcpy(body->header + offsetof(struct ifinfomsg, ifi_index), &index, sizeof index);
}

/* The other end of a veth, inside IFLA_INFO_DATA. */
static void add_peer(struct arena *arena, const struct link *link, struct attributes *data)
{
	const struct link *peer = namespace_link(link->in, link->peer);
	struct body body;

	if (link->wire)
		peer = link->wire->ends[!link->end];
	body = new_body(arena, peer);
	if (peer->in != link->in) {
		give_index(&body, peer);
		attribute_name(arena, &body.attributes, IFLA_NET_NS_FD, ATTRIBUTE_NAMESPACE, peer->in->name);
	}
	attribute_body(arena, data, VETH_INFO_PEER, &body);
}

/* The lower link's index, as it is in that link's namespace. */
static void add_lower(struct arena *arena, const struct link *link, struct attributes *to, uint16_t type)
{
	const struct link *lower = link->lower;

	attribute_name(arena, to, type, ATTRIBUTE_DEVICE, link_path(arena, lower));
}

/* All that holds of the link's own values, what was said before included. */
static struct values all_own(struct arena *arena, const struct link *link)
{
	struct values all = { 0 }, earlier = { 0 };

	if (link->before)
		earlier = all_own(arena, link->before);
	for (size_t i = 0; i < earlier.count; i++)
		if (!value_said(&link->own, field_key(earlier.at[i].field)))
			values_add(arena, &all, &earlier.at[i]);
	for (size_t i = 0; i < link->own.count; i++)
		values_add(arena, &all, &link->own.at[i]);
	return all;
}

/* What stands in IFLA_INFO_DATA; of a change nothing where nothing was said. */
static struct attributes own_data(struct arena *arena, const struct link *link, bool stands)
{
	struct values all = link->own;
	struct attributes data = { 0 };
	const struct link *lower = link->lower;

	for (const struct link *l = link; l && !lower; l = l->before)
		lower = l->lower;
	if (stands && !all.count && !link->lower)
		return data;
	if (stands && link->kind->whole)
		all = all_own(arena, link);
	attributes_from(arena, &data, &all);
	if (lower && link->kind->lower_attribute && (!stands || link->lower || link->kind->whole))
		add_lower(arena, &(struct link) { .lower = (struct link *)lower }, &data,
			link->kind->lower_attribute);
	if (!stands && link->peer)
		add_peer(arena, link, &data);
	return data;
}

struct request *link_request(struct arena *arena, const struct link *link, bool stands)
{
	struct request *request = arena_take(arena, sizeof *request);
	struct attributes data = own_data(arena, link, stands);
	struct body *body = &request->body;
	struct attributes *info;
	unsigned change, flags = said_flags(link, &change);

	request->type = RTM_NEWLINK;
	if (stands) {
		*body = header(link, flags, change);
		add_common(arena, link, &body->attributes);
	} else {
		request->flags = NLM_F_CREATE | NLM_F_EXCL;
		*body = new_body(arena, link);
		if (link->wire && link->peer && link->wire->ends[1]->in != link->in)
			give_index(body, link);
	}
	if (!stands && link->lower && !link->kind->lower_attribute)
		add_lower(arena, link, &body->attributes, IFLA_LINK);
	if (!stands && link_made_in(link) != link->in && !link->kind->moved)
		attribute_name(arena, &body->attributes, IFLA_NET_NS_FD, ATTRIBUTE_NAMESPACE, link->in->name);
	if (link->kind->made == LINK_BY_REQUEST && (!stands || data.count)) {
		info = attribute_nest(arena, &body->attributes, IFLA_LINKINFO);
		attribute_string(arena, info, IFLA_INFO_KIND, link->kind->name);
		if (data.count)
			*attribute_nest(arena, info, IFLA_INFO_DATA) = data;
	}
	return stands && !body->attributes.count && !change ? NULL : request;
}

struct request *link_move_request(struct arena *arena, const struct link *link)
{
	struct request *request;

	if (link_made_in(link) == link->in || !link->kind->moved)
		return NULL;
	request = arena_take(arena, sizeof *request);
	request->type = RTM_NEWLINK;
	request->body = header(link, 0, 0);
	attribute_name(arena, &request->body.attributes, IFLA_NET_NS_FD, ATTRIBUTE_NAMESPACE, link->in->name);
	return request;
}

struct request *link_mode_request(struct arena *arena, const struct link *link)
{
	const struct value *mode = value_of(&link->values, "addrgenmode");
	struct request *request;
	struct attributes *families;
	uint8_t number;

	if (!mode)
		return NULL;
	number = (uint8_t)mode->number;
	request = arena_take(arena, sizeof *request);
	request->type = RTM_NEWLINK;
	request->body = header(link, 0, 0);
	families = attribute_nest(arena, &request->body.attributes, IFLA_AF_SPEC);
	attribute_bytes(arena, attribute_nest(arena, families, AF_INET6), IFLA_INET6_ADDR_GEN_MODE, &number,
		sizeof number);
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

struct request *link_port_request(struct arena *arena, const struct link *link)
{
	struct request *request;
	struct attributes *info;

	if (!link->bridge_port.count)
		return NULL;
	request = arena_take(arena, sizeof *request);
	request->type = RTM_NEWLINK;
	request->body = header(link, 0, 0);
	info = attribute_nest(arena, &request->body.attributes, IFLA_LINKINFO);
	attribute_string(arena, info, IFLA_INFO_KIND, "bridge_slave");
	attributes_from(arena, attribute_nest(arena, info, IFLA_INFO_SLAVE_DATA), &link->bridge_port);
	return request;
}

struct request *link_up_request(struct arena *arena, const struct link *link, bool up)
{
	struct request *request = arena_take(arena, sizeof *request);

	request->type = RTM_NEWLINK;
	request->body = header(link, up ? IFF_UP : 0, IFF_UP);
	return request;
}
