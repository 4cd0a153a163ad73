/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in a namespace, in a lab or in a change: links, sysctls, and entries about iproute2's objects.
 */
#include <string.h>

#include "lab/lab.h"
#include "lab/tables.h"

/* clang-format off */
const struct field content_fields[] = {
	{ .key = "links", .what = "its devices: name → what each is" },
	{ .key = "sysctls",
	  .what = "name → value, of the sysctls below net.; names are written as in sysctl.d(5): "
		  "net.ipv4.conf.eth0/5.rp_filter and net/ipv4/conf/eth0.5/rp_filter are the same. A glob "
		  "(net.ipv4.conf.*.rp_filter; also with ? and [...]) sets whatever it matches in the namespace once "
		  "its links are made: all, default and each device; devices that a later change makes take after "
		  "default. It leaves alone what stands beside it by its own name, before it or after it; with the "
		  "value null the name says nothing more. Of two globs that match, the later counts. Nothing is "
		  "overlooked: a glob that matches nothing, an unknown name and a refused value are errors" },
	{ .key = "nft",
		.what = "a ruleset of nftables as `nft -f` reads it, a string or an array of lines; or nft's "
			"own JSON (libnftables-json(5)), an object with \"nftables\" or the list in it; in a "
			"change it is added to what is there, as nft does" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};
/* clang-format on */

static void wrong_link_kind(const struct reading *reading, const json_t *json, const struct place *where)
{
	const char *names[64] = { NULL }, *near, *list = "";
	size_t count = 0;

	for (const struct link_kind *const *kind = link_kinds; *kind && count < 63; kind++)
		if ((*kind)->made != LINK_IS_THERE)
			names[count++] = (*kind)->name;
	for (size_t i = 0; i < count; i++)
		list = arena_printf(reading->arena, "%s%s%s", list, i ? ", " : "", names[i]);
	near = nearest(json_is_string(json) ? json_string_value(json) : "", names);
	problem_add(reading->problems, where, "not a kind of link%s%s%s; allowed: %s",
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", list);
}

/* A link whose kind is wrong is read no further: what else it says cannot be judged. */
static void read_kind(
	const struct reading *reading, struct link *link, const json_t *json, const struct place *where)
{
	const struct link_kind *kind = link_kind(json_is_string(json) ? json_string_value(json) : "");
	const struct link *stands = link->stands;

	if (!kind || kind->made == LINK_IS_THERE) {
		wrong_link_kind(reading, json, where);
		link->read = true;
	} else if (stands && stands->kind && kind != stands->kind) {
		problem_add(reading->problems, where, "the device stands already; allowed: its kind, %s",
			stands->kind->name);
		link->read = true;
	} else {
		link->kind = kind;
	}
}

static struct link *new_link(const struct reading *reading, struct netns *in, const char *name,
	const struct place *where, bool change)
{
	struct link *stands = namespace_link(in, name), *link;

	if (!stands || (!change && strcmp(name, "lo") != 0))
		return link_add(reading, in, name, where);
	link = arena_take(reading->arena, sizeof *link);
	*link = (struct link) { .name = name,
		.in = in,
		.where = where,
		.stands = stands,
		.kind = stands->kind,
		.wire = stands->wire,
		.end = stands->end,
		.before = stands->last ? stands->last : stands };
	stands->last = link;
	return link;
}

static void read_link(const struct reading *reading, struct content *content, const char *name,
	const json_t *json, const struct place *where, bool change)
{
	const json_t *kind = json_object_get(json, "kind");
	const char *wrong = device_name_wrong(name);
	struct link *link;

	if (wrong) {
		problem_add(reading->problems, place_name(reading->arena, where), "%s; allowed: %s", wrong,
			type_device.allowed);
		return;
	}
	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object, such as { \"kind\": \"tun\" }");
		return;
	}
	link = new_link(reading, content->in, name, where, change);
	link->json = json;
	if (kind)
		read_kind(reading, link, kind, place_key(reading->arena, where, "kind"));
	arena_append(reading->arena, &content->links, &content->link_count, &link, sizeof link);
}

static void read_links(const struct reading *reading, struct content *content, const json_t *json,
	const struct place *where, bool change)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object: name → what the device is");
		return;
	}
	if (json_object_size(json) > LAB_LINKS_EACH) {
		problem_add(reading->problems, where, "has %zu devices; allowed: at most %d",
			json_object_size(json), LAB_LINKS_EACH);
		return;
	}
	json_object_foreach ((json_t *)json, name, value)
		read_link(reading, content, name, value, place_key(reading->arena, where, name), change);
}

void links_read(const struct reading *reading, const struct content *content)
{
	for (size_t i = 0; i < content->inner_count; i++)
		links_read(reading, content->inner[i]);
	for (size_t i = 0; i < content->link_count; i++)
		link_read(reading, content->links[i]);
	/* Those that wires and peers make; the list grows as it is walked. */
	for (size_t i = 0; content->in && i < content->in->link_count; i++)
		link_read(reading, content->in->links[i]);
	for (size_t i = 0; i < content->wire_count; i++)
		for (size_t j = 0; j < content->wires[i]->count; j++)
			link_read(reading, content->wires[i]->ends[j]);
}

static void read_entry(const struct reading *reading, struct content *content, const struct object *object,
	const json_t *json, const struct place *where)
{
	struct entry entry;

	if (entry_read(reading, object, json, where, &entry))
		arena_append(reading->arena, &content->entries, &content->entry_count, &entry, sizeof entry);
}

/* `ip -j address` prints links, each with a list of addresses that do not name it. */
static void read_listed(const struct reading *reading, struct content *content, const struct object *object,
	const json_t *json, const struct place *where)
{
	const json_t *name = json_object_get(json, object->list_device),
		     *list = json_object_get(json, object->list);
	size_t i;
	json_t *element;

	where = place_key(reading->arena, where, object->list);
	if (!json_is_string(name) || !json_is_array(list)) {
		problem_add(reading->problems, where,
			"cannot be read; allowed: an array of objects, with \"%s\" beside it",
			object->list_device);
		return;
	}
	json_array_foreach (list, i, element) {
		json_t *copy = json_copy(element);

		if (!copy || json_array_append_new(reading->lab->kept, copy))
			memory_exhausted();
		if (json_is_object(copy) && !json_object_get(copy, "dev"))
			json_put(copy, "dev", "%s", json_string_value(name));
		read_entry(reading, content, object, copy, place_index(reading->arena, where, i));
	}
}

static void read_entries(const struct reading *reading, struct content *content, const struct object *object,
	const json_t *json, const struct place *where)
{
	size_t i;
	json_t *element;

	if (!json_is_array(json)) {
		wrong_kind(reading, json, where, "an array of strings or objects");
		return;
	}
	json_array_foreach ((json_t *)json, i, element) {
		const struct place *place = place_index(reading->arena, where, i);

		if (object->list && json_object_get(element, object->list))
			read_listed(reading, content, object, element, place);
		else
			read_entry(reading, content, object, element, place);
	}
}

static void check_keys(const struct reading *reading, const json_t *json, const struct place *where)
{
	struct field object_fields[32] = { { 0 } };
	const struct field *const tables[] = { content_fields, object_fields, NULL };
	const char *key;
	json_t *value;

	for (size_t i = 0; i < 31 && objects[i]; i++)
		object_fields[i].key = objects[i]->key;
	json_object_foreach ((json_t *)json, key, value)
		if (!field_by_key(tables, key))
			key_unknown(reading, place_key(reading->arena, where, key), key, tables);
}

struct content *content_read(const struct reading *reading, struct netns *in, const json_t *json,
	const struct place *where, bool change)
{
	struct content *content = arena_take(reading->arena, sizeof *content);
	const json_t *links = json_object_get(json, "links"), *sysctls = json_object_get(json, "sysctls"),
		     *nft = json_object_get(json, "nft");

	content->in = in;
	content->where = where;
	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object; {} for one with lo only");
		return content;
	}
	check_keys(reading, json, where);
	if (links)
		read_links(reading, content, links, place_key(reading->arena, where, "links"), change);
	if (sysctls)
		sysctls_read(reading, content, sysctls, place_key(reading->arena, where, "sysctls"));
	for (const struct object *const *object = objects; *object; object++)
		if (json_object_get(json, (*object)->key))
			read_entries(reading, content, *object, json_object_get(json, (*object)->key),
				place_key(reading->arena, where, (*object)->key));
	in->uses_nft |= nft != NULL;
	if (nft)
		content->ruleset = ruleset_read(reading, nft, place_key(reading->arena, where, "nft"));
	return content;
}
