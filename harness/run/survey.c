/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/survey.h"

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "run/impair.h"
#include "run/tuntap.h"

/* A link as the kernel has it. */
struct seen {
	const char *name;
	const struct link_kind *kind; /* NULL: not one that tunlab knows */
};

struct view {
	struct arena *arena;
	struct seen *at;
	size_t count;
};

static void forget(void *context)
{
	((struct view *)context)->count = 0;
}

/* A TUN and a TAP say that they are the same. */
static const struct link_kind *kind_of(const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = rtnl_header(message);
	const struct nlattr *info = rtnl_attribute(message, sizeof *header, IFLA_LINKINFO);
	const char *kind = info ? attribute_text(nested_attribute(info, IFLA_INFO_KIND)) : NULL;

	if (kind && !strcmp(kind, "tun") && header->ifi_type == ARPHRD_ETHER)
		kind = "tap";
	return kind ? link_kind(kind) : NULL;
}

static void see(void *context, const struct nlmsghdr *message)
{
	struct view *view = context;
	const char *name = attribute_text(rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_IFNAME));
	struct seen seen = { .kind = kind_of(message) };

	if (!name)
		return;
	seen.name = arena_printf(view->arena, "%s", name);
	arena_append(view->arena, &view->at, &view->count, &seen, sizeof seen);
}

static bool stands(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->count; i++)
		if (!strcmp(view->at[i].name, name))
			return true;
	return false;
}

/* Without one of its ends a wire is none, and the others may be joined anew. */
static void dissolve(const struct wire *wire)
{
	for (size_t i = 0; wire && i < wire->count; i++)
		wire->ends[i]->wire = NULL;
}

/* What a change has closed may have gone, and can be opened again. */
static void forget_gone(const struct site *site, struct netns *in, const struct view *view)
{
	size_t kept = 0;

	for (size_t i = 0; i < in->link_count; i++)
		if (stands(view, in->links[i]->name) || tuntap_is_closed(site, in->links[i]))
			in->links[kept++] = in->links[i];
		else
			dissolve(in->links[i]->wire);
	in->link_count = kept;
}

/* Nothing is said of it anywhere that could be read or wrong. */
static void learn(struct lab *lab, struct netns *in, const struct seen *seen)
{
	const struct reading reading = { .lab = lab, .arena = lab->arena };
	struct link *link = link_add(&reading, in, arena_printf(lab->arena, "%s", seen->name), in->where);

	link->kind = seen->kind;
	link->read = true;
}

static void learn_new(struct lab *lab, struct netns *in, const struct view *view)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->at[i].kind && !namespace_link(in, view->at[i].name))
			learn(lab, in, &view->at[i]);
}

struct error *site_survey(struct site *site, struct lab *lab)
{
	struct ifinfomsg links = { .ifi_family = AF_UNSPEC };
	struct request request = { .type = RTM_GETLINK };
	struct view view = { .arena = arena_open() };
	struct error *error = NULL;

	body_header(&request.body, &links, sizeof links);
	for (size_t i = 0; i < lab->namespace_count && !error; i++) {
		rtnl_forget(site->namespaces[i].rtnl);
		error = rtnl_dump(site->namespaces[i].rtnl, &request, forget, see, &view);
		if (error)
			break;
		forget_gone(site, lab->namespaces[i], &view);
		learn_new(lab, lab->namespaces[i], &view);
	}
	impaired_learn(site, lab);
	arena_close(view.arena);
	return error;
}
