/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device of a namespace as the kernel has it now. */
#ifndef TUNLAB_LINK_STATE_H
#define TUNLAB_LINK_STATE_H

#include "run/site.h"

struct link_state {
	bool up;	    /* IFF_UP */
	bool carrier;	    /* of what is down nobody knows */
	const char *master; /* the bridge (or bond, VRF) that it is a port of; NULL: none */
	uint32_t mtu;
};

/* Asks the kernel; false where it has no such device. Texts are taken from ARENA. */
bool link_state_ask(struct arena *arena, struct site_netns *in, const char *device, struct link_state *out);

/* The state (NUD_..., linux/neighbour.h) of what the device knows of the neighbour HOP, an address as text;
 * 0: it knows nothing. */
uint16_t neighbour_state_ask(struct site_netns *in, const char *device, const char *hop);

#endif
