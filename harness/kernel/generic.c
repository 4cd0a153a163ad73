/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/generic.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/rtnl_socket.h"

enum { PATIENCE = 5000 /* milliseconds */ };

/* What linux/genetlink.h has no structure for: an attribute of a string. */
static void add_name(struct attributes *to, struct attribute *room, const char *name)
{
	*room = (struct attribute) { .type = CTRL_ATTR_FAMILY_NAME, .kind = ATTRIBUTE_BYTES };
	room->bytes = name;
	room->size = strlen(name) + 1;
	*to = (struct attributes) { .at = room, .count = 1 };
}

static void hear_family(void *context, const struct nlmsghdr *message)
{
	uint16_t *number = context;

	*number = (uint16_t)attribute_number(
		rtnl_attribute(message, sizeof(struct genlmsghdr), CTRL_ATTR_FAMILY_ID), 0);
}

/* The number of the family, which each kernel gives anew. */
static struct error *find_family(struct rtnl *netlink, const char *name, uint16_t *number)
{
	const struct genlmsghdr header = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct request request = { .type = GENL_ID_CTRL };
	struct attribute attribute;
	struct error *error;

	body_header(&request.body, &header, sizeof header);
	add_name(&request.body.attributes, &attribute, name);
	error = rtnl_ask(netlink, &request, NULL, hear_family, number);
	if (!error || error->number != ENOENT)
		return error;
	error->skip = true;
	error->status = STATUS_UNABLE;
	return error_wrap(error, "the kernel has no generic netlink family \"%s\"", name);
}

struct error *generic_do(const struct request *request)
{
	int on = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	struct request numbered = *request;
	struct rtnl *netlink;
	struct error *error;

	if (fd < 0)
		return error_new(STATUS_UNABLE, errno, "cannot open a socket of generic netlink");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on); /* without it errors say less */
	error = rtnl_over(fd, PATIENCE, &netlink);
	if (error)
		return error;
	error = find_family(netlink, request->generic, &numbered.type);
	if (!error)
		error = rtnl_do(netlink, &numbered, NULL);
	rtnl_close(netlink);
	return error;
}
