/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets something befalls, as impairments/chance.h says it: by chance, or by counting; of all, or of
 * those that match a filter.
 */
#ifndef TUNLAB_CHOSEN_H
#define TUNLAB_CHOSEN_H

#include "forwarder/impairment.h"

/* The draws of a packet's that the choice uses: what follows from it has those from here on. */
enum { CHOSEN_DRAWS = 2 };

struct chosen {
	struct stream stream;
	const struct relay_message *message;
	struct chain chain;
	uint64_t count; /* of packets that came and match */
	char text[96];	/* what the settings are: "loss 1%" */
};

/*
 * Takes a message as an impairment does. What was counted stays, unless something else is counted from now
 * on: by another form, or of another filter. NULL, or what is wrong, and nothing has changed.
 */
const char *chosen_set(
	struct chosen *chosen, const struct stream *stream, const struct relay_message *message);

/* Whether it befalls a packet, which is counted. */
bool chosen_is(struct chosen *chosen, const struct arrival *arrival);

#endif
