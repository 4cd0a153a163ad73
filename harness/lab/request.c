/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/request.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <string.h>

void body_header(struct body *body, const void *header, size_t size)
{
	memcpy(body->header, header, size);
	body->size = size;
}

static struct attribute *append(struct arena *arena, struct attributes *to, const struct attribute *attribute)
{
	return arena_append(arena, &to->at, &to->count, attribute, sizeof *attribute);
}

struct attribute *attribute_bytes(
	struct arena *arena, struct attributes *to, uint16_t type, const void *bytes, size_t size)
{
	struct attribute attribute = { .type = type, .kind = ATTRIBUTE_BYTES };

	attribute.bytes = arena_copy(arena, bytes, size);
	attribute.size = size;
	return append(arena, to, &attribute);
}

struct attribute *attribute_u32(struct arena *arena, struct attributes *to, uint16_t type, uint32_t number)
{
	return attribute_bytes(arena, to, type, &number, sizeof number);
}

struct attribute *attribute_string(
	struct arena *arena, struct attributes *to, uint16_t type, const char *text)
{
	return attribute_bytes(arena, to, type, text, strlen(text) + 1);
}

struct attribute *attribute_name(
	struct arena *arena, struct attributes *to, uint16_t type, enum attribute_kind kind, const char *name)
{
	struct attribute attribute = { .type = type, .kind = kind };

	attribute.name = name;
	return append(arena, to, &attribute);
}

struct attribute *attribute_body(
	struct arena *arena, struct attributes *to, uint16_t type, const struct body *body)
{
	struct attribute attribute = { .type = type, .kind = ATTRIBUTE_BODY };

	attribute.bodies = arena_copy(arena, body, sizeof *body);
	attribute.count = 1;
	return append(arena, to, &attribute);
}

struct attributes *attribute_nest(struct arena *arena, struct attributes *to, uint16_t type)
{
	struct attribute attribute = { .type = type, .kind = ATTRIBUTE_NEST };

	for (size_t i = 0; i < to->count; i++)
		if (to->at[i].type == type && to->at[i].kind == ATTRIBUTE_NEST)
			return &to->at[i].nest;
	return &append(arena, to, &attribute)->nest;
}

static void encode(struct arena *arena, struct attributes *to, const struct value *value)
{
	uint16_t type = value->field->attribute;
	uint64_t number = value->number;
	uint8_t u8 = (uint8_t)number;
	uint16_t u16 = (uint16_t)number, be16 = htons(u16);
	struct fib_rule_port_range ports = { .start = (uint16_t)value->first, .end = (uint16_t)value->last };
	struct fib_rule_uid_range users = { .start = value->first, .end = value->last };

	switch (value->field->type->encoding) {
	case ENCODE_NOTHING: return;
	case ENCODE_EMPTY: attribute_bytes(arena, to, type, "", 0); return;
	case ENCODE_U8: attribute_bytes(arena, to, type, &u8, sizeof u8); return;
	case ENCODE_U16: attribute_bytes(arena, to, type, &u16, sizeof u16); return;
	case ENCODE_U32: attribute_u32(arena, to, type, (uint32_t)number); return;
	case ENCODE_U64: attribute_bytes(arena, to, type, &number, sizeof number); return;
	case ENCODE_BE16: attribute_bytes(arena, to, type, &be16, sizeof be16); return;
	case ENCODE_STRING: attribute_string(arena, to, type, value->text); return;
	case ENCODE_BYTES:
		attribute_bytes(arena, to, type, value->address.bytes, family_size(value->address.family));
		return;
	case ENCODE_DEVICE: attribute_name(arena, to, type, ATTRIBUTE_DEVICE, value->text); return;
	case ENCODE_RANGE16: attribute_bytes(arena, to, type, &ports, sizeof ports); return;
	case ENCODE_RANGE32: attribute_bytes(arena, to, type, &users, sizeof users); return;
	}
}

void attributes_from(struct arena *arena, struct attributes *to, const struct values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct field *field = values->at[i].field;

		if (field->attribute && !(field->flags & FIELD_SHOWN))
			encode(arena, field->nest ? attribute_nest(arena, to, field->nest) : to,
				&values->at[i]);
	}
}
