/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of building: each phase is done in all namespaces before the next begins. */
#ifndef TUNLAB_PHASE_H
#define TUNLAB_PHASE_H

enum phase {
	PHASE_NAMESPACES,
	PHASE_LINKS,   /* made and enslaved */
	PHASE_RELAY,   /* the wires' ends are handed to it */
	PHASE_SYSCTLS, /* forwarding first, since it resets others */
	PHASE_UP,      /* links come up */
	PHASE_ADDRESSES,
	PHASE_NEIGHBOURS,
	PHASE_NEXTHOPS,
	PHASE_ROUTES,
	PHASE_RULES,
	PHASE_NFT,
	PHASE_IMPAIRMENTS, /* the lab stands; what impairs its wires begins */
	PHASE_COUNT,
};

/* The phase's name, as TUNLAB_STOP_AT takes it. */
const char *phase_name(enum phase phase);

#endif
