/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/parcel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel installs no more descriptors than it was given room for, which is what fds has. */
static void unpack(struct parcel *parcel, struct msghdr *header)
{
	for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
		if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS)
			memcpy(parcel->fds, CMSG_DATA(item), item->cmsg_len - CMSG_LEN(0));
	}
}

int parcel_receive(struct parcel *parcel, int socket)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(parcel->fds))];
	} items;
	struct iovec bytes = { parcel->bytes, sizeof(parcel->bytes) };
	struct msghdr header = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &items,
		.msg_controllen = sizeof(items),
	};

	parcel->fds[0] = parcel->fds[1] = -1;
	do
		parcel->length = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (parcel->length < 0 && errno == EINTR);

	if (parcel->length < 0)
		return errno == ECONNRESET ? 0 : -1;
	parcel->cut = header.msg_flags & MSG_TRUNC;
	parcel->lost = header.msg_flags & MSG_CTRUNC;
	unpack(parcel, &header);
	return parcel->length > 0;
}

void parcel_discard(struct parcel *parcel)
{
	for (size_t i = 0; i < sizeof(parcel->fds) / sizeof(parcel->fds[0]); i++) {
		if (parcel->fds[i] >= 0)
			close(parcel->fds[i]);
		parcel->fds[i] = -1;
	}
}
