/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset of nftables as a lab has it: nft's own words, or nft's own JSON. */
#ifndef TUNLAB_RULESET_H
#define TUNLAB_RULESET_H

#include "lab/value.h"

struct ruleset {
	const struct place *where;
	const char *text; /* what libnftables reads; it ends with a newline */
	bool json;
	enum ruleset_form {
		RULESET_STRING, /* one string, its lines ended by \n */
		RULESET_LINES,	/* an array, of which each element is a line */
		RULESET_OBJECT, /* JSON, an object with a list "nftables" */
		RULESET_LIST,	/* JSON, that list by itself */
		RULESET_INSIDE, /* JSON in a string, or in an array of lines */
	} form;
};

enum { RULESET_BYTES = 1024 * 1024 };

/*
 * Reads a ruleset, and checks what can be told without nftables: its size, that it includes no file,
 * changes nothing for all of the machine (as "osf" would), and ends. Then asks the reading's
 * ruleset_wrong. NULL: a problem was added.
 */
const struct ruleset *ruleset_read(
	const struct reading *reading, const json_t *json, const struct place *where);

/* The place in the lab of what is wrong. */
const struct place *ruleset_place(
	struct arena *arena, const struct ruleset *ruleset, const struct ruleset_wrong *wrong);

#endif
