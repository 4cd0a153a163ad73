/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cutting a datagram into fragments (RFC 791 3.2, RFC 8200 4.5). */
#ifndef TUNLAB_ROUTER_FRAGMENT_H
#define TUNLAB_ROUTER_FRAGMENT_H

#include "forwarder/router/datagram.h"

/*
 * Makes the fragment that has what begins at *OFFSET (0 for the first) of a datagram's own bytes behind its
 * headers, of at most MTU bytes, in router->piece, as OUT; and sets *OFFSET to what comes behind it. Returns
 * whether there is another. A fragment of IPv4 may be cut again, with its options as they are to be copied.
 * IPv6 is cut only where the router made it. The datagram is complete, and MTU at least 68, or 1280 of IPv6;
 * or else the least that is of use is made of it.
 */
bool fragment_cut(struct router *router, const struct datagram *datagram, uint32_t mtu, size_t *offset,
	struct datagram *out);

#endif
