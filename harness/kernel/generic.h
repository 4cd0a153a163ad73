/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door to generic netlink (Documentation/userspace-api/netlink/intro.rst): families that have names. */
#ifndef TUNLAB_GENERIC_H
#define TUNLAB_GENERIC_H

#include "lab/error.h"
#include "lab/request.h"

/*
 * Asks the family that the request names, in the calling thread's namespace, and waits for its answer. Errors
 * are those of rtnl_do; where the kernel lacks the family, "skip" is set.
 */
struct error *generic_do(const struct request *request);

#endif
