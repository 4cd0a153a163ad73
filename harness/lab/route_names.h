/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that `ip route` has for the numbers in a route. */
#ifndef TUNLAB_LAB_ROUTE_NAMES_H
#define TUNLAB_LAB_ROUTE_NAMES_H

#include "lab/value.h"

extern const struct name route_types[], route_protocols[], route_scopes[], route_tables[];
extern const struct name
	ip_protocols[];			/* numbers in an IP header, as /etc/protocols of Debian 12 has them */
extern const struct name route_flags[]; /* bits of rtm_flags and rtnh_flags */
extern const struct name route_cache_flags[]; /* bits of rtm_flags where RTM_F_CLONED is among them */
extern const struct name route_metrics[];     /* attributes in RTA_METRICS */
extern const struct name route_preferences[]; /* of routers, RFC 4191 */

#endif
