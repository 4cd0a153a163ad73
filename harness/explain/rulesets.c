/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/rulesets.h"

#include <string.h>

/* What is asked of a ruleset's text. */
typedef bool asked_of(const char *text, const char *words);

static bool has(const char *text, const char *words)
{
	return strstr(text, words);
}

/* Where the block ends that TEXT is in. */
static const char *block_end(const char *text)
{
	int depth = 0;

	for (; *text; text++) {
		depth += (*text == '{') - (*text == '}');
		if (depth < 0)
			break;
	}
	return text;
}

/* Whether a chain at the HOOK has something that may drop; what it calls may. */
static bool hook_drops(const char *text, const char *hook)
{
	static const char *const words[] = { "drop", "reject", "jump", "goto", "vmap", "queue" };

	while ((text = strstr(text, hook))) {
		const char *end = block_end(text);

		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (memmem(text, (size_t)(end - text), words[i], strlen(words[i])))
				return true;
		text = end;
	}
	return false;
}

static bool says(const struct content *content, asked_of *asked, const char *words)
{
	const struct ruleset *ruleset = content ? content->ruleset : NULL;

	return ruleset && (ruleset->json || asked(ruleset->text, words));
}

static bool step_says(const struct step *step, const struct netns *in, asked_of *asked, const char *words)
{
	const struct content *change = step->change;

	if (!change)
		return false;
	if (step->in)
		return step->in == in && says(change, asked, words);
	for (size_t i = 0; i < change->inner_count; i++)
		if (change->inner[i]->in == in && says(change->inner[i], asked, words))
			return true;
	return false;
}

static bool any_says(
	const struct evidence *evidence, const struct netns *in, asked_of *asked, const char *words)
{
	if (says(in->content, asked, words))
		return true;
	for (size_t i = 0; evidence->steps && i + 1 < evidence->step->number; i++)
		if (step_says(&evidence->steps[i], in, asked, words))
			return true;
	return false;
}

bool rulesets_say(const struct evidence *evidence, const struct netns *in, const char *words)
{
	return any_says(evidence, in, has, words);
}

bool rulesets_drop_early(const struct evidence *evidence, const struct netns *in)
{
	return any_says(evidence, in, hook_drops, "hook prerouting") ||
	       any_says(evidence, in, hook_drops, "hook ingress");
}

bool rulesets_drop(const struct evidence *evidence, const struct netns *in)
{
	return rulesets_say(evidence, in, "drop") || rulesets_say(evidence, in, "reject");
}

bool rulesets_guard(const struct evidence *evidence, const struct netns *in)
{
	return rulesets_drop_early(evidence, in) || any_says(evidence, in, hook_drops, "hook input");
}

bool rulesets_mark(const struct evidence *evidence, const struct netns *in)
{
	return rulesets_say(evidence, in, "mark set") || rulesets_say(evidence, in, "type route");
}

bool rulesets_translate(const struct evidence *evidence, const struct netns *in, enum role role)
{
	if (role == ROLE_ANSWER)
		return rulesets_say(evidence, in, "type nat");
	return rulesets_say(evidence, in, "dnat") || rulesets_say(evidence, in, "redirect") ||
	       rulesets_say(evidence, in, "tproxy") || rulesets_say(evidence, in, "daddr set");
}

bool rulesets_lead(const struct evidence *evidence, const struct netns *in, enum role role)
{
	return rulesets_mark(evidence, in) || rulesets_translate(evidence, in, role);
}
