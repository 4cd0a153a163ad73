/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/remark.h"

#include <stdlib.h>
#include <string.h>

/* What stands behind NAME at the beginning of PART; NULL: another name does. */
static const char *behind(const char *part, const char *name)
{
	size_t length = strlen(name);

	return strncmp(part, name, length) ? NULL : part + length;
}

/* "10.012 ms, 12 us late": what was not at once was a while, be it too short to be printed. */
static uint64_t read_delay(const char *text, uint64_t *late)
{
	const char *comma = strchr(text, ',');
	char *point;
	uint64_t milliseconds = strtoull(text, &point, 10), microseconds = 0;

	if (*point == '.')
		microseconds = strtoull(point + 1, NULL, 10);
	*late = comma ? strtoull(comma + 1, NULL, 10) * 1000 : 0;
	return (milliseconds * 1000 + microseconds) * 1000 + 1;
}

static void read_part(struct arena *arena, const char *part, struct remark *out)
{
	const char *text;

	if (behind(part, "dropped: ")) {
		out->dropped = arena_printf(arena, "%s", part);
	} else if ((text = behind(part, "delayed: "))) {
		out->delay = read_delay(text, &out->late);
	} else if ((text = behind(part, "duplicated: copy "))) {
		out->copy = (unsigned)strtoul(text, NULL, 10);
	} else if ((text = behind(part, "corrupted: bit "))) {
		out->corrupted = true;
		out->bit = (uint32_t)strtoul(text, NULL, 10);
	} else {
		out->said = arena_printf(arena, "%s", part);
	}
}

struct remark remark_read(struct arena *arena, const char *comment)
{
	struct remark remark = { 0 };

	while (comment) {
		const char *end = strstr(comment, "; ");
		size_t length = end ? (size_t)(end - comment) : strlen(comment);

		read_part(arena, arena_printf(arena, "%.*s", (int)length, comment), &remark);
		comment = end ? end + 2 : NULL;
	}
	return remark;
}

const char *remark_lost_by(const char *dropped)
{
	static const char *const others[] = { "the port takes", "the device refused it", "there is no wire" };

	if (!dropped || strncmp(dropped, "dropped: ", 9) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strstr(dropped, others[i]))
			return NULL;
	return dropped + 9;
}
