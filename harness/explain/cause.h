/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a probe ended as it did. */
#ifndef TUNLAB_CAUSE_H
#define TUNLAB_CAUSE_H

#include "explain/evidence.h"
#include "lab/mechanism.h"

struct cause {
	enum mechanism mechanism;
	const struct netns *in; /* where */
	const char *device;	/* NULL: none in particular */
	bool router;		/* at the router's end of the device */
	const char *text;	/* the sentence, without the namespace in front */
	bool observed; /* a counter or the kernel itself said so; else it follows from settings and tables */
	const char **evidence;
	size_t evidence_count;
};

/* Whether all that the probe sent was answered: what it failed by is no loss. */
bool got_through(const struct verdict *verdict);

/* Finds the cause of what EVIDENCE has of a probe that did not get through. CAUSE_UNKNOWN: nothing is sure
 * enough. */
void cause_find(const struct evidence *evidence, struct cause *out);

/* The whole sentence: "right: source check (...) dropped the request on tun1: ..."; NULL for CAUSE_UNKNOWN.
 */
const char *cause_print(struct arena *arena, const struct cause *cause);

/* Where: "right/tun1", "right" where it is no device in particular, or "router:right/tun1", which is the
 * router at whose port that is; NULL for CAUSE_UNKNOWN. */
const char *cause_place(struct arena *arena, const struct cause *cause);

/* What judges share. */

/* Adds a line to the evidence. */
void cause_note(const struct evidence *evidence, struct cause *cause, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts down what it is and where (DEVICE NULL: no device in particular), and returns true. */
bool cause_is(struct cause *cause, const struct netns *in, const char *device, enum mechanism mechanism,
	const char *text);

/* Whether DROP (NULL: none) was for that reason of the kernel's, as "NETFILTER_DROP". */
bool dropped_for(const struct dropped *drop, const char *reason);

/* Adds the kernel's words about a drop to the evidence: then the cause was observed. */
void cause_note_drop(const struct evidence *evidence, struct cause *cause, const struct dropped *drop);

/* By how much a counter of a namespace moved; 0: it did not. */
uint64_t moved_by(const struct evidence *evidence, const struct netns *in, const char *counter);

/* A sysctl as a number; OTHERWISE where it is not there. */
long long setting_of(const struct evidence *evidence, const struct netns *in, long long otherwise,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The drop of a packet of this role in a namespace, NULL if none was seen; that of a copy for a raw socket is
 * none. */
const struct dropped *drop_of(const struct evidence *evidence, const struct netns *in, enum role role);

const char *role_name(enum role role);

/*
 * The judges: each looks at one place, and returns whether it knows the cause. A packet of ROLE with FLOW
 * came into IN by DEVICE, or was to be sent by IN (DEVICE NULL).
 */
struct stop {
	const struct netns *in;
	const char *device;
	enum role role;
	const struct flow *flow;
};

struct stop stop_of(const struct sighting *last);

/* What others' packets are compared by: only those that are alike move the same counters. */
enum alike {
	ALIKE_FAMILY,	/* counters of IPv4 or IPv6 */
	ALIKE_PROTOCOL, /* of TCP, UDP, or one of ICMP's messages */
	ALIKE_SIZE,	/* of IPv4 or IPv6, of what may be too big for a device */
};

/* By how much a counter of what comes in moved beyond what all other packets that came there can have moved
 * it by: that was the probe. */
uint64_t moved_surely(
	const struct evidence *evidence, const struct stop *stop, const char *counter, enum alike alike);

/* Whether no other packet of the family was seen in the namespace. */
bool is_alone(const struct evidence *evidence, const struct stop *stop);

/* Whether the protocol of the namespace was given packets such as this one: not by the others that were seen
 * alone, where that must be sure. */
bool was_taken(const struct evidence *evidence, const struct stop *stop, bool surely);

bool judge_arrival(const struct evidence *evidence, const struct stop *stop, struct cause *out);
bool judge_sending(const struct evidence *evidence, const struct stop *stop, struct cause *out);
bool judge_refused_call(const struct evidence *evidence, const struct stop *stop, struct cause *out);
bool judge_departure(const struct evidence *evidence, const struct sighting *last, struct cause *out);

/* It went into a router of the relay's, or was on its way out of one. */
bool judge_router(const struct evidence *evidence, const struct sighting *last, struct cause *out);

/* It leaves by WAY and was not seen to: its device has no carrier, or nobody is known to be the next hop. */
bool judge_neighbour(const struct evidence *evidence, const struct stop *stop, const struct decision *way,
	struct cause *out);

/* It came in by a port of a bridge, which does not ask for addresses of IP. */
bool is_bridged(const struct evidence *evidence, const struct netns *in, const char *device);
bool judge_bridge(const struct evidence *evidence, const struct stop *stop, struct cause *out);

/* It was last seen as it was to leave by a bridge. */
bool judge_bridge_itself(const struct evidence *evidence, const struct sighting *last, struct cause *out);

/* LAST is where its way ended; ANSWERED: there is no use in asking why its host did not answer. */
bool judge_end(
	const struct evidence *evidence, const struct sighting *last, bool answered, struct cause *out);

/* It left last by the device of a tunnel. */
bool judge_tunnel(const struct evidence *evidence, const struct sighting *last, struct cause *out);

/* It came to a port that nobody has. */
bool judge_closed(const struct evidence *evidence, const struct stop *stop, struct cause *out);

bool judge_delivery(const struct evidence *evidence, const struct stop *stop, struct cause *out);

/* An answer that came, and is not what was wanted: a reset, or one from another address. */
struct journey;
bool judge_answer(const struct evidence *evidence, const struct journey *requests,
	const struct journey *answers, struct cause *out);

/* What came out of a wire when nobody waited for it any more, or not as it had gone in; LAST is where its way
 * ended. */
bool judge_late(const struct evidence *evidence, struct cause *out);
bool judge_spoilt(const struct evidence *evidence, const struct sighting *last, struct cause *out);

/* A connection that opened, and whose big packets do not get through. */
bool judge_stall(const struct evidence *evidence, struct cause *out);

#endif
