/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/mechanism.h"

#include <assert.h>
#include <string.h>

#include "lab/value.h"

static const struct {
	const char *name, *what;
} mechanisms[] = {
	[CAUSE_UNKNOWN] = { "unknown", "nothing is sure enough" },
	[CAUSE_SOURCE_CHECK] = { "rp_filter",
		"the source check: the way back to the source is another, or there is none" },
	[CAUSE_OWN_SOURCE] = { "own-source",
		"the source is an address of the receiver's own, and accept_local is off" },
	[CAUSE_MARTIAN] = { "martian", "an address that may not come in by a device" },
	[CAUSE_NOT_FORWARDED] = { "not-forwarded", "it is for somebody else, and forwarding is off" },
	[CAUSE_NO_ROUTE] = { "no-route", "no rule leads to a route" },
	[CAUSE_BLACKHOLE] = { "blackhole", "a route or rule that swallows" },
	[CAUSE_PROHIBIT] = { "prohibit", "a route or rule that prohibits" },
	[CAUSE_UNREACHABLE] = { "unreachable", "a route or rule that says unreachable" },
	[CAUSE_FIREWALL] = { "firewall", "a ruleset of nftables dropped or rejected it" },
	[CAUSE_TTL] = { "ttl", "its TTL or hop limit ended" },
	[CAUSE_TOO_BIG] = { "too-big", "longer than an MTU, and not to be fragmented" },
	[CAUSE_NEIGHBOUR] = { "neighbour", "nobody answers for the address of the next hop" },
	[CAUSE_IGNORED] = { "ignored", "a setting has it that echo requests are not answered" },
	[CAUSE_CLOSED] = { "closed", "nobody listens on the port" },
	[CAUSE_NO_WAY_BACK] = { "no-way-back", "there is no route for the answer" },
	[CAUSE_DEVICE_DOWN] = { "device-down", "a device on the way is down" },
	[CAUSE_IPV6_OFF] = { "ipv6-off", "IPv6 is switched off on the device" },
	[CAUSE_WIRE] = { "wire", "a wire did not deliver it" },
	[CAUSE_LEADS_NOWHERE] = { "leads-nowhere", "it left by a device with nothing at its other end" },
	[CAUSE_SOURCE_ADDRESS] = { "source-address", "it cannot be sent from this address" },
	[CAUSE_WRONG_SOURCE] = { "wrong-source", "the answer came from another address than was asked" },
	[CAUSE_BROADCAST] = { "broadcast",
		"the address is one of many hosts, to which there are no connections" },
	[CAUSE_BRIDGE] = { "bridge",
		"a bridge did not send it on: no port that it may leave by has its address" },
	[CAUSE_QUEUE] = { "queue", "the queue of the device that it was to leave by did not take it" },
	[CAUSE_ROUTER] = { "router",
		"a router on a wire dropped it for a reason that has no name of its own here, or kept it" },
};
static_assert(sizeof mechanisms / sizeof *mechanisms == CAUSE_MECHANISMS, "a name for each mechanism");

const char *mechanism_name(enum mechanism mechanism)
{
	return mechanisms[mechanism].name;
}

const char *mechanism_what(enum mechanism mechanism)
{
	return mechanisms[mechanism].what;
}

enum mechanism mechanism_of(const char *name)
{
	for (enum mechanism i = CAUSE_UNKNOWN + 1; i < CAUSE_MECHANISMS; i++)
		if (!strcmp(mechanisms[i].name, name))
			return i;
	return CAUSE_UNKNOWN;
}

static const char *read_mechanism(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	if (mechanism_of(text) == CAUSE_UNKNOWN)
		return "no cause of that name";
	out->text = arena_printf(reading->arena, "%s", text);
	return NULL;
}

static void print_mechanism(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const char *const *mechanism_words(struct arena *arena)
{
	const char **words = arena_take(arena, CAUSE_MECHANISMS * sizeof *words);

	for (enum mechanism i = CAUSE_UNKNOWN + 1; i < CAUSE_MECHANISMS; i++)
		words[i - 1] = mechanisms[i].name;
	return words;
}

const struct type type_mechanism = {
	.allowed = "a cause",
	.read = read_mechanism,
	.print = print_mechanism,
	.words = mechanism_words,
	.only_string = true,
};
