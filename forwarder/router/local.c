/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/local.h"

void local_take(struct router *router, struct datagram *datagram)
{
	router_drop(router, datagram, ROUTER_no_transport);
}
