/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own lookup (RTM_GETROUTE). A second request asks for the table's entry that was found
 * (RTM_F_FIB_MATCH).
 */
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "run/attempt.h"
#include "run/route.h"

static void add_address(struct arena *arena, struct body *body, uint16_t type, const struct address *address)
{
	attribute_bytes(arena, &body->attributes, type, address->bytes, family_size(address->family));
}

static void add_device(struct arena *arena, struct body *body, uint16_t type, const char *name)
{
	if (name)
		attribute_name(arena, &body->attributes, type, ATTRIBUTE_DEVICE, name);
}

static void add_u32(struct arena *arena, struct body *body, uint16_t type, const struct value *value)
{
	if (value)
		attribute_u32(arena, &body->attributes, type, (uint32_t)value->number);
}

static void add_protocol(struct arena *arena, struct body *body, const struct value *value)
{
	uint8_t protocol = value ? (uint8_t)value->number : 0;

	if (value)
		attribute_bytes(arena, &body->attributes, RTA_IP_PROTO, &protocol, sizeof protocol);
}

static void add_port(struct arena *arena, struct body *body, uint16_t type, const struct value *value)
{
	uint16_t port = value ? htons((uint16_t)value->number) : 0;

	if (value)
		attribute_bytes(arena, &body->attributes, type, &port, sizeof port);
}

/* IPv6 refuses RTM_F_LOOKUP_TABLE, and tells the table anyway; it and IPv4 refuse a source that isn't whole.
 */
static struct request make_request(struct arena *arena, const struct step *step, bool match)
{
	const struct values *values = &step->values;
	const struct address *target = &step->target.address, *source = value_address(values, "source");
	const struct value *mark = value_of(values, "mark");
	const char *out = value_text(values, "oif");
	struct request request = { .type = RTM_GETROUTE };
	struct body *body = &request.body;
	struct rtmsg header = {
		.rtm_family = target->family,
		.rtm_dst_len = (uint8_t)(8 * family_size(target->family)),
		.rtm_src_len = source ? (uint8_t)(8 * family_size(source->family)) : 0,
		.rtm_tos = (uint8_t)value_number(values, "tos", 0),
		.rtm_flags = (target->family == AF_INET ? RTM_F_LOOKUP_TABLE : 0U) |
			     (match ? RTM_F_FIB_MATCH : 0U),
	};

	body_header(body, &header, sizeof header);
	add_address(arena, body, RTA_DST, target);
	if (source)
		add_address(arena, body, RTA_SRC, source);
	add_device(arena, body, RTA_IIF, value_text(values, "iif"));
	add_device(arena, body, RTA_OIF, out ? out : value_text(values, "dev"));
	if (mark)
		attribute_u32(arena, &body->attributes, RTA_MARK, mark->first);
	add_u32(arena, body, RTA_UID, value_of(values, "uid"));
	add_protocol(arena, body, value_of(values, "ipproto"));
	add_port(arena, body, RTA_SPORT, value_of(values, "sport"));
	add_port(arena, body, RTA_DPORT, value_of(values, "dport"));
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

/* Looks up; *OUT is NULL where the kernel gave no route and no error. */
static struct error *look_up(struct attempt *attempt, bool match, json_t **out)
{
	struct site_netns *in = site_of(attempt->site, attempt->step->in);
	struct request request = make_request(attempt->arena, attempt->step, match);
	struct answer answer = { attempt->arena, NULL };
	struct error *error = rtnl_ask(in->rtnl, &request, &in->resolver, keep, &answer);

	struct shown shown = { .arena = attempt->arena, .in = in };

	*out = NULL;
	if (error || !answer.message)
		return error;
	*out = route_json(&shown, answer.message);
	if (shown.error) {
		json_decref(*out);
		*out = NULL;
	}
	return shown.error;
}

/* The kernel's refusal is an outcome; anything else is an error of the harness, which is given back. */
static struct error *end_by_error(struct attempt *attempt, struct error *error)
{
	struct arena *arena = attempt->arena;
	struct outcome outcome = { .number = error->number };

	if (error->status == STATUS_UNABLE || !error->number)
		return error;
	if (error->message)
		outcome.message = arena_printf(arena, "%s", error->message);
	outcome.text = arena_printf(arena, "%s (%s)", error_name(error->number), strerror(error->number));
	if (error->message)
		outcome.text = arena_printf(arena, "%s: %s", outcome.text, outcome.message);
	error_free(error);
	attempt_end(attempt, &outcome);
	return NULL;
}

static struct error *start(struct attempt *attempt)
{
	struct outcome outcome = { .word = "found" };
	json_t *match = NULL;
	struct error *error = look_up(attempt, false, &outcome.values);

	if (error)
		return end_by_error(attempt, error);
	if (!outcome.values)
		return error_new(STATUS_UNABLE, 0, "the kernel answers a route lookup with nothing");
	error = look_up(attempt, true, &match);
	if (error && error->status == STATUS_UNABLE) {
		json_decref(outcome.values);
		return error;
	}
	error_free(error); /* some routes stand in no table, such as that to a multicast group */
	if (match && json_object_set_new(outcome.values, "fibmatch", match))
		memory_exhausted();
	outcome.text = route_print(attempt->arena, outcome.values);
	attempt_end(attempt, &outcome);
	return NULL;
}

static const char *const words[] = { "found", NULL };

/* clang-format off */
static const struct name protocols[] = {
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP },
	{ "ipv6-icmp", IPPROTO_ICMPV6 }, { "sctp", IPPROTO_SCTP }, { 0 },
};

static const struct field fields[] = {
	{ .key = "iif", .type = &type_device, .what = "as if it came in by this device" },
	{ .key = "oif", .type = &type_device, .what = "the device by which it must go out; like dev" },
	{ .key = "ipproto", .type = &type_name8, .names = protocols,
		.what = "the protocol: tcp, udp, icmp, ipv6-icmp, sctp, or a number" },
	{ .key = "sport", .type = &type_u16, .what = "the source port" },
	{ .key = "dport", .type = &type_u16, .what = "the destination port" },
	{ 0 },
};
/* clang-format on */

const struct verb verb_route = {
	.name = "route",
	.what = "the kernel's own route lookup: an object is compared key by key with what `ip -d -j route "
		"get` prints, and the table's own entry stands under \"fibmatch\"",
	.target = &type_address,
	.fields = fields,
	.words = words,
	.expectations = EXPECTS_ERRNO | EXPECTS_OBJECT,
	.probe = true,
	.quiet = true,
	.start = start,
};
