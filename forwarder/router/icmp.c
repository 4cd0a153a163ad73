/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/icmp.h"

void icmp_error(struct router *router, const struct datagram *about, enum icmp_error error, uint32_t argument)
{
	(void)router, (void)about, (void)error, (void)argument;
}
