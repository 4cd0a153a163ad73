/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/inquiry.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "kernel/sysctl.h"

static bool has_ports(const struct flow *flow)
{
	if (flow->fragment)
		return false;
	return flow->protocol == IPPROTO_TCP || flow->protocol == IPPROTO_UDP ||
	       flow->protocol == IPPROTO_SCTP || flow->protocol == IPPROTO_DCCP ||
	       flow->protocol == IPPROTO_UDPLITE;
}

static bool is_icmp(const struct flow *flow)
{
	return flow->protocol == (flow->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* In the kernel's flow the type and code of ICMP that is sent stand where ports do (union flowi_uli), and
 * rules with ports compare them; not those of ICMP that comes in. */
static void take_ports(struct asked *asked, const struct question *question)
{
	const struct flow *flow = question->flow;

	if (has_ports(flow)) {
		asked->sport = flow->sport;
		asked->dport = flow->dport;
	} else if (is_icmp(flow) && !question->iif) {
		asked->dport = (uint16_t)(flow->type << 8 | flow->code);
	}
}

/* A socket that is bound to a VRF is bound to nothing in it (l3mdev_update_flow()). */
static void take_devices(struct inquiry *inquiry)
{
	const struct question *question = inquiry->question;
	struct asked *asked = &inquiry->asked;
	const struct port_device *in = NULL, *out = NULL;

	if (question->iif && strcmp(question->iif, "lo") != 0)
		in = tables_device(&inquiry->tables, question->iif, 0);
	if (question->oif)
		out = tables_device(&inquiry->tables, question->oif, 0);
	asked->iif = question->iif ? question->iif : "lo";
	asked->vrf = tables_vrf(&inquiry->tables, out ? out : in);
	asked->in = in;
	asked->out = out && out->vrf_table ? NULL : out;
}

static struct address whole(const struct address *address)
{
	struct address copy = *address;

	copy.length = (uint8_t)(8 * family_size(address->family));
	return copy;
}

static void take_question(struct inquiry *inquiry)
{
	const struct question *question = inquiry->question;
	const struct flow *flow = question->flow;
	struct asked *asked = &inquiry->asked;

	*asked = (struct asked) {
		.family = flow->family,
		.protocol = flow->protocol,
		.tos = flow->tos,
		.to = whole(&flow->to),
		.from = { .family = flow->family, .length = (uint8_t)(8 * family_size(flow->family)) },
		.has_from = !question->without_source,
		.mark = question->mark,
		.uid = question->iif	   ? 0
		       : question->has_uid ? question->uid
					   : getuid(),
	};
	if (asked->has_from)
		asked->from = whole(&flow->from);
	take_ports(asked, question);
	take_devices(inquiry);
}

/* What the kernel is asked: of protocols it takes those only that it can make a packet of, and of ICMP no
 * ports. */
static void prepare_lookup(struct inquiry *inquiry)
{
	const struct asked *asked = &inquiry->asked;
	const struct flow *flow = inquiry->question->flow;
	struct lookup *lookup = &inquiry->lookup;

	*lookup = lookup_to(&asked->to);
	if (asked->has_from)
		lookup->from = &asked->from;
	lookup->iif = inquiry->question->iif;
	lookup->oif = inquiry->question->oif;
	lookup->tos = asked->tos & 0xfc;
	lookup->mark = asked->mark ? (long long)asked->mark : -1;
	lookup->uid = asked->uid;
	if (flow->protocol == IPPROTO_TCP || flow->protocol == IPPROTO_UDP || is_icmp(flow))
		lookup->protocol = flow->protocol;
	if (asked->sport)
		lookup->sport = asked->sport;
	if (asked->dport)
		lookup->dport = asked->dport;
}

/* The kernel's refusal is an answer, too. */
static struct error *take_refusal(struct inquiry *inquiry, struct error *error)
{
	if (error->status == STATUS_UNABLE || !error->number)
		return error;
	inquiry->number = error->number;
	if (error->message)
		inquiry->out->message = arena_printf(inquiry->arena, "%s", error->message);
	error_free(error);
	return NULL;
}

static struct error *ask(struct inquiry *inquiry)
{
	struct site_netns *in = inquiry->shown.in;
	struct error *error = lookup_ask(inquiry->arena, in, &inquiry->lookup, false, &inquiry->answer);

	if (error)
		return take_refusal(inquiry, error);
	if (!inquiry->answer)
		return error_new(STATUS_UNABLE, 0, "the kernel answers a route lookup with nothing");
	error = lookup_ask(inquiry->arena, in, &inquiry->lookup, true, &inquiry->match);
	if (error && error->status == STATUS_UNABLE)
		return error;
	error_free(error); /* some routes stand in no table, such as that of a socket bound to a device */
	return NULL;
}

bool inquiry_is_set(const struct inquiry *inquiry, const char *device, const char *setting)
{
	const char *const names[] = { "all", device };
	char text[16] = "";

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *name = arena_printf(inquiry->arena, "net/ipv4/conf/%s/%s", names[i], setting);
		struct error *error = sysctl_read(inquiry->shown.in->fd, name, text, sizeof text);

		if (!error && strcmp(text, "0") != 0)
			return true;
		error_free(error);
	}
	return false;
}

static bool is_down(const struct inquiry *inquiry, const char *name)
{
	const struct port_device *device = name ? tables_device(&inquiry->tables, name, 0) : NULL;

	return device && !device->up;
}

/* The bridge that a device is a port of. */
static const char *bridge_of(const struct inquiry *inquiry, const char *name)
{
	const struct port_device *port = name ? tables_device(&inquiry->tables, name, 0) : NULL;
	const struct port_device *master =
		port && port->master ? tables_device(&inquiry->tables, NULL, port->master) : NULL;

	return master && master->bridge ? arena_printf(inquiry->arena, "%s", master->name) : NULL;
}

struct error *inquiry_ask(struct inquiry *inquiry)
{
	struct arena *arena = inquiry->arena;
	struct site_netns *in = inquiry->shown.in;
	uint8_t family = inquiry->question->flow->family;
	struct error *error = tables_read(arena, in, family, &inquiry->tables);

	if (!error)
		error = rules_read(arena, in, family, &inquiry->rules);
	if (error)
		return error;
	take_question(inquiry);
	prepare_lookup(inquiry);
	inquiry->out->bridge = bridge_of(inquiry, inquiry->question->iif);
	inquiry->out->mark_count = rules_marks(&inquiry->rules, arena, &inquiry->out->marks);
	inquiry->out->device_down =
		is_down(inquiry, inquiry->question->iif) || is_down(inquiry, inquiry->question->oif);
	return ask(inquiry);
}
