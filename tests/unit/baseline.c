/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lab sets back: first as a comparison of made-up values, then in a namespace that the test makes. */
#include "kernel/baseline.h"

#include <errno.h>
#include <unistd.h>

#include "kernel/baseline_table.h"
#include "kernel/capability.h"
#include "kernel/netns.h"
#include "kernel/sysctl.h"
#include "tests/unit/tap.h"

static struct arena *arena;

static void expect(struct error *error, const char *what)
{
	tap_is(error ? error->text : NULL, NULL, "%s", what);
	error_free(error);
}

/* The settings as one text: "name=value name=value ...". */
static const char *shown(const struct setting *settings, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(
			arena, "%s%s%s=%s", text, i ? " " : "", settings[i].name, settings[i].value);
	return text;
}

static void expect_plan(
	const struct baseline_seen *seen, const char *namespace, const char *device, const char *what)
{
	struct baseline_plan plan = { 0 };

	baseline_compare(arena, seen, &plan);
	tap_is(shown(plan.namespace, plan.namespace_count), namespace, "%s: of the namespace", what);
	tap_is(shown(plan.device, plan.device_count), device, "%s: of its devices", what);
}

/* Everything as the kernel has it at first. */
static struct baseline_seen defaults(void)
{
	struct baseline_seen seen;

	baseline_nothing_seen(&seen);
	for (size_t family = 0; family < FAMILIES; family++) {
		const struct device_setting *rows = baseline_families[family].devices;

		for (size_t i = 0; rows[i].name; i++) {
			seen.family[family].all[i] = rows[i].all == ABSENT ? 1234 : rows[i].all;
			seen.family[family].initially[i] = rows[i].initially;
		}
		for (size_t i = 0; baseline_neighbours[i].name; i++)
			seen.family[family].neighbours[i] = baseline_neighbours[i].value[family];
	}
	for (size_t i = 0; i < VALUES; i++)
		snprintf(seen.texts[i], sizeof seen.texts[i], "%s", baseline_texts[i].value);
	return seen;
}

static size_t row_of(size_t family, const char *name)
{
	const struct device_setting *rows = baseline_families[family].devices;
	size_t i = 0;

	while (rows[i].name && strcmp(rows[i].name, name) != 0)
		i++;
	return i;
}

static size_t neighbour_row(const char *name)
{
	size_t i = 0;

	while (baseline_neighbours[i].name && strcmp(baseline_neighbours[i].name, name) != 0)
		i++;
	return i;
}

static void comparison(void)
{
	struct baseline_seen seen;

	baseline_nothing_seen(&seen);
	expect_plan(&seen, "", "", "what is absent is not set");

	seen = defaults();
	expect_plan(&seen, "", "", "what is as it should be is not set");

	seen.family[0].all[row_of(0, "forwarding")] = 1;
	seen.family[0].all[row_of(0, "accept_redirects")] = 0;
	seen.family[0].initially[row_of(0, "forwarding")] = 1;
	expect_plan(&seen,
		"net.ipv4.conf.all.forwarding=0 net.ipv4.conf.default.forwarding=0 "
		"net.ipv4.conf.lo.forwarding=0 "
		"net.ipv4.conf.all.accept_redirects=1",
		"", "a forwarding host, whose forwarding is set first");

	seen = defaults();
	seen.family[0].all[row_of(0, "accept_source_route")] = 1;
	seen.family[0].initially[row_of(0, "accept_source_route")] = 0;
	seen.family[0].initially[row_of(0, "disable_policy")] = 1;
	expect_plan(&seen,
		"net.ipv4.conf.all.accept_source_route=0 net.ipv4.conf.default.accept_source_route=1 "
		"net.ipv4.conf.lo.accept_source_route=1 net.ipv4.conf.default.disable_policy=0",
		"", "\"all\" and \"default\" have defaults of their own, and so has lo");

	seen = defaults();
	seen.family[1].initially[row_of(1, "router_solicitations")] = 0;
	seen.texts[1][0] = '\0';
	snprintf(seen.texts[0], sizeof seen.texts[0], "bbr");
	expect_plan(&seen,
		"net.ipv6.conf.default.router_solicitations=-1 net.ipv6.conf.lo.router_solicitations=-1 "
		"net.ipv4.tcp_congestion_control=cubic",
		"", "IPv6, and a text");

	seen = defaults();
	seen.family[0].neighbours[neighbour_row("locktime")] = 0;
	seen.family[1].neighbours[neighbour_row("gc_stale_time")] = 120000;
	expect_plan(&seen, "", "net.ipv4.neigh.%s.locktime=100 net.ipv6.neigh.%s.gc_stale_time=60",
		"neighbours, in the sysctl's units");
}

static void expect_value(int directory, const char *name, const char *value)
{
	char text[64] = "";

	error_free(sysctl_read(directory, name, text, sizeof text));
	tap_is(text, value, "%s is %s", name, value);
}

static bool planned(const struct baseline_plan *plan, const char *name, const char *value)
{
	for (size_t i = 0; i < plan->namespace_count; i++)
		if (!strcmp(plan->namespace[i].name, name))
			return !strcmp(plan->namespace[i].value, value);
	return false;
}

/* Plays a host that other namespaces inherit from. */
static void inherit(int directory)
{
	static const struct setting settings[] = {
		{ "net.ipv4.ip_forward", "1" },
		{ "net.ipv4.conf.all.rp_filter", "1" },
		{ "net.ipv4.conf.default.rp_filter", "2" },
		{ "net.ipv4.conf.lo.rp_filter", "2" },
		{ "net.ipv4.tcp_wmem", "4096 8192 16384" },
	};

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		expect(sysctl_write(directory, settings[i].name, settings[i].value), settings[i].name);
}

static void pinning(int directory, struct rtnl *rtnl)
{
	struct baseline_plan plan, again;
	size_t unpinned;

	inherit(directory);
	expect(baseline_find(arena, directory, rtnl, true, &plan), "differences are found");
	tap_ok(planned(&plan, "net.ipv4.conf.all.rp_filter", "0"), "of all");
	tap_ok(planned(&plan, "net.ipv4.conf.default.rp_filter", "0"), "of default");
	tap_ok(planned(&plan, "net.ipv4.conf.lo.rp_filter", "0"), "of lo");
	tap_ok(planned(&plan, "net.ipv4.conf.all.forwarding", "0"), "forwarding");
	tap_ok(planned(&plan, "net.ipv4.conf.all.accept_redirects", "1"), "and what forwarding had changed");
	tap_ok(!planned(&plan, "net.ipv4.conf.all.arp_filter", "0"), "nothing that does not differ");
	expect(baseline_apply(arena, &plan, directory), "they are set back");
	unpinned = plan.unpinned_count;
	expect(baseline_apply(arena, &plan, directory), "twice");
	tap_ok(plan.unpinned_count == unpinned, "what was refused is noted once");
	expect_value(directory, "net.ipv4.conf.all.rp_filter", "0");
	expect_value(directory, "net.ipv4.conf.default.rp_filter", "0");
	expect_value(directory, "net.ipv4.conf.lo.rp_filter", "0");
	expect_value(directory, "net.ipv4.ip_forward", "0");
	expect_value(directory, "net.ipv4.conf.all.accept_redirects", "1");
	expect_value(directory, "net.ipv4.tcp_wmem", "4096 16384 4194304");
	for (size_t i = 0; i < plan.unpinned_count; i++)
		printf("# %s\n", plan.unpinned[i]);
	expect(baseline_find(arena, directory, rtnl, true, &again), "differences are looked for again");
	tap_ok(again.namespace_count == plan.unpinned_count, "none is left but what was refused: %s",
		shown(again.namespace, again.namespace_count));
}

static void refusals(int directory)
{
	struct setting settings[] = {
		{ "net.ipv4.conf.all.rp_filter", "no" },
		{ "net.ipv4.nosuch", "1" },
		{ "net.ipv4.conf.all.arp_filter", "1" },
	};
	struct baseline_plan plan = { .namespace = settings, .namespace_count = 3 };

	expect(baseline_apply(arena, &plan, directory),
		"a plan that cannot be followed is followed as far as it can");
	tap_is(plan.unpinned_count == 1 ? plan.unpinned[0] : NULL,
		"net.ipv4.conf.all.rp_filter is 0; no could not be set: Invalid argument",
		"what is refused is noted");
	expect_value(directory, "net.ipv4.conf.all.arp_filter", "1");
	tap_is(shown(plan.namespace, plan.namespace_count), "net.ipv4.conf.all.arp_filter=1",
		"and not tried again");
}

static void devices(int directory)
{
	struct setting settings[] = { { "net.ipv4.neigh.%s.ucast_solicit", "7" },
		{ "net.ipv4.neigh.%s.nosuch", "7" } };
	struct baseline_plan plan = { .device = settings, .device_count = 2 };
	struct error *error;

	expect(baseline_apply_device(&plan, directory, "lo"),
		"a device's settings, one of which the kernel lacks");
	expect_value(directory, "net.ipv4.neigh.lo.ucast_solicit", "7");
	expect(baseline_apply_device(&plan, directory, "absent.0"), "of a device without them");
	settings[0].value = "no";
	error = baseline_apply_device(&plan, directory, "lo");
	tap_is(error ? error->text : NULL,
		"setting the baseline: net.ipv4.neigh.lo.ucast_solicit cannot be set to \"no\": Invalid "
		"argument",
		"a value that the kernel refuses");
	error_free(error);
}

static void live(void)
{
	struct rtnl *rtnl = NULL;
	int namespace = -1, directory = -1;

	expect(netns_new(&namespace), "a namespace is made");
	expect(netns_self(&directory), "its sysctls are opened");
	expect(rtnl_open(&rtnl), "and its rtnetlink");
	if (namespace >= 0 && directory >= 0 && rtnl) {
		pinning(directory, rtnl);
		refusals(directory);
		devices(directory);
	}
	rtnl_close(rtnl);
	close(directory);
	close(namespace);
}

int main(void)
{
	struct error *error = capability_check();

	arena = arena_open();
	comparison();
	if (error)
		tap_skip("%s", error->text);
	else
		live();
	error_free(error);
	arena_close(arena);
	return tap_done();
}
