/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/neighbour_names.h"
#include "lab/object.h"
#include "lab/route_names.h"

enum { LINK_ADDRESS_MOST = 20 }; /* bytes: what InfiniBand has */

/* ip takes the beginnings of three of them, and numbers with one bit at most. */
static const char *read_state(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	static const char *const cut[] = { "permanent", "reachable", "failed" };

	(void)reading;
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
		if (*text && !strncmp(cut[i], text, strlen(text)))
			text = cut[i];
	for (const struct name *name = field->names; name->name; name++) {
		if (!strcmp(name->name, text)) {
			out->number = name->number;
			return NULL;
		}
	}
	if (number_read(text, &out->number) && name_of(field->names, out->number))
		return NULL;
	return "no state of a neighbour";
}

static void print_state(FILE *to, const struct value *value)
{
	fputs(name_of(value->field->names, value->number), to);
}

static const struct type type_state = {
	.allowed = "the number of one",
	.read = read_state,
	.print = print_state,
};

/* Bytes in hexadecimal with colons between them, or, of tunnels, an IPv4 address; 0: it is neither. */
static size_t link_address(const char *text, uint8_t bytes[LINK_ADDRESS_MOST])
{
	struct address address;
	char *end;

	if (strchr(text, '.')) {
		if (strchr(text, '/') || address_read(NULL, text, false, &address))
			return 0;
		memcpy(bytes, address.bytes, sizeof address.bytes);
		return address.family == AF_INET ? family_size(AF_INET) : 0;
	}
	for (size_t i = 0; i < LINK_ADDRESS_MOST; i++, text = end + 1) {
		if (!strspn(text, "0123456789abcdefABCDEF"))
			return 0;
		bytes[i] = (uint8_t)strtoul(text, &end, 16);
		if (end - text > 2 || (*end && *end != ':'))
			return 0;
		if (!*end)
			return i + 1;
	}
	return 0;
}

static bool is_null(const char *text)
{
	return !strcmp(text, "null");
}

static const char *read_link_address(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	uint8_t bytes[LINK_ADDRESS_MOST];

	(void)field;
	if (!is_null(text) && !link_address(text, bytes))
		return "not a link-layer address";
	out->text = arena_printf(reading->arena, "%s", text);
	return NULL;
}

static void print_link_address(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const struct type type_link_address = {
	.allowed = "a link-layer address such as 02:00:00:00:00:01, of tunnels such as 192.0.2.1, or null",
	.read = read_link_address,
	.print = print_link_address,
	.only_string = true,
};

/* clang-format off */
static const struct field fields[] = {
	{ .key = "state", .type = &type_word, .names = neighbour_shown_states, .flags = FIELD_LEADS | FIELD_LIST, .what = "the state, as show prints it; in JSON a list of one" },
	{ .word = "proxy", .alias = "proxy*", .type = &type_flag, .what = "the device answers for the address: of IPv4 where it forwards and the address is reached by another device, of IPv6 where proxy_ndp is on" },
	{ .word = "to", .key = "dst", .type = &type_host, .attribute = NDA_DST, .flags = FIELD_LEADS, .what = "the neighbour's address" },
	{ .word = "dev", .type = &type_device, .what = "the device that it is behind, or that answers for it" },
	{ .word = "lladdr", .alias = "lladdr*", .type = &type_link_address, .what = "its link-layer address; null, or none, where the device has no such addresses" },
	{ .word = "router", .type = &type_flag, .what = "IPv6: it is a router" },
	{ .word = "managed", .type = &type_flag, .what = "the kernel keeps it resolved; its state begins as none" },
	{ .word = "nud", .type = &type_state, .names = neighbour_states, .what = "the state of neighbour unreachability detection; permanent unless given, but none of a managed one, and where nothing but the address and the device is stated. The kernel itself moves a reachable, stale, delay or probe entry on, and may forget a failed one" },
	{ .word = "use", .type = &type_flag, .what = "the kernel resolves it as if a packet were to be sent" },
	{ .word = "extern_learn", .alias = "extern_learn*", .type = &type_flag, .what = "it was learned by somebody else than the kernel, which does not forget it" },
	{ .word = "protocol", .alias = "protocol*", .type = &type_name8, .names = route_protocols, .attribute = NDA_PROTOCOL, .what = "who made it" },
	/* What only show prints. */
	{ .word = "offload", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware has it" },
	{ .word = "ref", .key = "refcnt", .type = &type_string, .flags = FIELD_SHOWN, .what = "how many use it" },
	{ .word = "used", .type = &type_string, .flags = FIELD_SHOWN, .what = "seconds since it was used" },
	{ .key = "confirmed", .type = &type_string, .flags = FIELD_SHOWN, .what = "seconds since it was confirmed" },
	{ .key = "updated", .type = &type_string, .flags = FIELD_SHOWN, .what = "seconds since it changed" },
	{ .word = "probes", .type = &type_string, .flags = FIELD_SHOWN, .what = "how many requests have been sent" },
	{ 0 },
};
/* clang-format on */

static const struct field *field_of(const char *key)
{
	const struct field *field = fields;

	while (strcmp(field_key(field), key))
		field++;
	return field;
}

static struct value *nud_of(const struct entry *entry)
{
	return (struct value *)value_of(&entry->values, "nud");
}

/* What show prints of a state is said as ip takes it. */
static void settle_state(const struct reading *reading, const struct entry *entry)
{
	for (size_t i = 0; i < entry->values.count; i++) {
		struct value *value = &entry->values.at[i];

		if (strcmp(field_key(value->field), "state"))
			continue;
		if (value_said(&entry->values, "nud"))
			problem_add(reading->problems, value->where, "%s: a second state; allowed: one",
				value_print(reading->arena, value));
		else
			value->field = field_of("nud");
	}
}

/* To ip, "managed" takes back what was said of the state before it. */
static void settle_managed(const struct entry *entry)
{
	const struct value *managed = value_of(&entry->values, "managed");
	struct value *nud = nud_of(entry);

	if (managed > nud && nud && managed->where && managed->where->column)
		nud->number = NUD_NONE;
}

/* Show prints no state where it is none; whoever means a permanent entry says its link-layer address. */
static void settle_none(const struct reading *reading, struct entry *entry)
{
	static const char *const others[] = { "nud", "lladdr", "managed", "proxy" };
	struct value none = { .field = field_of("nud") };

	none.number = NUD_NONE;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (value_said(&entry->values, others[i]))
			return;
	if (entry->command == COMMAND_STATE)
		values_add(reading->arena, &entry->values, &none);
}

/* In a command the address follows "proxy"; show prints the word behind everything. */
static void check_proxy(const struct reading *reading, const struct entry *entry)
{
	const struct values *values = &entry->values;
	const struct value *proxy = value_of(values, "proxy"), *to = value_of(values, "dst");

	if (entry->command != COMMAND_STATE && proxy && proxy->where && proxy->where->column &&
		to != proxy + 1)
		problem_add(reading->problems, proxy->where,
			"proxy: lacks what must follow; allowed: the address");
}

/*
 * ip takes a proxy that answers on every device. The kernel (6.18) forgets to remove it with its namespace;
 * it then appears in a later one, perhaps outside of every lab.
 */
static const char *check_without_device(const struct entry *entry)
{
	if (!value_said(&entry->values, "proxy"))
		return "lacks \"dev\"; allowed: with the device that the neighbour is behind";
	if (entry->command == COMMAND_DEL)
		return NULL;
	return "lacks \"dev\": the kernel would keep a proxy of all devices when the lab is gone; "
	       "allowed: with the device that answers";
}

static const char *settle(const struct reading *reading, struct entry *entry)
{
	settle_state(reading, entry);
	settle_managed(entry);
	settle_none(reading, entry);
	if (!value_said(&entry->values, "dst"))
		return "lacks the address; allowed: ADDRESS dev DEVICE lladdr ADDRESS, and more";
	if (!value_said(&entry->values, "dev"))
		return check_without_device(entry);
	check_proxy(reading, entry);
	return NULL;
}

static uint8_t flags_of(const struct entry *entry)
{
	static const struct name flags[] = { { "proxy", NTF_PROXY }, { "router", NTF_ROUTER },
		{ "use", NTF_USE }, { "extern_learn", NTF_EXT_LEARNED }, { 0 } };
	uint8_t sum = 0;

	for (const struct name *flag = flags; flag->name; flag++)
		if (value_said(&entry->values, flag->name))
			sum |= (uint8_t)flag->number;
	return sum;
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	const char *link = value_text(&entry->values, "lladdr");
	bool managed = value_said(&entry->values, "managed");
	uint8_t bytes[LINK_ADDRESS_MOST];
	struct ndmsg header = {
		.ndm_family = (uint8_t)entry->family,
		.ndm_state =
			(uint16_t)value_number(&entry->values, "nud", managed ? NUD_NONE : NUD_PERMANENT),
		.ndm_flags = flags_of(entry),
	};

	body_header(body, &header, sizeof header);
	body->device = value_text(&entry->values, "dev");
	body->device_at = offsetof(struct ndmsg, ndm_ifindex);
	if (managed)
		attribute_u32(arena, &body->attributes, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	if (link && !is_null(link))
		attribute_bytes(arena, &body->attributes, NDA_LLADDR, bytes, link_address(link, bytes));
}

/* Among these the kernel itself moves an entry to and fro. */
static bool ages(uint16_t state)
{
	return state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE);
}

static bool same(const void *wanted, const void *seen)
{
	const uint8_t kept = NTF_PROXY | NTF_ROUTER | NTF_EXT_LEARNED;
	const struct ndmsg *a = wanted, *b = seen;

	return a->ndm_family == b->ndm_family && a->ndm_ifindex == b->ndm_ifindex &&
	       (a->ndm_flags & kept) == (b->ndm_flags & kept) &&
	       (a->ndm_flags & NTF_PROXY || a->ndm_state == b->ndm_state ||
		       (ages(a->ndm_state) && ages(b->ndm_state)));
}

const struct object object_neighbour = {
	.name = "neighbour",
	.key = "neighbours",
	.what = "link-layer addresses of neighbours, and addresses that are answered for",
	.phase = PHASE_NEIGHBOURS,
	.fields = fields,
	.commands = 1 << COMMAND_ADD | 1 << COMMAND_DEL | 1 << COMMAND_REPLACE | 1 << COMMAND_CHANGE |
		    1 << COMMAND_FLUSH,
	.flush = &flush_neighbour,
	.new_type = RTM_NEWNEIGH,
	.del_type = RTM_DELNEIGH,
	.get_type = RTM_GETNEIGH,
	.settle = settle,
	.encode = encode,
	.same = same,
};
