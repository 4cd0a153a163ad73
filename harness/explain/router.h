/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets at the ports of a router of the relay's. */
#ifndef TUNLAB_EXPLAIN_ROUTER_H
#define TUNLAB_EXPLAIN_ROUTER_H

#include "explain/evidence.h"

/* The wire of the router at whose port it was seen; NULL: at none's. */
const struct wire *routed_by(const struct sighting *sighting);

/* Why a router dropped it there, "there is no route to 10.9.9.9"; NULL: none did. */
const char *router_lost_by(const struct sighting *sighting);

#endif
