/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/silence.h"

#include <string.h>

#include "lab/exec.h"

/* Whether what is written gives the namespace the address. */
static bool gives(const struct content *content, const struct netns *in, const struct address *address)
{
	for (size_t i = 0; i < content->inner_count; i++)
		if (gives(content->inner[i], in, address))
			return true;
	for (size_t i = 0; content->in == in && i < content->entry_count; i++) {
		const struct entry *entry = &content->entries[i];
		const struct address *local = value_address(&entry->values, "local");

		if (!strcmp(entry->object->name, "address") && local && address_equal(local, address))
			return true;
	}
	return false;
}

/* Whether it ever has the address. */
static bool has(const struct lab *lab, const struct netns *in, const struct address *address)
{
	if (gives(in->content, in, address))
		return true;
	for (size_t i = 0; i < lab->step_count; i++)
		if (lab->steps[i].change && gives(lab->steps[i].change, in, address))
			return true;
	return false;
}

/* The namespace that a probe is for; NULL: none has its address. */
static const struct netns *target_of(const struct lab *lab, const struct step *step)
{
	if (step->listener.kind == LISTEN_HERE && step->listener.in)
		return step->listener.in;
	for (size_t i = 0; i < lab->namespace_count; i++)
		if (has(lab, lab->namespaces[i], &step->target.address))
			return lab->namespaces[i];
	return NULL;
}

/* Whether what is so expected came from the target. */
static bool comes_back(const struct expectation *expectation)
{
	switch (expectation->kind) {
	case EXPECT_WORD: return strcmp(expectation->word, "no-reply") != 0;
	case EXPECT_ICMP: return !strcmp(expectation->word, "port-unreachable");
	case EXPECT_ERRNO: return false;
	case EXPECT_VALUES: break;
	}
	return true;
}

static bool gets_through(const struct step *step)
{
	if (!step->verb->probe || step->verb->quiet || step->todo)
		return false;
	for (size_t i = 0; i < step->expect_count; i++)
		if (!comes_back(&step->expect[i]))
			return false;
	return true;
}

/* Whether a program is told of the address: it may well get through. */
static bool is_told(const struct step *step, const char *address)
{
	for (const char **argument = step->exec ? step->exec->arguments : NULL; argument && *argument;
		argument++)
		if (strstr(*argument, address))
			return true;
	return false;
}

/* Whether OTHER shows that there is a path from the step's namespace to ADDRESS, as text, or back from
 * TARGET, which has it. */
static bool is_shown(const struct lab *lab, const struct step *step, const struct netns *target,
	const char *address, const struct step *other)
{
	const struct netns *there;

	if (other->exec && other->in == step->in)
		return is_told(other, address);
	if (!gets_through(other))
		return false;
	there = target_of(lab, other);
	if (other->in == step->in)
		return address_equal(&other->target.address, &step->target.address) ||
		       (target && there == target);
	return target && other->in == target && there == step->in;
}

/* What must be seen shows how far the packet came. */
static bool sees_any(const struct step *step)
{
	for (size_t i = 0; i < step->packets_count; i++)
		if (step->packets[i].count.least)
			return true;
	for (size_t i = 0; i < step->counters_count; i++)
		if (step->counters[i].count.least)
			return true;
	return false;
}

/* Whether silence is enough for it, whatever the cause. */
static bool is_content(const struct step *step)
{
	for (size_t i = 0; i < step->expect_count; i++)
		if (step->expect[i].kind == EXPECT_WORD && !strcmp(step->expect[i].word, "no-reply") &&
			step->expect[i].cause == CAUSE_UNKNOWN)
			return true;
	return false;
}

bool silence_is_sound(struct arena *arena, const struct lab *lab, const struct step *step)
{
	const struct netns *target;
	const char *address;

	if (!step->verb->probe || step->todo || !is_content(step) || sees_any(step))
		return true;
	target = target_of(lab, step);
	address = address_print(arena, &step->target.address);
	for (size_t i = 0; i < lab->step_count; i++)
		if (&lab->steps[i] != step && is_shown(lab, step, target, address, &lab->steps[i]))
			return true;
	return false;
}
