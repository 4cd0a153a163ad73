/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/decision.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "explain/inquiry.h"

static struct error *decide(struct inquiry *inquiry)
{
	struct error *error = inquiry_ask(inquiry);

	return error ? error : inquiry_conclude(inquiry);
}

static struct inquiry inquiry_new(
	struct arena *arena, struct site_netns *in, const struct question *question, struct decision *out)
{
	*out = (struct decision) { .rule = -1 };
	return (struct inquiry) {
		.shown = { .arena = arena, .in = in }, .arena = arena, .question = question, .out = out
	};
}

struct error *decision_make(
	struct arena *arena, struct site_netns *in, const struct question *question, struct decision *out)
{
	struct inquiry inquiry = inquiry_new(arena, in, question, out);

	return decide(&inquiry);
}

/* The question that the source check asks of what would go on as was found; of several next hops the first.
 */
static struct question reverse_of(const struct inquiry *there, struct flow *flow)
{
	const struct question *question = there->question;
	const struct way *way = there->ruling.way;
	bool forwarded = question->iif && way && way->type == RTN_UNICAST && way->to.family == AF_INET;
	const struct port_device *next =
		forwarded ? tables_device(&there->tables, NULL, way_device(way)) : NULL;

	*flow = flow_turned(question->flow);
	return (struct question) {
		.flow = flow,
		.iif = next ? next->name : NULL,
		.mark = question->mark && question->iif &&
					inquiry_is_set(there, question->iif, "src_valid_mark")
				? question->mark
				: 0,
		.has_uid = true,
	};
}

/* Where the kernel would not be asked for what it looks up itself, rules and tables are all there is. */
static void conclude(struct inquiry *inquiry)
{
	struct decision *out = inquiry->out;

	if (!out->number || out->confirmed || !inquiry->explained)
		return;
	out->number = inquiry->ruling.number;
	out->message = NULL;
	out->source_refused = false;
}

static bool is_by(struct inquiry *inquiry, const char *device)
{
	const struct port_device *port = device ? tables_device(&inquiry->tables, device, 0) : NULL;

	if (inquiry->ruling.way && port)
		return way_uses(inquiry->ruling.way, port->index);
	return device && inquiry->out->device && !strcmp(device, inquiry->out->device);
}

struct error *decision_reverse(
	struct arena *arena, struct site_netns *in, const struct question *question, struct decision *out)
{
	struct flow flow;
	struct question back;
	struct inquiry there = inquiry_new(arena, in, question, out), inquiry;
	struct error *error = decide(&there);

	if (error)
		return error;
	back = reverse_of(&there, &flow);
	inquiry = inquiry_new(arena, in, &back, out);
	error = decide(&inquiry);
	if (error)
		return error;
	conclude(&inquiry);
	out->by_arrival = is_by(&inquiry, question->iif);
	return NULL;
}

static const char *print_way(struct arena *arena, const struct decision *decision)
{
	const char *text = "";

	if (decision->rule >= 0)
		text = arena_printf(arena, "rule %lld (%s)", decision->rule, decision->rule_text);
	else if (decision->nothing)
		text = "no rule leads to a route";
	else if (decision->assumed)
		text = "no rule leads to a route, so it is assumed to be on the link";
	if (decision->table_name)
		text = arena_printf(arena, "%s%stable %s", text, *text ? " → " : "", decision->table_name);
	if (decision->route)
		text = arena_printf(arena, "%s%s%s", text, *text ? " → " : "", decision->route);
	else if (decision->device)
		text = arena_printf(arena, "%s%sdev %s", text, *text ? " → " : "", decision->device);
	return text;
}

const char *decision_print(struct arena *arena, const struct decision *decision)
{
	const char *text = print_way(arena, decision);

	if (!decision->number)
		return text;
	return arena_printf(arena, "%s%s%s (%s)%s", text, *text ? ": " : "", error_name(decision->number),
		strerror(decision->number),
		decision->source_refused  ? " for its source"
		: decision->not_forwarded ? ", as forwarding is off"
					  : "");
}
