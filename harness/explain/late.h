/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long somebody waited for the answers to a probe's packets. */
#ifndef TUNLAB_LATE_H
#define TUNLAB_LATE_H

#include "explain/evidence.h"

struct patience;

/* Finds out until when the packets of the probe could come; from the arena. */
struct patience *patience_of(const struct evidence *evidence);

/* Whether nobody waited any more when it was seen. */
bool came_late(const struct patience *patience, const struct sighting *sighting);

#endif
