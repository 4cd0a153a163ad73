/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading steps: which verb, where, with what, and what is expected. */
#include <string.h>
#include <sys/socket.h>

#include "forwarder/protocol.h"
#include "lab/lab.h"

/* clang-format off */
const struct field step_fields[] = {
	{ .key = "in", .type = &type_namespace, .what = "the namespace; may be left out where there is one only" },
	{ .key = "name", .type = &type_string, .what = "what the step is called in the output" },
	{ .key = "expect", .what = "what must come of it, or an array of what may" },
	{ .key = "timeout", .type = &type_duration, .fallback = "1s", .what = "of one attempt, to which the wires' delays are added" },
	{ .key = "within", .type = &type_duration, .what = "the attempt is repeated until it holds, so long" },
	{ .key = "todo", .type = &type_string, .what = "why the step is known to fail: TAP's TODO" },
	{ .key = "packets", .what = "what devices see while the step runs" },
	{ .key = "counters", .what = "by how much counters of namespaces move while the step runs" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

const struct field probe_fields[] = {
	{ .key = "source", .type = &type_address, .what = "the address that the probe is sent from" },
	{ .key = "dev", .type = &type_device, .what = "the device that the probe's socket is bound to (SO_BINDTODEVICE)" },
	{ .key = "mark", .type = &type_mark, .what = "the firewall mark (SO_MARK)" },
	{ .key = "tos", .type = &type_u8, .what = "the type of service or traffic class" },
	{ .key = "uid", .type = &type_u32, .what = "the user that owns the probe's socket" },
	{ 0 },
};

const struct field listen_fields[] = {
	{ .key = "listen", .what = "where the listener is: a namespace, false for none, or an object" },
	{ 0 },
};

static const struct field listener_fields[] = {
	{ .key = "in", .type = &type_namespace, .what = "the listener's namespace" },
	{ .key = "address", .type = &type_string, .what = "the address, or address:port, that it is bound to" },
	{ .key = "mark", .type = &type_mark, .what = "the listener's firewall mark" },
	{ .key = "transparent", .type = &type_boolean, .what = "IP_TRANSPARENT" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

static const struct name direction_names[] = { { "in", RELAY_IN }, { "out", RELAY_OUT }, { "both", RELAY_BOTH }, { 0 } };

static const struct field packets_fields[] = {
	{ .key = "at", .type = &type_string, .flags = FIELD_REQUIRED, .what = "namespace/device, or wire:namespace/device for the relay's side of it" },
	{ .key = "dir", .type = &type_word, .names = direction_names, .fallback = "both", .what = "the device's own direction" },
	{ .key = "filter", .type = &type_string, .what = "pcap-filter(7)" },
	{ .key = "count", .what = "how many, or { \"min\":, \"max\": }" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

static const struct field bounds_fields[] = {
	{ .key = "min", .type = &type_u64, .what = "at least" },
	{ .key = "max", .type = &type_u64, .what = "at most" },
	{ 0 },
};
/* clang-format on */

static const struct field count_field = { .key = "count", .type = &type_u64 };

static struct bounds read_bounds(const struct reading *reading, const json_t *json, const struct place *where)
{
	const struct field *const tables[] = { bounds_fields, NULL };
	struct bounds bounds = { .least = 0, .most = UINT64_MAX };
	struct values values = { 0 };
	struct value exact = { 0 };

	if (json_is_object(json)) {
		values_read(reading, json, where, tables, &values);
		bounds.least = value_number(&values, "min", 0);
		bounds.most = value_number(&values, "max", UINT64_MAX);
		if (bounds.least > bounds.most)
			problem_add(reading->problems, where, "\"min\" is more than \"max\"");
	} else if (value_read(reading, json, where, &count_field, &exact)) {
		bounds.least = bounds.most = exact.number;
	}
	return bounds;
}

static void read_at(
	const struct reading *reading, struct step *step, struct packets *packets, const struct value *at)
{
	const char *name = at->text;

	if (!strncmp(name, "wire:", 5)) {
		packets->wire = true;
		name += 5;
	}
	packets->at = lab_link(reading->lab, step->in, name);
	if (!packets->at)
		problem_add(reading->problems, at->where,
			"no such device in this lab; allowed: namespace/device, or wire:namespace/device");
	else if (packets->wire && (!packets->at->wire || !packets->at->wire->kind->relay))
		problem_add(reading->problems, at->where, "is not the end of a wire that the relay carries");
}

static void read_packet_count(
	const struct reading *reading, struct step *step, const json_t *json, const struct place *where)
{
	const struct field *const tables[] = { packets_fields, NULL };
	struct packets packets = { .where = where, .count = { .least = 1, .most = UINT64_MAX } };
	const struct value *filter;
	struct values values = { 0 };
	const char *wrong;

	if (!json_is_object(json)) {
		problem_add(reading->problems, where, "is %s; allowed: an object with \"at\"",
			json_kind(reading->arena, json));
		return;
	}
	values_read(reading, json, where, tables, &values);
	packets.direction = (unsigned)value_number(&values, "dir", RELAY_BOTH);
	filter = value_of(&values, "filter");
	packets.filter = filter ? filter->text : NULL;
	if (json_object_get(json, "count"))
		packets.count = read_bounds(
			reading, json_object_get(json, "count"), place_key(reading->arena, where, "count"));
	if (!value_of(&values, "at"))
		return;
	read_at(reading, step, &packets, value_of(&values, "at"));
	if (packets.at && packets.at->kind && filter && reading->filter_wrong) {
		bool ethernet = packets.at->kind->ethernet || packets.at->kind->made == LINK_IS_THERE;

		wrong = reading->filter_wrong(reading->arena, filter->text, ethernet);
		if (wrong)
			problem_add(reading->problems, filter->where,
				"not a packet filter: %s; allowed: pcap-filter(7)", wrong);
	}
	arena_append(reading->arena, &step->packets, &step->packets_count, &packets, sizeof packets);
}

static void read_packets(
	const struct reading *reading, struct step *step, const json_t *json, const struct place *where)
{
	size_t i;
	json_t *element;

	if (!json)
		return;
	if (!json_is_array(json)) {
		problem_add(reading->problems, where, "is %s; allowed: an array of objects with \"at\"",
			json_kind(reading->arena, json));
		return;
	}
	json_array_foreach ((json_t *)json, i, element)
		read_packet_count(reading, step, element, place_index(reading->arena, where, i));
}

static void read_counters(
	const struct reading *reading, struct step *step, const json_t *json, const struct place *where)
{
	const char *name, *counter;
	json_t *counters, *count;

	if (json && !json_is_object(json))
		problem_add(reading->problems, where, "is %s; allowed: namespace → counter → count",
			json_kind(reading->arena, json));
	json_object_foreach ((json_t *)json, name, counters) {
		const struct place *place = place_key(reading->arena, where, name);
		const struct netns *in = lab_namespace(reading->lab, name);

		if (!in)
			problem_add(reading->problems, place_name(reading->arena, place),
				"no namespace of that name in this lab");
		else if (!json_is_object(counters))
			problem_add(reading->problems, place, "is %s; allowed: counter → count",
				json_kind(reading->arena, counters));
		json_object_foreach (counters, counter, count) {
			struct counter one = {
				.where = place_key(reading->arena, place, counter), .in = in, .name = counter
			};

			one.count = read_bounds(reading, count, one.where);
			arena_append(
				reading->arena, &step->counters, &step->counters_count, &one, sizeof one);
		}
	}
}

static void read_listener_address(
	const struct reading *reading, struct listener *listener, const struct value *value)
{
	static const struct field endpoint = { .key = "address", .type = &type_endpoint };
	struct value both = { 0 };

	if (!address_read(reading->arena, value->text, false, &listener->address))
		return;
	if (type_endpoint.read(reading, &endpoint, value->text, &both)) {
		problem_add(
			reading->problems, value->where, "not an address; allowed: address, or address:port");
		return;
	}
	listener->address = both.address;
	listener->port = both.port;
}

static void read_listener(
	const struct reading *reading, struct step *step, const json_t *json, const struct place *where)
{
	const struct field *const tables[] = { listener_fields, NULL };
	struct listener *listener = &step->listener;
	struct values values = { 0 };
	const char *in = NULL;

	listener->where = where;
	if (!json)
		return;
	listener->kind = json_is_false(json) ? LISTEN_NOT : LISTEN_HERE;
	if (json_is_string(json)) {
		in = json_string_value(json);
	} else if (json_is_object(json)) {
		values_read(reading, json, where, tables, &values);
		in = value_text(&values, "in");
		if (value_of(&values, "address"))
			read_listener_address(reading, listener, value_of(&values, "address"));
		listener->mark = value_of(&values, "mark") ? value_of(&values, "mark")->first : 0;
		listener->transparent = value_number(&values, "transparent", 0);
	} else if (!json_is_false(json)) {
		problem_add(reading->problems, where, "is %s; allowed: a namespace, false, or an object",
			json_kind(reading->arena, json));
	}
	listener->in = in ? lab_namespace(reading->lab, in) : NULL;
	if (json_is_string(json) && !listener->in)
		problem_add(reading->problems, where, "no namespace of that name in this lab");
}

static struct content *read_change_of_several(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	static const struct field fields[] = { { .key = "namespaces", .what = "name → what changes in it" },
		{ .key = "wires", .what = "wires that are added" },
		{ .key = "note", .type = &type_string, .what = "for people" }, { 0 } };
	const struct field *const tables[] = { fields, NULL };
	struct content *content = arena_take(reading->arena, sizeof *content);
	const struct place *namespaces = place_key(reading->arena, where, "namespaces");
	struct values ignored = { 0 };
	const char *name;
	json_t *value;

	content->where = where;
	values_read(reading, json, where, tables, &ignored);
	json_object_foreach (json_object_get(json, "namespaces"), name, value) {
		const struct place *place = place_key(reading->arena, namespaces, name);
		struct netns *in = lab_namespace(reading->lab, name);
		struct content *inner;

		if (!in) {
			problem_add(reading->problems, place_name(reading->arena, place),
				"no namespace of that name in this lab; a change cannot make one");
			continue;
		}
		inner = content_read(reading, in, value, place, true);
		arena_append(reading->arena, &content->inner, &content->inner_count, &inner, sizeof inner);
	}
	wires_read(
		reading, json_object_get(json, "wires"), place_key(reading->arena, where, "wires"), content);
	return content;
}

static void read_change(
	const struct reading *outer, struct step *step, const json_t *json, const struct place *where)
{
	const struct reading inside = { outer->lab, outer->arena, outer->problems, outer->filter_wrong,
		where },
			     *reading = &inside;
	bool several = json_object_get(json, "namespaces") || json_object_get(json, "wires");

	if (!json_is_object(json)) {
		problem_add(reading->problems, where, "is %s; allowed: an object, as for a namespace",
			json_kind(reading->arena, json));
		return;
	}
	if (step->in && !several)
		step->change = content_read(reading, step->in, json, where, true);
	else
		step->change = read_change_of_several(reading, json, where);
	links_read(reading, step->change);
}

static const struct verb *find_verb(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	const struct verb *found = NULL;
	const char *names = "";

	for (const struct verb *const *verb = verbs; *verb; verb++) {
		names = arena_printf(reading->arena, "%s%s%s", names, *names ? ", " : "", (*verb)->name);
		if (!json_object_get(json, (*verb)->name))
			continue;
		if (found) {
			problem_add(reading->problems,
				place_name(reading->arena, place_key(reading->arena, where, (*verb)->name)),
				"is a second verb, after \"%s\"; allowed: one a step", found->name);
			return NULL;
		}
		found = *verb;
	}
	if (!found)
		problem_add(reading->problems, where, "has no verb; allowed, one of: %s", names);
	return found;
}

/* What the verb and the step must agree on. */
static void check_step(const struct reading *reading, const struct step *step)
{
	const struct value *within = value_of(&step->values, "within");

	if (!step->in && !step->verb->anywhere && !step->change)
		problem_add(reading->problems, step->where, "lacks \"in\": the lab has several namespaces");
	for (size_t i = 0; within && i < step->expect_count; i++)
		if (step->expect[i].kind == EXPECT_WORD && !strcmp(step->expect[i].word, "no-reply"))
			problem_add(reading->problems, within->where,
				"cannot go with \"no-reply\", which holds at once or never");
}

static void read_step(
	const struct reading *reading, const json_t *json, const struct place *where, size_t number)
{
	static const struct field none[] = { { 0 } };
	struct field verb_field[] = { { 0 }, { 0 } };
	const struct field *tables[] = { step_fields, verb_field, none, none, none, NULL };
	struct lab *lab = reading->lab;
	struct step step = { .number = number, .where = where };
	const struct place *target;

	if (!json_is_object(json)) {
		problem_add(reading->problems, where, "is %s; allowed: an object with a verb",
			json_kind(reading->arena, json));
		return;
	}
	step.verb = find_verb(reading, json, where);
	if (!step.verb)
		return;
	verb_field[0].key = step.verb->name;
	tables[2] = step.verb->fields ? step.verb->fields : none;
	tables[3] = step.verb->probe ? probe_fields : none;
	tables[4] = step.verb->listens ? listen_fields : none;
	values_read(reading, json, where, tables, &step.values);
	step.in = value_text(&step.values, "in") ? lab_namespace(lab, value_text(&step.values, "in")) : NULL;
	if (!json_object_get(json, "in") && lab->namespace_count == 1)
		step.in = lab->namespaces[0];
	step.todo = value_text(&step.values, "todo");
	target = place_key(reading->arena, where, step.verb->name);
	if (step.verb->target) {
		static struct field target_field = { 0 };
		struct field *field = arena_copy(reading->arena, &target_field, sizeof target_field);

		field->key = step.verb->name;
		field->type = step.verb->target;
		value_read(reading, json_object_get(json, step.verb->name), target, field, &step.target);
	} else {
		read_change(reading, &step, json_object_get(json, step.verb->name), target);
	}
	expectations_read(
		reading, &step, json_object_get(json, "expect"), place_key(reading->arena, where, "expect"));
	read_packets(reading, &step, json_object_get(json, "packets"),
		place_key(reading->arena, where, "packets"));
	read_counters(reading, &step, json_object_get(json, "counters"),
		place_key(reading->arena, where, "counters"));
	read_listener(reading, &step, step.verb->listens ? json_object_get(json, "listen") : NULL,
		place_key(reading->arena, where, "listen"));
	check_step(reading, &step);
	step.name = value_text(&step.values, "name");
	if (!step.name)
		step.name = step_print(reading->arena, &step);
	arena_append(reading->arena, &lab->steps, &lab->step_count, &step, sizeof step);
}

void steps_read(const struct reading *reading, const json_t *json, const struct place *where)
{
	size_t i;
	json_t *element;

	if (json && !json_is_array(json)) {
		problem_add(reading->problems, where, "is %s; allowed: an array of steps",
			json_kind(reading->arena, json));
		return;
	}
	if (json_array_size(json) > LAB_STEPS) {
		problem_add(reading->problems, where, "has %zu steps; allowed: at most %d",
			json_array_size(json), LAB_STEPS);
		return;
	}
	json_array_foreach ((json_t *)json, i, element)
		read_step(reading, element, place_index(reading->arena, where, i), i + 1);
}

static const char *entries_print(struct arena *arena, const struct content *content)
{
	const char *text = "";

	for (size_t i = 0; i < content->entry_count; i++)
		text = arena_printf(
			arena, "%s%s%s", text, *text ? "; " : "", entry_print(arena, &content->entries[i]));
	for (size_t i = 0; i < content->sysctl_count; i++)
		text = arena_printf(arena, "%s%s%s=%s", text, *text ? "; " : "", content->sysctls[i].name,
			content->sysctls[i].value);
	for (size_t i = 0; i < content->link_count; i++)
		text = arena_printf(arena, "%s%slink %s", text, *text ? "; " : "", content->links[i]->name);
	for (size_t i = 0; i < content->inner_count; i++)
		text = arena_printf(arena, "%s%s%s: %s", text, *text ? "; " : "", content->inner[i]->in->name,
			entries_print(arena, content->inner[i]));
	return text;
}

const char *step_print(struct arena *arena, const struct step *step)
{
	const char *in = step->in ? arena_printf(arena, "%s ", step->in->name) : "", *text;

	if (step->change)
		text = entries_print(arena, step->change);
	else
		text = step->target.field ? value_print(arena, &step->target) : "";
	if (strlen(text) > 100)
		text = arena_printf(arena, "%.97s...", text);
	return arena_printf(arena, "%s%s %s", in, step->verb->name, text);
}
