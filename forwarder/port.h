/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port: the relay's end of a TUN or TAP device. What is read from it went out of the device; what is
 * written to it comes in there. It has a descriptor for each queue of the device
 * (Documentation/networking/tuntap.rst).
 */
#ifndef TUNLAB_PORT_H
#define TUNLAB_PORT_H

#include <sys/types.h>

#include "forwarder/capture.h"
#include "forwarder/flows.h"
#include "forwarder/packet.h"
#include "forwarder/protocol.h"
#include "forwarder/segment.h"

struct lane;
struct router_port;

struct queue {
	struct port *port;
	int fd; /* -1: is closed */
};

struct port {
	struct queue *queues;
	unsigned queue_count; /* 1 or more */
	struct flows *flows;  /* NULL: there is but one queue */
	enum relay_frame frame;
	bool packet_info;	    /* its packets have a struct tun_pi before them */
	bool offload;		    /* its packets have a struct virtio_net_hdr before them, behind that */
	uint32_t mtu;		    /* bytes, without the Ethernet header, of what is written */
	struct port *next;	    /* of its wire, around to itself; itself: joined to none */
	struct router_port *routed; /* it is one of a router's, and joined to none; NULL: it is not */
	struct lane *lane;	    /* what packets go through before it receives them; NULL: nothing */
	bool answers;		    /* the last packet for it was answered at once */
	uint64_t impaired;     /* packets of wire size that went through impairments: numbers of arrivals */
	struct watch *watches; /* what counts here */
	struct relay_counters *counters;
	struct capture *capture; /* that what passes goes to, as "interface"; NULL: none */
	uint32_t interface;
};

/* Makes one with so many queues, all of them closed, joined to none. NULL without memory. */
struct port *port_open(unsigned queues, struct relay_counters *counters);

/* Closes its queues and frees it; what is about it, such as its lane and its watches, must be gone. NULL is
 * allowed. */
void port_close(struct port *port);

/*
 * Gives a queue a descriptor, which becomes its own, and makes it non-blocking. It must be closed. Returns 0
 * or -1 with errno.
 */
int queue_attach(struct queue *queue, int fd);

/* Closes a queue, which must have left the epoll set: another process may hold it open. */
void queue_close(struct queue *queue);

/* Joins two ports; what either was joined to before goes on without it. */
void port_join(struct port *one, struct port *other);

/* Takes a port from its wire, which goes on without it. */
void port_leave(struct port *port);

/* Joins a port to the wire of another, as one more of its ends. */
void port_enter(struct port *port, struct port *wire);

/*
 * Reads one packet from a queue, whose bytes are put into "buffer", of SEGMENT_LONGEST bytes, with
 * PACKET_ROOM before them that are free, and counts it as gone out of the device: a segment as the packets of
 * wire size that it is made of. Returns its length in bytes, 0 if there is none now, or -1 if there will
 * never be one again: the device is gone. An empty packet, which nobody would take, is none; a socket whose
 * other end is closed has nothing else, which epoll says.
 */
ssize_t port_read(struct queue *queue, uint8_t *buffer, struct packet *out);

/*
 * Writes one packet and counts it as come in; or counts it as too big or refused, and captures it as dropped.
 * It never blocks. The kernel refuses with EIO where the device is down, and with EINVAL what is shorter than
 * an IP header or begins like none; EINVAL is also what a segment is refused with that no device would send,
 * EPROTONOSUPPORT what is not IP where a device could not say so, and ENODEV all where no queue is open.
 * A segment passes whole where the port takes such and none of its packets is too big; else those that are
 * not are written.
 */
void port_write(struct port *port, const struct packet *packet);

#endif
