/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be said of a link, a route, a rule, a step, ...: tables of fields. One row says how a thing is
 * written in iproute2's words and in `ip -j`'s keys, what it may be, which netlink attribute it becomes, and
 * what the manual says of it. Whatever reads, checks, prints, encodes or documents a lab goes by these
 * tables.
 */
#ifndef TUNLAB_VALUE_H
#define TUNLAB_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lab/json.h"
#include "lab/problem.h"

struct lab;
struct field;
struct value;

/* An address, or a prefix. */
struct address {
	uint8_t family; /* AF_INET, AF_INET6; AF_UNSPEC for "default" and "all" */
	uint8_t length; /* of the prefix, in bits */
	bool prefixed;	/* a length was written */
	uint8_t bytes[16];
};

struct values {
	struct value *at;
	size_t count;
};

/* A field that was said, and what was said. Which member of the union holds it follows from the field's type.
 */
struct value {
	const struct field *field;
	const struct place *where;
	uint8_t before; /* which of the field's words "before" stood before it, from 1; 0: none */
	union {
		uint64_t number;
		struct {
			uint32_t first, last; /* a range; or a number and its mask */
			bool masked;	      /* the mask was said */
		};
		struct {
			struct address address;
			uint16_t port;
		};
		const char *text;
		struct values group;
	};
};

/* A word for a number, in a table that ends with a NULL name. */
struct name {
	const char *name;
	uint32_t number;
};

/* How a value is put into a netlink attribute. */
enum encoding {
	ENCODE_NOTHING, /* the message's header carries it, or nothing does */
	ENCODE_EMPTY,	/* an attribute without data */
	ENCODE_U8,
	ENCODE_U16,
	ENCODE_U32,
	ENCODE_U64,
	ENCODE_BE16,
	ENCODE_BE32,
	ENCODE_STRING,	/* the text with its end */
	ENCODE_TEXT,	/* without */
	ENCODE_BYTES,	/* the address's bytes, as many as its family has */
	ENCODE_DEVICE,	/* the index that the device of this name has in the namespace */
	ENCODE_RANGE16, /* struct fib_rule_port_range */
	ENCODE_RANGE32, /* struct fib_rule_uid_range */
	ENCODE_MASKED,	/* struct ifla_vlan_flags: bits, and which of them are meant */
};

/* What is wrong with a packet filter, NULL if nothing is (kernel/packet.h has one: reading itself knows no
 * libpcap). */
typedef const char *filter_check(struct arena *arena, const char *filter, bool ethernet);

/* Where in a ruleset's text something is wrong (from 1; 0: nobody knows), and what. */
struct ruleset_wrong {
	size_t line, column; /* in bytes */
	size_t element;	     /* of JSON: which of the list */
	const char *text;
};

/* Whether nftables cannot read a ruleset; WRONG then says why (kernel/nft.h has one). */
struct ruleset;
typedef bool ruleset_check(struct arena *arena, const struct ruleset *ruleset, struct ruleset_wrong *wrong);

/* What reading has at hand. */
struct reading {
	struct lab *lab;
	struct arena *arena;
	struct problems *problems;
	filter_check *filter_wrong;
	ruleset_check *ruleset_wrong;
	const struct place *birth; /* of the change that is being read; NULL: none is */
};

struct type {
	const char *allowed; /* what it may be, for errors and the manual: "an IPv4 or IPv6 address" */
	/* Reads TEXT; returns NULL, or what is wrong with it. */
	const char *(*read)(const struct reading *reading, const struct field *field, const char *text,
		struct value *out);
	/* Writes the value as ip takes it. */
	void (*print)(FILE *to, const struct value *value);
	/* All that it may be (and what matches "pattern"), ending with NULL, where that is not known before
	 * all kinds are; NULL: see "allowed". */
	const char *const *(*words)(struct arena *arena);
	/* JSON that is no string and no integer, as the text that "read" takes; NULL: it may not stand for
	 * it. */
	const char *(*as_text)(const struct reading *reading, const json_t *json);
	enum encoding encoding;
	bool takes_boolean;  /* JSON's true and false may stand for it */
	bool only_string;    /* JSON's integers may not stand for it */
	bool bare;	     /* its word stands alone, nothing follows */
	bool is_number;	     /* it prints as a decimal number, unless the field has a name for it */
	bool negated;	     /* it stands alone, and with "no" before it where it is false */
	bool hexadecimal;    /* its digits are hexadecimal without 0x too; JSON's integers are themselves */
	bool only_names;     /* it is one of the field's names */
	bool has_family;     /* an address or prefix, which must be of the entry's family */
	bool listed;	     /* in a line show prints it as a list: N [ A B ] */
	bool is_signed;	     /* it may be less than 0: then "number" is the same in 64 bits */
	const char *unit;    /* of JSON's integers, such as "ms"; NULL: they have none */
	const char *pattern; /* for the schema: what all strings that it takes match (ECMA-262); NULL: any */
};

enum field_flag {
	FIELD_LEADS = 1,    /* its word may be left out: it is known by its form */
	FIELD_SHOWN = 2,    /* only show prints it: understood, and without effect */
	FIELD_REQUIRED = 4, /* must be said */
	FIELD_LIST = 8,	    /* may be said several times, or in JSON as an array */
	FIELD_SPREAD = 16,  /* an object or an array of them, whose members are fields of the same tables with
			       a nest */
	FIELD_LAST = 32,    /* in a line only more of the same may follow, such as "nexthop" */
	FIELD_TRAILS = 64,  /* in a line as show prints it, a word that is no other field's is its value */
	FIELD_IPV6 = 128, /* only IPv6 has it: where nothing else says the family of a statement, this does */
};

/* A table of fields ends with a row whose word and key are NULL. */
struct field {
	const char *word;   /* iproute2's word for it; NULL: it has none */
	const char *alias;  /* other words for it, with blanks between them; of "protocol*" any beginning */
	const char *before; /* words of which one may stand before its value, as "lock" before an MTU */
	const char *key;    /* its key in JSON; NULL: the word; "": it has none */
	const char *keys;   /* other keys for it, with blanks between: of "gateway" also "via" */
	const char
		*more; /* keys that add to it, with blanks between: srclen, fwmask, sport_start sport_end */
	const struct type *type;  /* NULL: whoever owns the table reads it */
	uint16_t attribute;	  /* of netlink; 0: the object's header carries it */
	uint16_t nest;		  /* the attribute that holds the attribute; 0: none does */
	uint8_t flags;		  /* enum field_flag */
	uint64_t least, most;	  /* of a number; both 0: as the type has it */
	const struct name *names; /* words for numbers */
	const char
		*fallback; /* what holds where nothing is said, as one would write it; NULL: nothing does */
	const struct field *group; /* what may be said inside it */
	enum encoding as;	   /* instead of the type's; ENCODE_NOTHING: as the type has it */
	uint32_t bits;		   /* where in the attribute it is, which it shares; 0: it has it alone */
	/* What is encoded as well, a flag with 1 and others with the same number: where the field has names,
	 * only of a word. */
	const struct field *also;
	const char *what; /* for the manual */
};

extern const struct type type_mechanism; /* what can end a packet's way (lab/mechanism.h) */
extern const struct type type_flag;	 /* number 1 */
extern const struct type type_boolean;	 /* number 0 or 1 */
extern const struct type type_u8, type_u16, type_u32, type_u64, type_be16; /* number */
extern const struct type type_tos;		    /* number; as ip hexadecimal, with 0x or without */
extern const struct type type_name8, type_name32;   /* number, by a word of the field's names or in digits */
extern const struct type type_word;		    /* number, by a word of the field's names only */
extern const struct type type_address, type_prefix; /* address */
extern const struct type type_host;		    /* address, as ip reads one */
extern const struct type type_local;		    /* address; printed with the length that was written */
extern const struct type type_mac;		    /* address, of family AF_PACKET, in 6 bytes */
extern const struct type type_device;		    /* text; netlink has its index */
extern const struct type type_device_name;	    /* text; netlink has its name */
extern const struct type type_end;		    /* text: namespace/device */
extern const struct type type_string;		    /* text */
extern const struct type type_namespace;	    /* text */
extern const struct type type_table;		    /* number */
extern const struct type type_mark;		    /* first: value, last: mask */
extern const struct type type_ports;		    /* first, last */
extern const struct type type_uids;		    /* first, last */
extern const struct type type_duration;		    /* number, in nanoseconds */
extern const struct type type_endpoint;		    /* address and port */

/* Those of links (types_link.c). */
extern const struct type type_switch;  /* number 0 or 1 */
extern const struct type type_lower;   /* text: a device, or namespace/device */
extern const struct type type_ipv4;    /* address; of family AF_UNSPEC: any */
extern const struct type type_ipv6;    /* likewise */
extern const struct type type_either;  /* likewise of any family */
extern const struct type type_key;     /* number, also written as an IPv4 address */
extern const struct type type_dsfield; /* number; a word of the field's names, or as type_tos */
extern const struct type
	type_hexadecimal; /* number of 32 bits; a word of the field's names, or hexadecimal */

/* Those of what impairs wires (types_wire.c). */
extern const struct type type_percent;	/* number, in 2^32 */
extern const struct type type_rate;	/* number, of bits a second */
extern const struct type type_limit;	/* number: of packets, or if masked of bytes */
extern const struct type type_overhead; /* number; signed */
extern const struct type type_filter;	/* text */

/* Which of the fields has this key in JSON (as its own or its second); NULL if none. TABLES ends with NULL.
 */
const struct field *field_by_key(const struct field *const *tables, const char *key);

/* Whether WORD is among WORDS, which have blanks between them. */
bool word_among(const char *words, const char *word);

/* Which of the words before FIELD's value this is, from 1; 0: none. */
uint8_t field_before(const struct field *field, const char *word);

/* The field's key in JSON. */
const char *field_key(const struct field *field);

/* The value said of the field with this key; NULL if nothing was said and nothing holds by default. */
const struct value *value_of(const struct values *values, const char *key);

/* Its number, or OTHERWISE. */
uint64_t value_number(const struct values *values, const char *key, uint64_t otherwise);

/* Its text, or NULL. */
const char *value_text(const struct values *values, const char *key);

/* Its address, or NULL. */
const struct address *value_address(const struct values *values, const char *key);

/* Whether it was said (a flag was set). */
bool value_said(const struct values *values, const char *key);

/* Whether one of VALUES is of FIELD, of this very row of a table. */
bool values_have(const struct values *values, const struct field *field);

/* Adds a value, not said by anyone, read from TEXT (which the type must accept). */
void value_assume(
	const struct reading *reading, struct values *values, const struct field *field, const char *text);

/*
 * Reads the members of OBJECT, which stands at WHERE, by TABLES (ending with NULL), into VALUES. Every member
 * that is unknown, of the wrong type, or out of range is a problem; a second key's value is added to the
 * first's. Fields without a type are left to the caller. What was not said and has a default is added.
 */
void values_read(const struct reading *reading, const json_t *object, const struct place *where,
	const struct field *const *tables, struct values *values);

/* What FIELD may be, for errors: its type's words, its range, or its names. */
const char *field_allowed(struct arena *arena, const struct field *field);

/* The name of FIELD that TEXT was most likely meant to be, as "; did you mean ...?"; "" where none is near.
 */
const char *field_near(struct arena *arena, const struct field *field, const char *text);

/* Reads one JSON value (a string, an integer, or a boolean where the type takes one) as FIELD; false: a
 * problem was added. */
bool value_read(const struct reading *reading, const json_t *json, const struct place *where,
	const struct field *field, struct value *out);

/* Adds to VALUES the defaults of fields of which nothing was said. */
void values_complete(const struct reading *reading, const struct field *const *tables, struct values *values);

/* Says that KEY is unknown at WHERE (the place of the member), and which known key is nearest. */
void key_unknown(const struct reading *reading, const struct place *where, const char *key,
	const struct field *const *tables);

/* Appends a value. */
void values_add(struct arena *arena, struct values *values, const struct value *value);

/* Reads an address, or with PREFIX also a prefix, "default", "all" and "any". NULL, or what is wrong. */
const char *address_read(struct arena *arena, const char *text, bool prefix, struct address *out);

/* The same as ip reads it: 10.1 is 10.1.0.0 and 10.0.0.0/255.0.0.0 is 10.0.0.0/8. */
const char *address_read_as_ip(struct arena *arena, const char *text, bool prefix, struct address *out);

/* Prints an address, with the length where it is a prefix shorter than the address. */
const char *address_print(struct arena *arena, const struct address *address);

/* The same, written to a stream. */
void address_write(FILE *to, const struct address *address);

/*
 * Reads digits only: decimal, or hexadecimal after 0x; false: TEXT is something else, or does not fit. A
 * leading zero is refused: to ip it makes the number octal.
 */
bool number_read(const char *text, uint64_t *out);

/* Whether both are the same address (lengths are not compared). */
bool address_equal(const struct address *left, const struct address *right);

/* Whether it is 0.0.0.0 or ::. */
bool address_is_unspecified(const struct address *address);

/* Whether it is within fe80::/10 (RFC 4291 2.5.6). */
bool address_is_link_local(const struct address *address);

/* Whether bits beyond the length of PREFIX are set; and clears them. */
bool address_has_host_bits(const struct address *prefix);
void address_mask(struct address *prefix);

/* Whether the first BITS of both are the same. */
bool bits_equal(const uint8_t *left, const uint8_t *right, unsigned bits);

/* How many bytes an address of this family has; 0 for AF_UNSPEC. */
size_t family_size(int family);

/* Says that the value at WHERE is of the wrong kind, and what is allowed. */
void wrong_kind(
	const struct reading *reading, const json_t *json, const struct place *where, const char *allowed);

/* Prints a value as ip takes it, without its word. */
const char *value_print(struct arena *arena, const struct value *value);

/* The value as JSON that reads back as the same; the caller owns it. */
json_t *value_json(struct arena *arena, const struct value *value);

/* Puts all VALUES into OBJECT by their keys: of a field that may be said several times as an array. */
void values_put(json_t *object, struct arena *arena, const struct values *values);

/* The word for NUMBER in NAMES; NULL if it has none. */
const char *name_of(const struct name *names, uint64_t number);

#endif
