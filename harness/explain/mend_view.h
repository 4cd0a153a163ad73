/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in a lab when a step begins, as far as it matters to what would mend the step. */
#ifndef TUNLAB_MEND_VIEW_H
#define TUNLAB_MEND_VIEW_H

#include "run/verdict.h"

enum { VIEW_FAR = 1000 }; /* hops: it is not reached at all */

struct view_netns;
struct rulesets;

struct view_device {
	struct view_netns *of;
	const char *name;
	const struct link *link;
	size_t segment;	    /* devices of the same number reach each other without routing */
	const json_t *json; /* as `ip -j address` has it; NULL: it is not there */
};

struct view_netns {
	const struct netns *in;
	struct site_netns *there;
	struct view_device *devices; /* lo is none of them */
	size_t device_count;
	json_t *addresses, *rules, *routes;   /* lists, as `ip -d -j` has them; of the step's family */
	struct rulesets *rulesets;	      /* of nftables; none where the lab uses none */
	bool moved_source_check, moved_input; /* counters say so: packets were dropped by the source check, or
						 since they were nobody's */
	bool owns_source, owns_target, beside; /* the last: a shorter way leads past it */
};

/* An address that packets of the step are sent to, and who has it, or should. */
struct view_end {
	struct address address;
	const char *text;
	unsigned *hops; /* by the namespace's index: how far it is from there */
};

struct view {
	struct arena *arena;
	struct site *site;
	const struct lab *lab;
	const struct step *step;
	int family;
	const struct expectation *wanted;
	bool wants_success; /* a reply, a connection; or an error where nothing gets through as it is */
	bool wants_stop;    /* silence, or an error */
	bool counts;	    /* packets or counters are expected, too */
	bool impaired;	    /* wires are, which count what passes */
	bool gets_through;  /* as it is, there is a reply, or a connection */
	struct view_netns *namespaces;
	size_t netns_count;
	struct view_end *targets, *sources; /* the target, and whom it is translated to; where answers go */
	size_t target_count, source_count;
	json_t *kept; /* owns what is above */
};

/* A way from a namespace: out by a device, to somebody there who is nearer to an end. */
struct view_way {
	const struct view_device *out, *in;
	const char *gateway; /* an address of who is there; NULL: none, or it is the end itself */
	bool last;	     /* who is there is the end */
	bool onlink;	     /* no prefix of the device has the gateway */
};

/*
 * Looks at the site, which stands as the step finds it. VERDICT is what came of the step there. Lists that
 * are JSON are OUT's until view_close.
 */
struct error *view_open(struct view *out, struct site *site, const struct step *step, struct arena *arena);
void view_close(struct view *view);

/* Finds segments, targets and sources, and who has them; a part of view_open. */
void view_find_ends(struct view *view);

/* Notes which counters moved. */
void view_moved(struct view *view, const struct verdict *verdict);

/* All ways from FROM toward END, at most MOST; how many. */
size_t view_ways(const struct view *view, const struct view_netns *from, const struct view_end *end,
	struct view_way *out, size_t most);

/* The device that LINK is; NULL: there is none. */
struct view_device *view_device_of(const struct view *view, const struct link *link);

/* An address of the step's family on a device, one that is routed before a link-local one; NULL: it has none.
 */
const char *view_address_on(const struct view *view, const struct view_device *device);

/* The length of the longest prefix of the device's that has ADDRESS; 0: none has. */
unsigned view_length_on(
	const struct view *view, const struct view_device *device, const struct address *address);

/* Whether IN has this address. */
bool view_owns(const struct view_netns *in, const struct address *address);

/* Whether somebody of the lab has it. */
bool view_somebody_owns(const struct view *view, const struct address *address);

/* The priority of a rule before all others, but behind that for local addresses. */
long long view_first_priority(const struct view_netns *in);

/* The kernel's lookup, without a source. */
struct view_lookup {
	int number; /* errno; 0: found */
	const char *device, *gateway, *source;
	uint32_t table;
	bool encap; /* it is wrapped into another packet */
};
void view_look_up(const struct view *view, const struct view_netns *in, const struct address *to,
	struct view_lookup *out);

/* Whether all devices have the same MTU. */
bool view_one_mtu(const struct view *view);

/* A sysctl's value as a number; false: it is not there. */
bool view_sysctl(const struct view_netns *in, const char *name, long *out);

/* A member that is a string, or NULL. */
const char *view_text(const json_t *json, const char *key);

/* The prefix in a route or rule under KEY ("default" of the view's family, 0/0); false: there is none. */
bool view_prefix(const struct view *view, const json_t *json, const char *key, struct address *out);

/* Whether PREFIX has ADDRESS. */
bool view_within(const struct address *prefix, const struct address *address);

#endif
