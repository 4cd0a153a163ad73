/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects of iproute2: address, route, rule, ... Each is one file in objects/ with a descriptor; an entry
 * is one line, or one JSON object, about one of them.
 */
#ifndef TUNLAB_OBJECT_H
#define TUNLAB_OBJECT_H

#include "lab/phase.h"
#include "lab/request.h"

/* What a line asks for. */
enum command_word {
	COMMAND_STATE, /* no verb: this must stand afterwards */
	COMMAND_ADD,
	COMMAND_DEL,
	COMMAND_REPLACE,
	COMMAND_CHANGE,
	COMMAND_APPEND,
	COMMAND_PREPEND,
	COMMAND_FLUSH,
	COMMAND_COUNT,
};

struct entry {
	const struct object *object;
	const struct place *where;
	enum command_word command;
	int family; /* AF_INET or AF_INET6 once settled; AF_UNSPEC of what has none, such as a group of next
		       hops */
	bool family_said; /* by -4 or -6, or by "family" */
	struct values values;
	bool detached; /* the devices that it names need not exist */
};

struct object {
	const char *name; /* as after `ip` */
	const char *key;  /* of a namespace */
	const char *what; /* for the manual */
	enum phase phase;
	const struct field *fields;
	uint16_t commands;	   /* bits 1 << enum command_word that iproute2 has for it */
	const struct flush *flush; /* what "flush" does (lab/flush.h); NULL: there is none */
	const char *numbered; /* the key of the field that "N:" at the beginning of a line sets; NULL: none */
	const char *pasted; /* words that only a line begins with that show printed, with blanks between them;
			       NULL: none are */
	const char *list,
		*list_device; /* keys of a link in `ip -j` that holds several of it; NULL: none does */
	uint16_t new_type, del_type, get_type; /* RTM_NEWROUTE, ... */
	/* Fills in what iproute2 infers and checks what no field can check alone. NULL, or what is wrong with
	 * the whole; what is wrong with one value is a problem at its place. */
	const char *(*settle)(const struct reading *reading, struct entry *entry);
	/* Of statements one after another, whether this is one of those that are made first, since others are
	 * reached by it. NULL: all are made in the order written. */
	bool (*made_first)(const struct entry *entry);
	/* Puts the header, and what fields cannot put alone, into REQUEST; the fields' attributes follow. */
	void (*encode)(struct arena *arena, const struct entry *entry, struct body *body);
	/* Whether a dumped header says what the wanted one says. */
	bool (*same)(const void *wanted, const void *seen);
	/* Attributes that make it another one where they stand and were not asked for; ends with 0. NULL:
	 * none does. */
	const uint16_t *decisive;
	uint16_t fleeting; /* an attribute that dumps have under another name, and changing; 0: none */
	/* Whether the kernel, which makes some by itself, would make another like it without a word; NULL:
	 * no.
	 */
	bool (*doubles)(const struct entry *entry);
	uint16_t pointer; /* an attribute that says where else its decisive ones come from; 0: none */
};

/* Made from the files of objects/; ends with NULL. In the order of their names. */
extern const struct object *const objects[];

/* iproute2's word for it, "" for COMMAND_STATE. */
const char *command_word(enum command_word command);

/* Reads a line or an object about OBJECT, which stands at WHERE; false: problems were added. */
bool entry_read(const struct reading *reading, const struct object *object, const json_t *json,
	const struct place *where, struct entry *out);

/* The fields that its words are of: those of the object, or of its flush. */
const struct field *entry_words(const struct entry *entry);

/* The request that the entry makes of rtnetlink; of a flush, the one for the dump. */
struct request *entry_request(struct arena *arena, const struct entry *entry);

/*
 * The entry as an object with its verb as "op", its family, and all that was said or settled by key: read
 * back it makes the same request. The caller owns it.
 */
json_t *entry_json(struct arena *arena, const struct entry *entry);

/* The entry as words after `ip`, with "dev" and all: "-6 route add ...". */
const char *entry_print(struct arena *arena, const struct entry *entry);

#endif
