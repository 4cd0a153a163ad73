/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The number of RELAY_IMPAIR "mtu": longer IP packets are lost, and nobody is told. */
#ifndef TUNLAB_MTU_H
#define TUNLAB_MTU_H

enum mtu_number {
	MTU_BYTES, /* of the IP packet, without an Ethernet header */
};

#endif
