/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/cage_landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct landlock_ruleset_attr with all that it has by Linux 6.12. Headers may be older; so may
 * the kernel, which takes what it does not know as long as it is 0. */
enum kind { FILES, PORTS, SCOPES, KINDS };

struct rights {
	uint64_t of[KINDS];
};

/* Returns a descriptor, or -1 with errno. */
static int make_ruleset(const struct rights *rights)
{
	return (int)syscall(SYS_landlock_create_ruleset, rights, sizeof(*rights), 0);
}

/* All rights of a kind: they are the lowest bits, and a bit that the kernel does not know is refused. */
static uint64_t find_all(enum kind kind)
{
	struct rights rights = { { 0 } };

	for (rights.of[kind] = UINT32_MAX; rights.of[kind]; rights.of[kind] >>= 1) {
		int ruleset = make_ruleset(&rights);

		if (ruleset < 0)
			continue;
		close(ruleset);
		break;
	}
	return rights.of[kind];
}

static bool is_there(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

bool cage_landlock(void)
{
	struct rights all;
	int ruleset, error;

	if (!is_there())
		return true;
	for (int kind = 0; kind < KINDS; kind++)
		all.of[kind] = find_all((enum kind)kind);
	ruleset = make_ruleset(&all);
	if (ruleset < 0)
		return false;
	error = syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? errno : 0;
	close(ruleset);
	errno = error;
	return !error;
}
