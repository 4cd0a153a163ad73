/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ip neighbour flush`. */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/route_names.h"

enum { NO_STATE = 0x100, EVERY_STATE = 0x1ff & ~NUD_NOARP };

static const struct name states[] = { { "permanent", NUD_PERMANENT }, { "noarp", NUD_NOARP },
	{ "reachable", NUD_REACHABLE }, { "stale", NUD_STALE }, { "delay", NUD_DELAY },
	{ "probe", NUD_PROBE }, { "incomplete", NUD_INCOMPLETE }, { "failed", NUD_FAILED },
	{ "none", NO_STATE }, { "all", EVERY_STATE }, { 0 } };

/* clang-format off */
static const struct field fields[] = {
	{ .word = "dev", .type = &type_device, .what = "only those behind this device" },
	{ .word = "nud", .type = &type_word, .names = states, .flags = FIELD_LIST, .what = "only in these states; all but permanent and noarp unless given, and all but noarp of all" },
	{ .word = "proxy", .type = &type_flag, .what = "only addresses that are answered for" },
	{ .word = "unused", .type = &type_flag, .what = "only those that nothing uses now" },
	{ .word = "protocol", .alias = "protocol*", .type = &type_protocol_or_all, .names = route_protocols, .what = "only made by these" },
	{ .word = "to", .key = "dst", .type = &type_prefix, .flags = FIELD_LEADS, .what = "only those in this prefix" },
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
	struct ndmsg header = { .ndm_family = (uint8_t)entry->family,
		.ndm_flags = value_said(&entry->values, "proxy") ? NTF_PROXY : 0 };

	(void)arena;
	body_header(body, &header, sizeof header);
}

/* To be deleted makes one fail first: later rounds leave those alone. */
static uint32_t states_of(const struct entry *entry, unsigned round)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < entry->values.count; i++)
		if (!strcmp(field_key(entry->values.at[i].field), "nud"))
			sum |= (uint32_t)entry->values.at[i].number;
	if (!sum)
		sum = EVERY_STATE & ~NUD_PERMANENT;
	return round ? sum & ~(uint32_t)NUD_FAILED : sum;
}

static bool selects_state(const struct entry *entry, const struct dumped *dumped)
{
	const struct ndmsg *neighbour = dumped->header;
	uint32_t wanted = states_of(entry, dumped->round);

	return wanted & (neighbour->ndm_state ? neighbour->ndm_state : NO_STATE) ||
	       neighbour->ndm_flags & (NTF_PROXY | NTF_EXT_LEARNED);
}

static bool is_used(const struct dumped *dumped)
{
	size_t size;
	const struct nda_cacheinfo *info = dumped->attribute(dumped, NDA_CACHEINFO, &size);

	return info && size >= sizeof *info && info->ndm_refcnt;
}

static bool selects(const struct entry *entry, const struct dumped *dumped)
{
	const struct ndmsg *neighbour = dumped->header;
	const struct values *values = &entry->values;
	const char *device = value_text(values, "dev");
	const struct address *prefix = value_address(values, "dst");
	uint32_t protocol = (uint32_t)value_number(values, "protocol", 0);

	return (!entry->family || entry->family == neighbour->ndm_family) &&
	       (!device || dumped->device(dumped, device) == (uint32_t)neighbour->ndm_ifindex) &&
	       selects_state(entry, dumped) && !(value_said(values, "unused") && is_used(dumped)) &&
	       (!protocol || protocol == FLUSH_ALL || protocol == dumped_number(dumped, NDA_PROTOCOL, 0)) &&
	       (!prefix || dumped_begins(dumped, NDA_DST, prefix, prefix->length));
}

const struct flush flush_neighbour = {
	.fields = fields,
	.settle = settle,
	.encode = encode,
	.selects = selects,
};
