/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/remark.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void read_part(struct arena *arena, const char *part, struct remark *out)
{
	uint64_t milliseconds;
	unsigned microseconds;

	if (!strncmp(part, "dropped: ", 9)) {
		out->dropped = arena_printf(arena, "%s", part);
	} else if (sscanf(part, "delayed: %" SCNu64 ".%3u ms", &milliseconds, &microseconds) == 2) {
		/* what was not at once was a while, be it too short to be printed */
		out->delay = (milliseconds * 1000 + microseconds) * 1000 + 1;
	} else if (sscanf(part, "corrupted: bit %" SCNu32, &out->bit) == 1) {
		out->corrupted = true;
	} else {
		sscanf(part, "duplicated: copy %u", &out->copy);
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
