/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that a bridge would have to send out of the port that they came in by, which it does only if told
 * to. */
#include <string.h>

#include "explain/mend_idea.h"

static bool is_bridge_port(const struct view_netns *in, const struct view_device *device)
{
	const char *master = view_text(device->json, "master");

	for (size_t i = 0; master && i < in->device_count; i++)
		if (!strcmp(in->devices[i].name, master))
			return in->devices[i].link->kind &&
			       !strcmp(in->devices[i].link->kind->name, "bridge");
	return false;
}

static json_t *hairpin(const struct view_device *port, bool on)
{
	json_t *change = json_new_object(), *links = json_new_object(), *link = json_new_object(),
	       *slave = json_new_object();

	json_put_new(slave, "hairpin", json_boolean(on));
	json_put_new(link, "bridge_slave", slave);
	json_put_new(links, port->name, link);
	json_put_new(change, "links", links);
	return change;
}

/* Who is translated to himself refuses packets from himself: they need another source, too. */
static json_t *with_source(struct ideas *ideas, json_t *change, const char *address)
{
	const char *family = idea_family(ideas);
	json_t *nft = idea_nft_change(arena_printf(ideas->view->arena,
		"table %s mend {\n  chain post { type nat hook postrouting priority srcnat; %s saddr %s %s "
		"daddr %s "
		"masquerade; }\n}",
		family, family, address, family, address));

	json_object_update(change, nft);
	json_decref(nft);
	return change;
}

static json_t *without_source(struct ideas *ideas, json_t *change)
{
	json_t *nft =
		idea_nft_change(arena_printf(ideas->view->arena, "delete table %s mend", idea_family(ideas)));

	json_object_update(change, nft);
	json_decref(nft);
	return change;
}

static void send_back(struct ideas *ideas, const struct view_netns *in, const struct view_device *port)
{
	const struct view *view = ideas->view;
	const char *group = arena_printf(view->arena, "hairpin %s %s", in->in->name, port->name),
		   *also = arena_printf(
			   view->arena, "what %s asks all ports for comes back to it, too", port->name);

	idea_add(ideas, COST_OBJECT, group, also, in, hairpin(port, true), hairpin(port, false));
	for (size_t i = 1; i < view->target_count; i++) /* the first is not translated */
		if (view_owns(&view->namespaces[view->step->in->index], &view->targets[i].address))
			idea_add(ideas, COST_OBJECT + 1, group, also, in,
				with_source(ideas, hairpin(port, true), view->targets[i].text),
				without_source(ideas, hairpin(port, false)));
}

void ideas_bridge(struct ideas *ideas)
{
	for (size_t i = 0; i < ideas->view->netns_count; i++) {
		const struct view_netns *in = &ideas->view->namespaces[i];

		for (size_t j = 0; j < in->device_count; j++)
			if (is_bridge_port(in, &in->devices[j]))
				send_back(ideas, in, &in->devices[j]);
	}
}
