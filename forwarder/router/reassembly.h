/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting together what came for the router in fragments (RFC 791 3.2, RFC 815, RFC 8200 4.5). What overlaps
 * is dropped with all that it belongs to (RFC 5722; RFC 8200 4.5), but for an exact copy.
 */
#ifndef TUNLAB_ROUTER_REASSEMBLY_H
#define TUNLAB_ROUTER_REASSEMBLY_H

#include "forwarder/router/datagram.h"

/* Memory for REASSEMBLY_COUNT packets, which is the machine's only as far as it was used. NULL without. */
struct reassembly *reassembly_open(void);
void reassembly_close(struct reassembly *reassembly);

/*
 * Takes a fragment. Returns ROUTER_COUNTERS where that completes its packet, which OUT then is, until the
 * next call, with OUT->from as the fragment's: to be treated as one that came whole. ROUTER_delivered: others
 * are missing. Else why it is dropped. Where it is wrong about a field, *error and *argument say of which an
 * ICMP error is to be sent.
 */
enum router_counter reassembly_take(struct router *router, const struct datagram *fragment,
	struct datagram *out, int *error, uint32_t *argument);

/* When the next one's time is over; ROUTER_NEVER. 30 s for IPv4, 60 s for IPv6 (RFC 8200 4.5). */
uint64_t reassembly_next(const struct router *router);

/* Drops what is not complete in time, with an ICMP error where its first fragment came. */
void reassembly_tick(struct router *router);

#endif
