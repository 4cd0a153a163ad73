/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains and rules of nftables, as they stand in a namespace. */
#ifndef TUNLAB_MEND_RULESET_H
#define TUNLAB_MEND_RULESET_H

#include "explain/mend_view.h"

enum { CHAINS_MOST = 16 };

struct chain {
	const char *table; /* "inet filter" */
	const char *name;
	const char *type, *hook; /* NULL: it is no base chain */
	bool drops;		 /* its policy */
	const char *body;	 /* between its braces */
	size_t size;
};

struct nft_rule {
	const struct chain *chain;
	const char *text;
	unsigned long handle;
};

struct rulesets {
	struct chain chains[CHAINS_MOST];
	size_t chain_count;
	struct nft_rule *rules; /* chain after chain, in their order */
	size_t rule_count;
};

/* Those of a namespace; what cannot be listed is not there. OUT must stay where it is. */
struct error *rulesets_look(const struct view *view, const struct view_netns *in, struct rulesets *out);

/* Whether the rule may hold for the step's packets, as far as its words tell; if in doubt it may. */
bool rule_may_matter(const struct view *view, const struct view_netns *in, const struct nft_rule *rule);

#endif
