/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which queue of a device each flow goes by. The kernel sends a flow by the queue that its answers came by,
 * else by its hash (drivers/net/tun.c, "automatic queue selection"); so what is written for a flow goes into
 * the queue that it was read from, and it stays there.
 *
 * A flow is what has the same two addresses, protocol and, of TCP, UDP and what is like them, ports; in
 * either direction. Fragments have no ports; what is in a tunnel of IP in IP is told by what is there. All
 * this is as the kernel has it: of two flows that were one here, each would draw the other into its queue. It
 * is told by a hash. One that is forgotten for the sake of newer ones is unknown until it is read again.
 */
#ifndef TUNLAB_FLOWS_H
#define TUNLAB_FLOWS_H

#include "forwarder/packet.h"

struct flows;

/* A table of no flow; NULL without memory. */
struct flows *flows_open(void);

/* NULL is allowed. */
void flows_close(struct flows *flows);

/* The flow of a packet whose IP header is at NETWORK, in bytes; 0: it is of none. */
uint32_t flow_of(const struct packet *packet, size_t network);

/* A packet of the flow came by the queue. Flow 0 is not kept. */
void flows_note(struct flows *flows, uint32_t flow, uint16_t queue);

/* By which queue it came last; UNKNOWN where nobody knows. */
uint16_t flows_queue(const struct flows *flows, uint32_t flow, uint16_t unknown);

#endif
