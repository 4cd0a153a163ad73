/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading rtnetlink's messages. Reading stops where a length would lead out of what is read. */
#include "kernel/rtnl.h"
#include "kernel/rtnl_bytes.h"

const void *rtnl_header(const struct nlmsghdr *message)
{
	return mnl_nlmsg_get_payload(message);
}

const struct nlattr *rtnl_attribute(const struct nlmsghdr *message, size_t header, uint16_t type)
{
	return attribute_in(behind(payload(message), aligned(header)), type);
}

const struct nlattr *nested_attribute(const struct nlattr *nest, uint16_t type)
{
	return nest ? attribute_in(inside(nest), type) : NULL;
}

uint32_t attribute_number(const struct nlattr *attribute, uint32_t otherwise)
{
	if (!attribute)
		return otherwise;
	switch (mnl_attr_get_payload_len(attribute)) {
	case 1: return mnl_attr_get_u8(attribute);
	case 2: return mnl_attr_get_u16(attribute);
	case 4: return mnl_attr_get_u32(attribute);
	case 8: return (uint32_t)mnl_attr_get_u64(attribute);
	default: return otherwise;
	}
}

const char *attribute_text(const struct nlattr *attribute)
{
	size_t size;
	const char *text = attribute_data(attribute, &size);

	return size > 0 && text[size - 1] == '\0' ? text : NULL;
}

const void *attribute_data(const struct nlattr *attribute, size_t *size)
{
	*size = attribute ? mnl_attr_get_payload_len(attribute) : 0;
	return attribute ? mnl_attr_get_payload(attribute) : NULL;
}

void attribute_each(
	const struct nlattr *nest, void (*each)(void *context, const struct nlattr *attribute), void *context)
{
	struct bytes rest = nest ? inside(nest) : (struct bytes) { NULL, 0 };
	const struct nlattr *attribute;

	while ((attribute = next_attribute(&rest)))
		each(context, attribute);
}

uint16_t attribute_type(const struct nlattr *attribute)
{
	return mnl_attr_get_type(attribute);
}
