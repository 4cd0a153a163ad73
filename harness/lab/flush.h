/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `flush`: of what stands, all that is selected goes. As in iproute2 it is done by hand: the kernel dumps
 * what there is, and is asked to delete each that the selectors mean.
 */
#ifndef TUNLAB_FLUSH_H
#define TUNLAB_FLUSH_H

#include "lab/object.h"

/* One that stands, as a dump tells of it. */
struct dumped {
	const void *header; /* struct rtmsg, ... */
	unsigned round;	    /* how often all were dumped before */
	/* The data of its attribute of TYPE; NULL: it has none. */
	const void *(*attribute)(const struct dumped *dumped, uint16_t type, size_t *size);
	/* The index of the device; 0: there is none. */
	uint32_t (*device)(const struct dumped *dumped, const char *name);
};

struct flush {
	const struct field *fields; /* the selectors */
	/* As "settle" of an object. */
	const char *(*settle)(const struct reading *reading, struct entry *entry);
	/* Puts the header, and attributes that the kernel selects by, into the request for the dump. */
	void (*encode)(struct arena *arena, const struct entry *entry, struct body *body);
	/* Whether the selectors mean this one. */
	bool (*selects)(const struct entry *entry, const struct dumped *dumped);
	uint16_t by; /* the attribute that alone names it to whoever deletes; 0: all that was dumped does */
	/* A sysctl to which -1 is written instead; NULL: none. */
	const char *(*sysctl)(const struct entry *entry);
};

extern const struct flush flush_address, flush_neighbour, flush_nexthop, flush_route, flush_rule;

/* Words that mean no selection: of types whose numbers end at 255. */
enum { FLUSH_ALL = 256 };
extern const struct type type_protocol_or_all, type_scope_or_all; /* number; FLUSH_ALL */

/* The number in an attribute, OTHERWISE if it has none. */
uint32_t dumped_number(const struct dumped *dumped, uint16_t type, uint32_t otherwise);

/* Whether nothing was said with KEY, or the device in the attribute is that of its name. */
bool dumped_device(const struct dumped *dumped, uint16_t type, const struct entry *entry, const char *key);

/* Whether nothing was said with KEY, or NUMBER is what was said, or all were meant. */
bool flush_number(const struct entry *entry, const char *key, uint32_t number);

/* Whether the first LENGTH bits of PREFIX are those of the attribute; what it lacks is zero. */
bool dumped_begins(const struct dumped *dumped, uint16_t type, const struct address *prefix, unsigned length);

/* Without a family being said and an address that has one, all families are meant. */
void flush_any_family(struct entry *entry);

#endif
