/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "explain/journey.h"
#include "explain/sightings.h"
#include "kernel/drops.h"
#include "kernel/netns.h"
#include "kernel/sysctl.h"
#include "run/capture.h"
#include "run/shown.h"

/* What a run has left that was given up. */
static void forget(struct explanation *explanation)
{
	if (explanation->file >= 0)
		close(explanation->file);
	explanation->file = -1;
	drops_close(explanation->drops);
	explanation->drops = NULL;
	free(explanation->blind);
	explanation->blind = NULL;
}

static struct error *opened(void *context, struct site *site)
{
	struct explanation *explanation = context;

	forget(explanation);
	explanation->file = memfd_create("capture", MFD_CLOEXEC);
	if (explanation->file < 0 || fcntl(explanation->file, F_SETFL, O_APPEND) < 0)
		return error_new(STATUS_UNABLE, errno, "memfd_create");
	return capture_open_aside(site, explanation->file);
}

static void be_blind(struct explanation *explanation, struct error *error)
{
	if (!error)
		return;
	drops_close(explanation->drops);
	explanation->drops = NULL;
	free(explanation->blind);
	explanation->blind = strdup(error->text);
	error_free(error);
}

/* Where the kernel does not tell of drops, all else is known nevertheless. */
static void watch_drops(struct explanation *explanation, struct site *site)
{
	size_t count = site->lab->namespace_count;
	struct error *error = drops_open(count, &explanation->drops);

	explanation->cookies = arena_take(site->arena, count * sizeof *explanation->cookies);
	for (size_t i = 0; i < count && !error; i++) {
		error = netns_cookie(site->namespaces[i].fd, &explanation->cookies[i]);
		if (!error)
			error = drops_add(explanation->drops, explanation->cookies[i]);
	}
	be_blind(explanation, error);
}

static void begins(void *context, struct site *site, const struct step *step)
{
	struct explanation *explanation = context;

	(void)step;
	watch_drops(explanation, site);
	capture_settle(site);
	explanation->since = lseek(explanation->file, 0, SEEK_END);
}

/* Drops being read. */
struct dropping {
	struct explanation *explanation;
	struct evidence *evidence;
	struct site *site;
};

static struct site_netns *netns_of(const struct dropping *dropping, uint64_t cookie)
{
	for (size_t i = 0; i < dropping->site->lab->namespace_count; i++)
		if (dropping->explanation->cookies[i] == cookie)
			return &dropping->site->namespaces[i];
	return NULL;
}

static void see_drop(void *context, const struct drop *seen)
{
	struct dropping *dropping = context;
	struct evidence *evidence = dropping->evidence;
	struct arena *arena = evidence->arena;
	struct site_netns *there = netns_of(dropping, seen->cookie);
	struct shown shown = { .arena = arena, .in = there };
	struct dropped drop = { .time = seen->time, .mark = seen->mark };

	if (!there || !flow_read(arena_copy(arena, seen->bytes, seen->size), seen->size, &drop.flow))
		return;
	drop.in = there->described;
	drop.reason = seen->name ? arena_printf(arena, "%s", seen->name) : NULL;
	drop.place = seen->place ? arena_printf(arena, "%s", seen->place) : NULL;
	if (seen->device)
		drop.device = shown_device(&shown, seen->device).name;
	error_free(shown.error);
	arena_append(arena, &evidence->drops, &evidence->drop_count, &drop, sizeof drop);
}

static void read_drops(struct explanation *explanation, struct evidence *evidence, struct site *site)
{
	struct dropping dropping = { explanation, evidence, site };

	evidence->sees_drops = explanation->drops;
	evidence->blind = explanation->blind ? arena_printf(evidence->arena, "%s", explanation->blind) : NULL;
	if (explanation->drops)
		drops_read(explanation->drops, see_drop, &dropping);
	drops_close(explanation->drops);
	explanation->drops = NULL;
	free(explanation->blind);
	explanation->blind = NULL;
}

static const char *setting(void *context, struct arena *arena, const struct netns *in, const char *name)
{
	struct site *site = context;
	char text[256];
	struct error *error = sysctl_read(site_of(site, in)->fd, name, text, sizeof text);
	bool known = !error;

	error_free(error);
	return known ? arena_printf(arena, "%s", text) : NULL;
}

static bool decide(void *context, struct arena *arena, const struct netns *in,
	const struct question *question, bool reverse, struct decision *out)
{
	struct site *site = context;
	struct error *error = reverse ? decision_reverse(arena, site_of(site, in), question, out)
				      : decision_make(arena, site_of(site, in), question, out);
	bool known = !error;

	error_free(error);
	return known;
}

/* Who has an address. */
struct search {
	const struct address *wanted;
	bool found;
	uint32_t device;
};

static void see(void *context, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = rtnl_header(message);
	struct search *search = context;
	const struct nlattr *own = rtnl_attribute(message, sizeof *header, IFA_LOCAL);
	struct address address;

	if (header->ifa_family != search->wanted->family)
		return;
	address = shown_address(
		header->ifa_family, own ? own : rtnl_attribute(message, sizeof *header, IFA_ADDRESS));
	if (!address_equal(&address, search->wanted))
		return;
	search->found = true;
	search->device = header->ifa_index;
}

static bool owns(void *context, struct arena *arena, const struct netns *in, const struct address *address,
	const char **device)
{
	struct site *site = context;
	struct ifaddrmsg header = { .ifa_family = address->family };
	struct request request = { .type = RTM_GETADDR };
	struct search search = { .wanted = address };
	struct shown shown = { .arena = arena, .in = site_of(site, in) };

	body_header(&request.body, &header, sizeof header);
	error_free(rtnl_dump(site_of(site, in)->rtnl, &request, NULL, see, &search));
	if (search.found && device)
		*device = shown_device(&shown, search.device).name;
	error_free(shown.error);
	return search.found;
}

static bool link_state(void *context, struct arena *arena, const struct netns *in, const char *device,
	struct link_state *out)
{
	return link_state_ask(arena, site_of(context, in), device, out);
}

static uint16_t neighbour(void *context, const struct netns *in, const char *device, const char *hop)
{
	return neighbour_state_ask(site_of(context, in), device, hop);
}

static void read_capture(struct explanation *explanation, struct evidence *evidence, const struct lab *lab)
{
	off_t size = lseek(explanation->file, 0, SEEK_END);
	void *bytes = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, explanation->file, 0)
			       : MAP_FAILED;

	if (bytes == MAP_FAILED)
		return;
	sightings_read(evidence, lab, bytes, (size_t)size, (size_t)explanation->since);
	munmap(bytes, (size_t)size);
}

static struct error *ended(void *context, struct site *site, const struct step *step, struct arena *arena,
	struct verdict *verdict)
{
	struct explanation *explanation = context;
	const struct oracle oracle = { .setting = setting,
		.decide = decide,
		.owns = owns,
		.link_state = link_state,
		.neighbour = neighbour,
		.context = site };
	struct evidence evidence = { .arena = arena,
		.step = step,
		.steps = site->lab->steps,
		.verdict = verdict,
		.moved = verdict->moved,
		.moved_count = verdict->moved_count,
		.oracle = &oracle };
	struct error *error = capture_close(site, stderr);

	read_capture(explanation, &evidence, site->lab);
	read_drops(explanation, &evidence, site);
	close(explanation->file);
	explanation->file = -1;
	if (step->verb->probe)
		roles_give(&evidence, verdict->local);
	cause_find(&evidence, &explanation->cause);
	verdict->mechanism = explanation->cause.mechanism;
	verdict->cause = cause_print(arena, &explanation->cause);
	verdict->ended = cause_place(arena, &explanation->cause);
	verdict->evidence = explanation->cause.evidence;
	verdict->evidence_count = explanation->cause.evidence_count;
	verdict->blind = evidence.blind;
	if (explanation->to)
		journey_print(explanation->to, &evidence);
	return error;
}

struct run_watch explain_watch(struct explanation *explanation)
{
	return (struct run_watch) {
		.opened = opened, .begins = begins, .ended = ended, .context = explanation
	};
}
