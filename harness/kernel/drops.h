/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that the kernel dropped, and why: what it says at its tracepoint kfree_skb (Linux 5.17), of the
 * network namespaces that are asked for and no other. A packet that is dropped before one is made of it, or
 * that is not dropped but never sent (no route), is not told of.
 */
#ifndef TUNLAB_DROPS_H
#define TUNLAB_DROPS_H

#include <stddef.h>
#include <stdint.h>

#include "lab/error.h"

struct drop_watch;

struct drop {
	uint64_t time;	   /* nanoseconds since 1970 */
	uint64_t cookie;   /* of the network namespace: netns_cookie */
	uint32_t device;   /* its index there; 0: none, as of what never left its socket */
	uint32_t reason;   /* a number that means another reason in another version of the kernel */
	const char *name;  /* enum skb_drop_reason's name for it, as "IP_RPFILTER"; NULL if it has none there,
			    as a subsystem's own (the upper half of the number is the subsystem's) */
	const char *place; /* the kernel's function that dropped, as "ip_rcv_finish_core", without what a
			    compiler puts behind (".constprop.0"); NULL: not known */
	uint32_t mark;	   /* of the packet */
	uint16_t protocol; /* ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ...; 0: not known yet */
	const unsigned char *bytes; /* of the packet from its network header on */
	size_t size;		    /* of what is there, at most 128 bytes */
	size_t length;		    /* of the packet */
};

/*
 * Begins to watch up to NAMESPACES network namespaces, which drops_add names. Takes 4 to 20 ms.
 * STATUS_UNABLE and one sentence where this machine cannot: CAP_BPF and CAP_PERFMON lack in the initial user
 * namespace (number EPERM), the kernel is older, has no BTF, or is locked down. Both capabilities are put
 * into effect for as long as this takes, and are then not in effect; CAP_SYS_ADMIN, which would stand for
 * them, is left as it is, since the rest of a lab needs it.
 */
struct error *drops_open(size_t namespaces, struct drop_watch **out);

/* Watches the namespace with that cookie from now on. */
struct error *drops_add(struct drop_watch *watch, uint64_t cookie);

/* A descriptor that is readable when there are drops to read. */
int drops_descriptor(const struct drop_watch *watch);

/*
 * Calls SEE for each drop that there was when this is called, in their order. A drop, its bytes and its place
 * are there until SEE returns, names until the watch is closed. What a system call of this process made
 * happen is there when it has returned, unless the packet had to wait in a queue.
 */
void drops_read(struct drop_watch *watch, void (*see)(void *context, const struct drop *drop), void *context);

/* How many drops were not kept so far, since nobody had read those before: some 4,000 are kept. */
uint64_t drops_lost(const struct drop_watch *watch);

/* Ends it; NULL is allowed. */
void drops_close(struct drop_watch *watch);

#endif
