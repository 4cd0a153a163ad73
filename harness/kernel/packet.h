/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What devices see, counted: one packet socket for each namespace that needs one, on all its devices,
 * filtered in user space, and kept once opened. Filters are pcap-filter(7)'s, compiled by libpcap, which is
 * loaded only when a lab has a filter: linking it costs every run about a millisecond.
 */
#ifndef TUNLAB_PACKET_H
#define TUNLAB_PACKET_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "forwarder/protocol.h"
#include "kernel/packet_socket.h"
#include "lab/arena.h"
#include "lab/error.h"

/* A compiled filter; count 0: every packet. */
struct filter {
	struct sock_filter *at;
	uint32_t count;
};

/*
 * Compiles TEXT for packets that begin with an Ethernet header (ETHERNET; lo too) or with an IP header. NULL,
 * or what is wrong with it (taken from ARENA): libpcap's own words, or that libpcap is missing and what to
 * install. TEXT may have 1000 characters. Names of hosts are looked up in /etc/hosts and nowhere else, from
 * here on in all of the process.
 */
const char *filter_compile(struct arena *arena, const char *text, bool ethernet, struct filter *out);

/* What is wrong with a filter, NULL if nothing is: a filter_check for the reading of labs. */
const char *filter_wrong(struct arena *arena, const char *text, bool ethernet);

/* One count that is kept: packets of a device that match. */
struct packet_count {
	uint32_t device;    /* its index */
	bool loopback;	    /* it is lo, whose packets pass twice: counted once, as tcpdump shows them */
	unsigned direction; /* enum relay_direction */
	struct filter filter;
	uint64_t packets; /* of wire size: a segment of several counts as so many (virtio_net_hdr's gso_size)
			   */
};

/* Opens one in the calling thread's namespace; what passes from now on is queued in the kernel. */
struct error *packet_open(struct packet_socket **out);

/*
 * Reads all that is queued when it is called (what comes meanwhile makes the descriptor ready again), and
 * adds what matches to the counts (COUNT 0: throws it away).
 */
struct error *packet_read(struct packet_socket *socket, struct packet_count *counts, size_t count);

#endif
