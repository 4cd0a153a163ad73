/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A relay that goes astray when a packet of a thousand bytes or more comes from port 0, as if that had taken
 * it over: it asks for a socket. With LIES in the environment it says first, in the memory that it shares,
 * that it was something else.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forwarder/cage.h"
#include "forwarder/relay.h"

static void go_astray(struct relay_memory *memory, const char *lies)
{
	if (lies)
		memcpy(memory->forbidden, lies, strnlen(lies, sizeof(memory->forbidden)));
	syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

int main(void)
{
	static struct relay_memory *nowhere;
	const char *lies = getenv("LIES");
	struct relay *relay;

	if (cage_enter())
		_exit(2);
	relay = relay_open(RELAY_CONTROL_FD);
	if (!relay || cage_close(lies ? &nowhere : &relay->memory))
		_exit(2);
	while (relay_step(relay, -1) > 0) {
		const struct port *port = relay->ports[0];

		if (port && port->counters->out_bytes >= 1000)
			go_astray(relay->memory, lies);
	}
	_exit(0);
}
