/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes that might mend a step, before anybody has tried them. */
#ifndef TUNLAB_MEND_IDEA_H
#define TUNLAB_MEND_IDEA_H

#include "explain/mend_trial.h"
#include "explain/mend_view.h"

/*
 * What a change costs: the smaller and safer the less. What is evidently broken, or told by a counter, comes
 * first; then what adds something for one device or destination, what holds for more, what loosens a check,
 * what takes something away, and what opens a firewall.
 */
enum idea_cost {
	COST_BESIDE = 8,  /* is added where no shortest way leads through the namespace */
	COST_BROKEN = 10, /* something is evidently not as its author meant it */
	COST_TOLD = 14,	  /* a counter says that this is it */
	COST_ROUTE = 20,
	COST_RULE = 24,
	COST_OBJECT = 28, /* an address, a neighbour, a device's setting */
	COST_ALL = 36,	  /* a setting of the whole namespace */
	COST_CHANGED = 40,
	COST_LOOSER = 46, /* a check lets more pass, or is off for a device */
	COST_OFF = 52,	  /* it is off for all devices */
	COST_REMOVED = 60,
	COST_PASSED = 70, /* a firewall lets something more pass */
	COST_OPEN = 80,	  /* it lets everything pass, or is gone */
};

struct idea {
	struct trial trial;
	unsigned cost;
	const char *group; /* of those that do the same, only the best is told */
	const char *also;
	size_t order; /* of equal cost: nearer to who sends, and thought of earlier */
};

struct ideas {
	struct view *view;
	struct idea *at;
	size_t count;
};

/* Adds a change of the namespace, unless it is there. CHANGE and UNDO (NULL: it cannot be undone) are given
 * up. */
void idea_add(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, json_t *change, json_t *undo);

/* Adds a change of several namespaces: an object by their names, which is given up; NEAREST is one of them.
 */
void idea_add_several(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *nearest, json_t *namespaces);

/* Adds a change of wires, a list of them; NEAREST has an end of them. WIRES and UNDO (NULL: it cannot be
 * undone) are given up. */
void idea_add_wires(struct ideas *ideas, unsigned cost, const char *group, const struct view_netns *nearest,
	json_t *wires, json_t *undo);

/* Adds one line of an object: KEY is "routes", "rules", ...; it is undone by "del". */
void idea_line(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *key, const char *format, ...)
	__attribute__((format(printf, 7, 8)));

/* Adds that such a line goes. */
void idea_line_removed(struct ideas *ideas, unsigned cost, const char *group, const struct view_netns *in,
	const char *key, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Adds values of COUNT sysctls, which are undone by those that they have. */
void idea_sysctls(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *const *names, const long *values, size_t count);

/* Adds a change by nft's words, a command in each line, that cannot be undone. */
void idea_nft(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Adds a table of its own with these chains; it is undone by its removal. */
void idea_table(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The change by nft's words. */
json_t *idea_nft_change(const char *text);

/* nft's word for the step's family. */
const char *idea_family(const struct ideas *ideas);

/* All of one sort; each in a file of its own. */
void ideas_missing(struct ideas *ideas); /* what the lab has made and is no longer there */
void ideas_routes(struct ideas *ideas);
void ideas_rules(struct ideas *ideas);
void ideas_settings(struct ideas *ideas); /* sysctls */
void ideas_links(struct ideas *ideas);	  /* links, addresses, neighbours */
void ideas_bridge(struct ideas *ideas);	  /* ports of bridges */
void ideas_wires(struct ideas *ideas);	  /* what impairs wires */
void ideas_routers(struct ideas *ideas);  /* what routers on wires lack */
void ideas_firewall(struct ideas *ideas); /* rulesets */
void ideas_stops(struct ideas *ideas);	  /* for who wants that nothing gets through */

#endif
