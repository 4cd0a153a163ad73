/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/object.h"

static const struct name scopes[] = { { "global", RT_SCOPE_UNIVERSE }, { "site", RT_SCOPE_SITE },
	{ "link", RT_SCOPE_LINK }, { "host", RT_SCOPE_HOST }, { "nowhere", RT_SCOPE_NOWHERE }, { 0 } };

/* clang-format off */
static const struct field fields[] = {
	{ .word = "local", .type = &type_prefix, .more = "prefixlen", .flags = FIELD_LEADS, .what = "the address, with the length of its prefix" },
	{ .word = "peer", .alias = "remote", .key = "address", .type = &type_prefix, .what = "the other end's address" },
	{ .word = "broadcast", .alias = "brd", .type = &type_string, .what = "the broadcast address; + and - derive it" },
	{ .word = "scope", .type = &type_name8, .names = scopes, .what = "where the address is valid" },
	{ .word = "dev", .type = &type_device, .what = "the device that has it" },
	{ .word = "label", .type = &type_string, .attribute = IFA_LABEL, .what = "the name that old tools know it by" },
	{ .word = "metric", .alias = "preference", .type = &type_u32, .attribute = IFA_RT_PRIORITY, .what = "of the prefix's route" },
	{ .word = "noprefixroute", .type = &type_flag, .what = "no route to the prefix" },
	{ .word = "nodad", .type = &type_flag, .what = "no duplicate address detection" },
	{ .word = "home", .type = &type_flag, .what = "the home address of Mobile IPv6" },
	{ .word = "mngtmpaddr", .type = &type_flag, .what = "temporary addresses are made from it" },
	{ .word = "autojoin", .type = &type_flag, .what = "multicast groups are joined by it" },
	/* What only show prints. */
	{ .word = "inet", .key = "", .type = &type_flag, .flags = FIELD_SHOWN, .what = "before an IPv4 address" },
	{ .word = "inet6", .key = "", .type = &type_flag, .flags = FIELD_SHOWN, .what = "before an IPv6 address" },
	{ .word = "secondary", .type = &type_flag, .flags = FIELD_SHOWN, .what = "another address of the prefix came first" },
	{ .word = "dynamic", .type = &type_flag, .flags = FIELD_SHOWN, .what = "it expires" },
	{ .word = "permanent", .type = &type_flag, .flags = FIELD_SHOWN, .what = "it does not expire" },
	{ .word = "tentative", .type = &type_flag, .flags = FIELD_SHOWN, .what = "duplicate detection is under way" },
	{ .word = "deprecated", .type = &type_flag, .flags = FIELD_SHOWN, .what = "no longer preferred" },
	{ .word = "valid_lft", .key = "valid_life_time", .type = &type_string, .flags = FIELD_SHOWN, .what = "its lifetime" },
	{ .word = "preferred_lft", .key = "preferred_life_time", .type = &type_string, .flags = FIELD_SHOWN, .what = "its preferred lifetime" },
	{ 0 },
};
/* clang-format on */

static const struct address *local_of(const struct entry *entry)
{
	return value_address(&entry->values, "local");
}

static const char *check_broadcast(const struct entry *entry)
{
	const char *text = value_text(&entry->values, "broadcast");
	struct address address;

	if (text && entry->family != AF_INET)
		return "broadcast: only IPv4 has one; allowed: none";
	if (!text || !strcmp(text, "+") || !strcmp(text, "-"))
		return NULL;
	if (address_read(NULL, strchr(text, '/') ? "" : text, false, &address) || address.family != AF_INET)
		return "broadcast: not an address; allowed: an IPv4 address, + or -";
	return NULL;
}

/* As ip has it: the device's name, or more behind it. IFA_LABEL has room for IFNAMSIZ bytes
 * (net/ipv4/devinet.c). */
static const char *check_label(const struct entry *entry)
{
	const char *label = value_text(&entry->values, "label"), *device = value_text(&entry->values, "dev");

	if (!label || (!strncmp(label, device, strlen(device)) && strlen(label) < IFNAMSIZ))
		return NULL;
	return "label: not the device's; allowed: its name, and more behind it, at most 15 characters";
}

static const char *settle(const struct reading *reading, struct entry *entry)
{
	struct address *local = (struct address *)local_of(entry);
	const struct address *peer = value_address(&entry->values, "address");

	(void)reading;
	if (!local)
		return "lacks the address; allowed: ADDRESS/LENGTH dev DEVICE, and more";
	if (!local->family || (peer && !peer->family))
		return "\"default\" is a prefix; allowed: an address";
	if (!value_text(&entry->values, "dev"))
		return "lacks \"dev\"; allowed: with the device that has the address";
	return check_broadcast(entry) ? check_broadcast(entry) : check_label(entry);
}

/* ip: loopback addresses have the scope host. */
static uint8_t scope_of(const struct entry *entry)
{
	const struct address *local = local_of(entry);
	bool loopback = local->family == AF_INET && local->bytes[0] == 127;

	return (uint8_t)value_number(&entry->values, "scope", loopback ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE);
}

/* The broadcast address of the prefix: its last one, or with "-" its first. */
static void derive_broadcast(uint8_t bytes[4], const struct address *local, bool last)
{
	for (unsigned bit = local->length; bit < 32; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		bytes[bit / 8] = (uint8_t)(last ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
	}
}

static void put_broadcast(struct arena *arena, const struct entry *entry, struct body *body)
{
	const char *text = value_text(&entry->values, "broadcast");
	struct address address = *local_of(entry);

	if (!text)
		return;
	if (!strcmp(text, "+") || !strcmp(text, "-"))
		derive_broadcast(address.bytes, local_of(entry), *text == '+');
	else
		address_read(NULL, text, false, &address);
	attribute_bytes(arena, &body->attributes, IFA_BROADCAST, address.bytes, 4);
}

static void put_flags(struct arena *arena, const struct entry *entry, struct body *body)
{
	static const struct name flags[] = { { "noprefixroute", IFA_F_NOPREFIXROUTE },
		{ "nodad", IFA_F_NODAD }, { "home", IFA_F_HOMEADDRESS },
		{ "mngtmpaddr", IFA_F_MANAGETEMPADDR }, { "autojoin", IFA_F_MCAUTOJOIN }, { 0 } };
	uint32_t sum = 0;

	for (const struct name *flag = flags; flag->name; flag++)
		if (value_said(&entry->values, flag->name))
			sum |= flag->number;
	if (sum)
		attribute_u32(arena, &body->attributes, IFA_FLAGS, sum);
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	const struct address *local = local_of(entry), *peer = value_address(&entry->values, "address");
	const struct address *prefix = peer ? peer : local;
	struct ifaddrmsg header = { .ifa_family = (uint8_t)entry->family,
		.ifa_prefixlen = prefix->length,
		.ifa_scope = scope_of(entry) };
	size_t size = family_size(entry->family);

	body_header(body, &header, sizeof header);
	body->device = value_text(&entry->values, "dev");
	body->device_at = offsetof(struct ifaddrmsg, ifa_index);
	attribute_bytes(arena, &body->attributes, IFA_LOCAL, local->bytes, size);
	/* RFC-less, but as ip does: without a peer the address is its own; the kernel compares both. */
	if (peer || entry->family == AF_INET)
		attribute_bytes(arena, &body->attributes, IFA_ADDRESS, prefix->bytes, size);
	put_broadcast(arena, entry, body);
	put_flags(arena, entry, body);
}

static bool same(const void *wanted, const void *seen)
{
	const struct ifaddrmsg *a = wanted, *b = seen;

	return a->ifa_family == b->ifa_family && a->ifa_prefixlen == b->ifa_prefixlen &&
	       a->ifa_scope == b->ifa_scope && a->ifa_index == b->ifa_index;
}

const struct object object_address = {
	.name = "address",
	.key = "addresses",
	.what = "addresses of devices",
	.phase = PHASE_ADDRESSES,
	.fields = fields,
	.commands = 1 << COMMAND_ADD | 1 << COMMAND_DEL | 1 << COMMAND_REPLACE | 1 << COMMAND_CHANGE,
	.list = "addr_info",
	.list_device = "ifname",
	.new_type = RTM_NEWADDR,
	.del_type = RTM_DELADDR,
	.get_type = RTM_GETADDR,
	.settle = settle,
	.encode = encode,
	.same = same,
};
