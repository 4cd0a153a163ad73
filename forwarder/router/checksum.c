/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/checksum.h"

#include <arpa/inet.h>

/* The sum is of numbers in this machine's order, which comes to the same but for the order of the result's
 * bytes; and a carry out of any number of 16-bit words is one (RFC 1071 2). */
static uint64_t add_word(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size)
{
	uint64_t word;

	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		sum = add_word(sum, word);
	}
	word = 0;
	memcpy(&word, bytes, size);
	return add_word(sum, word);
}

uint64_t checksum_add_pseudo(
	uint64_t sum, const struct ip *source, const struct ip *target, uint8_t protocol, uint32_t length)
{
	/* The same words in both families, and zeros add nothing. */
	sum = checksum_add(sum, source->bytes, ip_size(source));
	sum = checksum_add(sum, target->bytes, ip_size(target));
	return add_word(sum, (uint64_t)htonl(length) + htons(protocol));
}

/* The sum as 16 bits, as a number in network order. */
static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ntohs((uint16_t)sum);
}

uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~fold(sum);
}

uint16_t checksum_update(uint16_t checksum, uint16_t was, uint16_t now)
{
	uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~was + now;

	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}
