/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What impairs wires, as tc's netem: it impairs what a device sends, and so what comes to the other end. */
#include <inttypes.h>
#include <string.h>

#include "script/script.h"

enum { QUEUE = 100000, ETHERNET_HEADER = 14 };

static const struct content *content_at(const struct lab *lab, size_t i)
{
	return i ? lab->steps[i - 1].change : lab->wiring;
}

/* What impairs packets to END from CONTENT on: what was said last of each kind. */
static struct values values_from(const struct lab *lab, const struct link *end, const struct content *content)
{
	struct values all = { 0 };

	for (size_t k = 0; impairment_kinds[k]; k++) {
		const struct values *found = NULL;

		for (size_t i = 0; i <= lab->step_count; i++) {
			const struct content *at = content_at(lab, i);

			for (size_t j = 0; at && j < at->imposition_count; j++)
				if (at->impositions[j].to == end &&
					at->impositions[j].kind == impairment_kinds[k])
					found = &at->impositions[j].values;
			if (at == content)
				break;
		}
		for (size_t i = 0; found && i < found->count; i++)
			values_add(lab->arena, &all, &found->at[i]);
	}
	return all;
}

/* What netem does of its own accord goes without saying. */
static const char *word(struct arena *arena, const struct value *value, const char *key)
{
	const char *text = value_print(arena, value);

	return strcmp(text, "uniform") != 0 ? arena_printf(arena, "%s%s%s", key, *key ? " " : "", text) : "";
}

static const char *plus(struct arena *arena, const char *text, const char *more)
{
	return arena_printf(arena, "%s%s%s", text, *text && *more ? " " : "", more);
}

/* The words of one value after `netem`; on a line without Ethernet headers a veth has them nevertheless. */
static const char *netem_words(struct arena *arena, const struct value *value)
{
	const char *key = field_key(value->field), *text = key;

	if (!value->field->group)
		return word(arena, value, strcmp(key, "jitter") && strcmp(key, "correlation") ? key : "");
	for (size_t i = 0; i < value->group.count; i++)
		text = plus(arena, text,
			word(arena, &value->group.at[i],
				strcmp(field_key(value->group.at[i].field), "gap") ? "" : "gap"));
	return text;
}

/* tc takes a delay's jitter and correlation behind it, and then the distribution. */
static const char *delay_words(struct arena *arena, const struct values *values)
{
	static const char *const keys[] = { "delay", "jitter", "correlation", "distribution" };
	const char *text = "";

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const struct value *value = value_of(values, keys[i]);

		if (value)
			text = plus(arena, text, netem_words(arena, value));
	}
	return text;
}

static const char *rate_words(struct arena *arena, const struct values *values, bool ethernet)
{
	const struct value *rate = value_of(values, "rate");
	int64_t overhead = (int64_t)value_number(values, "overhead", 0) - (ethernet ? 0 : ETHERNET_HEADER);

	if (!rate)
		return "";
	return arena_printf(arena, "rate %s %" PRId64, value_print(arena, rate), overhead);
}

static const char *all_words(struct arena *arena, const struct values *values, bool ethernet)
{
	const char *text = arena_printf(arena, "netem limit %" PRIu64, value_number(values, "limit", QUEUE));

	text = plus(arena, text, delay_words(arena, values));
	text = plus(arena, text, rate_words(arena, values, ethernet));
	for (size_t i = 0; i < values->count; i++)
		if (values->at[i].field->group)
			text = plus(arena, text, netem_words(arena, &values->at[i]));
	return text;
}

static bool is_beyond(const struct value *value)
{
	static const char *const keys[] = { "nth", "first", "filter", "mtu" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!strcmp(field_key(value->field), keys[i]))
			return true;
	return !strcmp(field_key(value->field), "limit") && value->masked;
}

static const char *beyond_values(struct arena *arena, const struct values *values)
{
	const char *found = NULL;

	for (size_t i = 0; i < values->count && !found; i++) {
		const struct value *value = &values->at[i];

		if (value->field->group)
			found = beyond_values(arena, &value->group);
		else if (is_beyond(value))
			found = arena_printf(arena, "netem cannot do the wires' %s", field_key(value->field));
	}
	return found;
}

const char *script_beyond_netem(struct arena *arena, const struct lab *lab)
{
	for (size_t i = 0; i <= lab->step_count; i++) {
		const struct content *content = content_at(lab, i);

		for (size_t j = 0; content && j < content->imposition_count; j++) {
			const char *wrong = beyond_values(arena, &content->impositions[j].values);

			if (wrong || content->impositions[j].scheduled)
				return wrong ? wrong : "netem cannot do the wires' schedule";
		}
	}
	return NULL;
}

bool script_impairs(const struct lab *lab)
{
	for (size_t i = 0; i <= lab->step_count; i++)
		if (content_at(lab, i) && content_at(lab, i)->imposition_count)
			return true;
	return false;
}

/* The device that sends what comes to END, as tc takes it: the other end's, or the port of the hub. */
static const char *sender(struct arena *arena, const struct wire *wire, const struct link *end)
{
	const struct link *other;

	if (wire->kind->router)
		return arena_printf(
			arena, "-n %s qdisc replace dev p%u", script_router(arena, wire), end->port);
	if (wire->count > 2)
		return arena_printf(arena, "-n %s qdisc replace dev p%u", nowhere, end->port);
	other = wire->ends[wire->ends[0] == end];
	return arena_printf(arena, "-n %s qdisc replace dev %s", other->in->name, other->name);
}

void script_impair(FILE *to, const struct lab *lab, const struct content *content, const char *does)
{
	for (size_t i = 0; i < content->imposition_count; i++) {
		const struct imposition *imposition = &content->impositions[i];
		struct values values = { 0 };

		if (i && content->impositions[i - 1].to == imposition->to)
			continue; /* of each end they stand together */
		if (imposition->wire->kind->router)
			continue; /* see script_beyond() */
		values = values_from(lab, imposition->to, content);
		fprintf(to, "%s tc %s root %s\n", does, sender(lab->arena, imposition->wire, imposition->to),
			all_words(lab->arena, &values, imposition->to->kind->ethernet));
	}
}
