/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as its author described it: read, checked, and from then on constant. */
#ifndef TUNLAB_LAB_H
#define TUNLAB_LAB_H

#include <stdio.h>

#include "lab/baseline.h"
#include "lab/error.h"
#include "lab/object.h"
#include "lab/requirement.h"
#include "lab/ruleset.h"
#include "lab/step.h"
#include "lab/sysctl.h"
#include "lab/wire.h"

/* What is built in a namespace, in the order in which it was written; a lab has it, and so has a change. */
struct content {
	const struct place *where;
	struct netns *in; /* NULL: several namespaces, see "inner" */
	struct link **links;
	size_t link_count;
	struct sysctl *sysctls;
	size_t sysctl_count;
	struct entry *entries; /* of all objects */
	size_t entry_count;
	const struct ruleset *ruleset; /* NULL: none */
	struct content **inner;	       /* of a change without "in": one for each namespace */
	size_t inner_count;
	struct wire **wires; /* that it makes */
	size_t wire_count;
	struct statement **statements; /* what it says of wires, in the order written */
	size_t statement_count;
	struct imposition *impositions; /* what that comes to */
	size_t imposition_count;
};

struct netns {
	const char *name;
	size_t index;
	const struct place *where;
	struct content *content;
	struct link **links; /* all that ever stand in it: declared, made by wires, by changes; lo first */
	size_t link_count;
	bool uses_nft; /* it gets a ruleset some time, or one of its counters is expected to move */
};

struct table {
	const char *name;
	uint32_t number;
};

struct lab {
	struct arena *arena;
	struct text text;
	json_t *json, *kept; /* the text's values, and those made from them */
	const char *name;    /* of the lab, or its file's */
	const char *description;
	const struct baseline *baseline;
	struct requirement *requirements;
	size_t requirement_count;
	uint64_t seed;
	bool uses_ipv6; /* somewhere; else no device gets a link-local address */
	struct table *tables;
	size_t table_count;
	struct netns **namespaces;
	size_t namespace_count;
	struct content *wiring; /* its wires, and what is said of them */
	struct wire **wires;	/* those of "wiring"; those of changes are in their contents */
	size_t wire_count;
	uint32_t port_count;   /* ends of wires that the relay carries, those of changes too */
	uint32_t router_count; /* likewise of wires that are routers */
	struct step *steps;
	size_t step_count;
};

/* Bounds of a lab, checked before anything is made. */
enum lab_limit {
	LAB_BYTES = 8 * 1024 * 1024,
	LAB_DEPTH = 32,
	LAB_NAMESPACES = 4096,
	LAB_LINKS = 65536,
	LAB_LINKS_EACH = 4096,	 /* in one namespace */
	LAB_SYSCTLS_EACH = 1024, /* in one namespace, or in a change of one */
	LAB_TABLES = 4096,
	LAB_WIRES = 65536,
	LAB_STEPS = 65536,
};

/*
 * Reads the lab in FILE ("-": standard input) and checks all that can be checked without creating anything.
 * On success *OUT is the lab, which the caller closes. Otherwise *OUT is NULL; what is wrong has been printed
 * on standard error (all of it at once, see problems_print), and STATUS_WRONG is returned. FILTER_WRONG is
 * asked of every packet filter, RULESET_WRONG of every ruleset of nftables; both may be NULL.
 */
enum status lab_open(
	const char *file, filter_check *filter_wrong, ruleset_check *ruleset_wrong, struct lab **out);

/*
 * Loads TEXT's file and parses it. NULL: one problem was added, and TEXT has what was read. The caller owns
 * the result.
 */
json_t *lab_parse(struct problems *problems, struct text *text);

/* Reads the file that TEXT names ("-": standard input) into it. False: one problem was added. */
bool text_load(struct problems *problems, struct text *text);

/* Parses TEXT, which ends with a zero byte; ALLOWED says what may stand in it. As lab_parse. */
json_t *text_parse(struct problems *problems, const struct text *text, const char *allowed);

/*
 * Reads further steps for a lab that has been read: one, or an array of them, in TEXT (kept by the lab, whose
 * places name it). *STEPS (of the lab's arena) are *COUNT; numbers begin with 1. What is wrong is printed to
 * TO, the lab is then as it was before, and STATUS_WRONG is returned.
 */
enum status lab_extend(struct lab *lab, const struct text *text, filter_check *filter_wrong,
	ruleset_check *ruleset_wrong, FILE *to, struct step **steps, size_t *count);

/* Frees the lab; NULL is allowed. */
void lab_close(struct lab *lab);

/* The last part of FILE's path, without ".json". */
const char *lab_base_name(struct arena *arena, const char *file);

/* The namespace of that name, NULL if there is none. */
struct netns *lab_namespace(const struct lab *lab, const char *name);

/* The sentence that there is none of some name, and which there are. */
const char *namespace_unknown(const struct reading *reading);

/* The number of the table of that name: the lab's own, or main, local, default. */
bool lab_table(const struct lab *lab, const char *name, uint64_t *number);

/* The link of that name, NULL if there is none. */
struct link *namespace_link(const struct netns *in, const char *name);

/* The link that NAME means as seen from IN: a device there, or namespace/device. NULL if there is none. */
struct link *lab_link(const struct lab *lab, const struct netns *in, const char *name);

/* What is wrong with NAME as a device's name (dev_valid_name() of the kernel, and stricter); NULL if nothing
 * is. */
const char *device_name_wrong(const char *name);

/* What is wrong with NAME as a namespace's; NULL if nothing is. */
const char *namespace_name_wrong(const char *name);

/* Reads what stands in a namespace, or in a change of one; problems are added to the reading's. */
struct content *content_read(const struct reading *reading, struct netns *in, const json_t *json,
	const struct place *where, bool change);

/* Reads the links of a content, once the wires are known. */
void links_read(const struct reading *reading, const struct content *content);

/* Reads the wires of a lab or of a change. */
void wires_read(const struct reading *reading, const json_t *json, const struct place *where,
	struct content *content);

/* Checks what only the whole lab can tell: devices that entries and links name. */
void lab_check(const struct reading *reading);

/* The same of the steps alone, and of what they make. */
void steps_check(const struct reading *reading);

#endif
