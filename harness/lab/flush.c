/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the selectors of all objects share. */
#include "lab/flush.h"

#include <string.h>
#include <sys/socket.h>

#include "lab/route_names.h"

static const char *read_or_all(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	if (strcmp(text, "all") != 0)
		return type_name8.read(reading, field, text, out);
	out->number = FLUSH_ALL;
	return NULL;
}

static void print_or_all(FILE *to, const struct value *value)
{
	if (value->number == FLUSH_ALL)
		fputs("all", to);
	else
		type_name8.print(to, value);
}

/* clang-format off */
const struct type type_protocol_or_all = {
	.allowed = "a number up to 255, or all",
	.read = read_or_all, .print = print_or_all, .encoding = ENCODE_NOTHING,
};
const struct type type_scope_or_all = {
	.allowed = "a number up to 255, or all",
	.read = read_or_all, .print = print_or_all, .encoding = ENCODE_NOTHING,
};
/* clang-format on */

uint32_t dumped_number(const struct dumped *dumped, uint16_t type, uint32_t otherwise)
{
	size_t size;
	const void *data = dumped->attribute(dumped, type, &size);
	uint32_t number;

	if (!data || (size != 1 && size != sizeof number))
		return otherwise;
	if (size == 1)
		return *(const uint8_t *)data;
	memcpy(&number, data, sizeof number);
	return number;
}

bool dumped_device(const struct dumped *dumped, uint16_t type, const struct entry *entry, const char *key)
{
	const char *name = value_text(&entry->values, key);

	return !name || dumped_number(dumped, type, 0) == dumped->device(dumped, name);
}

bool flush_number(const struct entry *entry, const char *key, uint32_t number)
{
	uint64_t wanted = value_number(&entry->values, key, number);

	return wanted == number || wanted == FLUSH_ALL;
}

bool dumped_begins(const struct dumped *dumped, uint16_t type, const struct address *prefix, unsigned length)
{
	uint8_t bytes[sizeof prefix->bytes] = { 0 };
	size_t size;
	const void *data = dumped->attribute(dumped, type, &size);

	if (data)
		memcpy(bytes, data, size < sizeof bytes ? size : sizeof bytes);
	return bits_equal(bytes, prefix->bytes, length);
}

void flush_any_family(struct entry *entry)
{
	if (entry->family_said)
		return;
	entry->family = AF_UNSPEC;
	for (size_t i = 0; i < entry->values.count; i++)
		if (entry->values.at[i].field->type->has_family)
			entry->family = entry->values.at[i].address.family;
}
