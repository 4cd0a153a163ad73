/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own route lookup (RTM_GETROUTE). */
#ifndef TUNLAB_LOOKUP_H
#define TUNLAB_LOOKUP_H

#include "run/site.h"

struct nlmsghdr;

struct lookup {
	const struct address *to;   /* a whole one */
	const struct address *from; /* NULL: not chosen yet */
	const char *iif, *oif;	    /* NULL: none */
	uint8_t tos;
	/* What is said beside it; -1: nothing is. */
	long long mark, uid;
	int protocol, sport, dport;
};

/* Of which nothing is said but where it goes. */
struct lookup lookup_to(const struct address *to);

/*
 * Asks in the namespace. MATCH: for the table's entry that was found (RTM_F_FIB_MATCH), else for the route
 * that is made of it. *OUT is a copy of the answer in ARENA, NULL where the kernel gave none; its refusal is
 * an error with its errno, an error of status STATUS_UNABLE is the harness's own.
 */
struct error *lookup_ask(struct arena *arena, struct site_netns *in, const struct lookup *lookup, bool match,
	const struct nlmsghdr **out);

#endif
