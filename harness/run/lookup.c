/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/lookup.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>

struct lookup lookup_to(const struct address *to)
{
	return (struct lookup) { .to = to, .mark = -1, .uid = -1, .protocol = -1, .sport = -1, .dport = -1 };
}

static void add_address(struct arena *arena, struct body *body, uint16_t type, const struct address *address)
{
	if (address)
		attribute_bytes(arena, &body->attributes, type, address->bytes, family_size(address->family));
}

static void add_device(struct arena *arena, struct body *body, uint16_t type, const char *name)
{
	if (name)
		attribute_name(arena, &body->attributes, type, ATTRIBUTE_DEVICE, name);
}

static void add_u32(struct arena *arena, struct body *body, uint16_t type, long long number)
{
	if (number >= 0)
		attribute_u32(arena, &body->attributes, type, (uint32_t)number);
}

static void add_protocol(struct arena *arena, struct body *body, int number)
{
	uint8_t protocol = (uint8_t)number;

	if (number >= 0)
		attribute_bytes(arena, &body->attributes, RTA_IP_PROTO, &protocol, sizeof protocol);
}

static void add_port(struct arena *arena, struct body *body, uint16_t type, int number)
{
	uint16_t port = htons((uint16_t)number);

	if (number >= 0)
		attribute_bytes(arena, &body->attributes, type, &port, sizeof port);
}

/* IPv6 refuses RTM_F_LOOKUP_TABLE, and tells the table anyway; it and IPv4 refuse a source that isn't whole.
 */
static struct request make_request(struct arena *arena, const struct lookup *lookup, bool match)
{
	const struct address *to = lookup->to, *from = lookup->from;
	struct request request = { .type = RTM_GETROUTE };
	struct body *body = &request.body;
	struct rtmsg header = {
		.rtm_family = to->family,
		.rtm_dst_len = (uint8_t)(8 * family_size(to->family)),
		.rtm_src_len = from ? (uint8_t)(8 * family_size(from->family)) : 0,
		.rtm_tos = lookup->tos,
		.rtm_flags =
			(to->family == AF_INET ? RTM_F_LOOKUP_TABLE : 0U) | (match ? RTM_F_FIB_MATCH : 0U),
	};

	body_header(body, &header, sizeof header);
	add_address(arena, body, RTA_DST, to);
	add_address(arena, body, RTA_SRC, from);
	add_device(arena, body, RTA_IIF, lookup->iif);
	add_device(arena, body, RTA_OIF, lookup->oif);
	add_u32(arena, body, RTA_MARK, lookup->mark);
	add_u32(arena, body, RTA_UID, lookup->uid);
	add_protocol(arena, body, lookup->protocol);
	add_port(arena, body, RTA_SPORT, lookup->sport);
	add_port(arena, body, RTA_DPORT, lookup->dport);
	return request;
}

struct answer {
	struct arena *arena;
	const struct nlmsghdr *message; /* a copy */
};

static void keep(void *context, const struct nlmsghdr *message)
{
	struct answer *answer = context;

	if (message->nlmsg_type == RTM_NEWROUTE)
		answer->message = arena_copy(answer->arena, message, message->nlmsg_len);
}

struct error *lookup_ask(struct arena *arena, struct site_netns *in, const struct lookup *lookup, bool match,
	const struct nlmsghdr **out)
{
	struct request request = make_request(arena, lookup, match);
	struct answer answer = { arena, NULL };
	struct error *error = rtnl_ask(in->rtnl, &request, &in->resolver, keep, &answer);

	*out = answer.message;
	return error;
}
