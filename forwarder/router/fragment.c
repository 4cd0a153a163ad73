/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/fragment.h"

bool fragment_cut(struct router *router, const struct datagram *datagram, uint32_t mtu, size_t *offset,
	struct datagram *out)
{
	(void)router, (void)mtu, (void)offset;
	*out = *datagram;
	return false;
}
