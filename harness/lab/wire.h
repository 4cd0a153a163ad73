/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of wires: each is one file in wires/ with a descriptor. */
#ifndef TUNLAB_WIRE_H
#define TUNLAB_WIRE_H

#include "lab/impairment.h"
#include "lab/link.h"

struct content;
struct lab;
struct router_said;
struct statement;

struct wire_kind {
	const char *name;
	const char *what;	 /* for the manual */
	size_t least, most;	 /* ends */
	const char *link_kind;	 /* what an undeclared end is */
	const char *ends_may_be; /* for errors: "tun or tap" */
	bool relay;		 /* the relay carries it; else the kernel does */
	bool pair;		 /* its two ends are made by one request */
	bool router;		 /* it is one, and not what joins its ends */
	const struct field *fields;
	/* Whether this link may be an end. */
	bool (*takes)(const struct link *link);
	/* Reads what JSON, an object at WHERE, says beside what impairs it, of which VALUES have been read;
	 * puts that into OBJECT, or prints it. NULL: there is nothing else. */
	void (*read)(const struct reading *reading, const json_t *json, const struct place *where,
		const struct values *values, struct statement *statement);
	void (*put)(json_t *object, struct arena *arena, const struct statement *statement);
	const char *(*print)(struct arena *arena, const struct statement *statement);
};

/* Made from the files of wires/; ends with NULL. In the order of their names. */
extern const struct wire_kind *const wire_kinds[];

/* What every kind takes, beside the keys of impairments; an entry of a schedule, beside these. */
extern const struct field wire_fields[], schedule_fields[];

struct wire {
	const struct wire_kind *kind;
	const struct place *where;
	struct link **ends;
	size_t count;
	struct values values;
	uint64_t seed;	 /* of what befalls its packets by chance: its own, or the lab's */
	uint32_t router; /* the number of the router that it is */
};

/* What impairs a wire, as it is said: of all directions, and instead of that toward single ends. */
struct terms {
	struct settings all;
	struct settings *toward; /* for each end, in the order of the wire's; NULL: no "toward" */
	uint64_t at, every;	 /* of an entry of a schedule */
	const struct place *where;
};

/* What a lab says of a wire, which it makes, or a change of one that it makes or that stands. */
struct statement {
	const struct place *where;
	struct wire *wire;
	bool stands;
	struct terms now;
	bool schedules; /* "schedule" was said: what was scheduled before is forgotten */
	struct terms *schedule;
	size_t schedule_count;
	struct router_said *router; /* NULL: it is no router, or nothing is said of it */
};

/* The seed from which comes what befalls the packets to an END of WIRE: the same on every machine, and
 * whatever other wires there are. */
uint64_t wire_seed(struct arena *arena, const struct wire *wire, const struct link *end);

/* How long the wires of a lab, those of changes too, may hold up what a probe sends and what answers it
 * together, in nanoseconds; an hour at most. */
uint64_t lab_delay(const struct lab *lab);

/* The end that NAME is the path of; NULL: none is. */
const struct link *wire_end(const struct wire *wire, const char *name);

/* The end that the key NAME of the member at WHERE is; NULL: none, and a problem was added. */
const struct link *wire_end_by_key(
	const struct reading *reading, const struct wire *wire, const char *name, const struct place *where);

/* What may stand for an end, for errors: "left/tun0, right/tap0"; "none" where all were wrong. */
const char *wire_ends_text(struct arena *arena, const struct wire *wire);

/* "ends" of a wire; the caller owns it. */
json_t *wire_ends_json(struct arena *arena, const struct wire *wire);

/* Reads what JSON, an object at WHERE, says of a wire whose ends are known: the statement's is made or
 * stands. It and what it comes to become part of CONTENT. */
void statement_read(const struct reading *reading, const json_t *json, const struct place *where,
	struct statement *statement, struct content *content);

/* Puts what STATEMENT says of impairments into OBJECT, so that it reads back as the same. */
void statement_put(json_t *object, struct arena *arena, const struct statement *statement);

/* The same in words: "delay 10ms; to right/tun0: loss 100%; scheduled: ..."; "" where it says nothing. */
const char *statement_print(struct arena *arena, const struct statement *statement);

#endif
