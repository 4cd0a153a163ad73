/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab's steps, and the verbs: each verb is one file in steps/ with a descriptor. */
#ifndef TUNLAB_STEP_H
#define TUNLAB_STEP_H

#include "lab/icmp.h"
#include "lab/link.h"
#include "lab/mechanism.h"
#include "lab/query.h"

struct attempt;
struct content;
struct error;
struct exec;
struct lab;

/* One thing that a step may expect; a step passes when any of its own holds. */
struct expectation {
	enum {
		EXPECT_WORD,   /* "reply", "connected", ... */
		EXPECT_ICMP,   /* an ICMP error, from anybody or from an address */
		EXPECT_ERRNO,  /* an errno, with a piece of the kernel's message or without */
		EXPECT_VALUES, /* what is seen has these values */
	} kind;
	const struct place *where;
	const char *word;     /* of EXPECT_WORD; of EXPECT_ICMP nft's name */
	enum mechanism cause; /* of "no-reply": what must be the cause; CAUSE_UNKNOWN: anything */
	int number;	      /* of EXPECT_ERRNO */
	const char *message;  /* of EXPECT_ERRNO: contained in the kernel's; NULL: any */
	struct address from;  /* of EXPECT_ICMP; family AF_UNSPEC: anybody */
	const json_t *json;   /* of EXPECT_VALUES: as the lab has it */
};

/* How many, at least and at most. */
struct bounds {
	uint64_t least, most;
};

/* Packets that a device sees while the step runs. */
struct packets {
	const struct place *where;
	const struct link *at;
	bool wire;	    /* the relay's side of the device */
	unsigned direction; /* enum relay_direction */
	const char *filter; /* pcap-filter(7); NULL: every packet */
	struct bounds count;
};

/* By how much a counter of a namespace moves while the step runs. */
struct counter {
	const struct place *where;
	const struct netns *in;
	const char *name; /* nstat's, such as IpInReceives; or "nft FAMILY TABLE NAME" */
	struct bounds count;
};

/* Where a probe's listener is. */
struct listener {
	const struct place *where;
	enum { LISTEN_OWNER, LISTEN_HERE, LISTEN_NOT } kind;
	const struct netns *in; /* of LISTEN_HERE, NULL: the owner's */
	struct address address; /* family AF_UNSPEC: the probe's */
	uint16_t port;		/* 0: the probe's */
	uint32_t mark;
	bool transparent;
	enum answering {
		ANSWER_PLAINLY,	     /* the kernel chooses source and device */
		ANSWER_FROM_ADDRESS, /* from the address that was asked: IP_PKTINFO with ipi_spec_dst */
		ANSWER_BY_DEVICE, /* and out of the device by which the question came: with ipi_ifindex too */
	} answering;
};

enum verb_expects {
	EXPECTS_ICMP = 1,     /* ICMP errors, by nft's names */
	EXPECTS_ERRNO = 2,    /* errno names */
	EXPECTS_OBJECT = 4,   /* an object with any keys */
	EXPECTS_SILENCE = 16, /* "no-reply", and why: a mechanism's name */
	EXPECTS_LIST = 8,     /* a list that is one expectation, not several */
};

struct verb {
	const char *name;	     /* the key that makes a step this verb's */
	const char *what;	     /* for the manual */
	const struct type *target;   /* of what stands at that key; NULL: the lab's reader reads a change */
	const struct field *fields;  /* beside step_fields */
	const char *const *words;    /* that "expect" may be, the first by default; ends with NULL */
	const struct field *expects; /* keys of an "expect" object; NULL: none, or any with EXPECTS_OBJECT */
	uint8_t expectations;	     /* enum verb_expects */
	const char *timeout;	     /* instead of what holds for every step; NULL: nothing */
	bool probe;		     /* takes source, dev, mark, tos, uid */
	bool listens;		     /* takes listen */
	bool datagrams;		     /* the listener has no connections */
	bool anywhere;		     /* needs no namespace */
	bool quiet;		     /* sends nothing: what moved meanwhile explains no failure */
	/* Starts one attempt; the verb ends it by attempt_end, at once or from the loop. An error ends the
	 * lab. */
	struct error *(*start)(struct attempt *attempt);
	/*
	 * Whether what was seen is what EXPECTATION, an object, says; else *DIFFERENCE says why not. NULL:
	 * json_matches of the outcome's values.
	 */
	bool (*matches)(const struct attempt *attempt, const struct expectation *expectation,
		const char **difference);
	/*
	 * Whether it may have been as EXPECTATION says on a machine with time for it, since answers came late
	 * by no more than this one fell behind meanwhile: *BEHIND nanoseconds at most. NULL: it is so where
	 * the attempt says that it fell behind.
	 */
	bool (*excused)(
		const struct attempt *attempt, const struct expectation *expectation, uint64_t *behind);
	/* Ends whatever is under way and gives back what start took; called once for each attempt. NULL:
	 * nothing. */
	void (*stop)(struct attempt *attempt);
};

/* Made from the files of steps/; ends with NULL. In the order of their names. */
extern const struct verb *const verbs[];

/* What every step takes, what probes take, and what verbs with a listener take. */
extern const struct field step_fields[], probe_fields[], listen_fields[];

struct step {
	size_t number; /* from 1 */
	const struct place *where;
	const struct verb *verb;
	const char *name;
	struct netns *in;
	struct value target;
	struct values values;
	struct expectation *expect;
	size_t expect_count;
	struct packets *packets;
	size_t packets_count;
	struct counter *counters;
	size_t counters_count;
	struct listener listener;
	struct content *change; /* of the verb change */
	struct query query;	/* of the verb show */
	struct exec *exec;	/* of the verb exec; NULL: of another */
	const char *todo;
};

/* Reads the steps of a lab, of which everything else has been read. */
void steps_read(const struct reading *reading, const json_t *json, const struct place *where);

/* Reads one step, which becomes the lab's last, under a number. */
void step_read(const struct reading *reading, const json_t *json, const struct place *where, size_t number);

/*
 * Reads what stands in a change (JSON) into STEP: of its namespace, or where SAID_IN is false also of
 * several. It may name no namespace that is not there; what is wrong is added to the problems.
 */
void change_read(const struct reading *reading, struct step *step, const json_t *json, bool said_in,
	const struct place *where);

/* Reads what a step expects (JSON NULL: the verb's default) into it. */
void expectations_read(
	const struct reading *reading, struct step *step, const json_t *json, const struct place *where);

/* What is expected, as one would say it: "reply", "net-unreachable or timeout". */
const char *expectation_print(struct arena *arena, const struct step *step);

/* The step as one would say it: "left ping 10.0.0.2". */
const char *step_print(struct arena *arena, const struct step *step);

/* Whether a counter's name is that of one of nftables. */
bool counter_is_nft(const char *name);

#endif
