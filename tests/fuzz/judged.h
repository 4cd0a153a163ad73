/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router made itself, written to files for others to judge. */
#ifndef TUNLAB_TESTS_FUZZ_JUDGED_H
#define TUNLAB_TESTS_FUZZ_JUDGED_H

#include <fcntl.h>
#include <unistd.h>

#include "forwarder/router/router.h"
#include "tests/fuzz/fuzz.h"

static inline void put(int file, const void *bytes, size_t size)
{
	must(write(file, bytes, size) == (ssize_t)size, "write");
}

/* draft-ietf-opsawg-pcap: appended, in this machine's order of bytes. The seconds are the input's own number,
 * by which it is found again. */
static inline void write_pcap(
	const struct router_port *port, const struct packet *packet, const struct fuzz_input *input)
{
	static uint32_t number;
	const char *folder = getenv("FUZZ_ROUTER_PCAP");
	bool ethernet = port->frame == RELAY_ETHERNET;
	const uint32_t header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, ethernet ? 1 : 101 };
	uint32_t record[] = { 0, ++number, (uint32_t)packet->length, (uint32_t)packet->length };
	char path[300];
	int file;

	if (!folder)
		return;
	for (size_t i = 0; i < input->left; i++)
		record[0] = record[0] * 31 + input->at[i];
	snprintf(path, sizeof(path), "%s/%s.pcap", folder, ethernet ? "TAPs" : "TUNs");
	file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	must(file >= 0, path);
	if (lseek(file, 0, SEEK_END) == 0)
		put(file, header, sizeof(header));
	put(file, record, sizeof(record));
	put(file, packet->bytes, packet->length);
	close(file);
}

#endif
