/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/options.h"

struct options_wrong options_check(const struct datagram *datagram, bool at_home)
{
	(void)datagram, (void)at_home;
	return (struct options_wrong) { .why = ROUTER_COUNTERS };
}

void options_forward(struct router *router, struct datagram *datagram, const struct ip *by)
{
	(void)router, (void)datagram, (void)by;
}
