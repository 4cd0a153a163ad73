/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands on what: a VLAN on its lower link, a bridge on the links enslaved to it. */
#include <string.h>

#include "lab/lab.h"

/* Far more than the kernel allows of most kinds (8: MAX_NEST_DEV of linux/netdevice.h). */
enum { RANK_MOST = 64 };

/* Puts UPPER above LOWER; whether that raised it. */
static bool raise_above(struct link *upper, struct link *lower)
{
	if (upper->rank > lower->rank)
		return false;
	upper->rank = lower->rank + 1;
	upper->raised_by = lower;
	return true;
}

/* NULL: it has none, or none that it can have. */
static struct link *master_of(const struct lab *lab, const struct link *link)
{
	const char *name = value_text(&link->values, "master");
	struct link *master = name && *name ? lab_link(lab, link->in, name) : NULL;

	return master == link ? NULL : master;
}

/* Once over all links, with MASTERS also putting each master above its own; one that was raised, NULL if
 * none. */
static struct link *raise_all(const struct lab *lab, bool masters)
{
	struct link *raised = NULL;

	for (size_t i = 0; i < lab->namespace_count; i++) {
		for (size_t j = 0; j < lab->namespaces[i]->link_count; j++) {
			struct link *link = lab->namespaces[i]->links[j];
			struct link *master = masters ? master_of(lab, link) : NULL;

			if (link->lower && raise_above(link, link->lower))
				raised = link;
			if (master && raise_above(master, link))
				raised = master;
		}
	}
	return raised;
}

/* Until nothing rises any more, or one rises too high: that one. */
static struct link *raise_until_settled(const struct lab *lab, bool masters)
{
	struct link *raised = raise_all(lab, masters);

	for (int i = 0; i < RANK_MOST && raised; i++)
		raised = raise_all(lab, masters);
	return raised;
}

static void lower_all(const struct lab *lab)
{
	for (size_t i = 0; i < lab->namespace_count; i++)
		for (size_t j = 0; j < lab->namespaces[i]->link_count; j++)
			lab->namespaces[i]->links[j]->rank = 0;
}

/* The value by which one of two links stands on the other. */
static const struct value *reason(const struct link *upper, const struct link *lower)
{
	return value_of(upper->lower == lower ? &upper->values : &lower->values,
		upper->lower == lower ? "link" : "master");
}

/* Going down from a link whose rank never ends one comes to the circle, and stays in it. */
static void tell_circle(const struct reading *reading, const struct link *link)
{
	const struct link *first;
	const char *way;

	for (int i = 0; i < 2 * RANK_MOST && link->raised_by; i++)
		link = link->raised_by;
	if (!link->raised_by) {
		problem_add(reading->problems, link->where, "has more than %d devices on top of one another",
			RANK_MOST);
		return;
	}
	first = link;
	way = link->name;
	do {
		link = link->raised_by;
		way = arena_printf(reading->arena, "%s on %s", way, link->name);
	} while (link != first);
	problem_add(reading->problems, reason(first, first->raised_by)->where,
		"goes round in a circle; allowed: a device that does not stand on this one, unlike %s", way);
}

void links_rank(const struct reading *reading)
{
	struct link *raised = raise_until_settled(reading->lab, true);

	if (raised)
		tell_circle(reading, raised);
	lower_all(reading->lab);
	if (!raised)
		raise_until_settled(reading->lab, false);
}
