/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a probe that was watched: recorded by the observers, read by the judges. Nothing in it
 * needs a namespace, so a judge can be tested on what was recorded, or made up.
 */
#ifndef TUNLAB_EVIDENCE_H
#define TUNLAB_EVIDENCE_H

#include "explain/decision.h"
#include "explain/flow.h"
#include "explain/link_state.h"
#include "explain/remark.h"
#include "run/verdict.h"

/* What a packet is to the probe. */
enum role {
	ROLE_OTHER,   /* nothing: noise */
	ROLE_REQUEST, /* sent by the probe */
	ROLE_ANSWER,  /* by whom the probe was sent to, or by its listener */
	ROLE_ERROR,   /* an ICMP error about one of them */
};

/* A packet seen by a device, or by the relay's end of it. */
struct sighting {
	uint64_t time; /* nanoseconds since 1970 */
	const struct netns *in;
	const char *device;
	bool wire;	    /* the relay's end */
	unsigned direction; /* enum relay_direction: the device's own */
	const char
		*dropped; /* why the relay dropped it there, with "dropped: " before it; NULL: it did not */
	struct remark befell; /* all that the relay says of it */
	enum role role;
	struct flow flow;   /* of what was corrupted as it was before */
	bool elsewhere;	    /* its frame was for another hardware address than the device's */
	enum role carries;  /* what a packet inside it is to the probe, where it is nothing itself */
	struct flow inside; /* that packet */
};

/* A packet that the kernel dropped, by the tracepoint kfree_skb. */
struct dropped {
	uint64_t time;
	const struct netns *in;
	const char *device; /* NULL: none */
	const char *reason; /* "IP_RPFILTER", ... */
	const char *place;  /* the kernel's function; NULL: it is not told */
	enum role role;
	uint32_t mark;
	struct flow flow;
};

/* Whom the judges ask while the lab still stands; a test has answers that were recorded, or made up. */
struct oracle {
	/* The value of a sysctl in a namespace (taken from ARENA); NULL: it has none. */
	const char *(*setting)(void *context, struct arena *arena, const struct netns *in, const char *name);
	/* What a namespace decides about a packet; with REVERSE about the way back to where it came from.
	 * False: nobody knows. */
	bool (*decide)(void *context, struct arena *arena, const struct netns *in,
		const struct question *question, bool reverse, struct decision *out);
	/* Whether an address is the namespace's own; DEVICE (NULL is allowed) is then that which has it. */
	bool (*owns)(void *context, struct arena *arena, const struct netns *in,
		const struct address *address, const char **device);
	/* A device as it is now; false: there is none. NULL: nobody knows of devices. */
	bool (*link_state)(void *context, struct arena *arena, const struct netns *in, const char *device,
		struct link_state *out);
	/* What a device knows of a neighbour, as neighbour_state_ask() tells; NULL as above. */
	uint16_t (*neighbour)(void *context, const struct netns *in, const char *device, const char *hop);
	void *context;
};

struct evidence {
	struct arena *arena;
	const struct step *step;
	const struct step *steps; /* the lab's, of which those before "step" have been run; NULL: none have */
	const struct verdict *verdict; /* of the run that was watched */
	struct sighting *sightings;    /* in the order of their times */
	size_t sighting_count;
	struct dropped *drops;
	size_t drop_count;
	bool sees_drops;	   /* false: "blind" says why drops could not be seen */
	const char *blind;	   /* NULL: they were not asked for */
	const struct moved *moved; /* counters, by namespace */
	size_t moved_count;
	const struct oracle *oracle;
};

#endif
