/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes back on a socket's error queue (ip(7), IP_RECVERR): ICMP errors, with the beginning of the
 * packet. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <time.h>

/* needs struct timespec */
#include <linux/errqueue.h>

#include "run/probe.h"

static bool is_queued_error(const struct cmsghdr *control)
{
	return (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
	       (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);
}

/* The offender's address follows the fixed part. */
static void parse(const struct cmsghdr *control, struct queued_error *out)
{
	struct sock_extended_err error;
	union endpoint offender = { .storage = { 0 } };
	size_t length = control->cmsg_len - CMSG_LEN(0);

	if (length < sizeof error)
		return;
	memcpy(&error, CMSG_DATA(control), sizeof error);
	length -= sizeof error;
	memcpy(&offender, CMSG_DATA(control) + sizeof error,
		length < sizeof offender ? length : sizeof offender);
	out->icmp = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
	out->family = error.ee_origin == SO_EE_ORIGIN_ICMP6 ? AF_INET6 : AF_INET;
	out->type = error.ee_type;
	out->code = error.ee_code;
	out->number = (int)error.ee_errno;
	out->info = error.ee_info;
	if (out->icmp)
		out->from = endpoint_address(&offender, NULL);
}

bool probe_error(int fd, struct queued_error *out)
{
	for (;;) {
		union {
			struct cmsghdr header;
			char room[512];
		} control;
		struct iovec data = { out->bytes, sizeof out->bytes };
		struct msghdr message = { &out->to, sizeof out->to, &data, 1, &control, sizeof control, 0 };
		ssize_t size = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return false;
		out->size = (size_t)size;
		for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
			if (is_queued_error(at)) {
				parse(at, out);
				return true;
			}
		}
	}
}

int probe_pending(int fd)
{
	int number = 0;
	socklen_t length = sizeof number;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length) ? errno : number;
}

/* The MTU that the error tells, or "". */
static const char *mtu_print(struct arena *arena, const struct queued_error *error)
{
	bool too_big = error->family == AF_INET6
			       ? error->type == ICMP6_PACKET_TOO_BIG
			       : error->type == ICMP_DEST_UNREACH && error->code == ICMP_FRAG_NEEDED;

	return too_big ? arena_printf(arena, ", MTU %u", error->info) : "";
}

void outcome_from_error(struct attempt *attempt, struct outcome *outcome, const struct queued_error *error)
{
	struct arena *arena = attempt->arena;
	const char *name;

	*outcome = (struct outcome) { .number = error->number };
	if (!error->icmp) {
		outcome->text = errno_print(arena, "error queue", error->number);
		return;
	}
	name = icmp_error_name(error->family, error->type, error->code);
	if (!name)
		name = arena_printf(arena, "ICMP%s type %u code %u", error->family == AF_INET6 ? "v6" : "",
			error->type, error->code);
	outcome->icmp = true;
	outcome->family = error->family;
	outcome->type = error->type;
	outcome->code = error->code;
	outcome->from = error->from;
	outcome->text = arena_printf(
		arena, "%s from %s%s", name, address_print(arena, &error->from), mtu_print(arena, error));
}
