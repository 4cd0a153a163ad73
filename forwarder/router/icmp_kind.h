/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types and codes of ICMP errors of both families (RFC 792, RFC 1812 5.2.7, RFC 4443 3). */
#ifndef TUNLAB_ROUTER_ICMP_KIND_H
#define TUNLAB_ROUTER_ICMP_KIND_H

#include "forwarder/router/icmp.h"

/* What the four bytes behind the checksum say. */
enum icmp_says { ICMP_SAYS_NOTHING, ICMP_SAYS_MTU, ICMP_SAYS_WHERE };

struct icmp_kind {
	uint8_t type, code;
	enum icmp_says says;
	const char *name; /* for who captures it; the type as nft names it, and the code */
};

/* How FAMILY says this error. */
const struct icmp_kind *icmp_kind(uint8_t family, enum icmp_error error);

/* What stands in the four bytes for an argument of icmp_error(). */
uint32_t icmp_kind_argument(const struct icmp_kind *kind, uint8_t family, uint32_t argument);

/* Whether no error may be sent about a message of this type (RFC 1122 3.2.2, RFC 4443 2.4 e). */
bool icmp_kind_silent(uint8_t family, uint8_t type);

#endif
