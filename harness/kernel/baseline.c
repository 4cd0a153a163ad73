/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what a new namespace inherited. A sysctl costs 5 µs to read in a new namespace, so what "default"
 * says is taken from lo, which began as a copy of it and whose settings come in one message of rtnetlink (10
 * µs), and only where lo differs from the kernel's default is the file of "default" read. What "all" says
 * stands in files only.
 */
#include "kernel/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/baseline_table.h"
#include "kernel/sysctl.h"

enum { LOOPBACK_INDEX = 1 }; /* LOOPBACK_IFINDEX of the kernel: the first device of every namespace */

static const int families[FAMILIES] = { AF_INET, AF_INET6 };

/* What is being found, and the directories net/ipv4/conf and net/ipv6/conf of the namespace, -1: not there.
 */
struct finding {
	int conf[FAMILIES];
	struct baseline_seen seen;
	size_t families;    /* how many are looked at: IPv4, or both */
	bool has[FAMILIES]; /* lo has settings of this family: the kernel knows it */
};

/* Unlike /proc/sys/net, directories below it are of the namespace in which they were opened. */
static void begin_finding(struct finding *finding, bool ipv6)
{
	memset(finding, 0, sizeof *finding);
	baseline_nothing_seen(&finding->seen);
	finding->families = ipv6 ? FAMILIES : 1;
	for (size_t family = 0; family < FAMILIES; family++)
		finding->conf[family] = -1;
	for (size_t family = 0; family < FAMILIES && family < finding->families; family++) {
		char path[64];

		snprintf(path, sizeof path, "/proc/sys/net/%s/conf", baseline_families[family].name);
		finding->conf[family] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
}

static void end_finding(const struct finding *finding)
{
	for (size_t family = 0; family < FAMILIES; family++)
		if (finding->conf[family] >= 0)
			close(finding->conf[family]);
}

/* A sysctl's number, ABSENT where it cannot be read or is none. */
static int64_t read_number(int conf, const char *where, const char *setting)
{
	char path[64], text[32], *end;
	long long number;
	ssize_t length;
	int fd;

	snprintf(path, sizeof path, "%s/%s", where, setting);
	fd = openat(conf, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ABSENT;
	length = read(fd, text, sizeof text - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	number = strtoll(text, &end, 10);
	return end > text && *end == '\n' ? number : ABSENT;
}

/* The array of 32-bit numbers that lo's settings of a family are; empty where it has none. */
static const void *settings_of(const struct nlmsghdr *message, size_t family, size_t *size)
{
	static const uint16_t types[FAMILIES] = { IFLA_INET_CONF, IFLA_INET6_CONF };
	const struct nlattr *all = rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_AF_SPEC);
	const struct nlattr *one = nested_attribute(all, (uint16_t)families[family]);

	return attribute_data(nested_attribute(one, types[family]), size);
}

static void compare_lo(void *context, const struct nlmsghdr *message)
{
	struct finding *finding = context;

	for (size_t family = 0; family < FAMILIES && family < finding->families; family++) {
		const struct baseline_family *row = &baseline_families[family];
		size_t size;
		const char *settings = settings_of(message, family, &size);

		finding->has[family] = size > 0;
		for (size_t i = 0; row->devices[i].name; i++) {
			size_t at = row->devices[i].index * sizeof(int32_t);
			int64_t *seen = &finding->seen.family[family].initially[i];
			int32_t number;

			if (at + sizeof number > size)
				continue;
			memcpy(&number, settings + at, sizeof number);
			*seen = number;
			if (number != row->devices[i].initially)
				*seen = read_number(finding->conf[family], "default", row->devices[i].name);
		}
	}
}

static void read_all(struct finding *finding)
{
	for (size_t family = 0; family < FAMILIES; family++) {
		const struct baseline_family *row = &baseline_families[family];

		for (size_t i = 0; finding->has[family] && row->devices[i].name; i++)
			if (row->devices[i].all != ABSENT)
				finding->seen.family[family].all[i] =
					read_number(finding->conf[family], "all", row->devices[i].name);
	}
}

static void read_texts(struct finding *finding, int netns)
{
	for (size_t i = 0; i < VALUES; i++) {
		char *text = finding->seen.texts[i];
		struct error *error =
			sysctl_read(netns, baseline_texts[i].name, text, sizeof finding->seen.texts[i]);

		if (error)
			text[0] = '\0';
		error_free(error);
	}
}

/* Takes a neighbour table's defaults: the message whose parameters belong to no device. */
static void take_neighbours(void *context, const struct nlmsghdr *message)
{
	struct finding *finding = context;
	const struct ndtmsg *header = rtnl_header(message);
	const struct nlattr *parameters = rtnl_attribute(message, sizeof *header, NDTA_PARMS);

	if (!parameters || nested_attribute(parameters, NDTPA_IFINDEX))
		return;
	for (size_t family = 0; family < FAMILIES; family++)
		for (size_t i = 0; header->ndtm_family == families[family] && baseline_neighbours[i].name;
			i++) {
			const struct nlattr *seen =
				nested_attribute(parameters, baseline_neighbours[i].attribute);

			if (seen)
				finding->seen.family[family].neighbours[i] = attribute_number(seen, 0);
		}
}

static struct error *ask_lo(struct rtnl *rtnl, struct finding *finding)
{
	static const uint32_t brief = RTEXT_FILTER_SKIP_STATS;
	struct attribute attribute = { .type = IFLA_EXT_MASK, .bytes = &brief, .size = sizeof brief };
	struct ifinfomsg header = { .ifi_index = LOOPBACK_INDEX };
	struct request request = { .type = RTM_GETLINK, .body.attributes = { &attribute, 1 } };

	body_header(&request.body, &header, sizeof header);
	return rtnl_ask(rtnl, &request, NULL, compare_lo, finding);
}

static struct error *ask_neighbours(struct rtnl *rtnl, struct finding *finding)
{
	struct request request = { .type = RTM_GETNEIGHTBL, .body.size = sizeof(struct ndtmsg) };

	return rtnl_dump(rtnl, &request, NULL, take_neighbours, finding);
}

/* Of several namespaces, in which the same is refused, the first is told. */
static void add_unpinned(struct arena *arena, struct baseline_plan *plan, const char *sentence)
{
	for (size_t i = 0; i < plan->unpinned_count; i++)
		if (!strcmp(plan->unpinned[i], sentence))
			return;
	arena_append(arena, &plan->unpinned, &plan->unpinned_count, &sentence, sizeof sentence);
}

/* NAME with DEVICE for "%s", as sysctl_write takes it: dots of the device's name become slashes. */
static void name_for(const char *name, const char *device, char *out, size_t size)
{
	const char *gap = strstr(name, "%s");
	int before = gap ? (int)(gap - name) : (int)strlen(name);

	snprintf(out, size, "%.*s%s%s", before, name, gap ? device : "", gap ? gap + 2 : "");
	for (int i = before; gap && i < before + (int)strlen(device) && i < (int)size - 1; i++)
		if (out[i] == '.')
			out[i] = '/';
}

/* Linux before 6.8 shows no neighbour settings in a user namespace (neigh_sysctl_register()): lo's show
 * whether it does. */
static void drop_unseen(struct arena *arena, int netns, struct baseline_plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->device_count; i++) {
		const struct setting *setting = &plan->device[i];
		char name[128], text[32];
		struct error *error;

		name_for(setting->name, "lo", name, sizeof name);
		error = sysctl_read(netns, name, text, sizeof text);
		if (error)
			add_unpinned(arena, plan,
				arena_printf(arena, "%s is not %s, and cannot be set in this user namespace",
					name, setting->value));
		else
			plan->device[kept++] = *setting;
		error_free(error);
	}
	plan->device_count = kept;
}

struct error *baseline_find(
	struct arena *arena, int netns, struct rtnl *rtnl, bool ipv6, struct baseline_plan *out)
{
	struct finding finding;
	struct error *error;

	memset(out, 0, sizeof *out);
	begin_finding(&finding, ipv6);
	error = ask_lo(rtnl, &finding);
	if (!error)
		error = ask_neighbours(rtnl, &finding);
	if (!error)
		read_all(&finding);
	end_finding(&finding);
	if (error)
		return error_wrap(error, "reading a new namespace's settings");
	read_texts(&finding, netns);
	baseline_compare(arena, &finding.seen, out);
	drop_unseen(arena, netns, out);
	return NULL;
}

/* Notes a refusal; not one of a setting that this kernel does not have. */
static void note_refusal(struct arena *arena, struct baseline_plan *plan, int netns,
	const struct setting *setting, const struct error *refusal)
{
	char seen[128];
	struct error *error = sysctl_read(netns, setting->name, seen, sizeof seen);

	if (!error)
		add_unpinned(arena, plan,
			arena_printf(arena, "%s is %s; %s could not be set: %s", setting->name, seen,
				setting->value, strerror(refusal->number)));
	error_free(error);
}

/* Notes a refusal in PLAN; then it is not *DONE. */
static struct error *set_one(
	struct arena *arena, struct baseline_plan *plan, int netns, const struct setting *setting, bool *done)
{
	struct error *error = sysctl_write(netns, setting->name, setting->value);

	*done = !error;
	if (!error)
		return NULL;
	if (error->status != STATUS_WRONG)
		return error_wrap(error, "setting the baseline");
	note_refusal(arena, plan, netns, setting, error);
	error_free(error);
	return NULL;
}

/* A setting that was refused once is not tried again: all namespaces are alike. */
struct error *baseline_apply(struct arena *arena, struct baseline_plan *plan, int netns)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->namespace_count; i++) {
		struct setting setting = plan->namespace[i];
		bool done;
		struct error *error = set_one(arena, plan, netns, &setting, &done);

		if (error)
			return error;
		if (done)
			plan->namespace[kept++] = setting;
	}
	plan->namespace_count = kept;
	return NULL;
}

struct error *baseline_set(
	struct arena *arena, struct baseline_plan *plan, int netns, const char *name, const char *value)
{
	bool done;

	return set_one(arena, plan, netns, &(struct setting) { name, value }, &done);
}

/* A device without IPv6, as one with an MTU below 1280, has no settings of it. */
struct error *baseline_apply_device(const struct baseline_plan *plan, int netns, const char *device)
{
	for (size_t i = 0; i < plan->device_count; i++) {
		char name[128];
		struct error *error;

		name_for(plan->device[i].name, device, name, sizeof name);
		error = sysctl_write(netns, name, plan->device[i].value);
		if (error && error->number != ENOENT)
			return error_wrap(error, "setting the baseline");
		error_free(error);
	}
	return NULL;
}
