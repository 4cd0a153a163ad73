/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/decision.h"

struct decision decide(const struct router *router, const struct datagram *datagram)
{
	(void)router, (void)datagram;
	return (struct decision) { .going = GOING_NOWHERE, .why = ROUTER_no_route };
}

const char *decision_print(
	const struct decision *decision, const struct datagram *datagram, char *text, size_t size)
{
	(void)decision, (void)datagram, (void)size;
	*text = 0;
	return text;
}
