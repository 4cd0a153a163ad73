/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a packet that went into a tunnel: the packets around it. */
#ifndef TUNLAB_CARRIERS_H
#define TUNLAB_CARRIERS_H

#include "explain/evidence.h"

/*
 * The same evidence, to which the packets around those of ROLE have that role, and what is inside of them is
 * others'. OUT_COUNT: how many were seen. Roles must have been given.
 */
struct evidence carriers_only(const struct evidence *evidence, enum role role, size_t *out_count);

#endif
