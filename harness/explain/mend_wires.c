/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What impairs wires, one kind after the other: packets to an end are no longer lost, delayed, ... */
#include <string.h>

#include "explain/mend_idea.h"
#include "kernel/loop.h"
#include "kernel/relay.h"
#include "lab/impairment.h"
#include "lab/wire.h"
#include "run/impair.h"

/* [{ "ends": [...], "toward": { "right/tun0": { "loss": null } } }]; TO NULL: toward all ends. */
static json_t *without(
	const struct view *view, const struct wire *wire, const struct link *to, const struct values *values)
{
	json_t *wires = json_new_array(), *one = json_new_object(), *toward = json_new_object(),
	       *nulls = json_new_object();

	for (size_t i = 0; i < values->count; i++)
		json_put_new(nulls, field_key(values->at[i].field), json_null());
	for (size_t i = 0; i < wire->count; i++)
		if (!to || wire->ends[i] == to)
			json_put_new(toward, link_path(view->arena, wire->ends[i]), json_copy(nulls));
	json_decref(nulls);
	json_put_new(one, "ends", wire_ends_json(view->arena, wire));
	json_put_new(one, "toward", toward);
	json_append_new(wires, one);
	return wires;
}

/* Whether packets to this end were lost or changed; what takes time is not told from what takes as long as it
 * should. */
static bool is_told(const struct view *view, const struct link *to, const struct impairment_kind *kind)
{
	const struct relay_counters *counters = relay_counters(view->site->relay, to->port);

	if (!strcmp(kind->name, "corrupt"))
		return counters->corrupted;
	if (!strcmp(kind->name, "rate"))
		return counters->overflowed;
	if (!strcmp(kind->name, "mtu"))
		return counters->over_mtu;
	return !strcmp(kind->name, "loss") && counters->lost;
}

/* Whether packets to another end of its wire are impaired so, too. */
static bool is_of_others(const struct view *view, const struct link *end, const struct impairment_kind *kind)
{
	for (size_t i = 0; i < end->wire->count; i++) {
		const struct values values =
			impaired_now(view->site, view->arena, end->wire->ends[i], loop_now());

		if (end->wire->ends[i] != end && impairment_values(view->arena, &values, kind).count)
			return true;
	}
	return false;
}

static void stop_impairing(struct ideas *ideas, const struct view_device *device,
	const struct impairment_kind *kind, const struct values *values)
{
	struct view *view = ideas->view;
	const struct wire *wire = device->link->wire;
	const struct values own = impairment_values(view->arena, values, kind);
	unsigned cost = is_told(view, device->link, kind) ? COST_TOLD : COST_CHANGED;

	if (!own.count)
		return;
	idea_add_wires(ideas, cost,
		arena_printf(view->arena, "wire %s/%s %s", device->of->in->name, device->name, kind->name),
		device->of, without(view, wire, device->link, &own), NULL);
	if (!is_of_others(view, device->link, kind))
		return;
	idea_add_wires(ideas, cost + 1,
		arena_printf(view->arena, "wire of %s/%s %s", wire->ends[0]->in->name, wire->ends[0]->name,
			kind->name),
		device->of, without(view, wire, NULL, &own), NULL);
}

void ideas_wires(struct ideas *ideas)
{
	struct view *view = ideas->view;
	uint64_t now = loop_now();

	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
			const struct view_device *device = &view->namespaces[i].devices[j];
			const struct wire *wire = device->link->wire;
			struct values values;

			if (!wire || !wire->kind->relay || !view->site->relay)
				continue;
			values = impaired_now(view->site, view->arena, device->link, now);
			view->impaired |= values.count > 0;
			for (size_t k = 0; values.count && impairment_kinds[k]; k++)
				stop_impairing(ideas, device, impairment_kinds[k], &values);
		}
}
