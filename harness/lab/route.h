/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What routes and next hops have of their own: types of values, and what carries a packet in another one. */
#ifndef TUNLAB_ROUTE_H
#define TUNLAB_ROUTE_H

#include "lab/object.h"

extern const struct type type_route_type; /* number: RTN_UNICAST, ...; its words may be abbreviated */
extern const struct type type_realms;	  /* number: the source's realm in the upper 16 bits */
extern const struct type type_rtt;	  /* number, as the kernel counts the field's metric */
extern const struct type type_expires;	  /* first: seconds; last: enum expires */
extern const struct type type_switched;	  /* number: 0 or 1 */

/* How "expires" was said: as one commands it, or as show prints what is left. */
enum expires { EXPIRES_COMMANDED, EXPIRES_SHOWN_IN_LINE, EXPIRES_SHOWN_IN_JSON };

/* The words for types of service, as iproute2 has them; the host's own file is never read. */
extern const struct name route_tos_words[];

/* The kinds of routes that one may command, in the order in which ip looks for what was abbreviated. */
extern const struct name route_type_words[];

/* What may follow "encap": a group for each kind. */
extern const struct field encap_fields[];

/*
 * `ip -j` prints what packets are carried in flat: "encap" names the kind, and these keys stand beside it,
 * not in it. (Those of MPLS it prints twice in one object, which no JSON parser gives back.)
 */
extern const struct type type_segments;
extern const struct name seg6_modes[];

/* Moves into the seg6 of "encap" what stands beside it with the keys of its fields. NULL, or what is wrong.
 */
const char *encap_gather(struct arena *arena, struct values *values);

/* NULL, or what is wrong with what follows "encap". */
const char *encap_wrong(const struct values *encap);

/*
 * Appends what ENCAP says to TO, as attributes CONTENT and KIND: RTA_ENCAP and RTA_ENCAP_TYPE, or
 * NHA_ENCAP and NHA_ENCAP_TYPE.
 */
void encap_put(struct arena *arena, const struct values *encap, struct attributes *to, uint16_t content,
	uint16_t kind);

/* Appends the next hop VIA of a route of FAMILY: RTA_GATEWAY, or RTA_VIA where its family is another. */
void via_put(struct arena *arena, const struct address *via, int family, struct attributes *to);

#endif
