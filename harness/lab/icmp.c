/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/icmp.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

const struct icmp_name icmp_names[] = {
	{ "net-unreachable", AF_INET, ICMP_DEST_UNREACH, ICMP_NET_UNREACH },
	{ "host-unreachable", AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH },
	{ "prot-unreachable", AF_INET, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH },
	{ "port-unreachable", AF_INET, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH },
	{ "frag-needed", AF_INET, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED },
	{ "net-prohibited", AF_INET, ICMP_DEST_UNREACH, ICMP_NET_ANO },
	{ "host-prohibited", AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_ANO },
	{ "admin-prohibited", AF_INET, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED },
	{ "time-exceeded", AF_INET, ICMP_TIME_EXCEEDED, ANY_CODE },
	{ "parameter-problem", AF_INET, ICMP_PARAMETERPROB, ANY_CODE },
	{ "no-route", AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE },
	{ "admin-prohibited", AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN },
	{ "addr-unreachable", AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR },
	{ "port-unreachable", AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT },
	{ "policy-fail", AF_INET6, ICMP6_DST_UNREACH, 5 },
	{ "reject-route", AF_INET6, ICMP6_DST_UNREACH, 6 },
	{ "packet-too-big", AF_INET6, ICMP6_PACKET_TOO_BIG, ANY_CODE },
	{ "time-exceeded", AF_INET6, ICMP6_TIME_EXCEEDED, ANY_CODE },
	{ "parameter-problem", AF_INET6, ICMP6_PARAM_PROB, ANY_CODE },
	{ NULL, 0, 0, 0 },
};

const char *icmp_error_name(int family, uint8_t type, uint8_t code)
{
	for (const struct icmp_name *name = icmp_names; name->name; name++)
		if (name->family == family && name->type == type &&
			(name->code == ANY_CODE || name->code == code))
			return name->name;
	return NULL;
}

int icmp_is_name(const char *name)
{
	for (const struct icmp_name *known = icmp_names; known->name; known++)
		if (!strcmp(known->name, name))
			return 1;
	return 0;
}
