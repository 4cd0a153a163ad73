/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a request to the bytes of a netlink message (netlink(7)). */
#ifndef TUNLAB_RTNL_ENCODE_H
#define TUNLAB_RTNL_ENCODE_H

#include "kernel/rtnl.h"

/*
 * Encodes REQUEST; *OUT, which the caller frees, has NLM_F_REQUEST and the request's flags, and no sequence
 * number yet. The attributes stand in it in the order of the request's. Where RESOLVER is NULL, devices are
 * RTNL's own. STATUS_WRONG where RESOLVER does not know a device (ENODEV) or namespace (ENOENT), or where an
 * attribute is longer than 65,535 bytes or the message longer than 128 KiB (EMSGSIZE).
 */
struct error *rtnl_encode(struct rtnl *rtnl, const struct request *request, const struct resolver *resolver,
	struct nlmsghdr **out);

#endif
