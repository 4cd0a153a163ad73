/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ip address flush`. */
#include <fnmatch.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/route_names.h"

/* Of a value, "first" is the flag, and "last" whether it must be absent. */
static const struct name flags[] = { { "secondary", IFA_F_SECONDARY }, { "temporary", IFA_F_SECONDARY },
	{ "primary", 0 }, { "nodad", IFA_F_NODAD }, { "optimistic", IFA_F_OPTIMISTIC },
	{ "dadfailed", IFA_F_DADFAILED }, { "home", IFA_F_HOMEADDRESS }, { "deprecated", IFA_F_DEPRECATED },
	{ "tentative", IFA_F_TENTATIVE }, { "permanent", IFA_F_PERMANENT }, { "dynamic", 0 },
	{ "mngtmpaddr", IFA_F_MANAGETEMPADDR }, { "noprefixroute", IFA_F_NOPREFIXROUTE },
	{ "autojoin", IFA_F_MCAUTOJOIN }, { "stable-privacy", IFA_F_STABLE_PRIVACY }, { 0 } };

static const char *read_flag(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	bool absent = *text == '-';

	(void)reading;
	text += absent;
	for (const struct name *flag = field->names; flag->name; flag++) {
		if (strcmp(flag->name, text) != 0)
			continue;
		out->first = flag->number;
		out->last = absent;
		if (!strcmp(text, "dynamic") || !strcmp(text, "primary")) {
			out->first = *text == 'd' ? IFA_F_PERMANENT : IFA_F_SECONDARY;
			out->last = !absent;
		}
		return NULL;
	}
	return "no flag of an address";
}

static void print_flag(FILE *to, const struct value *value)
{
	fprintf(to, "%s%s", value->last ? "-" : "", name_of(value->field->names, value->first));
}

/* clang-format off */
static const struct type type_flag_of_address = {
	.allowed = "one of them with - before it",
	.read = read_flag, .print = print_flag, .encoding = ENCODE_NOTHING, .only_string = true,
};

static const struct field fields[] = {
	{ .key = "flag", .type = &type_flag_of_address, .names = flags, .flags = FIELD_LEADS | FIELD_LIST, .what = "only those that have the flag; with - before it, that have it not" },
	{ .word = "dev", .type = &type_device, .flags = FIELD_LEADS, .what = "only those of this device" },
	{ .word = "scope", .type = &type_scope_or_all, .names = route_scopes, .what = "only of this scope" },
	{ .word = "to", .key = "local", .type = &type_prefix, .what = "only those in this prefix" },
	{ .word = "label", .type = &type_string, .what = "only those with this label, or one that matches the shell's pattern; the label of an IPv6 address is the name of its device" },
	{ .word = "up", .type = &type_flag, .what = "to ip a selector of links; it has no effect" },
	{ 0 },
};
/* clang-format on */

static const char *settle(const struct reading *reading, struct entry *entry)
{
	(void)reading;
	if (!entry->values.count)
		return "lacks what is to go; allowed: such as \"flush dev DEVICE\"";
	flush_any_family(entry);
	return NULL;
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	struct ifaddrmsg header = { .ifa_family = (uint8_t)entry->family };

	(void)arena;
	body_header(body, &header, sizeof header);
}

/* Where only primary addresses go, the secondary ones that take their places stay. */
static bool selects_flags(const struct entry *entry, uint32_t seen, unsigned round)
{
	for (size_t i = 0; i < entry->values.count; i++) {
		const struct value *value = &entry->values.at[i];

		if (value->field->type != &type_flag_of_address)
			continue;
		if (value->last == !!(seen & value->first) ||
			(round && value->last && value->first == IFA_F_SECONDARY))
			return false;
	}
	return true;
}

static bool selects_label(const struct entry *entry, const struct dumped *dumped)
{
	const struct ifaddrmsg *address = dumped->header;
	const char *pattern = value_text(&entry->values, "label");
	size_t size;
	const char *label = dumped->attribute(dumped, IFA_LABEL, &size);

	if (!pattern)
		return true;
	return label ? !fnmatch(pattern, label, 0) : dumped->device(dumped, pattern) == address->ifa_index;
}

static bool selects_prefix(const struct address *prefix, const struct dumped *dumped)
{
	const struct ifaddrmsg *address = dumped->header;
	size_t size;
	uint16_t type = dumped->attribute(dumped, IFA_LOCAL, &size) ? IFA_LOCAL : IFA_ADDRESS;

	return !prefix || ((!prefix->family || prefix->family == address->ifa_family) &&
				  dumped_begins(dumped, type, prefix, prefix->length));
}

static bool selects(const struct entry *entry, const struct dumped *dumped)
{
	const struct ifaddrmsg *address = dumped->header;
	const char *device = value_text(&entry->values, "dev");

	return (!entry->family || entry->family == address->ifa_family) &&
	       (!device || dumped->device(dumped, device) == address->ifa_index) &&
	       flush_number(entry, "scope", address->ifa_scope) &&
	       selects_flags(entry, dumped_number(dumped, IFA_FLAGS, address->ifa_flags), dumped->round) &&
	       selects_label(entry, dumped) && selects_prefix(value_address(&entry->values, "local"), dumped);
}

const struct flush flush_address = {
	.fields = fields,
	.settle = settle,
	.encode = encode,
	.selects = selects,
};
