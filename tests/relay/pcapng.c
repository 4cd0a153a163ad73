/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of pcapng, byte by byte as draft-ietf-opsawg-pcapng has them, and found again. */
#include <endian.h>
#include <string.h>

#include "forwarder/pcapng.h"
#include "tests/unit/tap.h"

static uint8_t bytes[2 * PCAPNG_BLOCK];

static struct pcapng empty(void)
{
	memset(bytes, 0xee, sizeof(bytes));
	return (struct pcapng) { .bytes = bytes, .room = sizeof(bytes) };
}

/* Shows the first byte that differs. */
static void is_block(const struct pcapng *seen, const void *wanted, size_t size, const char *name)
{
	size_t at = 0;

	while (at < size && at < seen->length && bytes[at] == ((const uint8_t *)wanted)[at])
		at++;
	tap_ok(at == size && seen->length == size, "%s: %zu bytes", name, size);
	if (at < size || seen->length != size)
		printf("# %zu bytes; they differ at %zu: %02x\n", seen->length, at, bytes[at]);
}

static void test_section(void)
{
	static const char whole[] = "\x0a\x0d\x0d\x0a\x3c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0"
				    "\xff\xff\xff\xff\xff\xff\xff\xff"
				    "\1\0\3\0lab\0"
				    "\3\0\2\0OS\0\0"
				    "\4\0\6\0tunlab\0\0"
				    "\0\0\0\0\x3c\0\0\0";
	static const char bare[] = "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0"
				   "\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0";
	struct pcapng to = empty();

	pcapng_add_section(&to, "tunlab", "OS", "lab");
	is_block(&to, whole, sizeof(whole) - 1, "a section");
	to = empty();
	pcapng_add_section(&to, NULL, "", NULL);
	is_block(&to, bare, sizeof(bare) - 1, "a section that says nothing of itself");
}

static void test_interface(void)
{
	static const char whole[] = "\1\0\0\0\x30\0\0\0\x65\0\0\0\0\0\4\0"
				    "\2\0\4\0l/t0"
				    "\3\0\3\0tun\0"
				    "\x09\0\1\0\x09\0\0\0"
				    "\0\0\0\0\x30\0\0\0";
	struct pcapng to = empty();

	pcapng_add_interface(&to, PCAPNG_RAW_IP, "l/t0", "tun");
	is_block(&to, whole, sizeof(whole) - 1, "an interface, of nanoseconds");
}

static void test_packet(void)
{
	static const char whole[] = "\6\0\0\0\x40\0\0\0\7\0\0\0\4\3\2\1\x08\7\6\5"
				    "\5\0\0\0\x0a\0\0\0"
				    "abcde\0\0\0"
				    "\1\0\6\0gone: \0\0"
				    "\2\0\4\0\1\0\0\0"
				    "\0\0\0\0\x40\0\0\0";
	static const char bare[] = "\6\0\0\0\x28\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"
				   "\6\0\0\0\6\0\0\0"
				   "HHabcd\0\0\x28\0\0\0";
	struct pcapng_packet packet = {
		.interface = 7,
		.time = 0x0102030405060708,
		.bytes = (const uint8_t *)"abcde",
		.size = 5,
		.length = 10,
		.flags = PCAPNG_IN,
		.comment = "gone: ",
	};
	struct pcapng to = empty();

	pcapng_add_packet(&to, &packet);
	is_block(&to, whole, sizeof(whole) - 1, "a packet that was cut, with a comment");
	to = empty();
	packet = (struct pcapng_packet) { .time = 1,
		.bytes = packet.bytes,
		.size = 4,
		.length = 4,
		.header = (const uint8_t *)"HH",
		.header_size = 2 };
	pcapng_add_packet(&to, &packet);
	is_block(&to, bare, sizeof(bare) - 1, "one with a header before it, and no options");
}

static void test_statistics(void)
{
	static const char whole[] = "\5\0\0\0\x3c\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0"
				    "\1\0\4\0slow"
				    "\4\0\x08\0\3\0\0\0\0\0\0\0"
				    "\5\0\x08\0\0\0\0\0\1\0\0\0"
				    "\0\0\0\0\x3c\0\0\0";
	struct pcapng to = empty();

	pcapng_add_statistics(&to, 1, 2, 3, 1ULL << 32, "slow");
	is_block(&to, whole, sizeof(whole) - 1, "statistics");
}

static void test_bounds(void)
{
	static uint8_t large[PCAPNG_SNAPLEN + 100];
	static char text[70000];
	struct pcapng_packet packet = { .bytes = large, .size = sizeof(large), .length = sizeof(large) };
	struct pcapng to = empty();
	struct pcapng_block block;

	memset(text, 'x', sizeof(text) - 1);
	packet.comment = text;
	pcapng_add_packet(&to, &packet);
	tap_ok(to.length && to.length < PCAPNG_BLOCK, "the longest block: %zu bytes", to.length);
	tap_ok(pcapng_read(bytes, to.length, &block) && block.size == to.length && bytes[22] == 4 &&
			bytes[20] == 0 && bytes[24] == 100,
		"a packet is cut, and says how long it was");

	for (size_t room = 0; room < to.length; room += room < 4000 ? 1 : 999) {
		struct pcapng little = { bytes, room, 0 };

		if (pcapng_add_packet(&little, &packet) || little.length) {
			tap_ok(false, "%zu bytes of room are enough", room);
			return;
		}
	}
	tap_ok(true, "without room, nothing is put");

	/* Three bytes each, so that none ends where the text must. */
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = "\xe2\x82\xac"[i % 3];
	to = empty();
	pcapng_add_section(&to, NULL, NULL, text);
	tap_ok(bytes[26] == 3999 % 256 && bytes[27] == 3999 / 256 && bytes[28 + 3998] == 0xac,
		"a text is cut between characters");
}

static void test_read(void)
{
	struct pcapng to = empty();
	struct pcapng_packet packet = { .time = 0x1122334455667788, .bytes = bytes, .size = 3, .length = 3 };
	struct pcapng_block block = { 0 };

	pcapng_add_interface(&to, PCAPNG_ETHERNET, "a", NULL);

	size_t first = to.length;

	pcapng_add_packet(&to, &packet);
	tap_ok(pcapng_read(bytes, to.length, &block) && block.type == PCAPNG_INTERFACE && block.size == first,
		"the first block");
	tap_ok(pcapng_read(bytes + first, to.length - first, &block) && block.type == PCAPNG_PACKET &&
			block.time == packet.time && block.bytes == bytes + first,
		"the second, and its time");
	for (size_t size = 0; size < to.length - first; size++) {
		if (pcapng_read(bytes + first, size, &block)) {
			tap_ok(false, "%zu bytes of it are taken for all", size);
			return;
		}
	}
	tap_ok(true, "a block that is not whole is none");
	bytes[to.length - 1] = 1;
	tap_ok(!pcapng_read(bytes + first, to.length - first, &block), "nor one whose lengths differ");
	memcpy(bytes, "\6\0\0\0\x0c\0\0\0\x0c\0\0", 12);
	tap_ok(!pcapng_read(bytes, 12, &block), "nor a packet without a moment");
	memcpy(bytes, "\1\0\0\0\x0d\0\0\0\0\x0d\0\0", 13);
	tap_ok(!pcapng_read(bytes, 13, &block), "nor one of an odd length");
}

int main(void)
{
	if (BYTE_ORDER == LITTLE_ENDIAN) {
		test_section();
		test_interface();
		test_packet();
		test_statistics();
		test_bounds();
		test_read();
	} else {
		tap_skip("the bytes that are compared here are those of little-endian machines");
	}
	return tap_done();
}
