/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/rtnl_encode.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rtnl_bytes.h"

enum {
	FIRST_ROOM = 4 * 1024, /* enough for all but routes with hundreds of next hops */
	LAST_ROOM = 128 * 1024,
};

/* A message being written. Writing stops, and "false" is returned, where the room ends or an error came up.
 */
struct writing {
	struct nlmsghdr *message;
	size_t room; /* bytes that the message may grow to */
	const struct resolver *resolver;
	struct error *error; /* NULL: only the room was too small */
};

static bool write_attributes(struct writing *to, const struct attributes *attributes);

static char *tail(const struct writing *to)
{
	return mnl_nlmsg_get_payload_tail(to->message);
}

static bool device_index(struct writing *to, const char *name, uint32_t *index)
{
	*index = to->resolver->device(to->resolver->context, name);
	if (*index)
		return true;
	to->error = error_new(STATUS_WRONG, 0, "Cannot find device \"%s\"", name);
	to->error->number = ENODEV;
	return false;
}

static bool write_device(struct writing *to, const struct attribute *attribute)
{
	uint32_t index;

	return device_index(to, attribute->name, &index) &&
	       mnl_attr_put_u32_check(to->message, to->room, attribute->type, index);
}

static bool write_namespace(struct writing *to, const struct attribute *attribute)
{
	int fd = to->resolver->netns ? to->resolver->netns(to->resolver->context, attribute->name) : -1;

	if (fd >= 0)
		return mnl_attr_put_u32_check(to->message, to->room, attribute->type, (uint32_t)fd);
	to->error = error_new(STATUS_WRONG, 0, "Cannot find namespace \"%s\"", attribute->name);
	to->error->number = ENOENT;
	return false;
}

/* Writes a header, with the device's index in it, and the attributes behind it. */
static bool write_body(struct writing *to, const struct body *body)
{
	size_t before = aligned(to->message->nlmsg_len), size = aligned(body->size);
	char *header = (char *)to->message + before;
	uint32_t index;

	if (before + size > to->room)
		return false;
	memset(header, 0, size);
	memcpy(header, body->header, body->size);
	if (body->device) {
		if (!device_index(to, body->device, &index))
			return false;
		memcpy(header + body->device_at, &index, sizeof index);
	}
	to->message->nlmsg_len = (uint32_t)(before + size);
	return write_attributes(to, &body->attributes);
}

/* Ends what began at START: LENGTH, 16 bits, becomes its size. */
static bool end_at_tail(struct writing *to, const char *start, void *length)
{
	size_t size = (size_t)(tail(to) - start);
	uint16_t size16 = (uint16_t)size;

	if (size > UINT16_MAX) {
		to->error = error_new(STATUS_WRONG, EMSGSIZE, "an attribute of %zu bytes", size);
		return false;
	}
	memcpy(length, &size16, sizeof size16);
	return true;
}

static bool write_nest(struct writing *to, const struct attribute *attribute)
{
	struct nlattr *nest = mnl_attr_nest_start_check(to->message, to->room, attribute->type);

	return nest && write_attributes(to, &attribute->nest) &&
	       end_at_tail(to, (char *)nest, &nest->nla_len);
}

/* Bodies behind one another in an attribute that is not flagged as nested, as the kernel has them. */
static bool write_bodies(struct writing *to, const struct attribute *attribute)
{
	struct nlattr *around = (struct nlattr *)tail(to);

	if (!mnl_attr_put_check(to->message, to->room, attribute->type, 0, ""))
		return false;
	for (size_t i = 0; i < attribute->count; i++) {
		char *start = tail(to);

		if (!write_body(to, &attribute->bodies[i]))
			return false;
		/* struct rtnexthop begins with its length */
		if (attribute->kind == ATTRIBUTE_BODIES && !end_at_tail(to, start, start))
			return false;
	}
	return end_at_tail(to, (char *)around, &around->nla_len);
}

static bool write_bytes(struct writing *to, const struct attribute *attribute)
{
	if (attribute->size > UINT16_MAX - sizeof(struct nlattr)) {
		to->error = error_new(STATUS_WRONG, EMSGSIZE, "an attribute of %zu bytes", attribute->size);
		return false;
	}
	return mnl_attr_put_check(to->message, to->room, attribute->type, attribute->size, attribute->bytes);
}

static bool write_attribute(struct writing *to, const struct attribute *attribute)
{
	switch (attribute->kind) {
	case ATTRIBUTE_BYTES: return write_bytes(to, attribute);
	case ATTRIBUTE_BITS:
		return mnl_attr_put_u32_check(to->message, to->room, attribute->type, attribute->bits.sent);
	case ATTRIBUTE_DEVICE: return write_device(to, attribute);
	case ATTRIBUTE_NAMESPACE: return write_namespace(to, attribute);
	case ATTRIBUTE_NEST: return write_nest(to, attribute);
	case ATTRIBUTE_BODY:
	case ATTRIBUTE_BODIES: return write_bodies(to, attribute);
	}
	return false;
}

static bool write_attributes(struct writing *to, const struct attributes *attributes)
{
	for (size_t i = 0; i < attributes->count; i++)
		if (!write_attribute(to, &attributes->at[i]))
			return false;
	return true;
}

static uint32_t own_device(void *context, const char *name)
{
	return rtnl_index(context, name);
}

struct error *rtnl_encode(struct rtnl *rtnl, const struct request *request, const struct resolver *resolver,
	struct nlmsghdr **out)
{
	const struct resolver own = { .device = own_device, .context = rtnl };

	*out = NULL;
	for (size_t room = FIRST_ROOM; room <= LAST_ROOM; room *= 2) {
		struct writing to = {
			.message = calloc(1, room), .room = room, .resolver = resolver ? resolver : &own
		};

		if (!to.message)
			memory_exhausted();
		mnl_nlmsg_put_header(to.message);
		to.message->nlmsg_type = request->type;
		to.message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | request->flags);
		if (write_body(&to, &request->body)) {
			*out = to.message;
			return NULL;
		}
		free(to.message);
		if (to.error)
			return to.error;
	}
	return error_new(STATUS_WRONG, EMSGSIZE, "a request of more than %d bytes", LAST_ROOM);
}
