/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rtnl.c is made of, for tests that play the kernel. */
#ifndef TUNLAB_RTNL_SOCKET_H
#define TUNLAB_RTNL_SOCKET_H

#include "kernel/rtnl.h"

/*
 * Makes an rtnl of a connected or netlink socket, which becomes its own; waits that many MILLISECONDS (over
 * 0) for an answer. It is closed on failure too.
 */
struct error *rtnl_over(int fd, unsigned milliseconds, struct rtnl **out);

#endif
