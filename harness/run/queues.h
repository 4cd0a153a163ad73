/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What did not get into a wire, since the device that it was to leave by dropped it: no wire can say so. */
#ifndef TUNLAB_RUN_QUEUES_H
#define TUNLAB_RUN_QUEUES_H

#include "run/verdict.h"

/*
 * Says in VERDICT, of a failed step, which devices that wires read have dropped packets since the lab began:
 * in the run itself, of which a second one may know nothing.
 */
struct error *queues_tell(struct site *site, struct arena *arena, struct verdict *verdict);

#endif
