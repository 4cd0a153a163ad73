/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sightings of a probe's packets, put together to the ways of single packets. */
#ifndef TUNLAB_PASSAGES_H
#define TUNLAB_PASSAGES_H

#include "explain/evidence.h"

/* A place of a packet's way: it was seen there, or dropped. */
struct event {
	uint64_t time;
	const struct sighting *seen; /* NULL: it was dropped */
	const struct dropped *drop;  /* NULL: it was seen */
};

/* One packet: a retransmission is another. Where it is copied on its way (by a hub, a bridge) all its copies.
 */
struct passage {
	enum role role;
	const struct netns *origin; /* where the first of this role was seen first */
	struct event *events;	    /* in the order of their times; at least one */
	size_t count;
};

struct passages {
	struct passage *at; /* in the order of their first events */
	size_t count;
};

/*
 * Puts the sightings of all roles together, by what stays the same on the way: sequence numbers, not
 * addresses. Packets that nothing tells apart (bare acknowledgements) may be taken for one another. A drop is
 * told only where it ended a packet.
 */
struct passages passages_of(const struct evidence *evidence);

/* The flow that is the probe's: that of the sighting, or what is inside. */
const struct flow *sighting_flow(const struct sighting *sighting);

/* Whether a device stands on another, maybe in another namespace, as a macvlan does. */
bool sighting_stands_on(const struct sighting *upper, const struct sighting *lower);

/* Whether the sighting is that of a packet around the probe's. */
bool sighting_is_outer(const struct sighting *sighting);

/* Whether it was seen at a device of the namespace, other than "lo", in this direction (enum
 * relay_direction). NULL was not. */
bool sighting_is_of(const struct sighting *sighting, const struct netns *in, unsigned direction);

/* Whether both are of the probe's packet, or both of one around it. */
bool sighting_same_layer(const struct sighting *one, const struct sighting *other);

/* What was seen at an event; NULL: it is a drop, or there is none. */
const struct sighting *passage_seen(const struct passage *passage, size_t at);

/* Whether all that is told of it is told of the other: it came to no other place, and ended in the same. */
bool passage_is_like(const struct passage *passage, const struct passage *other);

/* Whether it is a piece of another: of what was cut in segments on its way, or put together from them. */
bool passage_is_piece(const struct evidence *evidence, const struct passage *passage);

#endif
