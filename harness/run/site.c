/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/site.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/netns.h"
#include "kernel/pidns.h"
#include "lab/tuntap.h"
#include "run/capture.h"
#include "run/running.h"
#include "run/tuntap.h"

void stop_at(const char *name)
{
	const char *wanted = getenv("TUNLAB_STOP_AT");

	if (wanted && !strcmp(wanted, name))
		raise(SIGSTOP);
}

struct site_netns *site_of(struct site *site, const struct netns *in)
{
	return &site->namespaces[in->index];
}

struct error *site_enter(struct site *site, const struct netns *in)
{
	struct site_netns *there = site_of(site, in);
	struct error *error;

	if (site->inside == there)
		return NULL;
	error = netns_enter(there->fd);
	if (!error)
		site->inside = there;
	return error;
}

struct error *site_leave(struct site *site)
{
	struct error *error = site->inside ? netns_enter(site->home) : NULL;

	if (!error)
		site->inside = NULL;
	return error;
}

static uint32_t resolve_device(void *context, const char *name)
{
	const struct site_netns *from = context;
	const struct link *link = lab_link(from->site->lab, from->described, name);
	struct site_netns *there = link ? site_of(from->site, link->in) : NULL;
	const char *slash = strchr(name, '/');

	if (slash)
		return there ? rtnl_index(there->rtnl, slash + 1) : 0;
	return rtnl_index(from->rtnl, name);
}

static int resolve_netns(void *context, const char *name)
{
	const struct site_netns *from = context;
	const struct netns *in = lab_namespace(from->site->lab, name);

	return in ? site_of(from->site, in)->fd : -1;
}

static void relay_died(struct watch *watch, uint32_t events)
{
	struct site *site = watch->owner;

	(void)events;
	loop_remove(site->loop, watch);
	if (!site->failed)
		site->failed = relay_death(site->relay);
	loop_end(site->loop);
}

struct error *site_start_relay(struct site *site)
{
	struct error *error = site->relay ? NULL : site_leave(site);

	if (!error && !site->relay)
		error = relay_start(site->errors, &site->relay);
	if (error || site->relay_watch.added)
		return error;
	site->relay_watch = (struct watch) {
		.fd = relay_descriptor(site->relay), .events = EPOLLRDHUP, .ready = relay_died, .owner = site
	};
	return loop_add(site->loop, &site->relay_watch);
}

static bool needs_relay(const struct lab *lab)
{
	for (size_t i = 0; i < lab->namespace_count; i++)
		for (size_t j = 0; j < lab->namespaces[i]->link_count; j++)
			if (lab->namespaces[i]->links[j]->wire &&
				lab->namespaces[i]->links[j]->wire->kind->relay)
				return true;
	return false;
}

static size_t queues_in(const struct netns *in)
{
	size_t count = 0;

	for (size_t i = 0; i < in->link_count; i++)
		count += tuntap_queues(in->links[i]);
	return count;
}

/* A namespace takes three descriptors, a capture one, its counters five more, a queue of a TUN or TAP two
 * while it is handed over, and a program that goes on three. */
static struct error *check_descriptors(const struct lab *lab)
{
	enum { ASIDE = 64, EACH_NAMESPACE = 10, EACH_QUEUE = 2, EACH_PROGRAM = 3 };
	struct rlimit limit = { 0 };
	rlim_t needed = ASIDE;

	for (size_t i = 0; i < lab->namespace_count; i++)
		needed += EACH_NAMESPACE + EACH_QUEUE * queues_in(lab->namespaces[i]);
	for (size_t i = 0; i < lab->step_count; i++)
		needed += lab->steps[i].exec ? EACH_PROGRAM : 0;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
		return NULL;
	limit.rlim_cur = limit.rlim_max < needed ? needed : limit.rlim_max;
	limit.rlim_max = limit.rlim_cur > limit.rlim_max ? limit.rlim_cur : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return error_new(STATUS_UNABLE, 0,
			"this lab needs %llu open files, and the limit is lower: raise it (ulimit -n %llu)",
			(unsigned long long)needed, (unsigned long long)needed);
	return NULL;
}

/* What lies beside the lab is found wherever tunlab was called, and wherever a keeper goes. */
static const char *folder_of(struct arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t length = slash ? (size_t)(slash - file) + 1 : 0;
	char *current, *folder;

	if (*file == '/')
		return arena_copy(arena, file, length);
	current = getcwd(NULL, 0);
	folder = current ? arena_printf(arena, "%s/%.*s", current, (int)length, file) : NULL;
	free(current);
	return folder;
}

struct error *site_open(const struct lab *lab, struct loop *loop, int errors, struct site **out)
{
	struct arena *arena = arena_open();
	struct site *site = arena_take(arena, sizeof *site);
	struct error *error;

	*site = (struct site) { .lab = lab, .arena = arena, .loop = loop, .errors = errors, .home = -1 };
	site->folder = folder_of(arena, lab->text.file);
	site->namespaces = arena_take(arena, lab->namespace_count * sizeof *site->namespaces);
	for (size_t i = 0; i < lab->namespace_count; i++) {
		struct site_netns *there = &site->namespaces[i];

		*there = (struct site_netns) { .described = lab->namespaces[i], .site = site, .fd = -1 };
		there->resolver = (struct resolver) {
			.device = resolve_device, .netns = resolve_netns, .context = there
		};
	}
	*out = site;
	error = check_descriptors(lab);
	if (!error)
		error = netns_self(&site->home);
	if (!error && needs_relay(lab)) /* it starts while the namespaces are being made */
		error = site_start_relay(site);
	return error;
}

/* The one error that is told, of two. */
static struct error *first_of(struct error *one, struct error *other)
{
	if (!one)
		return other;
	error_free(other);
	return one;
}

static void close_netns(struct site_netns *there)
{
	packet_close(there->packets);
	if (there->counters_open)
		counters_close(&there->counters);
	rtnl_close(there->rtnl);
	if (there->fd >= 0)
		close(there->fd);
}

struct error *site_close(struct site *site)
{
	struct error *error, *left, *uncaptured;

	if (!site)
		return NULL;
	stop_at("down");
	uncaptured = capture_close(site, stderr);
	loop_remove(site->loop, &site->relay_watch);
	tuntap_leave(site);
	relay_end(site->relay);
	running_end_all(site);
	pidns_close(site->pidns);
	left = site_leave(site);
	tuntap_close_all(site);
	for (size_t i = 0; i < site->lab->namespace_count; i++)
		close_netns(&site->namespaces[i]);
	error = relay_stop(site->relay);
	if (site->home >= 0)
		close(site->home);
	error_free(site->failed);
	arena_close(site->arena);
	return first_of(error, first_of(left, uncaptured));
}
