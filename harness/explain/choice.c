/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/choice.h"

#include <stdlib.h>
#include <string.h>

#include "explain/rulesets.h"

bool choice_ask(struct choice *choice)
{
	const struct oracle *oracle = choice->evidence->oracle;

	choice->question.flow = &choice->flow;
	return oracle->decide(oracle->context, choice->evidence->arena, choice->in, &choice->question, false,
		&choice->decision);
}

bool decision_ends_here(const struct decision *decision)
{
	static const char *const types[] = { "local", "broadcast", "multicast", "anycast" };

	for (size_t i = 0; i < sizeof types / sizeof *types && decision->type && !decision->number; i++)
		if (!strcmp(decision->type, types[i]))
			return true;
	return false;
}

bool choice_is_known(const struct choice *choice)
{
	return choice->delivered || choice->left != choice->end;
}

/* Whether the decision is what was seen; of several next hops nobody knows which it is. */
bool choice_is_as_seen(const struct choice *choice)
{
	const struct decision *decision = &choice->decision;

	if (!choice_is_known(choice))
		return true;
	if (decision->number)
		return false;
	if (choice->delivered)
		return decision_ends_here(decision);
	if (!decision->device)
		return !decision_ends_here(decision);
	for (const struct event *event = choice->left; event < choice->end; event++)
		if (event->seen && !strcmp(event->seen->device, decision->device))
			return true;
	return false;
}

static void ask_with_marks(struct choice *choice)
{
	const struct decision plain = choice->decision;

	for (size_t i = 0; i < plain.mark_count && !choice->agrees; i++) {
		choice->question.mark = plain.marks[i];
		choice->agrees = choice->guessed = choice_ask(choice) && choice_is_as_seen(choice);
	}
}

/* Whether a route's words name a device; those of several next hops are taken to. */
static bool names_device(const struct decision *decision, const char *device)
{
	const char *at = decision->route;
	size_t length = strlen(device);

	if (!at || strstr(at, "nexthop ") || strstr(at, "nhid "))
		return true;
	while ((at = strstr(at, "dev ")) != NULL) {
		at += strlen("dev ");
		if (!strncmp(at, device, length) && (!at[length] || at[length] == ' '))
			return true;
	}
	return false;
}

/* The number behind a route's "metric"; 0: none. */
static unsigned long metric_of(const char *route)
{
	const char *at = strstr(route, " metric ");

	return at ? strtoul(at + strlen(" metric "), NULL, 10) : 0;
}

/* Whether the kernel may take the one as well as the other. */
static bool are_equal(const struct decision *one, const struct decision *other)
{
	size_t length = one->route ? strcspn(one->route, " ") : 0;

	return length && other->route && length == strcspn(other->route, " ") &&
	       !strncmp(one->route, other->route, length) && one->rule == other->rule &&
	       one->table == other->table && metric_of(one->route) == metric_of(other->route);
}

/* Of several routes to one prefix with one metric the kernel takes now this one and now that, and names each
 * for who is bound to its device. */
static void ask_for_device(struct choice *choice)
{
	const struct decision plain = choice->decision;
	const struct question question = choice->question;
	const char *device = choice->left != choice->end ? choice->left->seen->device : NULL;

	if (!device || question.oif || plain.rule < 0 || plain.number || decision_ends_here(&plain) ||
		(choice->agrees &&
			(!plain.device || strcmp(plain.device, device) != 0 || names_device(&plain, device))))
		return;
	choice->question.oif = device;
	choice->question.without_source |= question.iif != NULL;
	choice->question.iif = NULL;
	choice->alike =
		choice_ask(choice) && choice_is_as_seen(choice) && are_equal(&choice->decision, &plain);
	choice->question = question;
	if (choice->alike)
		choice->agrees = true;
	else
		choice->decision = plain;
}

/* Asks as the packet is; if that is not what was seen, with each mark that rules ask for. */
bool choice_make(struct choice *choice)
{
	struct decision plain;
	uint32_t mark = choice->question.mark;

	if (!choice_ask(choice))
		return false;
	choice->agrees = choice_is_as_seen(choice);
	plain = choice->decision;
	ask_for_device(choice);
	if (!choice->agrees)
		ask_with_marks(choice);
	if (!choice->agrees) {
		choice->decision = plain;
		choice->question.mark = mark;
	}
	choice->mark = choice->question.mark;
	return true;
}

static bool is_translated(const struct choice *choice)
{
	static const char *const words[] = { "dnat", "redirect", "tproxy" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (rulesets_say(choice->evidence, choice->in, words[i]))
			return true;
	return false;
}

/* What may have made another decision of it. */
static const char *doubt(const struct choice *choice)
{
	if (choice->alike)
		return " (one of several to it)";
	if (choice_is_known(choice) || (choice->dropped && choice->decision.number))
		return "";
	if (choice->decision.mark_count && !choice->question.mark &&
		rulesets_say(choice->evidence, choice->in, "mark"))
		return " (unless nftables gave it a mark)";
	if (!choice->dropped && choice->question.iif && is_translated(choice))
		return " (unless nftables changed its destination)";
	return "";
}

/* Where what was seen is not what rules and tables say. */
static const char *but(const struct choice *choice)
{
	if (choice->delivered && is_translated(choice))
		return ", as nftables changed its destination; as it came in";
	return ", though by rules and tables alone";
}

const char *choice_print(const struct choice *choice, const char *verb)
{
	struct arena *arena = choice->evidence->arena;
	const char *way = decision_print(arena, &choice->decision);
	const char *what = choice->outer ? "the outer packet" : "it";

	if (!*way)
		return NULL;
	if (!choice->agrees)
		return arena_printf(arena, "%s %s %s%s: %s", choice->in->name, verb, what, but(choice), way);
	if (choice->translated)
		what = arena_printf(arena, "%s, now to %s", what, address_print(arena, &choice->flow.to));
	return arena_printf(arena, "%s %s %s%s: %s%s", choice->in->name, verb, what,
		choice->mark ? arena_printf(arena, ", %swith mark 0x%x", choice->guessed ? "as " : "",
				       choice->mark)
			     : "",
		way, doubt(choice));
}
