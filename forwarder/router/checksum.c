/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/checksum.h"

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size)
{
	(void)bytes, (void)size;
	return sum;
}

uint64_t checksum_add_pseudo(
	uint64_t sum, const struct ip *source, const struct ip *target, uint8_t protocol, uint32_t length)
{
	(void)source, (void)target, (void)protocol, (void)length;
	return sum;
}

uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)sum;
}

uint16_t checksum_update(uint16_t checksum, uint16_t was, uint16_t now)
{
	(void)was, (void)now;
	return checksum;
}
