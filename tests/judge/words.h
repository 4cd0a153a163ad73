/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can stand in a line after `ip OBJECT`: the words that are judged, with values that fit and values that
 * do not. In a text, " | " parts alternatives, <1-9> is a number between, <x1-ff> the same in hexadecimal,
 * and $name is made by the generator: $dev, $dev2, $down   a device of the line; another; one that is down
 *   $gw, $gw2, $own      a neighbour on $dev, on $dev2; the address of $dev
 *   $other-gw            the neighbour's address of the other family
 *   $prefix, $host, $other, $group, $group-host   a prefix; an address; one of the other family; a prefix and
 *                        an address of multicast
 *   $mac, $nh            a MAC address; the id of a nexthop that stands
 */
#ifndef TUNLAB_TESTS_JUDGE_WORDS_H
#define TUNLAB_TESTS_JUDGE_WORDS_H

#include <stdbool.h>

enum family { FAMILY_ANY, FAMILY_4, FAMILY_6 };

/* Where a line of a verb comes from. */
enum origin { ORIGIN_NEW = 1, ORIGIN_OLD = 2, ORIGIN_EITHER = 3 };

struct word {
	const char *word; /* its name in the counts; by it, bases say what they need */
	const char *in;	  /* the letters of the bases that it may stand in */
	const char *good; /* the whole text, the word itself included */
	const char *bad; /* texts that ip or the kernel refuses; NULL: nothing that follows it can be wrong */
	enum family family;
	const char *once; /* one word of this name a line */
	int order;	  /* 0: anywhere; the others behind, the smaller first */
	const char *ask;  /* what `ip OBJECT help` must show where this can be judged; NULL: it need not */
};

struct verb_word {
	const char *word;
	const char *in; /* the letters of its bases */
	enum origin origin;
	bool keeps; /* what is accepted stands afterwards */
};

/* What a line of one sort cannot do without: words, with blanks between; of a/b/c one. */
struct base {
	char letter;
	const char *needs;
	enum family family;
	unsigned weight;
};

struct grammar {
	const char *object; /* as after `ip` */
	const char *key;    /* of a namespace of a lab */
	const struct verb_word *verbs;
	const struct base *bases;
	const struct word *words;
};

/* Ends with a NULL object. */
extern const struct grammar grammars[];

#endif
