/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "lab/route_names.h"
#include "run/show.h"

/* Of linux/neighbour.h since 5.16; bits of NDA_FLAGS_EXT. */
enum { FLAGS_EXT = 15, FLAG_MANAGED = 1 };

/* Of an answer to a request without a state; ip takes it for "none". */
enum { NO_STATE = 0x100 };

static const struct name states[] = { { "INCOMPLETE", NUD_INCOMPLETE }, { "REACHABLE", NUD_REACHABLE },
	{ "STALE", NUD_STALE }, { "DELAY", NUD_DELAY }, { "PROBE", NUD_PROBE }, { "FAILED", NUD_FAILED },
	{ "NOARP", NUD_NOARP }, { "PERMANENT", NUD_PERMANENT }, { 0 } };

static const struct nlattr *attribute(const struct nlmsghdr *message, uint16_t type)
{
	return rtnl_attribute(message, sizeof(struct ndmsg), type);
}

/* ip looks for the bit that NTF_EXT_MANAGED has among the flags that the header has no room for. */
static bool is_managed(const struct nlmsghdr *message)
{
	return attribute_number(attribute(message, FLAGS_EXT), 0) & FLAG_MANAGED;
}

static json_t *neighbour_json(struct shown *shown, const struct nlmsghdr *message)
{
	const struct ndmsg *header = rtnl_header(message);
	const struct nlattr *protocol = attribute(message, NDA_PROTOCOL);
	uint32_t index = (uint32_t)header->ndm_ifindex;
	json_t *json = json_new_object();

	shown_put_address(shown, json, "dst", header->ndm_family, attribute(message, NDA_DST),
		(uint8_t)(8 * family_size(header->ndm_family)));
	if (index)
		shown_put_device(shown, json, "dev", index);
	if (attribute(message, NDA_LLADDR))
		shown_put_link_address(shown, json, "lladdr", shown_device(shown, index).type,
			attribute(message, NDA_LLADDR));
	shown_put_null(json, "router", header->ndm_flags & NTF_ROUTER);
	shown_put_null(json, "proxy", header->ndm_flags & NTF_PROXY);
	shown_put_null(json, "managed", is_managed(message));
	shown_put_null(json, "extern_learn", header->ndm_flags & NTF_EXT_LEARNED);
	shown_put_null(json, "offload", header->ndm_flags & NTF_OFFLOADED);
	if (header->ndm_state)
		shown_put_flags(json, "state", states, header->ndm_state);
	if (attribute_number(protocol, 0))
		shown_put_name(json, "protocol", route_protocols, attribute_number(protocol, 0));
	return json;
}

/* Every "nud" adds to what is wanted. Proxies and what others learned are shown whatever their state. */
static bool state_fits(const struct query *query, const struct ndmsg *header)
{
	uint64_t wanted = 0;

	for (size_t i = 0; i < query->values.count; i++)
		if (value_of(&query->values, "nud") &&
			query->values.at[i].field == value_of(&query->values, "nud")->field)
			wanted |= query->values.at[i].number;
	if (!wanted)
		wanted = 0xff & ~NUD_NOARP;
	return wanted & header->ndm_state || header->ndm_flags & (NTF_PROXY | NTF_EXT_LEARNED) ||
	       (!header->ndm_state && wanted & NO_STATE);
}

static bool fits(struct shown *shown, const struct query *query, const struct nlmsghdr *message)
{
	const struct ndmsg *header = rtnl_header(message);
	const struct address *to = value_address(&query->values, "to");
	struct address seen = shown_address(header->ndm_family, attribute(message, NDA_DST));
	size_t size = 0;
	const struct nda_cacheinfo *cache = attribute_data(attribute(message, NDA_CACHEINFO), &size);

	if (header->ndm_family != AF_INET && header->ndm_family != AF_INET6)
		return false;
	if (query->family != AF_UNSPEC && query->family != header->ndm_family)
		return false;
	if (value_said(&query->values, "unused") && size >= sizeof *cache && cache->ndm_refcnt)
		return false;
	return state_fits(query, header) && (!to || prefix_contains(to, &seen)) &&
	       query_device_fits(shown, query, "dev", (uint32_t)header->ndm_ifindex) &&
	       query_number_fits(query, "protocol", attribute_number(attribute(message, NDA_PROTOCOL), 0));
}

/* Masters are filtered by the kernel, which refuses an index that no device has. */
static struct error *dump(struct shown *shown, const struct query *query, struct messages *out)
{
	struct ndmsg header = { .ndm_family = (uint8_t)query->family,
		.ndm_flags = value_said(&query->values, "proxy") ? NTF_PROXY : 0 };
	struct request request = { .type = RTM_GETNEIGH };
	const char *master = value_text(&query->values, "master");
	uint32_t index = master ? rtnl_index(shown->in->rtnl, master) : 0;

	if (master && !index)
		return NULL;
	if (value_said(&query->values, "nomaster"))
		index = UINT32_MAX;
	body_header(&request.body, &header, sizeof header);
	if (index)
		attribute_u32(shown->arena, &request.body.attributes, NDA_MASTER, index);
	return messages_dump(out, shown->in, &request);
}

struct error *show_neighbours(struct shown *shown, const struct query *query, json_t *list)
{
	struct messages neighbours = { .arena = shown->arena };
	struct error *error = dump(shown, query, &neighbours);

	if (!error && neighbours.count > 1)
		shown_devices(shown);
	for (size_t i = 0; !error && i < neighbours.count; i++)
		if (fits(shown, query, neighbours.at[i]))
			json_append_new(list, neighbour_json(shown, neighbours.at[i]));
	return error;
}
