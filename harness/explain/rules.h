/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy rules of a namespace, gone through as fib_rules_lookup() does: which one decides about a packet.
 * The kernel does not tell.
 */
#ifndef TUNLAB_RULES_H
#define TUNLAB_RULES_H

#include "explain/tables.h"
#include "run/show.h"

struct rules {
	struct messages all; /* in their order */
};

/* How the rules ended. */
struct ruling {
	const struct nlmsghdr *rule; /* the one that decided; NULL: none did */
	const struct way *way;	     /* that it found; NULL: the rule itself is the end */
	int number;		     /* errno; 0: there is a way */
	bool unsure; /* a rule on the way asks for something that is not known of the packet, or that only
			later kernels have */
};

/* Reads the rules of the family into ARENA. */
struct error *rules_read(struct arena *arena, struct site_netns *in, uint8_t family, struct rules *out);

/* Goes through them. */
struct ruling rules_decide(const struct rules *rules, const struct tables *tables, const struct asked *asked);

/*
 * The same where none was ever added to an IPv4 namespace's own three: "local" and "main" are one table then,
 * and the longest prefix of both wins.
 */
struct ruling rules_decide_merged(
	const struct rules *rules, const struct tables *tables, const struct asked *asked);

/* Whether they are the kernel's own three of IPv4. */
bool rules_untouched(const struct rules *rules);

/*
 * The one rule that fits the packet, comes before any that ends all, and looks into the table; NULL: none or
 * several do. Where the kernel says that a table's route was taken, and only one rule leads there, it was
 * this one.
 */
const struct nlmsghdr *rules_leading_to(const struct rules *rules, const struct asked *asked, uint32_t table);

/* The marks that rules ask for, each once, in the order of the rules; *OUT is taken from ARENA. */
size_t rules_marks(const struct rules *rules, struct arena *arena, const uint32_t **out);

/* Its priority. */
uint32_t rule_priority(const struct nlmsghdr *rule);

#endif
