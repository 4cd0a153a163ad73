/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own lookup (RTM_GETROUTE). A second request asks for the table's entry that was found
 * (RTM_F_FIB_MATCH).
 */
#include <netinet/in.h>
#include <string.h>

#include "run/attempt.h"
#include "run/lookup.h"
#include "run/route.h"

static long long said(const struct values *values, const char *key)
{
	return value_said(values, key) ? (long long)value_number(values, key, 0) : -1;
}

static struct lookup lookup_of(const struct step *step)
{
	const struct values *values = &step->values;
	const struct value *mark = value_of(values, "mark");
	const char *out = value_text(values, "oif");
	struct lookup lookup = lookup_to(&step->target.address);

	lookup.from = value_address(values, "source");
	lookup.iif = value_text(values, "iif");
	lookup.oif = out ? out : value_text(values, "dev");
	lookup.tos = (uint8_t)value_number(values, "tos", 0);
	lookup.mark = mark ? (long long)mark->first : -1;
	lookup.uid = said(values, "uid");
	lookup.protocol = (int)said(values, "ipproto");
	lookup.sport = (int)said(values, "sport");
	lookup.dport = (int)said(values, "dport");
	return lookup;
}

/* Looks up; *OUT is NULL where the kernel gave no route and no error. */
static struct error *look_up(struct attempt *attempt, bool match, json_t **out)
{
	struct site_netns *in = site_of(attempt->site, attempt->step->in);
	struct lookup lookup = lookup_of(attempt->step);
	struct shown shown = { .arena = attempt->arena, .in = in };
	const struct nlmsghdr *answer;
	struct error *error = lookup_ask(attempt->arena, in, &lookup, match, &answer);

	*out = NULL;
	if (error || !answer)
		return error;
	*out = route_json(&shown, answer);
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
