/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel leaves to a TUN or TAP device: checksums, and to cut segments into packets of wire size. */
#ifndef TUNLAB_OFFLOAD_H
#define TUNLAB_OFFLOAD_H

#include "lab/link.h"

/* The kind's own settings, and what checks them (struct link_kind). */
extern const struct field offload_fields[];
const char *offload_settle(const struct reading *reading, struct link *link);

/* Whether something is left to the link: what is said of it, else whether the relay carries its wire. */
bool offload_wanted(const struct link *link);

#endif
