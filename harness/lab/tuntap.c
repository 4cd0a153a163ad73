/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/tuntap.h"

#include <linux/if_tun.h>
#include <string.h>

#include "lab/wire.h"

/* The kernel's number of nobody comes after it. */
#define LAST_NUMBER (UINT32_MAX - 1)

/* clang-format off */
const struct field tuntap_fields[] = {
	{ .key = "packet_info", .type = &type_boolean,
	  .what = "whether a program that has the device open reads and writes four bytes before each packet: flags and "
		  "protocol (IFF_NO_PI is not set)" },
	{ .key = "vnet_hdr", .type = &type_boolean,
	  .what = "whether segments pass whole, and checksums are left out, as on a wire between virtual machines "
		  "(IFF_VNET_HDR, TUNSETOFFLOAD); unless given, where the device is the end of a wire that the relay "
		  "carries" },
	{ .key = "multi_queue", .type = &type_u32, .least = 1, .most = TUNTAP_QUEUES,
	  .what = "how many queues it is opened with (IFF_MULTI_QUEUE), numbered from 0; unless given it has one, and "
		  "cannot have more" },
	{ .key = "persist", .type = &type_boolean,
	  .what = "false: it vanishes with its addresses and routes once nobody has it open; unless given, and always "
		  "with `ip tuntap`, it stays (TUNSETPERSIST)" },
	{ .key = "owner", .type = &type_u32, .most = LAST_NUMBER,
	  .what = "the number of the user who alone may open it without privilege (TUNSETOWNER); where there is neither "
		  "owner nor group, all may who may open /dev/net/tun" },
	{ .key = "owner_group", .type = &type_u32, .most = LAST_NUMBER,
	  .what = "the number of the group whose members alone may (TUNSETGROUP); with an owner, too, who opens it must be "
		  "both" },
	{ .key = "detached", .type = &type_u32, .least = 0, .most = TUNTAP_QUEUES - 1, .flags = FIELD_LIST,
	  .what = "in a change: the queues that take no packets (TUNSETQUEUE); all others take them again. What waited in "
		  "one is lost" },
	{ .key = "open", .type = &type_boolean,
	  .what = "in a change: false closes the device, as if the program that had it open had ended; true opens it "
		  "again. One that vanished is made anew as \"links\" had it at first: its addresses and routes must be "
		  "stated again" },
	{ 0 },
};
/* clang-format on */

/* What was said where the link was made. */
static const struct link *made(const struct link *link)
{
	return link->stands ? link->stands : link;
}

uint16_t tuntap_flags(const struct link *link)
{
	const struct values *own = &made(link)->own;
	const struct wire *wire = made(link)->wire;
	bool info = value_number(own, "packet_info", false), several = value_said(own, "multi_queue"),
	     whole = value_number(own, "vnet_hdr", wire && wire->kind->relay);

	return (uint16_t)(link->kind->tun_flags | (info ? 0 : IFF_NO_PI) | (several ? IFF_MULTI_QUEUE : 0) |
			  (whole ? IFF_VNET_HDR : 0));
}

unsigned tuntap_queues(const struct link *link)
{
	return (unsigned)value_number(&made(link)->own, "multi_queue", 1);
}

bool tuntap_persists(const struct link *link)
{
	return value_number(&made(link)->own, "persist", true);
}

const struct value *tuntap_owner(const struct link *link)
{
	return value_of(&made(link)->own, "owner");
}

const struct value *tuntap_group(const struct link *link)
{
	return value_of(&made(link)->own, "owner_group");
}

/* Whether it is open once LINK was said of it, or made. */
static bool is_open(const struct link *link)
{
	for (; link; link = link->before)
		if (value_said(&link->own, "open"))
			return value_number(&link->own, "open", true);
	return true;
}

enum tuntap_open tuntap_opening(const struct link *link)
{
	bool said = link->stands && value_said(&link->own, "open");

	if (!said || (!tuntap_persists(link) && is_open(link) == is_open(link->before)))
		return TUNTAP_STAYS;
	return is_open(link) ? TUNTAP_OPENS : TUNTAP_CLOSES;
}

bool tuntap_returns(const struct link *link)
{
	return link->kind->made == LINK_BY_TUN && tuntap_opening(link) == TUNTAP_OPENS &&
	       !tuntap_persists(link);
}

/* An empty list is said, too. */
bool tuntap_detaches(const struct link *link)
{
	return link->stands && json_object_get(link->json, "detached");
}

bool tuntap_detached(const struct link *link, unsigned queue)
{
	for (size_t i = 0; i < link->own.count; i++)
		if (!strcmp(field_key(link->own.at[i].field), "detached") && link->own.at[i].number == queue)
			return true;
	return false;
}

static const char *owner_print(struct arena *arena, const char *word, const struct value *value)
{
	return value ? arena_printf(arena, " %s %s", word, value_print(arena, value)) : "";
}

const char *tuntap_print(struct arena *arena, const struct link *link)
{
	const struct values *own = &made(link)->own;

	return arena_printf(arena, "%s%s%s%s%s", owner_print(arena, "user", tuntap_owner(link)),
		owner_print(arena, "group", tuntap_group(link)), tuntap_flags(link) & IFF_NO_PI ? "" : " pi",
		value_number(own, "vnet_hdr", false) ? " vnet_hdr" : "",
		tuntap_flags(link) & IFF_MULTI_QUEUE ? " multi_queue" : "");
}

/* Each of these keys says something of what stands, or of what is made. */
static bool is_of_change(const struct field *field)
{
	return !strcmp(field_key(field), "open") || !strcmp(field_key(field), "detached");
}

static const char *wrong_time(const struct link *link, const struct field *field)
{
	if (link->stands && !is_of_change(field))
		return "the device stands already; allowed: where it is made";
	if (!link->stands && is_of_change(field))
		return "the device is only made here; allowed: in a change";
	return NULL;
}

/* What is wrong with saying of any queue that it is detached. */
static const char *wrong_detached(const struct link *link)
{
	if (!value_said(&link->stands->own, "multi_queue"))
		return "the device has no queues to choose from; allowed: of one with \"multi_queue\"";
	return is_open(link) ? NULL : "the device is closed; allowed: of one that is open";
}

static void check_queues(const struct reading *reading, const struct link *link)
{
	unsigned queues = tuntap_queues(link);

	for (size_t i = 0; i < link->own.count; i++) {
		const struct value *value = &link->own.at[i];

		if (!strcmp(field_key(value->field), "detached") && value->number >= queues)
			problem_add(reading->problems, value->where,
				"there is no such queue; allowed: an integer from 0 to %u", queues - 1);
	}
}

/* What could not be read has been told already. */
static bool is_said(const struct link *link, const struct field *field)
{
	const json_t *json = json_object_get(link->json, field->key);

	return value_said(&link->own, field->key) || (json_is_array(json) && !json_array_size(json));
}

const char *tuntap_settle(const struct reading *reading, struct link *link)
{
	for (const struct field *field = tuntap_fields; field->key; field++) {
		bool said = is_said(link, field);
		const char *wrong = said ? wrong_time(link, field) : NULL;

		if (said && !wrong && !strcmp(field->key, "detached"))
			wrong = wrong_detached(link);
		if (wrong)
			problem_add(reading->problems, place_key(reading->arena, link->where, field->key),
				"%s", wrong);
		else if (said && !strcmp(field->key, "detached"))
			check_queues(reading, link);
	}
	return NULL;
}
