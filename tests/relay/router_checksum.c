/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums against a sum of one word at a time, and changes of them against sums of the whole. */
#include "forwarder/router/checksum.h"
#include "tests/unit/tap.h"

enum { ROUNDS = 200000, LONGEST = 1600 };

static uint64_t state = 1;

/* Any number below a bound; the same in each run. */
static uint32_t any(uint32_t bound)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(state >> 33) % bound;
}

/* As RFC 1071 4.1 has it. */
static uint16_t plain(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Bytes of which many are 0 or 255, where carries and the two zeros of ones' complement are. */
static void fill(uint8_t *bytes, size_t size)
{
	uint32_t kind = any(4);

	for (size_t i = 0; i < size; i++) {
		if (kind < 2)
			bytes[i] = (uint8_t)any(256);
		else
			bytes[i] = any(kind == 2 ? 2 : 40) ? 0xff : 0;
	}
}

/* In one go and in two parts, from any place in memory on. */
static void sums(void)
{
	static uint8_t room[LONGEST + 8];
	unsigned whole = 0, parts = 0;

	for (unsigned i = 0; i < ROUNDS / 10; i++) {
		size_t size = any(i % 2 ? LONGEST : 50), cut = any((uint32_t)size / 2 + 1) & ~1U;
		uint8_t *bytes = room + any(8);
		uint64_t first;

		fill(bytes, size);
		first = checksum_add(0, bytes, cut);
		whole += checksum_finish(checksum_add(0, bytes, size)) == plain(bytes, size);
		parts += checksum_finish(checksum_add(first, bytes + cut, size - cut)) == plain(bytes, size);
	}
	tap_ok(whole == ROUNDS / 10, "a sum is what it is word by word: %u of %u", whole, ROUNDS / 10);
	tap_ok(parts == ROUNDS / 10, "a sum of two parts is that of the whole: %u of %u", parts, ROUNDS / 10);
}

/* The packets of RFC 1071 and of a header from the wire; and what a right checksum gives. */
static void known(void)
{
	static const uint8_t rfc[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 }, header[] = { 0x45, 0,
		0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7 };

	tap_ok(checksum_finish(checksum_add(0, rfc, sizeof(rfc))) == (uint16_t)~0xddf2,
		"the example of RFC 1071 3");
	tap_ok(checksum_finish(checksum_add(0, header, sizeof(header))) == 0, "over a right one it is 0");
	tap_ok(checksum_finish(0) == 0xffff, "of nothing it is 0xffff");
}

/* The pseudo headers, against their bytes as RFC 9293 3.1 and RFC 8200 8.1 draw them. */
static void pseudo(void)
{
	unsigned right = 0;

	for (unsigned i = 0; i < ROUNDS / 10; i++) {
		struct ip one = { .family = i % 2 ? AF_INET : AF_INET6 }, other = one;
		uint8_t drawn[40] = { 0 };
		unsigned size = ip_size(&one);
		uint8_t protocol = (uint8_t)any(256);
		uint32_t length = i % 2 ? any(65536) : any(1U << 30);

		fill(one.bytes, size);
		fill(other.bytes, size);
		memcpy(drawn, one.bytes, size);
		memcpy(drawn + size, other.bytes, size);
		if (i % 2) {
			drawn[9] = protocol;
			store16(drawn + 10, (uint16_t)length);
		} else {
			store32(drawn + 32, length);
			drawn[39] = protocol;
		}
		right += checksum_finish(checksum_add_pseudo(0, &one, &other, protocol, length)) ==
			 plain(drawn, i % 2 ? 12 : 40);
	}
	tap_ok(right == ROUNDS / 10, "pseudo headers are as they are drawn: %u of %u", right, ROUNDS / 10);
}

/*
 * A field changes in what is summed, which is never all zeros: an IP header's version, a pseudo header's
 * protocol. Then a change gives just what a sum of all gives, 0x0000 and 0xffff with it (RFC 1624 3).
 */
static void changes(void)
{
	unsigned right = 0, zeros = 0, ones = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t bytes[40];
		size_t size = 4 + 2 * any(18), at = 2 + 2 * any((uint32_t)size / 2 - 1);
		uint16_t before, was, now;

		fill(bytes, size);
		bytes[0] = 0x45;
		before = plain(bytes, size);
		was = load16(bytes + at);
		now = (uint16_t)any(65536);
		/* Towards the corners: what makes the sum of all 0xffff or 0x0001. */
		if (i % 4 == 0)
			now = checksum_update(0, before, (uint16_t)(was + i % 8 / 4));
		store16(bytes + at, now);
		right += checksum_update(before, was, now) == plain(bytes, size);
		zeros += plain(bytes, size) == 0;
		ones += plain(bytes, size) == 0xffff || before == 0xffff;
	}
	tap_ok(right == ROUNDS, "a change gives the sum of the whole: %u of %u", right, ROUNDS);
	tap_ok(zeros > 0 && ones == 0, "of which %u became 0x0000, and %u 0xffff, as none can", zeros, ones);
}

/* The corner that RFC 1624 was written for (its section 4): the checksum becomes 0x0000, never 0xffff. */
static void corner(void)
{
	tap_ok(checksum_update(0xdd2f, 0x5555, 0x3285) == 0x0000, "RFC 1624 4: 0xdd2f becomes 0x0000");
	tap_ok(checksum_update(0x0000, 0x3285, 0x5555) == 0xdd2f, "and back");
	tap_ok(checksum_update(0x1234, 7, 7) == 0x1234, "what does not change changes nothing");
}

int main(void)
{
	known();
	sums();
	pseudo();
	changes();
	corner();
	return tap_done();
}
