/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What impairs packets on their way to an end of a wire: each kind is one file in impairments/ with a
 * descriptor, and has a file of the same name in the relay (forwarder/impairments/).
 */
#ifndef TUNLAB_LAB_IMPAIRMENT_H
#define TUNLAB_LAB_IMPAIRMENT_H

#include "lab/value.h"

struct link;
struct wire;

/* KEY needs another beside it, without which it would say nothing. */
struct need {
	const char *key, *needs;
};

struct impairment_kind {
	const char *name; /* the relay's name for it */
	const char *what; /* for the manual */
	/*
	 * The keys of a wire that are about it. One with a group holds what the first field of the group
	 * takes, or an object of the group's fields. A field that has become a number of the relay's message
	 * has the attribute NUMBER() of it.
	 */
	const struct field *keys;
	const char *one_of; /* of the group's keys just one must be said; NULL: that does not matter */
	const struct need
		*needs;	    /* of the keys, or of those of the group; ends with a NULL key. NULL: none */
	bool counts;	    /* it counts packets, and begins anew where it is said once more */
	const char *beside; /* without one of these keys of other kinds it does nothing; NULL: it does */
	/* How long it may hold up a packet, in nanoseconds, with these values of its keys; NULL: not at all.
	 */
	uint64_t (*delay)(const struct values *values);
};

/* The attribute of a field that becomes this one of the message's numbers. */
#define NUMBER(number) ((number) + 1)

/* Made from the files of impairments/; ends with NULL. In the order of their names. */
extern const struct impairment_kind *const impairment_kinds[];

enum { IMPAIRMENT_KINDS = 32 }; /* there are no more */

/* What the kinds that go by chance or by number take: impairments/loss.c and its like. */
extern const struct field chance_fields[];
extern const struct need chance_needs[];
extern const char chance_one_of[];

/* What is said of the keys of impairments in one place of a lab. */
struct settings {
	struct values said;
	struct values reset; /* those that are null: there is none from here on */
};

/* What the relay is told: from a time on packets to an end are impaired so, or no longer. */
struct imposition {
	const struct place *where;
	const struct wire *wire;
	const struct link *to;
	const struct impairment_kind *kind;
	struct values values; /* of the kind's keys; none: it is taken away */
	bool scheduled;	      /* else it holds at once, and what was scheduled of its kind is forgotten */
	uint64_t at, every;   /* nanoseconds, from when the lab stands or the change is made; every 0: once */
};

/* The kind that KEY of a wire is of, NULL if none; *FIELD is its field. */
const struct impairment_kind *impairment_of(const char *key, const struct field **field);

/* The kind that VALUE is of. */
const struct impairment_kind *impairment_of_value(const struct value *value);

/* The tables of all kinds behind the COUNT tables FIRST, ending with NULL; taken from ARENA. */
const struct field *const *impairment_tables(
	struct arena *arena, const struct field *const *first, size_t count);

/*
 * Reads the members of OBJECT, which stands at WHERE, that are keys of impairments; others are left alone.
 * Filters are of packets as the ends of WIRE carry them. Of a wire that no relay carries each is a problem.
 */
void settings_read(const struct reading *reading, const struct wire *wire, const json_t *object,
	const struct place *where, struct settings *out);

/* VALUES, which hold, with SETTINGS that come on top of them. */
struct values settings_apply(
	struct arena *arena, const struct values *values, const struct settings *settings);

/* Adds a problem where VALUES, which are to hold together, do not make sense together. */
void settings_check(const struct reading *reading, const struct values *values);

/* Those of VALUES that are of a kind. */
struct values impairment_values(
	struct arena *arena, const struct values *values, const struct impairment_kind *kind);

/* Whether SETTINGS speak of a kind. */
bool settings_have(const struct settings *settings, const struct impairment_kind *kind);

/* How long packets may be held up, in nanoseconds, with these values of all kinds. */
uint64_t impairments_delay(struct arena *arena, const struct values *values);

/* The numbers of the relay's message, which are COUNT, from the values of one kind. */
void impairment_numbers(const struct values *values, uint64_t *numbers, size_t count);

/* The packet filter among the values of one kind; NULL: none. */
const char *impairment_filter(const struct values *values);

/* Values as netem's words: "delay 10ms jitter 2ms, loss 1%"; "" for none. */
const char *impairments_print(struct arena *arena, const struct values *values);

/* Puts SETTINGS into OBJECT as a wire has them, with what is null. */
void settings_put(json_t *object, struct arena *arena, const struct settings *settings);

#endif
