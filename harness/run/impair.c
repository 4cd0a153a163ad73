/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/impair.h"

#include <string.h>

void impair_begin(struct site *site)
{
	site->imposed_from = loop_now();
}

/* Of one end of a wire. */
static struct imposed_on imposed_on(const struct site *site, const struct link *end)
{
	return end->port < site->imposed_count ? site->imposed[end->port] : (struct imposed_on) { 0 };
}

/* What holds at once puts an end to what was said before of its kind in its direction. */
static void note(struct site *site, const struct imposition *imposition)
{
	const struct imposed imposed = { imposition, site->imposed_from };
	const struct imposed_on none = { 0 };
	struct imposed_on *on;
	size_t kept = 0;

	while (site->imposed_count <= imposition->to->port)
		arena_append(site->arena, &site->imposed, &site->imposed_count, &none, sizeof none);
	on = &site->imposed[imposition->to->port];
	for (size_t i = 0; i < on->count; i++) {
		const struct imposition *before = on->at[i].imposition;

		if (imposition->scheduled || before->to != imposition->to || before->kind != imposition->kind)
			on->at[kept++] = on->at[i];
	}
	on->count = kept;
	arena_append(site->arena, &on->at, &on->count, &imposed, sizeof imposed);
}

/* The relay keeps what it has counted where settings change: what shall begin anew is taken away first. */
static struct error *tell(struct site *site, const struct imposition *imposition,
	struct relay_message *message, const struct filter *filter)
{
	const uint32_t port = imposition->to->port;
	struct error *error = NULL;

	if (imposition->kind->counts && imposition->values.count)
		error = relay_impair(site->relay, port, message, NULL, 0);
	message->set = imposition->values.count > 0;
	return error ? error : relay_impair(site->relay, port, message, filter->at, filter->count);
}

struct error *impair(struct site *site, const struct imposition *imposition)
{
	struct arena *arena = arena_open();
	const char *text = impairment_filter(&imposition->values), *wrong = NULL;
	struct relay_message message = { .every = imposition->every };
	struct filter filter = { 0 };
	struct error *error;

	if (text)
		wrong = filter_compile(arena, text, imposition->to->kind->ethernet, &filter);
	strncpy(message.impairment, imposition->kind->name, sizeof message.impairment - 1);
	impairment_numbers(&imposition->values, message.numbers, RELAY_NUMBERS);
	message.seed = wire_seed(arena, imposition->wire, imposition->to);
	message.at = imposition->scheduled ? site->imposed_from + imposition->at : 0;
	error = wrong ? error_new(STATUS_UNABLE, 0, "%s: %s", text, wrong)
		      : tell(site, imposition, &message, &filter);
	if (!error)
		note(site, imposition);
	arena_close(arena);
	return error;
}

/* When it began to hold last, at NOW; 0: it has not yet. */
static uint64_t held_since(const struct imposed *imposed, uint64_t now)
{
	const struct imposition *imposition = imposed->imposition;
	uint64_t since = imposed->from + (imposition->scheduled ? imposition->at : 0);

	if (since > now)
		return 0;
	return imposition->every ? now - (now - since) % imposition->every : since;
}

/* What holds of one kind is what began to hold last. */
static const struct imposition *holds(
	const struct site *site, const struct link *end, const struct impairment_kind *kind, uint64_t now)
{
	const struct imposed_on on = imposed_on(site, end);
	const struct imposition *found = NULL;
	uint64_t newest = 0;

	for (size_t i = 0; i < on.count; i++) {
		const struct imposed *imposed = &on.at[i];
		uint64_t since = held_since(imposed, now);

		if (imposed->imposition->to != end || imposed->imposition->kind != kind || !since ||
			since < newest)
			continue;
		found = imposed->imposition;
		newest = since;
	}
	return found;
}

struct values impaired_now(const struct site *site, struct arena *arena, const struct link *end, uint64_t now)
{
	struct values all = { 0 };

	for (size_t i = 0; impairment_kinds[i]; i++) {
		const struct imposition *found = holds(site, end, impairment_kinds[i], now);

		for (size_t j = 0; found && j < found->values.count; j++)
			values_add(arena, &all, &found->values.at[j]);
	}
	return all;
}

static void learn(const struct site *site, struct arena *arena, struct link *link)
{
	const struct imposed_on on = imposed_on(site, link);

	link->impaired = (struct values) { 0 };
	link->scheduled = 0;
	for (size_t i = 0; i < on.count; i++) {
		const struct imposition *imposition = on.at[i].imposition;

		if (imposition->to != link)
			continue;
		for (size_t j = 0; !imposition->scheduled && j < imposition->values.count; j++)
			values_add(arena, &link->impaired, &imposition->values.at[j]);
		for (size_t j = 0; imposition->scheduled && impairment_kinds[j]; j++)
			link->scheduled |= impairment_kinds[j] == imposition->kind ? UINT32_C(1) << j : 0;
	}
}

void impaired_learn(const struct site *site, struct lab *lab)
{
	for (size_t i = 0; i < lab->namespace_count; i++)
		for (size_t j = 0; j < lab->namespaces[i]->link_count; j++)
			learn(site, lab->arena, lab->namespaces[i]->links[j]);
}
