/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking rtnetlink(7). The kernel answers while it is being asked: one send and one receive that finds its
 * answer waiting. The timeout on the socket is for a kernel that does not keep to that.
 */
#include "kernel/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kernel/rtnl_bytes.h"
#include "kernel/rtnl_encode.h"
#include "kernel/rtnl_socket.h"

enum {
	PATIENCE = 5000, /* milliseconds */
	LARGEST_ANSWER =
		1 << 16, /* a dump comes in pieces of at most 32 KiB, but for a device with hundreds of VFs */
	DUMPS = 10,
};

struct known_index {
	char name[IFNAMSIZ];
	uint32_t index;
};

struct rtnl {
	int fd; /* -1: none */
	uint32_t sequence;
	unsigned patience; /* milliseconds */
	struct known_index *known;
	size_t known_count;
};

/* What becomes of an answer. */
struct hearing {
	bool dump;	  /* answers go on until NLMSG_DONE */
	bool interrupted; /* a dump's objects changed meanwhile, or pieces were lost */
	void (*each)(void *context,
		const struct nlmsghdr *message); /* NULL: only the acknowledgement is waited for */
	void *context;
	bool over;
	struct error *error; /* once over */
};

struct error *rtnl_over(int fd, unsigned milliseconds, struct rtnl **out)
{
	struct timeval timeout = { .tv_sec = milliseconds / 1000,
		.tv_usec = (suseconds_t)(milliseconds % 1000) * 1000 };
	struct error *error;

	*out = NULL;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout)) {
		error = error_new(STATUS_UNABLE, errno, "cannot set up a netlink socket");
		close(fd);
		return error;
	}
	*out = calloc(1, sizeof **out);
	if (!*out)
		memory_exhausted();
	(*out)->fd = fd;
	(*out)->patience = milliseconds;
	return NULL;
}

/* Kernels before 4.20 have no strict checking; they ignore filters of dumps, which callers must not rely on
 * alone. */
static bool set_options(int fd)
{
	int on = 1;

	return setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) == 0 &&
	       setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) == 0 &&
	       (setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on) == 0 ||
		       errno == ENOPROTOOPT);
}

struct error *rtnl_open(struct rtnl **out)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct error *error;

	*out = NULL;
	if (fd >= 0 && set_options(fd))
		return rtnl_over(fd, PATIENCE, out);
	error = error_new(STATUS_UNABLE, errno, "cannot open a netlink socket");
	if (fd >= 0)
		close(fd);
	return error;
}

void rtnl_close(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	close(rtnl->fd);
	free(rtnl->known);
	free(rtnl);
}

static int64_t milliseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct error *send_message(const struct rtnl *rtnl, const struct nlmsghdr *message)
{
	ssize_t sent;

	do {
		sent = send(rtnl->fd, message, message->nlmsg_len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return NULL;
	return error_new(errno == EMSGSIZE ? STATUS_WRONG : STATUS_UNABLE, errno, "cannot send to rtnetlink");
}

/* A kernel without IPv6, or with ipv6.disable=1, has nobody who would say EAFNOSUPPORT to an rtnetlink
 * message. */
static bool family_lacks(const struct nlmsghdr *asked)
{
	const uint8_t *family = mnl_nlmsg_get_payload(asked);
	int fd;

	if (mnl_nlmsg_get_payload_len(asked) == 0 || *family != AF_INET6)
		return false;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EAFNOSUPPORT;
}

/* Whether the error means that this kernel was built or started without what was asked for. */
static bool lacks(const struct nlmsghdr *asked, int number, const char *text)
{
	if (number == EAFNOSUPPORT || number == EPROTONOSUPPORT)
		return true;
	if (number != EOPNOTSUPP)
		return false;
	return (asked->nlmsg_type == RTM_NEWLINK && text && !strcmp(text, "Unknown device type")) ||
	       family_lacks(asked);
}

static struct error *refusal(const struct nlmsghdr *asked, int number, const char *text)
{
	struct error *error = error_new(STATUS_WRONG, number, "RTNETLINK answers");

	error = error_tell(error, text);
	error->skip = lacks(asked, number, text);
	if (error->skip)
		error->status = STATUS_UNABLE;
	return error;
}

/* What an extended ack says; the attributes stand SIZE bytes behind the header. */
static const char *told(const struct nlmsghdr *message, size_t size)
{
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	return attribute_text(rtnl_attribute(message, size, NLMSGERR_ATTR_MSG));
}

/* NLMSG_ERROR, which with error 0 is the acknowledgement, or NLMSG_DONE: both begin with a negative errno. */
static void hear_end(struct hearing *hearing, const struct nlmsghdr *asked, const struct nlmsghdr *message)
{
	bool done = message->nlmsg_type == NLMSG_DONE;
	size_t size = done ? sizeof(int) : sizeof(struct nlmsgerr);
	const struct nlmsgerr *end = mnl_nlmsg_get_payload(message);

	hearing->over = true;
	if (mnl_nlmsg_get_payload_len(message) < size) {
		hearing->error = error_new(STATUS_UNABLE, 0, "a malformed answer from rtnetlink");
		return;
	}
	if (end->error == 0)
		return;
	/* The message that was refused stands before the attributes unless NETLINK_CAP_ACK cut it off. */
	if (!done && !(message->nlmsg_flags & NLM_F_CAPPED) && end->msg.nlmsg_len > sizeof end->msg)
		size += aligned(end->msg.nlmsg_len) - sizeof end->msg;
	hearing->error = refusal(asked, -end->error, told(message, size));
}

static void hear_message(
	struct hearing *hearing, const struct nlmsghdr *asked, const struct nlmsghdr *message)
{
	if (message->nlmsg_seq != asked->nlmsg_seq)
		return;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		hearing->interrupted = true;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		hear_end(hearing, asked, message);
	} else if (message->nlmsg_type >= NLMSG_MIN_TYPE && hearing->each) {
		hearing->each(hearing->context, message);
		hearing->over = !hearing->dump;
	}
}

static void hear_datagram(
	struct hearing *hearing, const struct nlmsghdr *asked, const struct nlmsghdr *message, int size)
{
	for (; mnl_nlmsg_ok(message, size) && !hearing->over; message = mnl_nlmsg_next(message, &size))
		hear_message(hearing, asked, message);
}

/* Receives until the hearing is over, or the time is. */
static struct error *hear(const struct rtnl *rtnl, const struct nlmsghdr *asked, struct hearing *hearing)
{
	_Alignas(struct nlmsghdr) char answer[LARGEST_ANSWER];
	int64_t deadline = milliseconds_now() + rtnl->patience;
	ssize_t size;

	while (!hearing->over) {
		size = recv(rtnl->fd, answer, sizeof answer, MSG_TRUNC);
		if (size > (ssize_t)sizeof answer)
			return error_new(STATUS_UNABLE, 0, "rtnetlink sent a message of %zd bytes", size);
		if (size > 0)
			hear_datagram(hearing, asked, (struct nlmsghdr *)answer, (int)size);
		else if (size == 0)
			return error_new(STATUS_UNABLE, 0, "rtnetlink closed the socket");
		else if (errno == ENOBUFS)
			hearing->interrupted = true;
		else if (errno != EINTR && errno != EAGAIN)
			return error_new(STATUS_UNABLE, errno, "cannot receive from rtnetlink");
		if (!hearing->over && milliseconds_now() >= deadline)
			return error_new(STATUS_UNABLE, ETIMEDOUT, "rtnetlink did not answer within %u ms",
				rtnl->patience);
	}
	return hearing->error;
}

static struct error *exchange(
	struct rtnl *rtnl, struct nlmsghdr *message, uint16_t flags, struct hearing *hearing)
{
	struct error *error;

	message->nlmsg_seq = ++rtnl->sequence;
	message->nlmsg_flags |= flags;
	error = send_message(rtnl, message);
	return error ? error : hear(rtnl, message, hearing);
}

static struct error *ask(struct rtnl *rtnl, const struct request *request, const struct resolver *resolver,
	uint16_t flags, struct hearing *hearing)
{
	struct nlmsghdr *message = NULL;
	struct error *error = rtnl_encode(rtnl, request, resolver, &message);

	if (!error)
		error = exchange(rtnl, message, flags, hearing);
	free(message);
	return error;
}

struct error *rtnl_do(struct rtnl *rtnl, const struct request *request, const struct resolver *resolver)
{
	struct hearing hearing = { 0 };

	return ask(rtnl, request, resolver, NLM_F_ACK, &hearing);
}

struct error *rtnl_do_message(struct rtnl *rtnl, struct nlmsghdr *message)
{
	struct hearing hearing = { 0 };

	return exchange(rtnl, message, NLM_F_ACK, &hearing);
}

struct error *rtnl_ask(struct rtnl *rtnl, const struct request *request, const struct resolver *resolver,
	void (*answer)(void *context, const struct nlmsghdr *message), void *context)
{
	struct hearing hearing = { .each = answer, .context = context };

	return ask(rtnl, request, resolver, 0, &hearing);
}

struct error *rtnl_dump(struct rtnl *rtnl, const struct request *request, void (*begin)(void *context),
	void (*each)(void *context, const struct nlmsghdr *message), void *context)
{
	for (int i = 0; i < DUMPS; i++) {
		struct hearing hearing = { .dump = true, .each = each, .context = context };
		struct error *error;

		if (begin)
			begin(context);
		error = ask(rtnl, request, NULL, NLM_F_DUMP, &hearing);
		if (error || !hearing.interrupted)
			return error;
	}
	return error_new(STATUS_UNABLE, EINTR, "a dump by rtnetlink was interrupted %d times", DUMPS);
}

static void take_index(void *context, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = rtnl_header(message);
	uint32_t *index = context;

	if (message->nlmsg_type == RTM_NEWLINK && mnl_nlmsg_get_payload_len(message) >= sizeof *header)
		*index = (uint32_t)header->ifi_index;
}

static uint32_t ask_index(struct rtnl *rtnl, const char *name)
{
	static const uint32_t brief = RTEXT_FILTER_SKIP_STATS;
	struct attribute attributes[] = {
		{ .type = IFLA_IFNAME, .bytes = name, .size = strlen(name) + 1 },
		{ .type = IFLA_EXT_MASK, .bytes = &brief, .size = sizeof brief },
	};
	struct request request = {
		.type = RTM_GETLINK,
		.body = { .size = sizeof(struct ifinfomsg), .attributes = { attributes, 2 } },
	};
	uint32_t index = 0;

	error_free(rtnl_ask(rtnl, &request, NULL, take_index, &index));
	return index;
}

static void remember(struct rtnl *rtnl, const char *name, uint32_t index)
{
	struct known_index known = { .index = index };
	struct known_index *more = reallocarray(rtnl->known, rtnl->known_count + 1, sizeof *more);

	if (!more)
		memory_exhausted();
	memcpy(known.name, name, strlen(name));
	rtnl->known = more;
	rtnl->known[rtnl->known_count++] = known;
}

uint32_t rtnl_index(struct rtnl *rtnl, const char *name)
{
	uint32_t index;

	if (strlen(name) >= IFNAMSIZ)
		return 0;
	for (size_t i = rtnl->known_count; i-- > 0;)
		if (!strcmp(rtnl->known[i].name, name))
			return rtnl->known[i].index;
	index = ask_index(rtnl, name);
	if (index)
		remember(rtnl, name, index);
	return index;
}

void rtnl_forget(struct rtnl *rtnl)
{
	rtnl->known_count = 0;
}
