/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* As it goes over the socket, before the text. */
struct header {
	uint32_t type;
	int32_t status;
};

union carried {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(MESSAGE_DESCRIPTORS * sizeof(int))];
};

int message_send(int socket, const struct message *message, const int *fds, size_t count, int flags)
{
	struct header header = { .type = message->type, .status = message->status };
	struct iovec parts[] = { { &header, sizeof header }, { (void *)message->text, message->size } };
	struct msghdr whole = { .msg_iov = parts, .msg_iovlen = 2 };
	union carried carried = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	ssize_t sent;

	if (count) {
		carried.header.cmsg_len = CMSG_LEN(count * sizeof *fds);
		memcpy(CMSG_DATA(&carried.header), fds, count * sizeof *fds);
		whole.msg_control = &carried;
		whole.msg_controllen = CMSG_SPACE(count * sizeof *fds);
	}
	do
		sent = sendmsg(socket, &whole, MSG_NOSIGNAL | flags);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? errno : 0;
}

static void take_descriptors(struct message *out, struct msghdr *whole)
{
	const struct cmsghdr *carried = CMSG_FIRSTHDR(whole);
	size_t count;

	for (size_t i = 0; i < MESSAGE_DESCRIPTORS; i++)
		out->fds[i] = -1;
	if (!carried || carried->cmsg_level != SOL_SOCKET || carried->cmsg_type != SCM_RIGHTS)
		return;
	count = (carried->cmsg_len - CMSG_LEN(0)) / sizeof *out->fds;
	memcpy(out->fds, CMSG_DATA(carried),
		(count < MESSAGE_DESCRIPTORS ? count : MESSAGE_DESCRIPTORS) * sizeof *out->fds);
}

int message_receive(int socket, struct message *out, int flags)
{
	struct header header = { 0 };
	struct iovec parts[] = { { &header, sizeof header }, { out->text, MESSAGE_TEXT } };
	union carried carried;
	struct msghdr whole = {
		.msg_iov = parts, .msg_iovlen = 2, .msg_control = &carried, .msg_controllen = sizeof carried
	};
	ssize_t size;

	do
		size = recvmsg(socket, &whole, MSG_CMSG_CLOEXEC | flags);
	while (size < 0 && errno == EINTR);
	if (size <= 0)
		return (int)size;
	take_descriptors(out, &whole);
	if ((size_t)size < sizeof header || whole.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		message_discard(out);
		errno = EPROTO;
		return -1;
	}
	out->type = header.type;
	out->status = header.status;
	out->size = (size_t)size - sizeof header;
	out->text[out->size] = '\0';
	return 1;
}

void message_discard(struct message *message)
{
	for (size_t i = 0; i < MESSAGE_DESCRIPTORS; i++) {
		if (message->fds[i] >= 0)
			close(message->fds[i]);
		message->fds[i] = -1;
	}
}
