/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one types after `ip` to see something: an object and what it is filtered by. */
#ifndef TUNLAB_QUERY_H
#define TUNLAB_QUERY_H

#include "lab/value.h"

enum query_kind { QUERY_ADDRESS, QUERY_LINK, QUERY_NEIGHBOUR, QUERY_NEXTHOP, QUERY_ROUTE, QUERY_RULE };

/* Values of a route's "table" that are no table's number. */
#define QUERY_ALL   (UINT64_MAX)
#define QUERY_CACHE (UINT64_MAX - 1)

/* In the order in which ip takes the beginning of a word for one of them. */
struct query_object {
	enum query_kind kind;
	const char *name;
	const char *names;	     /* that it goes by, with blanks between them */
	const struct field *filters; /* words that may follow; ends with an empty row */
	const char *identity;	     /* keys that tell one from another, with blanks between them */
	const char *what;	     /* for the manual */
};

/* Ends with a NULL name. */
extern const struct query_object query_objects[];

struct query {
	const struct query_object *object; /* NULL: none was read */
	int family;			   /* AF_UNSPEC: not said, nor decided by an address */
	struct values values;		   /* the filters */
};

/* A negated word of an address's flags has this bit beside its own. */
#define QUERY_NOT (1U << 31)

/* A line such as "-6 route show table 100"; what is wrong in it is for query_read to say. */
extern const struct type type_query;

/* Reads TEXT, which stands at WHERE; false: problems were added. */
bool query_read(
	const struct reading *reading, const char *text, const struct place *where, struct query *out);

#endif
