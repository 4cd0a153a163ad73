/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan.h"

#include <string.h>

#include "lab/tuntap.h"
#include "plan/planning.h"

static void plan_request(struct planning *planning, enum phase phase, const struct link *link,
	const struct request *request, enum link_part part)
{
	bool made = part == LINK_MADE || part == LINK_MOVED;

	if (request)
		planning_append(planning, (struct operation) { .kind = OPERATION_REQUEST,
						  .phase = phase,
						  .in = made ? link_made_in(link) : link->in,
						  .where = link->where,
						  .link = link,
						  .request = request,
						  .part = part });
}

static bool relay_carries(const struct link *link)
{
	return link->wire && link->wire->kind->relay;
}

static void plan_port(struct planning *planning, const struct link *link)
{
	if (relay_carries(link))
		planning_append(planning, (struct operation) { .kind = OPERATION_PORT,
						  .phase = PHASE_RELAY,
						  .in = link->in,
						  .where = link->where,
						  .link = link });
}

static void plan_device(struct planning *planning, enum operation_kind kind, const struct link *link)
{
	planning_append(planning, (struct operation) { .kind = kind,
					  .phase = PHASE_LINKS,
					  .in = link->in,
					  .where = link->where,
					  .link = link });
}

static void plan_new_device(struct planning *planning, const struct link *link)
{
	if (link->kind->made != LINK_IS_THERE)
		plan_device(planning, OPERATION_DEVICE, link);
}

static void plan_mode(struct planning *planning, const struct link *link)
{
	plan_request(planning, PHASE_LINKS, link, link_mode_request(planning->arena, link), LINK_MODE);
}

static void plan_settings(struct planning *planning, const struct link *link)
{
	const struct request *request;

	for (size_t i = 0; link->kind->request && (request = link->kind->request(planning->arena, link, i));
		i++)
		planning_append(planning, (struct operation) { .kind = OPERATION_REQUEST,
						  .phase = PHASE_LINKS,
						  .in = link->in,
						  .where = link->where,
						  .link = link,
						  .request = request,
						  .part = LINK_SET,
						  .number = i });
}

static void plan_new_link(struct planning *planning, const struct link *link)
{
	struct operation operation = {
		.phase = PHASE_LINKS, .in = link->in, .where = link->where, .link = link
	};

	switch (link->kind->made) {
	case LINK_IS_THERE: break;
	case LINK_BY_TUN:
		operation.kind = OPERATION_TUN;
		planning_append(planning, operation);
		plan_request(
			planning, PHASE_LINKS, link, link_request(planning->arena, link, true), LINK_CHANGED);
		break;
	case LINK_BY_REQUEST:
		if (link->made_by_peer)
			break;
		plan_request(
			planning, PHASE_LINKS, link, link_request(planning->arena, link, false), LINK_MADE);
		plan_request(
			planning, PHASE_LINKS, link, link_move_request(planning->arena, link), LINK_MOVED);
		break;
	}
}

/* Masters before those that they enslave: a link may name one that is written further down. */
static void plan_masters(struct planning *planning, const struct content *content)
{
	for (size_t i = 0; i < content->link_count; i++) {
		const struct link *link = content->links[i];

		plan_request(planning, PHASE_LINKS, link, link_master_request(planning->arena, link),
			LINK_ENSLAVED);
		plan_request(
			planning, PHASE_LINKS, link, link_port_request(planning->arena, link), LINK_PORT);
	}
}

/* What is made anew is as "links" had it at first. */
static void plan_return(struct planning *planning, const struct link *link)
{
	const struct link *first = link->stands;

	plan_request(planning, PHASE_LINKS, first, link_request(planning->arena, first, true), LINK_CHANGED);
	plan_device(planning, OPERATION_DEVICE, first);
	plan_mode(planning, first);
	if (value_said(&link->values, "master"))
		return;
	plan_request(
		planning, PHASE_LINKS, first, link_master_request(planning->arena, first), LINK_ENSLAVED);
	plan_request(planning, PHASE_LINKS, first, link_port_request(planning->arena, first), LINK_PORT);
}

/* A program has a TUN or TAP, and may close it and open it again. */
static void plan_opening(struct planning *planning, const struct link *link)
{
	switch (tuntap_opening(link)) {
	case TUNTAP_STAYS: break;
	case TUNTAP_CLOSES: plan_device(planning, OPERATION_CLOSE, link); break;
	case TUNTAP_OPENS: plan_device(planning, OPERATION_OPEN, link); break;
	}
	if (tuntap_returns(link))
		plan_return(planning, link);
	if (tuntap_detaches(link))
		plan_device(planning, OPERATION_DETACH, link);
}

static void plan_stands(struct planning *planning, const struct content *content)
{
	for (size_t i = 0; i < content->link_count; i++) {
		const struct link *link = content->links[i];

		if (!link->stands)
			continue;
		plan_opening(planning, link);
		plan_request(
			planning, PHASE_LINKS, link, link_request(planning->arena, link, true), LINK_CHANGED);
		plan_mode(planning, link);
		plan_settings(planning, link);
		if (value_said(&link->values, "mtu"))
			plan_port(planning, link);
	}
}

/* Those of a rank, also what a wire or a peer makes without being declared; whether there are any above. */
static bool each_of_rank(
	struct planning *planning, unsigned rank, void (*each)(struct planning *, const struct link *))
{
	bool more = false;

	for (size_t i = 0; i < planning->count; i++) {
		const struct netns *in = planning->contents[i]->in;

		for (size_t j = 0; j < in->link_count; j++) {
			if (in->links[j]->birth != planning->birth)
				continue;
			if (in->links[j]->rank == rank)
				each(planning, in->links[j]);
			more |= in->links[j]->rank > rank;
		}
	}
	return more;
}

/* What stands on others comes after them. */
static void each_new_link(struct planning *planning, void (*each)(struct planning *, const struct link *))
{
	for (unsigned rank = 0; each_of_rank(planning, rank, each);)
		rank++;
}

static void plan_links(struct planning *planning)
{
	each_new_link(planning, plan_new_link);
	each_new_link(planning, plan_new_device);
	each_new_link(planning, plan_mode);
	each_new_link(planning, plan_settings);
	for (size_t i = 0; i < planning->count; i++)
		plan_stands(planning, planning->contents[i]);
	for (size_t i = 0; i < planning->count; i++)
		plan_masters(planning, planning->contents[i]);
}

static void plan_wires(struct planning *planning, struct wire *const *wires, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!wires[i]->kind->relay)
			continue;
		for (size_t j = 0; j < wires[i]->count; j++)
			if (wires[i]->ends[j]->late)
				plan_port(planning, wires[i]->ends[j]);
		planning_append(planning, (struct operation) { .kind = OPERATION_WIRE,
						  .phase = PHASE_RELAY,
						  .where = wires[i]->where,
						  .wire = wires[i] });
	}
}

static void plan_sysctl(struct planning *planning, const struct content *content, const struct sysctl *sysctl)
{
	if (sysctl->value)
		planning_append(planning, (struct operation) { .kind = OPERATION_SYSCTL,
						  .phase = PHASE_SYSCTLS,
						  .in = content->in,
						  .where = sysctl->where,
						  .sysctl = sysctl });
}

/* A glob comes right before the first of the names that it leaves alone, so that these count. */
static void plan_sysctls_of(struct planning *planning, const struct content *content, bool forwarding)
{
	const struct sysctl *end = content->sysctls + content->sysctl_count;

	for (const struct sysctl *sysctl = content->sysctls; sysctl < end; sysctl++) {
		if (sysctl_is_forwarding(sysctl) != forwarding || sysctl->before)
			continue;
		for (const struct sysctl *glob = sysctl + 1; glob < end; glob++)
			if (glob->before == sysctl)
				plan_sysctl(planning, content, glob);
		plan_sysctl(planning, content, sysctl);
	}
}

static void plan_sysctls(struct planning *planning, bool forwarding)
{
	for (size_t i = 0; i < planning->count; i++)
		plan_sysctls_of(planning, planning->contents[i], forwarding);
}

/* Whether "links" says of lo, which needs no making, that it stays down. */
static bool stays_down(const struct planning *planning, const struct link *link)
{
	for (size_t i = 0; i < planning->count; i++)
		for (size_t j = 0; j < planning->contents[i]->link_count; j++)
			if (planning->contents[i]->links[j]->stands == link &&
				!link_up(planning->contents[i]->links[j]))
				return true;
	return false;
}

static void plan_up(struct planning *planning, const struct link *link)
{
	if (!link_up(link) || (link->kind->made == LINK_IS_THERE && stays_down(planning, link)))
		return;
	planning_append(planning, (struct operation) { .kind = OPERATION_REQUEST,
					  .phase = PHASE_UP,
					  .in = link->in,
					  .where = link->where,
					  .link = link,
					  .request = link_up_request(planning->arena, link, true),
					  .part = LINK_UP });
}

/* lo and what stands already come up, or go down, as "links" says. */
static void plan_up_of_standing(struct planning *planning, const struct content *content)
{
	for (size_t i = 0; i < content->link_count; i++) {
		const struct link *link = content->links[i];

		if (!link->stands)
			continue;
		if (tuntap_returns(link) && !value_said(&link->values, "up"))
			plan_up(planning, link->stands);
		if (!value_said(&link->values, "up"))
			continue;
		if (!planning->birth && !link_up(link))
			continue; /* lo of a new namespace is down already */
		planning_append(
			planning, (struct operation) { .kind = OPERATION_REQUEST,
					  .phase = PHASE_UP,
					  .in = link->in,
					  .where = link->where,
					  .link = link,
					  .request = link_up_request(planning->arena, link, link_up(link)),
					  .part = link_up(link) ? LINK_UP : LINK_DOWN });
	}
}

/* Behind the statements about one object that begin with FIRST, or behind the one command. */
static size_t end_of_statements(const struct content *content, size_t first)
{
	const struct entry *entries = content->entries;
	size_t end = first;

	while (end < content->entry_count && entries[end].command == COMMAND_STATE &&
		entries[end].object == entries[first].object)
		end++;
	return end > first ? end : first + 1;
}

static void plan_some(
	struct planning *planning, const struct content *content, size_t first, size_t end, bool made_first)
{
	for (size_t i = first; i < end; i++) {
		const struct entry *entry = &content->entries[i];
		bool early = entry->object->made_first && entry->command == COMMAND_STATE &&
			     entry->object->made_first(entry);

		if (early == made_first)
			planning_append(planning, (struct operation) { .kind = OPERATION_REQUEST,
							  .phase = entry->object->phase,
							  .in = content->in,
							  .where = entry->where,
							  .entry = entry,
							  .request = entry_request(planning->arena, entry) });
	}
}

static void plan_entries(struct planning *planning, enum phase phase)
{
	for (size_t i = 0; i < planning->count; i++) {
		const struct content *content = planning->contents[i];

		for (size_t first = 0, end; first < content->entry_count; first = end) {
			end = end_of_statements(content, first);
			if (content->entries[first].object->phase != phase)
				continue;
			plan_some(planning, content, first, end, true);
			plan_some(planning, content, first, end, false);
		}
	}
}

static void plan_rulesets(struct planning *planning)
{
	for (size_t i = 0; i < planning->count; i++) {
		const struct content *content = planning->contents[i];

		if (content->ruleset)
			planning_append(planning, (struct operation) { .kind = OPERATION_NFT,
							  .phase = PHASE_NFT,
							  .in = content->in,
							  .where = content->ruleset->where,
							  .ruleset = content->ruleset });
	}
}

static void plan_impairments(struct planning *planning, const struct content *wiring)
{
	for (size_t i = 0; i < wiring->imposition_count; i++) {
		const struct imposition *imposition = &wiring->impositions[i];

		planning_append(planning, (struct operation) { .kind = OPERATION_IMPAIR,
						  .phase = PHASE_IMPAIRMENTS,
						  .where = imposition->where,
						  .link = imposition->to,
						  .wire = imposition->wire,
						  .imposition = imposition });
	}
}

/* WIRING has the wires. */
static void plan_all(struct planning *planning, const struct content *wiring)
{
	plan_links(planning);
	each_new_link(planning, plan_port);
	plan_wires(planning, wiring->wires, wiring->wire_count);
	plan_ratelimits(planning, wiring);
	plan_sysctls(planning, true);
	plan_sysctls(planning, false);
	each_new_link(planning, plan_up);
	for (size_t i = 0; i < planning->count; i++)
		plan_up_of_standing(planning, planning->contents[i]);
	for (enum phase phase = PHASE_ADDRESSES; phase <= PHASE_RULES; phase++) {
		plan_entries(planning, phase);
		plan_routers(planning, wiring, phase);
		if (phase == PHASE_ROUTES)
			plan_advertisements(planning, wiring);
	}
	plan_rulesets(planning);
	plan_impairments(planning, wiring);
}

static void plan_namespace(struct planning *planning, const struct lab *lab, const struct netns *in)
{
	struct operation operation = {
		.kind = OPERATION_NAMESPACE, .phase = PHASE_NAMESPACES, .in = in, .where = in->where
	};

	planning_append(planning, operation);
	operation.kind = OPERATION_BASELINE;
	for (operation.row = lab->baseline->rows; operation.row && operation.row->name; operation.row++)
		planning_append(planning, operation);
}

static struct plan *plan_new(struct arena *arena, const struct lab *lab)
{
	struct plan *plan = arena_take(arena, sizeof *plan);

	plan->lab = lab;
	return plan;
}

struct plan *plan_lab(struct arena *arena, const struct lab *lab)
{
	struct plan *plan = plan_new(arena, lab);
	const struct content **contents = arena_take(arena, lab->namespace_count * sizeof *contents);
	struct planning planning = {
		.arena = arena, .plan = plan, .contents = contents, .count = lab->namespace_count
	};

	for (size_t i = 0; i < lab->namespace_count; i++) {
		contents[i] = lab->namespaces[i]->content;
		plan_namespace(&planning, lab, lab->namespaces[i]);
	}
	plan_all(&planning, lab->wiring);
	return plan;
}

struct plan *plan_change(struct arena *arena, const struct lab *lab, const struct content *change)
{
	struct plan *plan = plan_new(arena, lab);
	const struct content *const one[] = { change };
	struct planning planning = {
		.arena = arena, .plan = plan, .contents = one, .count = 1, .birth = change->where
	};

	if (!change->in) {
		planning.contents = (const struct content *const *)change->inner;
		planning.count = change->inner_count;
	}
	plan_all(&planning, change);
	return plan;
}
