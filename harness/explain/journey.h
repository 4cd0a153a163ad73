/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of a packet through the lab, as far as it was seen. */
#ifndef TUNLAB_JOURNEY_H
#define TUNLAB_JOURNEY_H

#include "explain/evidence.h"

/* The places in the order in which a role's packets first came there: the last is the furthest that any got.
 */
struct journey {
	const struct sighting **at;
	size_t count;
};

struct journey journey_of(const struct evidence *evidence, enum role role);

/* The furthest place; NULL: nowhere. */
const struct sighting *journey_end(const struct journey *journey);

/* "request 10.0.0.1 → 10.0.0.2: echo request" and, a line each, where it was seen and when, from 0. */
void journey_print(FILE *to, const struct evidence *evidence);

#endif
