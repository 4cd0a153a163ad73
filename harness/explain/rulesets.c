/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/rulesets.h"

#include <string.h>

static bool says(const struct content *content, const char *words)
{
	const struct ruleset *ruleset = content ? content->ruleset : NULL;

	return ruleset && (ruleset->json || strstr(ruleset->text, words));
}

static bool step_says(const struct step *step, const struct netns *in, const char *words)
{
	const struct content *change = step->change;

	if (!change)
		return false;
	if (step->in)
		return step->in == in && says(change, words);
	for (size_t i = 0; i < change->inner_count; i++)
		if (change->inner[i]->in == in && says(change->inner[i], words))
			return true;
	return false;
}

bool rulesets_say(const struct evidence *evidence, const struct netns *in, const char *words)
{
	if (says(in->content, words))
		return true;
	for (size_t i = 0; evidence->steps && i + 1 < evidence->step->number; i++)
		if (step_says(&evidence->steps[i], in, words))
			return true;
	return false;
}

bool rulesets_drop(const struct evidence *evidence, const struct netns *in)
{
	return rulesets_say(evidence, in, "drop") || rulesets_say(evidence, in, "reject");
}

bool rulesets_lead(const struct evidence *evidence, const struct netns *in)
{
	return rulesets_say(evidence, in, "mark set") || rulesets_say(evidence, in, "type nat") ||
	       rulesets_say(evidence, in, "type route");
}
