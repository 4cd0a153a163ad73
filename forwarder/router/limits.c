/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "forwarder/router/icmp.h"

struct limits {
	int unused;
};

struct limits *limits_open(void)
{
	return calloc(1, sizeof(struct limits));
}

void limits_close(struct limits *limits)
{
	free(limits);
}

bool limits_allow(struct router *router, const struct ip *to)
{
	(void)router, (void)to;
	return true;
}
