/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernels are of a version that a lab requires. */
#include "lab/requirement.h"

#include "tests/unit/tap.h"

static struct arena *arena;

static void holds(const char *text, const char *release, bool wanted)
{
	struct requirement requirement = { 0 };
	const char *wrong = requirement_read(arena, text, &requirement);

	tap_is(wrong, NULL, "\"%s\" is read", text);
	tap_ok(!wrong && requirement_holds(&requirement, release) == wanted, "%s is %s it", release,
		wanted ? "of" : "not of");
}

static void versions(void)
{
	static const char release[] = "6.1.12-3-amd64";

	holds("kernel >= 6.1", release, true);
	holds("kernel >= 6.1.12", release, true);
	holds("kernel >= 6.1.13", release, false);
	holds("kernel >= 6.2", release, false);
	holds("kernel >= 5.15", release, true);
	holds("kernel >= 6", release, true);
	holds("kernel > 6", release, false);
	holds("kernel > 6.1.11", release, true);
	holds("kernel > 6.1.12", release, false);
	holds("kernel <= 6.1", release, true);
	holds("kernel <= 6.0", release, false);
	holds("kernel < 6.1", release, false);
	holds("kernel < 6.10", release, true);
	holds("kernel == 6.1", release, true);
	holds("kernel == 6.10", release, false);
	holds("kernel>=6.1", release, true);
	holds("kernel  >=  6.1", release, true);
}

static void releases(void)
{
	holds("kernel >= 6.18", "6.18.0-rc1", true);
	holds("kernel >= 6.1.1", "6.1", false);
	holds("kernel == 6.1.0", "6.1", true);
	holds("kernel >= 4.4294967297", "4.2.1", false);
	holds("kernel >= 6", "whatever", false);
}

int main(void)
{
	arena = arena_open();
	versions();
	releases();
	arena_close(arena);
	return tap_done();
}
