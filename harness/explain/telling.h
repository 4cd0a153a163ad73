/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a journey: what was seen of a packet at one place and one time, and what was made of it there.
 */
#ifndef TUNLAB_TELLING_H
#define TUNLAB_TELLING_H

#include "explain/passages.h"

/* What is printed, and to where. */
struct telling {
	FILE *to;
	const struct evidence *evidence;
	struct passages passages;
	uint64_t began; /* when the first packet of the probe was seen */
};

/* A line without a time; NOTE NULL: none. */
void telling_note(const struct telling *telling, const char *note);

/* What befell PASSAGE at its event AT, with what was made of the packet where it came in, or before it left.
 */
void telling_event(const struct telling *telling, const struct passage *passage, size_t at);

void telling_drop(const struct telling *telling, const struct dropped *drop);

/* That FLOW, which came in by IIF (NULL: it is sent here), waits for a neighbour who does not answer, if so.
 */
void telling_wait(const struct telling *telling, enum role role, const struct netns *in, const char *iif,
	const struct flow *flow);

/* Whether a namespace took it in by a device other than lo. */
bool comes_in(const struct sighting *sighting);

#endif
