/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/icmp_kind.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>

enum {
	KINDS = ICMP_NO_HEADERS + 1,
	INCOMPLETE_CHAIN = 3, /* RFC 7112 5 */
	ND_REDIRECT = 137,
	INFORMATION = 128, /* ICMPv6 types from here on are no errors (RFC 4443 2.1) */
};

#define UNREACHABLE "destination-unreachable: "
#define PARAMETER   "parameter-problem: "

static const struct icmp_kind kinds4[KINDS] = {
	[ICMP_TTL_EXCEEDED] = { ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, ICMP_SAYS_NOTHING, "time-exceeded" },
	[ICMP_REASSEMBLY_EXCEEDED] = { ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, ICMP_SAYS_NOTHING,
		"time-exceeded: reassembly" },
	[ICMP_NO_ROUTE] = { ICMP_DEST_UNREACH, ICMP_NET_UNREACH, ICMP_SAYS_NOTHING, UNREACHABLE "net" },
	[ICMP_NO_NEIGHBOUR] = { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, ICMP_SAYS_NOTHING, UNREACHABLE "host" },
	[ICMP_NO_PROTOCOL] = { ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, ICMP_SAYS_NOTHING,
		UNREACHABLE "protocol" },
	[ICMP_NO_PORT] = { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ICMP_SAYS_NOTHING, UNREACHABLE "port" },
	[ICMP_PROHIBITED] = { ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, ICMP_SAYS_NOTHING,
		UNREACHABLE "administratively prohibited" },
	[ICMP_TOO_BIG] = { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_SAYS_MTU,
		UNREACHABLE "fragmentation needed" },
	[ICMP_BAD_PARAMETER] = { ICMP_PARAMETERPROB, 0, ICMP_SAYS_WHERE, PARAMETER "header field" },
	[ICMP_BAD_OPTION] = { ICMP_PARAMETERPROB, 0, ICMP_SAYS_WHERE, PARAMETER "option" },
	[ICMP_BEYOND_SCOPE] = { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, ICMP_SAYS_NOTHING, UNREACHABLE "host" },
	[ICMP_NO_HEADERS] = { ICMP_PARAMETERPROB, 0, ICMP_SAYS_WHERE, PARAMETER "header field" },
};

static const struct icmp_kind kinds6[KINDS] = {
	[ICMP_TTL_EXCEEDED] = { ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, ICMP_SAYS_NOTHING, "time-exceeded" },
	[ICMP_REASSEMBLY_EXCEEDED] = { ICMPV6_TIME_EXCEED, ICMPV6_EXC_FRAGTIME, ICMP_SAYS_NOTHING,
		"time-exceeded: reassembly" },
	[ICMP_NO_ROUTE] = { ICMPV6_DEST_UNREACH, ICMPV6_NOROUTE, ICMP_SAYS_NOTHING, UNREACHABLE "no route" },
	[ICMP_NO_NEIGHBOUR] = { ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, ICMP_SAYS_NOTHING,
		UNREACHABLE "address" },
	[ICMP_NO_PROTOCOL] = { ICMPV6_PARAMPROB, ICMPV6_UNK_NEXTHDR, ICMP_SAYS_WHERE,
		PARAMETER "unrecognized next header" },
	[ICMP_NO_PORT] = { ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, ICMP_SAYS_NOTHING, UNREACHABLE "port" },
	[ICMP_PROHIBITED] = { ICMPV6_DEST_UNREACH, ICMPV6_ADM_PROHIBITED, ICMP_SAYS_NOTHING,
		UNREACHABLE "administratively prohibited" },
	[ICMP_TOO_BIG] = { ICMPV6_PKT_TOOBIG, 0, ICMP_SAYS_MTU, "packet-too-big" },
	[ICMP_BAD_PARAMETER] = { ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD, ICMP_SAYS_WHERE,
		PARAMETER "header field" },
	[ICMP_BAD_OPTION] = { ICMPV6_PARAMPROB, ICMPV6_UNK_OPTION, ICMP_SAYS_WHERE,
		PARAMETER "unrecognized option" },
	[ICMP_BEYOND_SCOPE] = { ICMPV6_DEST_UNREACH, ICMPV6_NOT_NEIGHBOUR, ICMP_SAYS_NOTHING,
		UNREACHABLE "beyond the scope of the source" },
	[ICMP_NO_HEADERS] = { ICMPV6_PARAMPROB, INCOMPLETE_CHAIN, ICMP_SAYS_WHERE,
		PARAMETER "incomplete header chain" },
};

const struct icmp_kind *icmp_kind(uint8_t family, enum icmp_error error)
{
	return (family == AF_INET ? kinds4 : kinds6) + error;
}

uint32_t icmp_kind_argument(const struct icmp_kind *kind, uint8_t family, uint32_t argument)
{
	switch (kind->says) {
	case ICMP_SAYS_NOTHING: break;
	case ICMP_SAYS_MTU: return argument;
	case ICMP_SAYS_WHERE: return family == AF_INET ? argument << 24 : argument;
	}
	return 0;
}

/* What IPv4 asks and answers; a type that nobody knows may be an error. */
bool icmp_kind_silent(uint8_t family, uint8_t type)
{
	if (family == AF_INET6)
		return type < INFORMATION || type == ND_REDIRECT;
	switch (type) {
	case ICMP_ECHOREPLY:
	case ICMP_ECHO:
	case ICMP_TIMESTAMP:
	case ICMP_TIMESTAMPREPLY:
	case ICMP_INFO_REQUEST:
	case ICMP_INFO_REPLY:
	case ICMP_ADDRESS:
	case ICMP_ADDRESSREPLY: return false;
	default: return true;
	}
}
