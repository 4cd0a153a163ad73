/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a namespace made of a packet, and by which rule and route: at one event of its passage. */
#ifndef TUNLAB_CROSSING_H
#define TUNLAB_CROSSING_H

#include "explain/passages.h"

/*
 * Of what came in by a device: "router forwards it: rule 32766 (...) → ...", with the addresses that the
 * decision was made with, and the mark, where what is seen behind it tells them; else it says what may have
 * been otherwise. NULL: nothing is known, or to be said.
 */
const char *crossing_in(const struct evidence *evidence, const struct passages *passages,
	const struct passage *passage, size_t at);

/* Of what left by a device, or is looped back, and was made here: "client sends it: rule ...". NULL: it was
 * not, or nothing is known. */
const char *crossing_out(const struct evidence *evidence, const struct passage *passage, size_t at);

/* Of what never left: of the probe's request (from step->in), or of the answer to what came into IN. */
const char *crossing_unsent(
	const struct evidence *evidence, enum role role, const struct netns *in, const struct flow *flow);

/*
 * The neighbour that a host asked for in vain to send FLOW, which came in by IIF (NULL: it is sent here): how
 * often, and SINCE when. NULL: none.
 */
const char *crossing_waits(const struct evidence *evidence, enum role role, const struct netns *in,
	const char *iif, const struct flow *flow, uint64_t *since);

#endif
