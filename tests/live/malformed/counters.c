/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters RELAY: what the relay of that process id has counted, a line for each port that counted anything:
 * PORT OUT IN DROPPED DUPLICATED, in packets of wire size; of which dropped are those that were to be written
 * and were not.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forwarder/protocol.h"

static struct relay_memory memory;

static int fail(const char *what)
{
	fprintf(stderr, "counters: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Where the process has the memory that it shares with the harness; 0: nowhere. */
static unsigned long find(const char *process)
{
	char path[64], line[512];
	unsigned long found = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%s/maps", process);
	maps = fopen(path, "re");
	while (maps && !found && fgets(line, sizeof(line), maps)) {
		if (strstr(line, "/memfd:tunlab-relay"))
			found = strtoul(line, NULL, 16);
	}
	if (maps)
		fclose(maps);
	return found;
}

int main(int count, char **words)
{
	unsigned long at = count == 2 ? find(words[1]) : 0;
	char path[64];
	int fd;

	if (!at)
		return fail("the shared memory");
	snprintf(path, sizeof(path), "/proc/%s/mem", words[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &memory, sizeof(memory), (off_t)at) != sizeof(memory))
		return fail(path);
	close(fd);
	for (unsigned i = 0; i < RELAY_PORTS; i++) {
		const struct relay_counters *port = &memory.ports[i];
		uint64_t dropped =
			port->lost + port->over_mtu + port->too_big + port->refused + port->overflowed;

		if (port->out_packets || port->in_packets || dropped)
			printf("%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", i, port->out_packets,
				port->in_packets, dropped, port->duplicated);
	}
	return 0;
}
