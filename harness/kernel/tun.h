/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TUN and TAP devices (Documentation/networking/tuntap.rst). */
#ifndef TUNLAB_TUN_H
#define TUNLAB_TUN_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/error.h"

/*
 * Makes the device NAME with FLAGS (IFF_TUN or IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, ...) in the calling thread's
 * namespace, and opens it, non-blocking. With IFF_VNET_HDR a struct virtio_net_hdr is before each packet, and
 * checksums and segments (TCP, and datagrams since Linux 6.2) are left to whoever reads it. It is made
 * persistent: closing the descriptor is then cheap, and the namespace takes the device down as it goes. The
 * name is read back and must be NAME. STATUS_UNABLE, with the remedy, where /dev/net/tun is missing or may
 * not be opened; STATUS_WRONG for what the lab did wrong (EBUSY: the name is taken, ...).
 */
struct error *tun_open(const char *name, uint16_t flags, int *fd);

#endif
