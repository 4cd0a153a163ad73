/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet sockets (packet(7)): all that the devices of a namespace send and receive. Opening and closing one
 * costs longer than a small lab (facts: 8 to 16 ms).
 */
#ifndef TUNLAB_PACKET_SOCKET_H
#define TUNLAB_PACKET_SOCKET_H

#include <linux/if.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/error.h"

struct packet_socket;

/* What one is opened for: each takes something of the other that nobody would look at. */
enum packet_use {
	PACKET_COUNTED,	 /* in packets of wire size: "packets" */
	PACKET_CAPTURED, /* with the moment at which the kernel saw it: "time" */
};

/* A packet as it was received, with the VLAN tag that the kernel had taken out of it. */
struct packet {
	const struct sockaddr_ll *from; /* the device, its ARPHRD_ type, the protocol, ... */
	unsigned direction;		/* enum relay_direction, 0: neither */
	const uint8_t *bytes;
	size_t size;	  /* of what is there */
	size_t length;	  /* of the packet */
	uint64_t packets; /* how many of wire size are in it; 1 unless they are counted */
	uint64_t time;	  /* nanoseconds since 1970; 0 unless it is captured */
};

/* Opens one in the calling thread's namespace; what passes from now on is queued in the kernel. */
struct error *packet_socket_open(enum packet_use use, struct packet_socket **out);

/* Closes it; NULL is allowed. */
void packet_close(struct packet_socket *socket);

/* Its descriptor, to be waited for. */
int packet_descriptor(const struct packet_socket *socket);

/*
 * Calls EACH for all that is queued when this is called; what comes meanwhile makes the descriptor ready
 * again. A packet is there until EACH returns, which must not read packets itself.
 */
struct error *packet_each(struct packet_socket *socket,
	void (*each)(void *context, const struct packet *packet), void *context);

/* How many packets the kernel could not queue, or not hand over, since the last call. */
uint64_t packet_lost(struct packet_socket *socket);

/* The index of a device of the socket's namespace, 0 if there is none; the name of one, and its ARPHRD_ type,
 * false if there is none. */
uint32_t packet_device(const struct packet_socket *socket, const char *name);
bool packet_device_name(
	const struct packet_socket *socket, uint32_t device, char name[static IFNAMSIZ], uint16_t *type);

#endif
