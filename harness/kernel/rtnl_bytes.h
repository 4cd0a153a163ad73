/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes as bytes, one behind another: what the macros of libmnl do, without their conversions of sign.
 */
#ifndef TUNLAB_RTNL_BYTES_H
#define TUNLAB_RTNL_BYTES_H

#include <libmnl/libmnl.h>
#include <stddef.h>

struct bytes {
	const char *at;
	size_t size;
};

/* The size that something of this size takes up in a message. */
static inline size_t aligned(size_t size)
{
	return (size + (MNL_ALIGNTO - 1)) & ~(size_t)(MNL_ALIGNTO - 1);
}

/* What stands behind the first SIZE bytes; nothing where there are fewer. */
static inline struct bytes behind(struct bytes bytes, size_t size)
{
	size = size < bytes.size ? size : bytes.size;
	return (struct bytes) { bytes.at + size, bytes.size - size };
}

/* What stands behind the message's own header. */
static inline struct bytes payload(const struct nlmsghdr *message)
{
	return (struct bytes) { mnl_nlmsg_get_payload(message), mnl_nlmsg_get_payload_len(message) };
}

/* What stands in the attribute. */
static inline struct bytes inside(const struct nlattr *attribute)
{
	return (struct bytes) { mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute) };
}

/* Takes the next attribute from the front of BYTES; NULL: none is left, or its length would lead out of them.
 */
static inline const struct nlattr *next_attribute(struct bytes *bytes)
{
	const struct nlattr *attribute = (const struct nlattr *)bytes->at;

	if (bytes->size < sizeof *attribute || !mnl_attr_ok(attribute, (int)bytes->size))
		return NULL;
	*bytes = behind(*bytes, aligned(attribute->nla_len));
	return attribute;
}

/* The first attribute of TYPE; NULL: there is none. */
static inline const struct nlattr *attribute_in(struct bytes bytes, uint16_t type)
{
	const struct nlattr *attribute;

	do {
		attribute = next_attribute(&bytes);
	} while (attribute && mnl_attr_get_type(attribute) != type);
	return attribute;
}

#endif
