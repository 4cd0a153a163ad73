/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/listening.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

/* /proc/self/net would be the namespace of the process's first thread. */
struct error *listening_open(struct listening *out, bool udp)
{
	static const char *const paths[2][2] = {
		{ "/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6" },
		{ "/proc/thread-self/net/udp", "/proc/thread-self/net/udp6" },
	};

	*out = (struct listening) { .udp = udp };
	for (size_t i = 0; i < 2; i++) {
		out->files[i] = fopen(paths[udp][i], "re");
		if (out->files[i] || (i && errno == ENOENT))
			continue;
		listening_close(out);
		return error_new(STATUS_UNABLE, errno, "%s", paths[udp][i]);
	}
	return NULL;
}

void listening_close(struct listening *listening)
{
	for (size_t i = 0; i < 2; i++) {
		if (listening->files[i])
			fclose(listening->files[i]);
		listening->files[i] = NULL;
	}
}

/* A line such as "   0: 0100007F:0277 00000000:0000 0A ...": number, local and remote end, state. */
static bool is_listening(const char *line, bool udp, uint16_t wanted)
{
	unsigned long port, peer, state;
	const char *at = strchr(line, ':');
	char *end;

	at = at ? strchr(at + 1, ':') : NULL;
	if (!at)
		return false;
	port = strtoul(at + 1, &end, 16);
	at = strchr(end, ':');
	if (!at)
		return false;
	peer = strtoul(at + 1, &end, 16);
	state = strtoul(end, NULL, 16);
	return port == wanted && (udp ? !peer : state == TCP_LISTEN);
}

static bool is_among(FILE *file, bool udp, uint16_t port)
{
	bool found = false;
	size_t room = 0;
	char *line = NULL;

	rewind(file);
	while (!found && getline(&line, &room, file) > 0)
		found = is_listening(line, udp, port);
	free(line);
	return found;
}

bool listening_on(struct listening *listening, uint16_t port)
{
	for (size_t i = 0; i < 2; i++)
		if (listening->files[i] && is_among(listening->files[i], listening->udp, port))
			return true;
	return false;
}
