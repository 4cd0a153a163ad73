/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel knows a kind of link, told by trying. */
#ifndef TUNLAB_KIND_H
#define TUNLAB_KIND_H

#include "kernel/rtnl.h"
#include "lab/link.h"

/*
 * Asks for a link of the kind, in the namespace that the calling thread is in and that RTNL is of: one that
 * goes afterwards, since the link may stay. The kernel may load a module for it. NULL: it knows the kind. An
 * error with "skip" set: it does not; any other: nobody can tell.
 */
struct error *kind_try(struct arena *arena, struct rtnl *rtnl, const struct link_kind *kind);

#endif
