/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generic netlink: families by their names. */
#include "kernel/generic.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>

#include "tests/unit/tap.h"

static struct error *ask(const char *family, uint8_t command)
{
	struct request request = { .generic = family };
	const struct genlmsghdr header = { .cmd = command, .version = 1 };

	body_header(&request.body, &header, sizeof header);
	return generic_do(&request);
}

int main(void)
{
	struct error *error = ask("no such family", 1);

	tap_ok(error && error->number == ENOENT && error->skip && error->status == STATUS_UNABLE,
		"a family that the kernel lacks is a reason to skip");
	tap_ok(error && strstr(error->text, "no such family"), "and is named");
	error_free(error);
	error = ask("nlctrl", 99);
	tap_ok(error && error->number == EOPNOTSUPP && !error->skip && error->status == STATUS_WRONG,
		"one that is there is asked, and what it refuses is an error");
	error_free(error);
	return tap_done();
}
