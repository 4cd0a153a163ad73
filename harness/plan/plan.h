/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: a lab, or a change, as operations in the order of building. Making it needs no privilege and no
 * system call; each operation can be printed as a command.
 */
#ifndef TUNLAB_PLAN_H
#define TUNLAB_PLAN_H

#include "lab/lab.h"

enum operation_kind {
	OPERATION_NAMESPACE, /* make the namespace, and set back what it took over from the host */
	OPERATION_BASELINE,  /* set what the lab's baseline says beyond that */
	OPERATION_TUN,	     /* make a TUN or TAP device */
	OPERATION_CLOSE,     /* close one that stands */
	OPERATION_OPEN,	     /* open it again */
	OPERATION_DETACH,    /* detach and attach queues of one */
	OPERATION_REQUEST,   /* ask rtnetlink */
	OPERATION_DEVICE,    /* a device has come: its part of the baseline, and its IPv6 identity */
	OPERATION_PORT,	     /* hand a device's descriptor, or its new MTU, to the relay */
	OPERATION_WIRE,	     /* join the relay's ports that are the ends of a wire */
	OPERATION_SYSCTL,
	OPERATION_NFT,	     /* hand a ruleset to nftables */
	OPERATION_ROUTER,    /* give a router an entry, or take it away */
	OPERATION_RATELIMIT, /* say how many ICMP errors it sends */
	OPERATION_ADVERTISE, /* say what it advertises on a link */
	OPERATION_IMPAIR,    /* tell the relay what impairs packets to an end of a wire */
};

/* Which part of a link a request is about. */
enum link_part {
	LINK_MADE,    /* it makes the link */
	LINK_MOVED,   /* it moves it to its namespace */
	LINK_CHANGED, /* it changes one that stands */
	LINK_MODE,    /* it says how its link-local address is made */
	LINK_SET,     /* it sets what its kind has requests of its own for */
	LINK_ENSLAVED,
	LINK_PORT, /* it sets what it is as a bridge's port */
	LINK_UP,
	LINK_DOWN,
};

struct operation {
	enum operation_kind kind;
	enum phase phase;
	const struct netns *in;
	const struct place *where;
	const struct link *link; /* of TUN, CLOSE, OPEN, DETACH, DEVICE, PORT, and of requests about a link */
	const struct wire *wire; /* of WIRE, IMPAIR, and what is about routers */
	const struct router_entry *of_router;	   /* of ROUTER */
	const struct value *ratelimit;		   /* of RATELIMIT */
	const struct advertisement *advertisement; /* of ADVERTISE */
	const struct imposition *imposition;	   /* of IMPAIR */
	const struct baseline_row *row;		   /* of BASELINE */
	const struct sysctl *sysctl;		   /* of SYSCTL */
	const struct ruleset *ruleset;		   /* of NFT */
	const struct request *request;		   /* of REQUEST */
	const struct entry *entry;		   /* of requests about an entry */
	enum link_part part;			   /* of requests about a link */
	size_t number;				   /* of LINK_SET: which of the kind's requests */
};

struct plan {
	const struct lab *lab;
	struct operation *at;
	size_t count;
};

/* The plan of a whole lab; it is taken from ARENA. */
struct plan *plan_lab(struct arena *arena, const struct lab *lab);

/* The plan of a change. */
struct plan *plan_change(struct arena *arena, const struct lab *lab, const struct content *change);

/* The operation as a shell command, of `ip` where there is one; else a comment. It may have several lines. */
const char *operation_print(struct arena *arena, const struct operation *operation);

/* The same on one line, without what the command reads from its standard input. */
const char *operation_name(struct arena *arena, const struct operation *operation);

#endif
