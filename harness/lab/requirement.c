/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/requirement.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lab/sysctl.h"

enum { PART_MOST = 65535 };

static const char *const signs[] = {
	/* those that begin others come after them */
	[AT_LEAST] = ">=",
	[AT_MOST] = "<=",
	[EXACTLY] = "==",
	[ABOVE] = ">",
	[BELOW] = "<",
};
static_assert(sizeof signs / sizeof *signs == BELOW + 1, "a sign for each comparison");

static const char *past_blanks(const char *text)
{
	return text + strspn(text, " ");
}

/* Reads "6", "6.1" or "6.1.12", as far as it goes; returns what follows it. */
static const char *read_version(const char *text, uint32_t *version, size_t *parts)
{
	*parts = 0;
	while (*parts < VERSION_PARTS && isdigit((unsigned char)*text)) {
		char *end;
		unsigned long part = strtoul(text, &end, 10);

		version[(*parts)++] = part < PART_MOST ? (uint32_t)part : PART_MOST;
		text = end;
		if (*text != '.' || *parts == VERSION_PARTS || !isdigit((unsigned char)text[1]))
			break;
		text++;
	}
	return text;
}

static const char *read_comparison(const char *text, struct requirement *out)
{
	size_t sign = 0;

	text = past_blanks(text);
	while (sign <= BELOW && strncmp(text, signs[sign], strlen(signs[sign])) != 0)
		sign++;
	if (sign > BELOW)
		return "a kernel lacks its comparison, one of >= <= == > <";
	out->kind = REQUIRES_KERNEL;
	out->comparison = (enum comparison)sign;
	text = past_blanks(text + strlen(signs[sign]));
	text = read_version(text, out->version, &out->parts);
	return *text || !out->parts ? "what the kernel is compared with is no version" : NULL;
}

const char *requirement_read(struct arena *arena, const char *text, struct requirement *out)
{
	const struct link_kind *kind = link_kind(text);

	out->text = arena_printf(arena, "%s", text);
	if (!strncmp(text, "kernel", 6) && strchr(" <>=", text[6]))
		return read_comparison(text + 6, out);
	if (!strncmp(text, "sysctl ", 7)) {
		out->kind = REQUIRES_SYSCTL;
		out->sysctl = out->text + 7;
		return sysctl_name_wrong(out->sysctl);
	}
	if (kind && kind->made != LINK_IS_THERE) {
		out->kind = REQUIRES_LINK;
		out->link = kind;
	} else if (!strcmp(text, "ipv6")) {
		out->kind = REQUIRES_IPV6;
	} else if (!strcmp(text, "nft")) {
		out->kind = REQUIRES_NFT;
	} else {
		return "nothing that a lab may require";
	}
	return NULL;
}

/* The part of a release such as "6.1" that is not there counts as 0. */
bool requirement_holds(const struct requirement *requirement, const char *release)
{
	uint32_t version[VERSION_PARTS] = { 0 };
	int64_t difference = 0;
	size_t parts;

	read_version(release, version, &parts);
	for (size_t i = 0; i < requirement->parts && !difference; i++)
		difference = (int64_t)version[i] - requirement->version[i];
	switch (requirement->comparison) {
	case AT_LEAST: return difference >= 0;
	case AT_MOST: return difference <= 0;
	case EXACTLY: return difference == 0;
	case ABOVE: return difference > 0;
	case BELOW: return difference < 0;
	}
	return false;
}

static const char *read_requirement(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	struct requirement requirement = { 0 };
	const char *wrong = requirement_read(reading->arena, text, &requirement);

	(void)field;
	out->text = requirement.text;
	return wrong;
}

static void print_requirement(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const char *const *requirement_words(struct arena *arena)
{
	static const char *const words[] = { "kernel >= 6.1", "ipv6", "nft",
		"sysctl net.bridge.bridge-nf-call-iptables" };
	const char **list = NULL, *end = NULL;
	size_t count = 0;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		arena_append(arena, &list, &count, &words[i], sizeof words[i]);
	for (const struct link_kind *const *kind = link_kinds; *kind; kind++)
		if ((*kind)->made != LINK_IS_THERE)
			arena_append(arena, &list, &count, &(*kind)->name, sizeof(*kind)->name);
	arena_append(arena, &list, &count, &end, sizeof end);
	return list;
}

const struct type type_requirement = {
	.allowed = "a requirement",
	.pattern = "^(kernel *(>=|<=|==|>|<) *[0-9]+([.][0-9]+){0,2}|sysctl net[./].+)$",
	.read = read_requirement,
	.print = print_requirement,
	.words = requirement_words,
	.only_string = true,
};
