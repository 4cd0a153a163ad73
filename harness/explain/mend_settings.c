/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "explain/mend_idea.h"

/* A setting that lets more through with one value. */
struct knob {
	const char *name; /* behind net.FAMILY. or, with a device, net.FAMILY.conf.DEVICE. */
	int family;	  /* AF_UNSPEC: NAME is whole */
	long value;
	enum reach {
		REACH_NETNS,  /* one for the namespace */
		REACH_DEVICE, /* one for each device, or for all */
		REACH_BOTH,   /* that of the device counts only with that for all */
	} reach;
	enum only {
		ONLY_ALWAYS,
		ONLY_ROUTER,   /* who forwards */
		ONLY_MARKS,    /* where a rule looks at marks */
		ONLY_LOOPBACK, /* where a loopback address is spoken of */
		ONLY_OWN,      /* who has both ends */
		ONLY_ETHERNET, /* devices with link addresses */
		ONLY_CARRIER,  /* where a device has lost its carrier */
		ONLY_VRF,
		ONLY_TCP,
		ONLY_SEGMENTS, /* where a route has a segment routing header */
		ONLY_COUNTED,  /* where packets or counters fail: several devices with link addresses */
		ONLY_SPREAD,   /* where a route has several next hops, and packets or counters fail */
	} only;
	unsigned cost, all; /* for a device or the namespace, and for all devices */
	const char *also;   /* what it changes beside; with %s for the namespace */
};

/* clang-format off */
static const struct knob settings[] = {
	{ "icmp_echo_ignore_all", AF_INET, 0, REACH_NETNS, ONLY_ALWAYS, COST_BROKEN, 0, "%s answers echo requests of everybody" },
	{ "icmp.echo_ignore_all", AF_INET6, 0, REACH_NETNS, ONLY_ALWAYS, COST_BROKEN, 0, "%s answers echo requests of everybody" },
	{ "ip_forward", AF_INET, 1, REACH_NETNS, ONLY_ROUTER, COST_OBJECT + 4, 0, "%s forwards between all its devices" },
	{ "forwarding", AF_INET, 1, REACH_DEVICE, ONLY_ROUTER, COST_OBJECT + 3, COST_ALL, "%s forwards between all its devices" },
	{ "forwarding", AF_INET6, 1, REACH_DEVICE, ONLY_ROUTER, COST_OBJECT + 3, COST_ALL, "%s forwards between all its devices" },
	{ "disable_ipv6", AF_INET6, 0, REACH_DEVICE, ONLY_ALWAYS, COST_OBJECT, COST_ALL, "turns IPv6 on for all devices of %s" },
	{ "seg6_enabled", AF_INET6, 1, REACH_BOTH, ONLY_SEGMENTS, COST_TOLD, COST_ALL, "%s takes segments on the device from anybody" },
	{ "accept_local", AF_INET, 1, REACH_DEVICE, ONLY_OWN, COST_OBJECT, COST_ALL, "%s takes packets from its own addresses on all devices" },
	{ "route_localnet", AF_INET, 1, REACH_DEVICE, ONLY_LOOPBACK, COST_OBJECT, COST_ALL, "127/8 is routed on all devices of %s" },
	{ "proxy_arp", AF_INET, 1, REACH_DEVICE, ONLY_ETHERNET, COST_OBJECT + 4, COST_ALL, "%s answers ARP for all that it can route, on all devices" },
	{ "arp_ignore", AF_INET, 0, REACH_DEVICE, ONLY_ETHERNET, COST_OBJECT, COST_ALL, "holds for all devices of %s" },
	{ "arp_filter", AF_INET, 0, REACH_DEVICE, ONLY_ETHERNET, COST_OBJECT, COST_ALL, "holds for all devices of %s" },
	{ "ignore_routes_with_linkdown", AF_INET, 1, REACH_DEVICE, ONLY_CARRIER, COST_BROKEN, COST_BROKEN + 1, "holds for all devices of %s" },
	{ "ignore_routes_with_linkdown", AF_INET6, 1, REACH_DEVICE, ONLY_CARRIER, COST_BROKEN, COST_BROKEN + 1, "holds for all devices of %s" },
	{ "promote_secondaries", AF_INET, 1, REACH_DEVICE, ONLY_ALWAYS, COST_OBJECT, COST_ALL, "holds for all devices of %s" },
	{ "keep_addr_on_down", AF_INET6, 1, REACH_DEVICE, ONLY_ALWAYS, COST_OBJECT, COST_ALL, "holds for all devices of %s" },
	{ "src_valid_mark", AF_INET, 1, REACH_DEVICE, ONLY_MARKS, COST_OBJECT, COST_ALL, "holds for all devices of %s" },
	{ "fwmark_reflect", AF_INET, 1, REACH_NETNS, ONLY_MARKS, COST_OBJECT, 0, "holds for all of %s" },
	{ "fwmark_reflect", AF_INET6, 1, REACH_NETNS, ONLY_MARKS, COST_OBJECT, 0, "holds for all of %s" },
	{ "tcp_fwmark_accept", AF_INET, 1, REACH_NETNS, ONLY_MARKS, COST_OBJECT, 0, "holds for all of %s" },
	{ "ip_nonlocal_bind", AF_INET, 1, REACH_NETNS, ONLY_ALWAYS, COST_LOOSER, 0, "programs of %s may bind to any address" },
	{ "ip_nonlocal_bind", AF_INET6, 1, REACH_NETNS, ONLY_ALWAYS, COST_LOOSER, 0, "programs of %s may bind to any address" },
	{ "tcp_l3mdev_accept", AF_INET, 1, REACH_NETNS, ONLY_VRF, COST_ALL, 0, "sockets of %s outside of VRFs hear all of them" },
	{ "udp_l3mdev_accept", AF_INET, 1, REACH_NETNS, ONLY_VRF, COST_ALL, 0, "sockets of %s outside of VRFs hear all of them" },
	{ "raw_l3mdev_accept", AF_INET, 1, REACH_NETNS, ONLY_VRF, COST_ALL, 0, "holds for all of %s" },
	{ "tcp_mtu_probing", AF_INET, 1, REACH_NETNS, ONLY_TCP, COST_OBJECT + 4, 0, "holds for all connections of %s, which first lose time" },
	{ "arp_ignore", AF_INET, 1, REACH_DEVICE, ONLY_COUNTED, COST_OBJECT, COST_ALL, "%s answers ARP only by the device that has the address" },
	{ "arp_ignore", AF_INET, 2, REACH_DEVICE, ONLY_COUNTED, COST_OBJECT + 2, COST_ALL + 2, "%s answers ARP only by the device that has the address, and only its own subnet" },
	{ "arp_filter", AF_INET, 1, REACH_DEVICE, ONLY_COUNTED, COST_OBJECT + 1, COST_ALL + 1, "%s answers ARP only by the device that the way back has" },
	{ "arp_announce", AF_INET, 2, REACH_DEVICE, ONLY_COUNTED, COST_OBJECT, COST_ALL, "%s asks by ARP as the best address of the device" },
	{ "send_redirects", AF_INET, 0, REACH_BOTH, ONLY_COUNTED, COST_OBJECT, COST_ALL, "%s tells nobody of shorter ways" },
	{ "accept_redirects", AF_INET, 0, REACH_BOTH, ONLY_COUNTED, COST_OBJECT, COST_ALL, "%s learns of no shorter ways" },
	{ "accept_redirects", AF_INET6, 0, REACH_DEVICE, ONLY_COUNTED, COST_OBJECT, COST_ALL, "%s learns of no shorter ways" },
	{ "fib_multipath_hash_policy", AF_INET, 1, REACH_NETNS, ONLY_SPREAD, COST_OBJECT, 0, "holds for all routes of %s with several next hops" },
	{ "fib_multipath_hash_policy", AF_INET, 0, REACH_NETNS, ONLY_SPREAD, COST_OBJECT, 0, "holds for all routes of %s with several next hops" },
	{ "fib_multipath_hash_policy", AF_INET, 2, REACH_NETNS, ONLY_SPREAD, COST_OBJECT + 2, 0, "holds for all routes of %s with several next hops" },
	{ "fib_multipath_hash_policy", AF_INET6, 1, REACH_NETNS, ONLY_SPREAD, COST_OBJECT, 0, "holds for all routes of %s with several next hops" },
	{ "fib_multipath_hash_policy", AF_INET6, 0, REACH_NETNS, ONLY_SPREAD, COST_OBJECT, 0, "holds for all routes of %s with several next hops" },
	{ "net.bridge.bridge-nf-call-iptables", AF_UNSPEC, 0, REACH_NETNS, ONLY_ALWAYS, COST_ALL, 0, "the IP firewall of %s sees no bridged packet any more" },
	{ "net.bridge.bridge-nf-call-ip6tables", AF_UNSPEC, 0, REACH_NETNS, ONLY_ALWAYS, COST_ALL, 0, "the IP firewall of %s sees no bridged packet any more" },
};
/* clang-format on */

/* Who has one device has two neighbours where it is the end of a hub. */
static bool forwards(const struct view_netns *in)
{
	const struct wire *wire = in->device_count ? in->devices[0].link->wire : NULL;

	return in->device_count > 1 || (wire && wire->count > 2);
}

static bool has_marks(const struct view_netns *in)
{
	size_t i;
	json_t *rule;

	json_array_foreach (in->rules, i, rule)
		if (view_text(rule, "fwmark"))
			return true;
	return false;
}

static bool is_loopback(const struct address *address)
{
	return address->family == AF_INET && address->bytes[0] == 127;
}

static bool speaks_of_loopback(const struct view *view)
{
	for (size_t i = 0; i < view->target_count; i++)
		if (is_loopback(&view->targets[i].address))
			return true;
	for (size_t i = 0; i < view->source_count; i++)
		if (is_loopback(&view->sources[i].address))
			return true;
	return false;
}

static bool lost_carrier(const struct view_netns *in)
{
	for (size_t i = 0; i < in->device_count; i++) {
		const char *state = view_text(in->devices[i].json, "operstate");

		if (state && (!strcmp(state, "DOWN") || !strcmp(state, "LOWERLAYERDOWN")))
			return true;
	}
	return false;
}

static bool has_vrf(const struct view_netns *in)
{
	for (size_t i = 0; i < in->device_count; i++)
		if (in->devices[i].link->kind && !strcmp(in->devices[i].link->kind->name, "vrf"))
			return true;
	return false;
}

static bool is_ethernet(const struct view_device *device)
{
	const char *type = view_text(device->json, "link_type");

	return type && !strcmp(type, "ether");
}

static bool has_segments(const struct view *view)
{
	for (size_t i = 0; i < view->netns_count; i++) {
		size_t j;
		json_t *route;

		json_array_foreach (view->namespaces[i].routes, j, route)
			if (view_text(route, "encap") && !strncmp(view_text(route, "encap"), "seg6", 4))
				return true;
	}
	return false;
}

static bool has_ethernet(const struct view_netns *in)
{
	for (size_t i = 0; i < in->device_count; i++)
		if (is_ethernet(&in->devices[i]))
			return true;
	return false;
}

static bool has_next_hops(const struct view_netns *in)
{
	size_t i;
	json_t *route;

	json_array_foreach (in->routes, i, route)
		if (json_object_get(route, "nexthops") || json_object_get(route, "nhid"))
			return true;
	return false;
}

static bool applies(const struct view *view, const struct view_netns *in, enum only only)
{
	switch (only) {
	case ONLY_ALWAYS:
	case ONLY_ETHERNET: return true;
	case ONLY_ROUTER: return forwards(in);
	case ONLY_MARKS: return has_marks(in);
	case ONLY_LOOPBACK: return speaks_of_loopback(view);
	case ONLY_OWN: return in->owns_source || in->owns_target;
	case ONLY_CARRIER: return lost_carrier(in);
	case ONLY_VRF: return has_vrf(in);
	case ONLY_SEGMENTS: return has_segments(view);
	case ONLY_COUNTED: return view->counts && has_ethernet(in);
	case ONLY_SPREAD: return view->counts && has_next_hops(in);
	case ONLY_TCP: return !strcmp(view->step->verb->name, "tcp") && (in->owns_source || in->owns_target);
	}
	return false;
}

static const char *family_print(int family)
{
	return family == AF_INET6 ? "ipv6" : "ipv4";
}

/* A device's name may have dots in it. */
static const char *of_device(struct arena *arena, int family, const char *device, const char *name)
{
	if (strchr(device, '.'))
		return arena_printf(arena, "net/%s/conf/%s/%s", family_print(family), device, name);
	return arena_printf(arena, "net.%s.conf.%s.%s", family_print(family), device, name);
}

static const char *also(struct arena *arena, const char *format, const struct view_netns *in)
{
	const char *place = format ? strstr(format, "%s") : NULL;

	if (!place)
		return format;
	return arena_printf(arena, "%.*s%s%s", (int)(place - format), format, in->in->name, place + 2);
}

static void set_one(struct ideas *ideas, unsigned cost, const char *group, const char *what,
	const struct view_netns *in, const char *name, long value)
{
	long now;

	if (view_sysctl(in, name, &now) && now != value)
		idea_sysctls(ideas, cost, group, what, in, &name, &value, 1);
}

/* Only those of the two that have another value. */
static void set_both(struct ideas *ideas, unsigned cost, const char *group, const char *what,
	const struct view_netns *in, const char *const *names, long value)
{
	const char *changed[2];
	const long values[2] = { value, value };
	size_t count = 0;
	long now;

	for (size_t i = 0; i < 2; i++)
		if (view_sysctl(in, names[i], &now) && now != value)
			changed[count++] = names[i];
	if (count)
		idea_sysctls(ideas, cost, group, what, in, changed, values, count);
}

static void try_setting(struct ideas *ideas, const struct view_netns *in, const struct knob *knob)
{
	struct arena *arena = ideas->view->arena;
	const char *group = arena_printf(arena, "%s %s", in->in->name, knob->name),
		   *what = also(arena, knob->also, in), *all, *pair[2];
	bool told_input = in->moved_input && strstr(knob->name, "forward");
	unsigned told = told_input || ideas->view->gets_through ? 12 : 0;

	if (knob->reach == REACH_NETNS) {
		set_one(ideas, knob->cost - told, group, what, in,
			knob->family == AF_UNSPEC
				? knob->name
				: arena_printf(arena, "net.%s.%s", family_print(knob->family), knob->name),
			knob->value);
		return;
	}
	all = of_device(arena, knob->family, "all", knob->name);
	for (size_t i = 0; i < in->device_count; i++) {
		const char *name = of_device(arena, knob->family, in->devices[i].name, knob->name);

		if ((knob->only == ONLY_ETHERNET || knob->only == ONLY_COUNTED) &&
			!is_ethernet(&in->devices[i]))
			continue;
		pair[0] = all;
		pair[1] = name;
		if (knob->reach == REACH_BOTH)
			set_both(ideas, knob->cost - told, group, what, in, pair, knob->value);
		else
			set_one(ideas, knob->cost - told, group,
				arena_printf(arena, "holds for all of %s", in->devices[i].name), in, name,
				knob->value);
	}
	if (knob->reach == REACH_DEVICE)
		set_one(ideas, knob->all - told, group, what, in, all, knob->value);
}

/* The larger of both values counts (Documentation/networking/ip-sysctl.rst). */
static void loosen_source_check(
	struct ideas *ideas, const struct view_netns *in, const struct view_device *device, long all)
{
	struct arena *arena = ideas->view->arena;
	const char *names[2] = { of_device(arena, AF_INET, "all", "rp_filter"),
		of_device(arena, AF_INET, device->name, "rp_filter") };
	const char *group = arena_printf(arena, "%s rp_filter", in->in->name);
	const char *off = arena_printf(arena, "turns the source check off for %s", device->name);
	const long none[2] = { 0, 0 };
	bool told = in->moved_source_check;
	long now;

	if (!view_sysctl(in, names[1], &now) || (!all && !now))
		return;
	if (now < 2 && all < 2)
		set_one(ideas, told ? COST_TOLD : COST_LOOSER, group,
			arena_printf(arena, "loosens the source check for %s", device->name), in, names[1],
			2);
	if (!all)
		set_one(ideas, told ? COST_TOLD + 2 : COST_LOOSER + 2, group, off, in, names[1], 0);
	if (all == 1)
		set_one(ideas, told ? COST_TOLD + 4 : COST_LOOSER + 4, group,
			arena_printf(arena, "loosens the source check for all devices of %s", in->in->name),
			in, names[0], 2);
	if (all)
		idea_sysctls(ideas, told ? COST_TOLD + 5 : COST_OFF, group,
			arena_printf(arena,
				"turns the source check off for every device of %s that has no value of its "
				"own",
				in->in->name),
			in, names, none, 2);
}

static void source_check(struct ideas *ideas, const struct view_netns *in)
{
	long all = 0;

	if (!view_sysctl(in, "net.ipv4.conf.all.rp_filter", &all))
		return;
	for (size_t i = 0; i < in->device_count; i++)
		loosen_source_check(ideas, in, &in->devices[i], all);
}

static bool speaks_of(const struct content *content, const struct netns *in, const char *setting)
{
	bool speaks = false;

	for (size_t i = 0; content->in == in && i < content->sysctl_count; i++)
		speaks |= strstr(content->sysctls[i].path, setting) != NULL;
	for (size_t i = 0; i < content->inner_count; i++)
		speaks |= speaks_of(content->inner[i], in, setting);
	return speaks;
}

/* Whether the lab has set it in the namespace some time before the step. */
static bool lab_sets(const struct view *view, const struct netns *in, const char *setting)
{
	bool sets = speaks_of(in->content, in, setting);

	for (const struct step *step = view->lab->steps; step->number < view->step->number; step++)
		sets |= step->change && speaks_of(step->change, in, setting);
	return sets;
}

/* A check that was off, where the way back is another. */
static void check_sources(struct ideas *ideas, const struct view_netns *in)
{
	struct arena *arena = ideas->view->arena;
	unsigned cost = lab_sets(ideas->view, in->in, "rp_filter") ? COST_TOLD + 2 : COST_ROUTE + 2;
	const char *group = arena_printf(arena, "%s rp_filter", in->in->name);

	cost += in->in == ideas->view->step->in; /* nearer to the target is better */
	for (size_t i = 0; i < in->device_count; i++) {
		const char *device = in->devices[i].name;

		set_one(ideas, cost, group,
			arena_printf(arena,
				"drops all else that comes in by %s from addresses routed elsewhere", device),
			in, of_device(arena, AF_INET, device, "rp_filter"), 1);
	}
	set_one(ideas, COST_ALL, group,
		arena_printf(arena, "%s drops all that does not come in by the way back to its source",
			in->in->name),
		in, "net.ipv4.conf.all.rp_filter", 1);
}

static void stop_forwarding(struct ideas *ideas, const struct view_netns *in)
{
	struct arena *arena = ideas->view->arena;
	const char *group = arena_printf(arena, "%s forwarding", in->in->name);
	bool six = ideas->view->family == AF_INET6;

	for (size_t i = 0; i < in->device_count && !six; i++)
		set_one(ideas, COST_ALL - 2, group,
			arena_printf(arena, "nothing that comes in by %s is forwarded", in->devices[i].name),
			in, of_device(arena, AF_INET, in->devices[i].name, "forwarding"), 0);
	set_one(ideas, COST_ALL, group, arena_printf(arena, "%s forwards nothing any more", in->in->name), in,
		six ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward", 0);
}

/* It changes by which way a packet comes, not whether. */
static bool is_counted(const struct knob *knob)
{
	return knob->only == ONLY_COUNTED || knob->only == ONLY_SPREAD;
}

/* What a setting lets through is stopped by its other value, where that has but two. */
static void take_back(struct ideas *ideas, const struct view_netns *in, const struct knob *knob)
{
	struct arena *arena = ideas->view->arena;
	const char *group = arena_printf(arena, "%s %s", in->in->name, knob->name), *name;
	long value = 1 - knob->value;

	if (knob->value > 1 || knob->value < 0 || knob->only == ONLY_ROUTER || is_counted(knob))
		return;
	for (size_t i = 0; i < in->device_count && knob->reach != REACH_NETNS; i++) {
		name = of_device(arena, knob->family, in->devices[i].name, knob->name);
		set_one(ideas, value ? COST_ALL - 2 : COST_TOLD + 3, group,
			arena_printf(arena, "holds for all that comes in by %s", in->devices[i].name), in,
			name, value);
	}
	name = knob->reach == REACH_NETNS
		       ? arena_printf(arena, "net.%s.%s", family_print(knob->family), knob->name)
		       : of_device(arena, knob->family, "all", knob->name);
	if (knob->family != AF_UNSPEC)
		set_one(ideas, value ? COST_ALL : COST_TOLD + 3, group,
			arena_printf(arena, "holds for all of %s", in->in->name), in, name, value);
}

static void stop(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;

	if (view->family == AF_INET)
		check_sources(ideas, in);
	stop_forwarding(ideas, in);
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (settings[i].family == view->family && applies(view, in, settings[i].only))
			take_back(ideas, in, &settings[i]);
}

void ideas_settings(struct ideas *ideas)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++) {
		const struct view_netns *in = &view->namespaces[i];

		if (view->wants_stop)
			stop(ideas, in);
		if (!view->wants_success)
			continue;
		if (view->family == AF_INET && !view->gets_through)
			source_check(ideas, in);
		for (size_t j = 0; j < sizeof settings / sizeof *settings; j++)
			if ((settings[j].family == AF_UNSPEC || settings[j].family == view->family) &&
				(!view->gets_through || is_counted(&settings[j])) &&
				applies(view, in, settings[j].only))
				try_setting(ideas, in, &settings[j]);
	}
}
