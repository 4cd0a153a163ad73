/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A relay under test, stepped in this process by hand, and the harness's side of its sockets. The ports are
 * socket pairs, which keep the boundaries of packets as a device does. What a test cannot do without ends the
 * program.
 */
#ifndef TUNLAB_TESTS_RELAY_RIG_H
#define TUNLAB_TESTS_RELAY_RIG_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/protocol.h"
#include "forwarder/relay.h"

struct rig {
	struct relay *relay;
	int control; /* the harness's end */
	int memory_fd;
	struct relay_memory *memory; /* as the harness sees it */
};

static inline void rig_need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Sends "length" bytes with "count" descriptors. */
static inline void rig_send_raw(int control, const void *bytes, size_t length, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} items = { 0 };
	struct iovec part = { (void *)bytes, length };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count) {
		items.header = (struct cmsghdr) {
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(count * sizeof(int)),
		};
		memcpy(CMSG_DATA(&items.header), fds, count * sizeof(int));
		header.msg_control = &items;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	rig_need(sendmsg(control, &header, MSG_NOSIGNAL) == (ssize_t)length, "sendmsg");
}

/* Sends a message, with a descriptor if "fd" is not -1. */
static inline void rig_send(int control, const struct relay_message *message, int fd)
{
	rig_send_raw(control, message, sizeof(*message), &fd, fd >= 0);
}

/* Sends a RELAY_WATCH, whose "instructions" says how long the filter is. */
static inline void rig_watch(
	int control, const struct relay_message *message, const struct sock_filter *filter)
{
	size_t size = message->instructions * sizeof(*filter);
	struct relay_message *whole = calloc(1, sizeof(*whole) + size);

	rig_need(whole, "calloc");
	*whole = *message;
	whole->type = RELAY_WATCH;
	if (size)
		memcpy(whole->filter, filter, size);
	rig_send_raw(control, whole, sizeof(*whole) + size, NULL, 0);
	free(whole);
}

/* The shared memory, as the harness makes it. */
static inline int rig_memory(struct relay_memory **memory)
{
	int fd = memfd_create("counters", MFD_CLOEXEC);

	rig_need(fd >= 0 && ftruncate(fd, sizeof(**memory)) == 0, "memfd");
	*memory = mmap(NULL, sizeof(**memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	rig_need(*memory != MAP_FAILED, "mmap");
	return fd;
}

/* A relay that was told nothing yet. */
static inline struct rig rig_open_bare(void)
{
	struct rig rig = { 0 };
	int pair[2];

	signal(SIGPIPE, SIG_IGN);
	rig_need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
	rig.control = pair[0];
	rig.relay = relay_open(pair[1]);
	rig_need(rig.relay, "relay_open");
	rig.memory_fd = rig_memory(&rig.memory);
	return rig;
}

static inline struct rig rig_open(void)
{
	struct rig rig = rig_open_bare();

	rig_send(rig.control, &(struct relay_message) { .type = RELAY_MEMORY }, rig.memory_fd);
	return rig;
}

static inline void rig_close(struct rig *rig)
{
	relay_close(rig->relay);
	if (rig->control >= 0)
		close(rig->control);
	close(rig->memory_fd);
	munmap(rig->memory, sizeof(*rig->memory));
}

/* Steps without waiting until the relay has answered a barrier or ended. Returns how often it did, 0 for the
 * latter. */
static inline unsigned rig_settle(struct rig *rig)
{
	static uint32_t serial;
	struct relay_message answer = { 0 };

	serial++;
	rig_send(rig->control, &(struct relay_message) { .type = RELAY_BARRIER, .serial = serial }, -1);
	for (unsigned steps = 1; relay_step(rig->relay, 0) > 0; steps++) {
		if (recv(rig->control, &answer, sizeof(answer), MSG_DONTWAIT) < 0)
			continue;
		rig_need(answer.type == RELAY_BARRIER && answer.serial == serial, "the barrier's answer");
		return steps;
	}
	return 0;
}

/* Adds a port over a socket pair of "type". Returns the device's end, non-blocking. */
static inline int rig_port(struct rig *rig, const struct relay_message *port, int type)
{
	struct relay_message message = *port;
	int pair[2], room = 1 << 20;

	rig_need(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
	for (int i = 0; i < 2; i++)
		rig_need(setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0, "SO_SNDBUF");
	message.type = RELAY_PORT;
	rig_send(rig->control, &message, pair[1]);
	close(pair[1]);
	return pair[0];
}

static inline void rig_wire(struct rig *rig, uint32_t one, uint32_t other)
{
	rig_send(rig->control, &(struct relay_message) { .type = RELAY_WIRE, .index = one, .peer = other },
		-1);
}

/* A packet that the device sends. Returns what send() does. */
static inline ssize_t rig_put(int device, const void *packet, size_t length)
{
	return send(device, packet, length, MSG_DONTWAIT);
}

/* A packet that the device received. Returns its length, or -1 if there is none. */
static inline ssize_t rig_get(int device, void *packet, size_t room)
{
	return recv(device, packet, room, MSG_DONTWAIT);
}

#endif
