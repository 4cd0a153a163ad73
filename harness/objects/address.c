/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/object.h"
#include "lab/route_names.h"

/* "+" and "-" are of no family, and stand in the first byte. */
static const char *read_broadcast(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	if (strcmp(text, "+") && strcmp(text, "-"))
		return type_host.read(reading, field, text, out);
	out->address = (struct address) { .bytes = { (uint8_t)*text } };
	return NULL;
}

static void print_broadcast(FILE *to, const struct value *value)
{
	if (value->address.family)
		address_write(to, &value->address);
	else
		fputc(value->address.bytes[0], to);
}

static const struct type type_broadcast = {
	.allowed = "an IPv4 address, + or -",
	.read = read_broadcast,
	.print = print_broadcast,
	.has_family = true,
	.only_string = true,
};

enum { FOREVER = UINT32_MAX }; /* INFINITY_LIFE_TIME of the kernel */

/* As one commands it in seconds, or as show prints it with "sec" behind; "last" tells which. */
static const char *read_lifetime(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	size_t length = strlen(text);
	bool shown = length > 3 && !strcmp(text + length - 3, "sec");
	uint64_t seconds = FOREVER;

	(void)field;
	if (strcmp(text, "forever") &&
		!number_read(shown ? arena_copy(reading->arena, text, length - 3) : text, &seconds))
		return "not a lifetime";
	if (seconds > UINT32_MAX)
		return "out of range";
	out->first = (uint32_t)seconds;
	out->last = shown;
	return NULL;
}

static void print_lifetime(FILE *to, const struct value *value)
{
	if (value->first == FOREVER)
		fputs("forever", to);
	else
		fprintf(to, "%u", value->first);
}

static const struct type type_lifetime = {
	.allowed = "seconds up to 4294967295, or forever",
	.read = read_lifetime,
	.print = print_lifetime,
};

/* clang-format off */
static const struct field fields[] = {
	{ .word = "local", .type = &type_local, .flags = FIELD_LEADS, .what = "the address, with the length of its prefix: 32 or 128 unless given. An IPv4 address that is deleted without one is deleted whatever its length" },
	{ .key = "prefixlen", .type = &type_u8, .most = 128, .what = "the length of the prefix, of the peer's where there is one" },
	{ .word = "peer", .alias = "remote", .key = "address", .type = &type_prefix, .what = "the other end's address, with the length of its prefix" },
	{ .word = "broadcast", .alias = "brd broadcast*", .type = &type_broadcast, .what = "IPv4: the broadcast address; + is the last of the prefix and - the first, neither of prefixes longer than 30" },
	{ .word = "anycast", .alias = "any", .type = &type_host, .attribute = IFA_ANYCAST, .what = "the anycast address, which the kernel ignores" },
	{ .word = "scope", .type = &type_name8, .names = route_scopes, .what = "IPv4: where the address is valid: host for 127.0.0.0/8, else global, unless given" },
	{ .word = "dev", .type = &type_device, .what = "the device that has it" },
	{ .word = "label", .type = &type_string, .flags = FIELD_TRAILS, .attribute = IFA_LABEL, .what = "IPv4: the name that old tools know it by, of at most 15 bytes: the device's unless given" },
	{ .word = "metric", .alias = "metric* priority* preference*", .type = &type_u32, .attribute = IFA_RT_PRIORITY, .what = "of the prefix's route" },
	{ .word = "valid_lft", .alias = "valid_lft*", .key = "valid_life_time", .type = &type_lifetime, .what = "after so many seconds the kernel removes it: never unless given" },
	{ .word = "preferred_lft", .alias = "preferred_lft*", .key = "preferred_life_time", .type = &type_lifetime, .what = "after so many seconds it is no longer chosen as a source where there is another: never unless given; not more than valid_lft" },
	{ .word = "noprefixroute", .type = &type_flag, .what = "no route to the prefix is made" },
	{ .word = "nodad", .type = &type_flag, .what = "IPv6: no duplicate address detection" },
	{ .word = "optimistic", .type = &type_flag, .what = "IPv6: used while duplicate address detection is under way" },
	{ .word = "home", .type = &type_flag, .what = "IPv6: the home address of Mobile IPv6" },
	{ .word = "mngtmpaddr", .type = &type_flag, .what = "IPv6: temporary addresses are made from it" },
	{ .word = "autojoin", .type = &type_flag, .what = "of a multicast address: the group is joined" },
	/* What the kernel decides. */
	{ .word = "inet", .key = "", .type = &type_flag, .flags = FIELD_SHOWN, .what = "before an IPv4 address" },
	{ .word = "inet6", .key = "", .type = &type_flag, .flags = FIELD_SHOWN, .what = "before an IPv6 address" },
	{ .word = "secondary", .type = &type_flag, .flags = FIELD_SHOWN, .what = "another address of the prefix came first" },
	{ .word = "temporary", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the kernel made it for a while" },
	{ .word = "dynamic", .type = &type_flag, .flags = FIELD_SHOWN, .what = "it expires" },
	{ .word = "permanent", .type = &type_flag, .flags = FIELD_SHOWN, .what = "it does not expire" },
	{ .word = "tentative", .type = &type_flag, .flags = FIELD_SHOWN, .what = "duplicate detection is under way" },
	{ .word = "dadfailed", .type = &type_flag, .flags = FIELD_SHOWN, .what = "another host has it" },
	{ .word = "deprecated", .type = &type_flag, .flags = FIELD_SHOWN, .what = "no longer preferred" },
	{ .word = "stable-privacy", .type = &type_flag, .flags = FIELD_SHOWN, .what = "made from a secret" },
	{ .word = "proto", .key = "protocol", .type = &type_string, .flags = FIELD_SHOWN, .what = "who made it, as a later ip prints" },
	{ .word = "flags", .key = "ifa_flags", .type = &type_string, .flags = FIELD_SHOWN, .what = "flags that ip has no word for" },
	{ .key = "index", .type = &type_u32, .flags = FIELD_SHOWN, .what = "the device's number" },
	{ 0 },
};
/* clang-format on */

static struct value *said(const struct entry *entry, const char *key)
{
	return (struct value *)value_of(&entry->values, key);
}

static const struct field *field_of(const char *key)
{
	const struct field *field = fields;

	while (strcmp(field_key(field), key))
		field++;
	return field;
}

/* What `ip -j` says beside an address belongs to its prefix; in words, the prefix says it. */
static void settle_length(const struct reading *reading, struct entry *entry)
{
	struct values *values = &entry->values;
	struct value *length = said(entry, "prefixlen"), *of = said(entry, "address");
	size_t after;

	if (!length)
		return;
	of = of ? of : said(entry, "local");
	if (length->number > 8 * family_size(of->address.family))
		problem_add(reading->problems, length->where, "longer than the address; allowed: 0 to %zu",
			8 * family_size(of->address.family));
	of->address.length = (uint8_t)length->number;
	of->address.prefixed = true;
	after = (size_t)(values->at + values->count - length) - 1;
	memmove(length, length + 1, after * sizeof *length);
	values->count--;
}

/* A pasted line names no device but in its label, which is the device's name, or that and more behind a
 * colon. */
static void settle_device(const struct reading *reading, struct entry *entry)
{
	const struct value *label = said(entry, "label");
	struct value device = { .field = field_of("dev"), .where = label ? label->where : NULL };

	if (!label || said(entry, "dev") || entry->command != COMMAND_STATE)
		return;
	device.text = arena_copy(reading->arena, label->text, strcspn(label->text, ":"));
	values_add(reading->arena, &entry->values, &device);
}

static void check_broadcast(const struct reading *reading, const struct entry *entry)
{
	const struct value *broadcast = said(entry, "broadcast");

	if (broadcast && !broadcast->address.family && entry->family != AF_INET &&
		entry->command != COMMAND_DEL)
		problem_add(
			reading->problems, broadcast->where, "broadcast: only IPv4 has one; allowed: none");
}

/* Only show prints a unit. */
static void check_unit(const struct reading *reading, const struct entry *entry, const struct value *lifetime)
{
	if (lifetime && lifetime->last && entry->command != COMMAND_STATE)
		problem_add(reading->problems, lifetime->where, "%s: not a lifetime; allowed: %s",
			lifetime->field->word, type_lifetime.allowed);
}

static uint32_t lifetime(const struct entry *entry, const char *key)
{
	const struct value *value = said(entry, key);

	return value ? value->first : FOREVER;
}

static void check_lifetimes(const struct reading *reading, const struct entry *entry)
{
	const struct value *valid = said(entry, "valid_life_time"),
			   *preferred = said(entry, "preferred_life_time");

	check_unit(reading, entry, valid);
	check_unit(reading, entry, preferred);
	if (valid && !valid->first)
		problem_add(reading->problems, valid->where, "valid_lft: zero; allowed: 1 to 4294967295");
	else if (lifetime(entry, "valid_life_time") < lifetime(entry, "preferred_life_time"))
		problem_add(reading->problems, preferred ? preferred->where : valid->where,
			preferred ? "preferred_lft: longer than valid_lft; allowed: at most that"
				  : "valid_lft: without preferred_lft, which is then longer; "
				    "allowed: with a preferred_lft of at most that");
}

static bool is_multicast(const struct address *address)
{
	return address->family == AF_INET ? address->bytes[0] >> 4 == 0xe : address->bytes[0] == 0xff;
}

/* What is wrong with the whole. */
static const char *check(const struct entry *entry)
{
	const struct address *local = value_address(&entry->values, "local"),
			     *peer = value_address(&entry->values, "address");

	if (!local->family || (peer && !peer->family))
		return "\"default\" is a prefix; allowed: an address";
	if (!said(entry, "dev"))
		return "lacks \"dev\"; allowed: with the device that has the address";
	if (said(entry, "autojoin") && !is_multicast(local))
		return "autojoin: not a multicast address; allowed: of a multicast address";
	return NULL;
}

static const char *settle(const struct reading *reading, struct entry *entry)
{
	if (!said(entry, "local"))
		return "lacks the address; allowed: ADDRESS/LENGTH dev DEVICE, and more";
	settle_length(reading, entry);
	settle_device(reading, entry);
	check_broadcast(reading, entry);
	check_lifetimes(reading, entry);
	return check(entry);
}

/* As iproute2's default_scope() has it. */
static uint8_t scope_of(const struct entry *entry)
{
	const struct address *local = value_address(&entry->values, "local");
	bool loopback = local->family == AF_INET && local->bytes[0] == 127;

	return (uint8_t)value_number(&entry->values, "scope",
		loopback && entry->command != COMMAND_DEL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE);
}

/* The peer's prefix, or the address's own. Of a peer with the length 0 ip takes the address's length. */
static struct address prefix_of(const struct entry *entry)
{
	const struct address *local = value_address(&entry->values, "local"),
			     *peer = value_address(&entry->values, "address");
	struct address prefix = peer ? *peer : *local;

	if (!prefix.length)
		prefix.length = local->length;
	return prefix;
}

/* The last address of the prefix, or with "-" the first. */
static void derive_broadcast(struct address *prefix, bool last)
{
	for (unsigned bit = prefix->length; bit < 32; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8), *byte = &prefix->bytes[bit / 8];

		*byte = (uint8_t)(last ? *byte | mask : *byte & ~mask);
	}
}

static void put_broadcast(struct arena *arena, const struct entry *entry, struct attributes *to)
{
	const struct address *broadcast = value_address(&entry->values, "broadcast");
	struct address prefix = prefix_of(entry);

	if (!broadcast)
		return;
	if (broadcast->family) {
		attribute_bytes(arena, to, IFA_BROADCAST, broadcast->bytes, family_size(broadcast->family));
	} else if (entry->command != COMMAND_DEL && prefix.length <= 30) {
		derive_broadcast(&prefix, broadcast->bytes[0] == '+');
		attribute_bytes(arena, to, IFA_BROADCAST, prefix.bytes, 4);
	}
}

/* Of what stands the flags that were asked for, and those that were not, must be as wanted; those that
 * duplicate detection ends are not looked at. */
static void put_flags(struct arena *arena, const struct entry *entry, struct attributes *to)
{
	static const struct {
		const char *key;
		uint32_t flag;
		bool ipv6; /* only of IPv6; else ip takes the word and leaves it at that */
	} flags[] = { { "noprefixroute", IFA_F_NOPREFIXROUTE, false },
		{ "autojoin", IFA_F_MCAUTOJOIN, false }, { "nodad", IFA_F_NODAD, true },
		{ "optimistic", IFA_F_OPTIMISTIC, true }, { "home", IFA_F_HOMEADDRESS, true },
		{ "mngtmpaddr", IFA_F_MANAGETEMPADDR, true } };
	bool forever = lifetime(entry, "valid_life_time") == FOREVER;
	struct attribute *attribute = attribute_u32(arena, to, IFA_FLAGS, 0);

	attribute->kind = ATTRIBUTE_BITS;
	attribute->bits = (struct bits) { .stands = forever ? IFA_F_PERMANENT : 0, .mask = IFA_F_PERMANENT };
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		attribute->bits.mask |= flags[i].flag & ~(uint32_t)IFA_F_OPTIMISTIC;
		if (value_said(&entry->values, flags[i].key) && (!flags[i].ipv6 || entry->family == AF_INET6))
			attribute->bits.sent |= flags[i].flag;
	}
	attribute->bits.stands |= attribute->bits.sent;
}

/* Nothing where it is to last, which is what the kernel does then. */
static void put_lifetimes(struct arena *arena, const struct entry *entry, struct attributes *to)
{
	const struct ifa_cacheinfo lasts = {
		.ifa_prefered = lifetime(entry, "preferred_life_time"),
		.ifa_valid = lifetime(entry, "valid_life_time"),
	};

	if (lasts.ifa_prefered != FOREVER || lasts.ifa_valid != FOREVER)
		attribute_bytes(arena, to, IFA_CACHEINFO, &lasts, sizeof lasts);
}

/*
 * An address without a peer is its own, as ip has it, but of IPv6 the kernel tells only of the one and takes
 * only the one. A deletion without a length or a peer means the address whatever its length.
 */
static void put_addresses(struct arena *arena, const struct entry *entry, struct attributes *to)
{
	const struct address *local = value_address(&entry->values, "local"),
			     *peer = value_address(&entry->values, "address");
	const struct address *other = peer ? peer : local;
	bool any_length = entry->command == COMMAND_DEL && entry->family == AF_INET && local &&
			  !local->prefixed && !peer;

	if (peer || entry->family == AF_INET)
		attribute_bytes(arena, to, IFA_LOCAL, local->bytes, family_size(entry->family));
	if (!any_length)
		attribute_bytes(arena, to, IFA_ADDRESS, other->bytes, family_size(entry->family));
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	struct ifaddrmsg header = { .ifa_family = (uint8_t)entry->family,
		.ifa_prefixlen = prefix_of(entry).length,
		.ifa_scope = scope_of(entry) };

	body_header(body, &header, sizeof header);
	body->device = value_text(&entry->values, "dev");
	body->device_at = offsetof(struct ifaddrmsg, ifa_index);
	put_addresses(arena, entry, &body->attributes);
	put_broadcast(arena, entry, &body->attributes);
	put_lifetimes(arena, entry, &body->attributes);
	if (entry->command != COMMAND_DEL)
		put_flags(arena, entry, &body->attributes);
}

/* The scope of an IPv6 address follows from the address. */
static bool same(const void *wanted, const void *seen)
{
	const struct ifaddrmsg *a = wanted, *b = seen;

	return a->ifa_family == b->ifa_family && a->ifa_prefixlen == b->ifa_prefixlen &&
	       (a->ifa_family == AF_INET6 || a->ifa_scope == b->ifa_scope) && a->ifa_index == b->ifa_index;
}

const struct object object_address = {
	.name = "address",
	.key = "addresses",
	.what = "addresses of devices",
	.phase = PHASE_ADDRESSES,
	.fields = fields,
	.commands = 1 << COMMAND_ADD | 1 << COMMAND_DEL | 1 << COMMAND_REPLACE | 1 << COMMAND_CHANGE |
		    1 << COMMAND_FLUSH,
	.flush = &flush_address,
	.pasted = "inet inet6",
	.list = "addr_info",
	.list_device = "ifname",
	.new_type = RTM_NEWADDR,
	.del_type = RTM_DELADDR,
	.get_type = RTM_GETADDR,
	.fleeting = IFA_CACHEINFO,
	.settle = settle,
	.encode = encode,
	.same = same,
};
