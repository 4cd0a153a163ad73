/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that the relay writes and the harness reads. */
#ifndef TUNLAB_RELAY_MEMORY_H
#define TUNLAB_RELAY_MEMORY_H

#include <stddef.h>

#include "lab/error.h"

/* Makes SIZE bytes of zeros, which can neither shrink under a reader nor grow: *OUT is what is mapped here
 * for reading, *FD what is handed over; the caller owns both, even if there is an error (-1: there is none).
 */
struct error *relay_memory_make(size_t size, int *fd, const void **out);

#endif
