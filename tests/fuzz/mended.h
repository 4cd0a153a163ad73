/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums of what comes to a router, made right: any bytes would seldom have them so. */
#ifndef TUNLAB_TESTS_FUZZ_MENDED_H
#define TUNLAB_TESTS_FUZZ_MENDED_H

#include "tests/fuzz/sent.h"

static inline void store_sum(uint8_t *at, const uint8_t *bytes, size_t size, uint32_t begin)
{
	memset(at, 0, 2);
	made_number(at, 2, sum(bytes, size, begin));
}

/* Of the transport that begins at AT, where it has one. */
static inline void mend_transport(uint8_t *bytes, size_t at, size_t length, uint8_t protocol)
{
	size_t field = protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2;
	bool has = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP ||
		   protocol == IPPROTO_ICMPV6;

	if (has && at + field + 2 <= length)
		store_sum(bytes + at + field, bytes + at, length - at,
			protocol == IPPROTO_ICMP ? 0 : pseudo(bytes, protocol, length - at));
}

static inline void mend(uint8_t *bytes, size_t size)
{
	size_t header, length;

	if (size >= 20 && bytes[0] >> 4 == 4) {
		header = (size_t)(bytes[0] & 15) * 4;
		length = load16(bytes + 2);
		if (header < 20 || header > size)
			return;
		if (length <= size && !(load16(bytes + 6) & 0x3fff))
			mend_transport(bytes, header, length, bytes[9]);
		store_sum(bytes + 10, bytes, header, 0);
	} else if (size >= 40 && bytes[0] >> 4 == 6) {
		length = 40U + load16(bytes + 4);
		if (length <= size)
			mend_transport(bytes, 40, length, bytes[6]);
	}
}

#endif
