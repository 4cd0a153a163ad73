/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The impairments of wires: each is one file in impairments/ with a descriptor, and a header that says which
 * of the message's numbers is what. They decide of packets of wire size, one after the other, and are told
 * the time: they read no clock, keep nothing but their state, and make no system call.
 */
#ifndef TUNLAB_IMPAIRMENT_H
#define TUNLAB_IMPAIRMENT_H

#include "forwarder/packet.h"
#include "forwarder/protocol.h"
#include "forwarder/segment.h"
#include "forwarder/stream.h"

/* A packet of wire size that has come to a lane. */
struct arrival {
	uint64_t number; /* of those to this port that any impairment was asked about, from 0 */
	uint64_t now;	 /* nanoseconds of CLOCK_MONOTONIC */
	size_t length;	 /* bytes on the wire */
	size_t network;	 /* where its IP header is: 0, or behind the Ethernet header */
	/* Its bytes; of one that is still part of a segment those of the whole, of which it is the packet
	   numbered "index", from 0: segment_complete() gives its own. */
	const struct packet *packet;
	const struct segment *form;
	unsigned index;
};

/* What becomes of it. An impairment changes what it is about and leaves the rest as it found it. */
struct fate {
	const char *lost; /* NULL: it is not; else why: "loss 1%". Who lost it keeps the text. Nobody after
			     that is asked. */
	uint64_t due;	  /* when it is at the other end; "now" to begin with, never earlier */
	bool early;	  /* it may overtake those that came before it */
	unsigned copies;  /* 1; more: it comes so many times */
	uint32_t corrupt; /* 0: it is not; else this bit of it, from 1 */
};

/* Why an impairment loses packets, if it does; each is counted for itself (struct relay_counters). */
enum losing {
	LOSING_BY_CHOICE, /* lost */
	LOSING_LONG,	  /* over_mtu */
	LOSING_AT_QUEUE,  /* overflowed */
};

struct impairment {
	const char *name; /* in RELAY_IMPAIR */
	/* A packet goes through a lane's impairments from the lowest to the highest: mtu 10, loss 20,
	   duplicate 30, corrupt 40, rate 50, reorder 60, delay 70. As on a link, it waits for the line and is
	   put on it before it travels, so "rate" comes before "delay" and adds to when it is due; and what
	   was lost or is there twice before the line takes none or twice of it, as with netem. */
	unsigned rank;
	size_t state_size; /* bytes; the state begins as zeros */
	enum losing losing;
	bool filters; /* it is only about packets that match the message's filter, where there is one */
	/*
	 * Takes the settings: the message's numbers, and its filter, which was checked and stays where it is
	 * as long as the state. STREAM is its own, which it copies. A second call changes settings, and keeps
	 * what it has counted. NULL, or what is wrong.
	 */
	const char *(*set)(void *state, const struct stream *stream, const struct relay_message *message);
	void (*pass)(void *state, const struct arrival *arrival, struct fate *fate);
};

/* Made from the files of impairments/; ends with NULL. */
extern const struct impairment *const impairments[];

#endif
