/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of a router's fragments and the kernel say to each other over a TUN device. */
#ifndef TUNLAB_TESTS_RELAY_PIECES_KERNEL_H
#define TUNLAB_TESTS_RELAY_PIECES_KERNEL_H

#include "tests/relay/device.h"
#include "tests/relay/pieces.h"

enum { PIECES_PATIENCE = 30000 /* milliseconds */, PIECES_ECHO4 = 8, PIECES_ECHO6 = 128 };

/* Sets a sysctl. */
static inline void pieces_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	device_need(fd >= 0 && write(fd, value, strlen(value)) > 0, path);
	close(fd);
}

static inline void pieces_give(int tun, const struct piece *piece)
{
	device_need(write(tun, piece->bytes, piece->length) == (ssize_t)piece->length, "write");
}

/* The next packet of this version (0: of any) that the kernel sends; false: none comes. */
static inline bool pieces_take(int tun, unsigned version, struct piece *out)
{
	struct pollfd polled = { tun, POLLIN, 0 };

	while (poll(&polled, 1, PIECES_PATIENCE) == 1) {
		ssize_t length = read(tun, out->bytes, sizeof(out->bytes));
		unsigned came = length > 0 ? pieces_version(out->bytes) : 0;

		/* Not what it says of itself, to all routers and the like. */
		if (came && (!version || came == version) && (came == 4 || out->bytes[24] != 0xff)) {
			out->length = (size_t)length;
			return true;
		}
	}
	return false;
}

/* The checksum of an ICMP message of SIZE bytes behind its header; 0 where it is right. */
static inline uint32_t pieces_icmp_sum(const uint8_t *ip, size_t header, size_t size)
{
	uint32_t sum = 0;

	if (pieces_version(ip) == 6)
		sum = made_add(made_add(0, ip + 8, 32), (const uint8_t[]) { 0, 0, 0, 58 }, 4) +
		      (uint32_t)size;
	sum = made_add(sum, ip + header, size);
	return ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
}

/* An echo request to the kernel, of SIZE bytes of ICMP. */
static inline void pieces_request(struct piece *piece, unsigned version, unsigned id, size_t size)
{
	size_t header = version == 4 ? 20 : 40;
	uint8_t *icmp = piece->bytes + header;

	if (version == 4)
		pieces_make4(piece, (uint16_t)id, NULL, 0, size);
	else
		pieces_make6(piece, 58, NULL, 0, id, size);
	memcpy(piece->bytes + 16, version == 4 ? "\x0a\x00\x00\xfe" : "\0\0\0\0", 4);
	if (version == 6)
		memcpy(piece->bytes + 24, world_ip("2001:db8::fe", NULL).bytes, 16);
	if (version == 6)
		memcpy(piece->bytes + 8, world_ip("2001:db8::1", NULL).bytes, 16);
	if (version == 4)
		piece->bytes[9] = 1;
	icmp[0] = version == 4 ? PIECES_ECHO4 : PIECES_ECHO6;
	icmp[1] = 0;
	made_number(icmp + 2, 2, 0);
	made_number(icmp + 4, 2, id);
	made_number(icmp + 6, 2, id >> 16);
	made_number(icmp + 2, 2, pieces_icmp_sum(piece->bytes, header, size));
	pieces_finish(piece);
}

#endif
