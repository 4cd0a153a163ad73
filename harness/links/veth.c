/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lab/lab.h"

/* Whether another veth of the namespace says that this is its peer. */
static bool is_peer(const struct link *link)
{
	for (size_t i = 0; i < link->in->link_count; i++) {
		const json_t *peer = json_object_get(link->in->links[i]->json, "peer");

		if (json_is_string(peer) && !strcmp(json_string_value(peer), link->name))
			return true;
	}
	return false;
}

/* The other end in the same namespace; between namespaces a veth is a wire. */
static const char *settle(const struct reading *reading, struct link *link)
{
	const char *name = value_text(&link->own, "peer");
	struct link *peer;

	if (link->stands)
		return name ? "a veth that stands keeps its peer" : NULL;
	if (link->wire && name)
		return "has a \"peer\"; allowed: none, as the wire that it is the end of decides that";
	if (link->made_by_peer && name && strcmp(name, link->peer) != 0)
		return arena_printf(
			reading->arena, "has another \"peer\"; allowed: %s, whose peer it is", link->peer);
	if (link->wire || link->made_by_peer || (!name && is_peer(link)))
		return NULL;
	if (!name && json_object_get(link->json, "peer"))
		return NULL; /* it was wrong, which has been said */
	if (!name)
		return "a veth has two ends; allowed: with a \"peer\", or as the end of a wire of kind "
		       "\"veth\"";
	if (!strcmp(name, link->name))
		return "is its own \"peer\"; allowed: another device";
	peer = namespace_link(link->in, name);
	if (!peer) {
		peer = link_add(reading, link->in, name, link->where);
		peer->kind = link->kind;
		peer->made_by_peer = true;
		link_read(reading, peer);
	} else if (peer->made_by_peer || peer->wire || !peer->kind || strcmp(peer->kind->name, "veth") != 0) {
		return "has a \"peer\" that cannot be; allowed: a new device, or a veth that has no other";
	}
	peer->made_by_peer = true;
	peer->peer = link->name;
	link->peer = name;
	return NULL;
}

static const struct field fields[] = {
	{ .key = "peer", .type = &type_device, .what = "the name of the other end, in the same namespace" },
	{ 0 },
};

const struct link_kind link_veth = {
	.name = "veth",
	.what = "one of two Ethernet devices that the kernel joins",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.fields = fields,
	.settle = settle,
};
