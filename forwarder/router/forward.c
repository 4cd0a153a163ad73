/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/forward.h"

void forward(struct router *router, struct datagram *datagram, const struct decision *decision)
{
	(void)router, (void)datagram, (void)decision;
}
