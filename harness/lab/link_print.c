/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links in ip's words. */
#include <string.h>

#include "lab/lab.h"
#include "lab/link.h"
#include "lab/tuntap.h"

#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/@%+=,-"

/* A text that is more than one word to a shell. */
static const char *quoted(struct arena *arena, const char *text)
{
	const char *result = "'";

	if (*text && strspn(text, WORD_CHARACTERS) == strlen(text))
		return text;
	for (; *text; text++)
		result = arena_printf(arena, *text == '\'' ? "%s'\\''" : "%s%c", result, *text);
	return arena_printf(arena, "%s'", result);
}

static const char *word(struct arena *arena, const struct value *value)
{
	const struct field *field = value->field;

	if (field->type->negated || !field->word)
		return value_print(arena, value);
	if (field->type->bare)
		return field->word;
	return arena_printf(arena, "%s %s", field->word, quoted(arena, value_print(arena, value)));
}

/* What the request says; what nobody said is the kernel's default, or ip says it too. */
static const char *said(struct arena *arena, const struct values *values)
{
	const char *text = "";

	for (size_t i = 0; i < values->count; i++) {
		const struct field *field = values->at[i].field;

		if (values->at[i].where && (field->attribute || field->bits))
			text = arena_printf(arena, "%s %s", text, word(arena, &values->at[i]));
	}
	return text;
}

static const char *mac_print(struct arena *arena, const struct link *link)
{
	const uint8_t *m = link->mac;

	if (!link->kind->ethernet || link->kind->inherits || link->stands ||
		value_said(&link->values, "address"))
		return "";
	return arena_printf(
		arena, " address %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* What may be said of a link of any kind. */
static const char *common_print(struct arena *arena, const struct link *link)
{
	return arena_printf(arena, "%s%s", mac_print(arena, link), said(arena, &link->values));
}

static const char *peer_print(struct arena *arena, const struct link *link)
{
	const struct link *peer =
		link->wire ? link->wire->ends[!link->end] : namespace_link(link->in, link->peer);
	const char *where = peer->in == link->in ? "" : arena_printf(arena, " netns %s", peer->in->name);

	return arena_printf(arena, " peer name %s%s%s", peer->name, where, common_print(arena, peer));
}

static const char *lower_print(struct arena *arena, const struct link *link, const char *before)
{
	return link->lower ? arena_printf(arena, " %s %s", before, link->lower->name) : "";
}

const char *link_print(struct arena *arena, const struct link *link, bool stands)
{
	const char *common = common_print(arena, link), *own = said(arena, &link->own);
	bool as_dev = link->kind->lower_attribute;
	const char *dev = as_dev ? lower_print(arena, link, "dev") : "";

	if (stands && link->kind->made == LINK_BY_REQUEST && (*own || *dev))
		return arena_printf(arena, "link set dev %s%s type %s%s%s", link->name, common,
			link->kind->name, own, dev);
	if (stands)
		return arena_printf(arena, "link set dev %s%s", link->name, common);
	if (link->kind->made == LINK_BY_TUN)
		return arena_printf(arena, "tuntap add dev %s mode %s%s%s", link->name, link->kind->name,
			tuntap_print(arena, link),
			tuntap_persists(link) ? "" : " # gone when nobody has it open");
	return arena_printf(arena, "link add%s name %s%s%s type %s%s%s%s",
		as_dev || link->kind->lower == LOWER_NONE ? "" : lower_print(arena, link, "link"), link->name,
		link_made_in(link) == link->in || link->kind->moved
			? ""
			: arena_printf(arena, " netns %s", link->in->name),
		common, link->kind->name, own, dev, link->peer ? peer_print(arena, link) : "");
}

const char *link_port_print(struct arena *arena, const struct link *link)
{
	return arena_printf(
		arena, "link set dev %s type bridge_slave%s", link->name, said(arena, &link->bridge_port));
}
