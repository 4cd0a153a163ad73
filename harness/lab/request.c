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

struct attributes *attribute_element(struct arena *arena, struct attributes *to, uint16_t type)
{
	struct attribute attribute = { .type = type, .kind = ATTRIBUTE_NEST };

	return &append(arena, to, &attribute)->nest;
}

struct attributes *attribute_nest(struct arena *arena, struct attributes *to, uint16_t type)
{
	for (size_t i = 0; i < to->count; i++)
		if (to->at[i].type == type && to->at[i].kind == ATTRIBUTE_NEST)
			return &to->at[i].nest;
	return attribute_element(arena, to, type);
}

/* A field that shares its attribute, of at most 64 bits: its bits are added to those that are there. */
static void put(
	struct arena *arena, struct attributes *to, const struct field *field, const void *bytes, size_t size)
{
	uint64_t there = 0, more = 0;

	for (size_t i = 0; field->bits && i < to->count; i++) {
		if (to->at[i].type != field->attribute || to->at[i].size != size || size > sizeof more)
			continue;
		memcpy(&there, to->at[i].bytes, size);
		memcpy(&more, bytes, size);
		there |= more;
		to->at[i].bytes = arena_copy(arena, &there, size);
		return;
	}
	attribute_bytes(arena, to, field->attribute, bytes, size);
}

/* The number where the field has it in its attribute; of one bit, whether it is set. */
static uint64_t in_place(const struct field *field, uint64_t number)
{
	uint32_t lowest = field->bits & -field->bits;

	if (!field->bits)
		return number;
	return field->bits == lowest ? (number ? lowest : 0) : number * lowest & field->bits;
}

static void encode(struct arena *arena, struct attributes *to, const struct value *value)
{
	const struct field *field = value->field;
	uint64_t number = in_place(field, value->number);
	uint8_t u8 = (uint8_t)number;
	uint16_t u16 = (uint16_t)number, be16 = htons(u16);
	uint32_t u32 = (uint32_t)number, be32 = htonl(u32), masked[] = { u32, field->bits };
	struct fib_rule_port_range ports = { .start = (uint16_t)value->first, .end = (uint16_t)value->last };
	struct fib_rule_uid_range users = { .start = value->first, .end = value->last };

	switch (field->as ? field->as : field->type->encoding) {
	case ENCODE_NOTHING: return;
	case ENCODE_EMPTY: put(arena, to, field, "", 0); return;
	case ENCODE_U8: put(arena, to, field, &u8, sizeof u8); return;
	case ENCODE_U16: put(arena, to, field, &u16, sizeof u16); return;
	case ENCODE_U32: put(arena, to, field, &u32, sizeof u32); return;
	case ENCODE_U64: put(arena, to, field, &number, sizeof number); return;
	case ENCODE_BE16: put(arena, to, field, &be16, sizeof be16); return;
	case ENCODE_BE32: put(arena, to, field, &be32, sizeof be32); return;
	case ENCODE_STRING: attribute_string(arena, to, field->attribute, value->text); return;
	case ENCODE_TEXT: put(arena, to, field, value->text, strlen(value->text)); return;
	case ENCODE_BYTES:
		if (value->address.family)
			put(arena, to, field, value->address.bytes, family_size(value->address.family));
		return;
	case ENCODE_DEVICE:
		attribute_name(arena, to, field->attribute, ATTRIBUTE_DEVICE, value->text);
		return;
	case ENCODE_RANGE16: put(arena, to, field, &ports, sizeof ports); return;
	case ENCODE_RANGE32: put(arena, to, field, &users, sizeof users); return;
	case ENCODE_MASKED: put(arena, to, field, masked, sizeof masked); return;
	}
}

/* A value, and what its field says is encoded with it. */
static void encode_all(struct arena *arena, struct attributes *to, const struct value *value)
{
	const struct field *field = value->field;
	struct value other = *value;

	encode(arena, field->nest ? attribute_nest(arena, to, field->nest) : to, value);
	other.field = field->also;
	if (field->also && field->also->type->bare)
		other.number = 1;
	if (field->also && (!field->names || name_of(field->names, value->number)))
		encode_all(arena, to, &other);
}

void attributes_from(struct arena *arena, struct attributes *to, const struct values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct field *field = values->at[i].field;

		if (field->attribute && !(field->flags & FIELD_SHOWN))
			encode_all(arena, to, &values->at[i]);
	}
}
