/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the filters that filter_compile (kernel/packet.h) made. */
#ifndef TUNLAB_KERNEL_FILTER_H
#define TUNLAB_KERNEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/packet.h"

/*
 * Whether the packet matches: SIZE bytes of it are at BYTES, and it was LENGTH bytes long. What a filter
 * wants to see beyond SIZE makes it not match. A filter without instructions matches all.
 */
bool filter_matches(const struct filter *filter, const void *bytes, size_t size, size_t length);

#endif
