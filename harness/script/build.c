/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as commands: what stands there as a comment is done otherwise. Wires are veth pairs; a hub is a
 * bridge that learns nothing, with a pair to each end; a router is a namespace, likewise. */
#include <inttypes.h>
#include <linux/if.h>
#include <string.h>

#include "kernel/baseline_table.h"
#include "plan/plan.h"
#include "script/script.h"

const char nowhere[] = "+nowhere";

static bool is_alone(const struct link *link)
{
	return link->kind->made == LINK_BY_TUN && !link->wire;
}

static bool is_at_router(const struct link *link)
{
	return link->wire && link->wire->kind->router;
}

/* Two ends are a pair whatever the wire is: all others are one. */
static bool is_at_hub(const struct link *link)
{
	return link->kind->made == LINK_BY_TUN && link->wire && link->wire->count > 2 && !is_at_router(link);
}

static const char *mac(struct arena *arena, const struct link *link)
{
	const uint8_t *m = link->mac;

	return arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* An end of a hub, which is made with the first of them; each end is a port of the relay's, and numbered. */
static void write_hub(FILE *to, struct arena *arena, const struct link *link, const char *does)
{
	fprintf(to, "%shub %s %s %s %s h%u p%u\n", does, link->in->name, link->name, mac(arena, link),
		nowhere, link->wire->ends[0]->port, link->port);
}

/* The pair is made where the plan makes its first end, and both ends stand then. */
static void write_wire(FILE *to, struct arena *arena, const struct link *link, const char *does)
{
	const struct wire *wire = link->wire;
	const struct link *other;

	if (wire && link != wire->ends[0])
		return;
	other = wire ? wire->ends[1] : NULL;
	if (!other && link->kind->ethernet)
		fprintf(to, "%swire_ethernet %s %s %s %s d%zu 02:00:00:00:00:01\n", does, link->in->name,
			link->name, mac(arena, link), nowhere, link->in->index);
	else if (!other)
		fprintf(to, "%swire %s %s %s %s.%zu\n", does, link->in->name, link->name, nowhere, link->name,
			link->in->index);
	else if (link->kind->ethernet)
		fprintf(to, "%swire_ethernet %s %s %s %s %s %s\n", does, link->in->name, link->name,
			mac(arena, link), other->in->name, other->name, mac(arena, other));
	else
		fprintf(to, "%swire %s %s %s %s\n", does, link->in->name, link->name, other->in->name,
			other->name);
}

/* The plan's order of ends is not the wire's: the pair is made when the first of them comes. */
static const struct link *first_of(const struct plan *plan, const struct link *link)
{
	for (size_t i = 0; link->wire && i < plan->count; i++)
		if (plan->at[i].kind == OPERATION_TUN && plan->at[i].link->wire == link->wire)
			return plan->at[i].link;
	return link;
}

/* What stands before a function that builds by itself. */
static const char *before(const char *does)
{
	return strcmp(does, "build") ? "try " : "";
}

static void write_tun(
	FILE *to, const struct lab *lab, const struct plan *plan, const struct link *link, const char *does)
{
	struct arena *arena = lab->arena;

	if (is_at_router(link))
		script_router_port(to, lab, link, does);
	else if (is_at_hub(link))
		write_hub(to, arena, link, before(does));
	else if (first_of(plan, link) == link)
		write_wire(to, arena, link->wire ? link->wire->ends[0] : link, before(does));
}

static void write_operation(FILE *to, const struct lab *lab, const struct plan *plan,
	const struct operation *operation, const char *does)
{
	struct arena *arena = lab->arena;
	bool statement = operation->entry && operation->entry->command == COMMAND_STATE;
	const char *space = *does ? " " : "";

	switch (operation->kind) {
	case OPERATION_NAMESPACE:
		fprintf(to, "build ip netns add %s\nset_up %s\n", operation->in->name, operation->in->name);
		break;
	case OPERATION_TUN: write_tun(to, lab, plan, operation->link, does); break;
	case OPERATION_PORT: script_router_mtu(to, arena, operation->link, does); break;
	case OPERATION_ROUTER:
	case OPERATION_RATELIMIT: script_router_told(to, arena, operation, does); break;
	case OPERATION_BASELINE:
	case OPERATION_CLOSE:
	case OPERATION_OPEN:
	case OPERATION_DETACH:
	case OPERATION_DEVICE:
	case OPERATION_WIRE:
	case OPERATION_ADVERTISE:
	case OPERATION_IMPAIR: break;
	case OPERATION_NFT:
		fprintf(to, "%s%s\n", strcmp(does, "build") ? "try_input " : "build_input ",
			operation_print(arena, operation));
		break;
	case OPERATION_SYSCTL:
	case OPERATION_REQUEST:
		fprintf(to, "%s%s%s%s\n", does, statement ? "_stands" : "", space,
			operation_print(arena, operation));
		break;
	}
}

static void write_settings(FILE *to, const struct baseline_family *family)
{
	static const char *const places[] = { "all", "default", "lo" };

	for (size_t i = 0; i < 3; i++) {
		for (const struct device_setting *row = family->devices; row->name; row++) {
			int64_t value = i ? row->initially : row->all;

			if (value != ABSENT && !(i == 2 && row->own_on_lo))
				fprintf(to, "%s/conf/%s/%s %" PRId64 "\n", family->name, places[i], row->name,
					value);
		}
	}
}

/* "net.ipv4.x" as a path below net. */
static const char *path_of(struct arena *arena, const char *name)
{
	char *path = (char *)arena_printf(arena, "%s", name + strlen("net."));

	for (char *at = path; *at; at++)
		if (*at == '.')
			*at = '/';
	return path;
}

/* What every namespace begins with. */
static void write_set_up(FILE *to, const struct lab *lab)
{
	const struct baseline *baseline = lab->baseline;

	fprintf(to,
		"set_up() { # NAMESPACE: it begins with the baseline's settings (%s), not with the host's\n",
		baseline->name);
	fputs("\tsettings \"$1\" <<'END_OF_SETTINGS'\n", to);
	if (!baseline->inherited) {
		write_settings(to, &baseline_families[0]);
		for (size_t i = 0; i < VALUES; i++)
			fprintf(to, "%s %s\n", path_of(lab->arena, baseline_texts[i].name),
				baseline_texts[i].value);
		for (const char *const *name = baseline_bridges; *name; name++)
			fprintf(to, "%s 0\n", path_of(lab->arena, *name));
	}
	for (const struct baseline_row *row = baseline->rows; row && row->name; row++)
		fprintf(to, "%s %s\n", path_of(lab->arena, row->name), row->value);
	fputs(lab->uses_ipv6 ? "ipv6/conf/default/accept_dad 0\n" : "ipv6/conf/default/addr_gen_mode 1\n",
		to);
	fputs("END_OF_SETTINGS\n}\n\n", to);
}

static bool needs_nowhere(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].kind == OPERATION_TUN &&
			(is_alone(plan->at[i].link) || is_at_hub(plan->at[i].link)))
			return true;
	return false;
}

static bool any_needs_nowhere(const struct lab *lab, const struct plan *plan)
{
	bool needs = needs_nowhere(plan);

	for (size_t i = 0; i < lab->step_count && !needs; i++)
		needs = lab->steps[i].change &&
			needs_nowhere(plan_change(lab->arena, lab, lab->steps[i].change));
	return needs;
}

/* A TUN that stands alone has a carrier: so the other end of its pair comes up. */
static void write_nowhere(FILE *to, const struct plan *plan, const char *does)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct link *link = plan->at[i].link;

		if (plan->at[i].kind != OPERATION_TUN || !is_alone(link))
			continue;
		if (link->kind->ethernet)
			fprintf(to, "%s ip -n %s link set dev d%zu up\n", does, nowhere, link->in->index);
		else
			fprintf(to, "%s ip -n %s link set dev %s.%zu up\n", does, nowhere, link->name,
				link->in->index);
	}
}

void script_build(FILE *to, const struct lab *lab)
{
	const struct plan *plan = plan_lab(lab->arena, lab);
	const char *reason = script_beyond(lab);

	write_set_up(to, lab);
	if (reason)
		fprintf(to, "skip_all %s\n", shell_word(lab->arena, reason));
	if (any_needs_nowhere(lab, plan))
		fprintf(to,
			"build ip netns add %s\nip netns exec %s sysctl -qw "
			"net.ipv6.conf.default.disable_ipv6=1\n",
			nowhere, nowhere);
	for (size_t i = 0; i < plan->count; i++) {
		const struct operation *operation = &plan->at[i];

		if (!i || (operation->phase != plan->at[i - 1].phase && operation->phase != PHASE_RELAY))
			fprintf(to, "\n# %s\n", phase_name(operation->phase));
		write_operation(to, lab, plan, operation, "build");
	}
	write_nowhere(to, plan, "build");
	if (script_impairs(lab) && !reason)
		fprintf(to, "needs_netem %s\n", lab->namespaces[0]->name);
	fputs("settle\n", to);
	script_impair(to, lab, lab->wiring, "build");
}

void script_change(FILE *to, const struct lab *lab, const struct content *change)
{
	const struct plan *plan = plan_change(lab->arena, lab, change);

	for (size_t i = 0; i < plan->count; i++)
		write_operation(to, lab, plan, &plan->at[i], "try");
	write_nowhere(to, plan, "try");
	script_impair(to, lab, change, "try");
	for (size_t i = 0; i < plan->count; i++) {
		if (!plan->at[i].link && !(lab->uses_ipv6 && plan->at[i].phase == PHASE_ADDRESSES))
			continue;
		fputs("settle\n", to);
		break;
	}
}
