/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TUN and TAP devices (Documentation/networking/tuntap.rst). */
#ifndef TUNLAB_TUN_H
#define TUNLAB_TUN_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/error.h"

/* What a device is to be. */
struct tun {
	const char *name;
	uint16_t flags;	     /* of TUNSETIFF: IFF_TUN or IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE */
	bool vanishes;	     /* when nobody has it open */
	bool owned, grouped; /* they may open it without privilege: */
	uint32_t owner, group; /* their numbers */
};

/*
 * Makes a device in the calling thread's namespace, where there must be none of its name, and opens it,
 * non-blocking. With IFF_VNET_HDR a struct virtio_net_hdr is before each packet, and checksums and segments
 * (TCP, and datagrams since Linux 6.2) are left to whoever reads it. The name is read back and must be the
 * device's. Closing what stays is cheap, and the namespace takes the device down as it goes; else it costs
 * some 17 ms. STATUS_UNABLE, with the remedy, where /dev/net/tun is missing or may not be opened;
 * STATUS_WRONG for what the lab did wrong (EBUSY: the name is taken, ...).
 */
struct error *tun_make(const struct tun *tun, int *fd);

/* Opens one that stands and that nobody has open, or makes it anew if it has gone. */
struct error *tun_open(const struct tun *tun, int *fd);

/* Opens one more queue of a device with IFF_MULTI_QUEUE that is open. */
struct error *tun_add_queue(const struct tun *tun, int *fd);

/* Has a queue take no packets, or again. Attached again, it is the last of those that are attached. */
struct error *tun_detach(const struct tun *tun, int fd, bool detached);

/* Has the device stay from now on when nobody has it open: closing it is cheap then. */
struct error *tun_keep(const struct tun *tun, int fd);

#endif
