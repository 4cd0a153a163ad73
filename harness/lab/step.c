/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading steps: which verb, where, with what, and what is expected. */
#include <string.h>
#include <sys/socket.h>

#include "forwarder/protocol.h"
#include "lab/exec.h"
#include "lab/tables.h"

/* clang-format off */
const struct field step_fields[] = {
	{ .key = "in", .type = &type_namespace, .what = "the namespace; may be left out where there is one only" },
	{ .key = "name", .type = &type_string, .what = "what the step is called in the output" },
	{ .key = "expect", .what = "what must come of it, or an array of what may" },
	{ .key = "timeout", .type = &type_duration, .fallback = "1s", .what = "of one attempt, to which the wires' delays are added" },
	{ .key = "within", .type = &type_duration, .what = "the attempt is repeated until it holds, so long" },
	{ .key = "todo", .type = &type_string, .what = "why the step is known to fail: TAP's TODO" },
	{ .key = "packets", .what = "what devices see while the step runs" },
	{ .key = "counters", .what = "by how much counters of namespaces move while the step runs: namespace → counter → how much, or { \"min\":, \"max\": }; a counter is one of nstat(8), DEVICE.rx_packets and its like, or \"nft FAMILY TABLE NAME\" (the packets of a named counter)" },
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

static const struct name answering_names[] = { { "address", ANSWER_FROM_ADDRESS }, { "device", ANSWER_BY_DEVICE }, { 0 } };

const struct field listener_fields[] = {
	{ .key = "in", .type = &type_namespace, .what = "the listener's namespace" },
	{ .key = "address", .type = &type_string, .what = "the address, or address:port, that it is bound to" },
	{ .key = "mark", .type = &type_mark, .what = "the listener's firewall mark" },
	{ .key = "transparent", .type = &type_boolean, .what = "for any address that is led to it (IP_TRANSPARENT), from which it answers" },
	{ .key = "pktinfo", .type = &type_word, .names = answering_names, .what = "of udp: its answers say whence they come (IP_PKTINFO): from the \"address\" that was asked, or also out of the \"device\" by which that came, whatever routes say" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

static const struct name direction_names[] = { { "in", RELAY_IN }, { "out", RELAY_OUT }, { "both", RELAY_BOTH }, { 0 } };

const struct field packets_fields[] = {
	{ .key = "at", .type = &type_string, .flags = FIELD_REQUIRED, .what = "namespace/device, or wire:namespace/device for the relay's side of it" },
	{ .key = "dir", .type = &type_word, .names = direction_names, .fallback = "both", .what = "the device's own direction" },
	{ .key = "filter", .type = &type_string, .what = "pcap-filter(7)" },
	{ .key = "count", .what = "how many, or { \"min\":, \"max\": }" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

const struct field bounds_fields[] = {
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
			problem_add(reading->problems, where,
				"\"min\" is more than \"max\"; allowed: at most as much");
		else if (!json_object_size(json))
			problem_add(reading->problems, where, "is empty; allowed: \"min\", \"max\", or both");
	} else if (!json_is_integer(json) && !json_is_string(json)) {
		wrong_kind(reading, json, where, "an integer, or { \"min\":, \"max\": }");
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
		problem_add(reading->problems, at->where,
			"has no relay's side; allowed: the end of a wire that the relay carries");
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
		wrong_kind(reading, json, where, "an object with \"at\"");
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
		wrong_kind(reading, json, where, "an array of objects with \"at\"");
		return;
	}
	json_array_foreach ((json_t *)json, i, element)
		read_packet_count(reading, step, element, place_index(reading->arena, where, i));
}

bool counter_is_nft(const char *name)
{
	return !strncmp(name, "nft ", 4);
}

/* Whether NAME is "nft FAMILY TABLE NAME". */
static bool names_nft_counter(const char *name)
{
	static const char *const families[] = { "ip", "ip6", "inet", "arp", "bridge", "netdev" };
	const char *family = name + strlen("nft "), *table = strchr(family, ' '), *last;
	bool known = false;

	for (size_t i = 0; table && i < sizeof families / sizeof *families; i++)
		known |= strlen(families[i]) == (size_t)(table - family) &&
			 !strncmp(families[i], family, strlen(families[i]));
	last = known ? strchr(table + 1, ' ') : NULL;
	return last && last > table + 1 && last[1] && !strchr(last + 1, ' ');
}

/* nstat's names are the kernel's affair; those of nftables have a form. */
static void check_counter_name(const struct reading *reading, struct netns *in, const struct counter *counter)
{
	if (!counter_is_nft(counter->name))
		return;
	if (in)
		in->uses_nft = true;
	if (!names_nft_counter(counter->name))
		problem_add(reading->problems, place_name(reading->arena, counter->where),
			"not a counter of nftables; allowed: nft FAMILY TABLE NAME, the family being ip, "
			"ip6, "
			"inet, arp, bridge or netdev");
}

static void read_counters(
	const struct reading *reading, struct step *step, const json_t *json, const struct place *where)
{
	const char *name, *counter;
	json_t *counters, *count;

	if (json && !json_is_object(json))
		wrong_kind(reading, json, where, "an object: namespace → counter → count");
	json_object_foreach ((json_t *)json, name, counters) {
		const struct place *place = place_key(reading->arena, where, name);
		struct netns *in = lab_namespace(reading->lab, name);

		if (!in)
			problem_add(reading->problems, place_name(reading->arena, place), "%s",
				namespace_unknown(reading));
		else if (!json_is_object(counters))
			wrong_kind(reading, counters, place, "an object: counter → count");
		json_object_foreach (counters, counter, count) {
			struct counter one = {
				.where = place_key(reading->arena, place, counter), .in = in, .name = counter
			};

			check_counter_name(reading, in, &one);

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

static void check_mark(const struct reading *reading, const struct value *mark)
{
	if (mark && mark->last != UINT32_MAX)
		problem_add(reading->problems, mark->where, "a mark with a mask; allowed: a mark of 32 bits");
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
		check_mark(reading, value_of(&values, "mark"));
		listener->mark = value_of(&values, "mark") ? value_of(&values, "mark")->first : 0;
		listener->transparent = value_number(&values, "transparent", 0);
		listener->answering = (enum answering)value_number(&values, "pktinfo", ANSWER_PLAINLY);
		if (listener->answering && !step->verb->datagrams)
			problem_add(reading->problems, value_of(&values, "pktinfo")->where,
				"of a connection there is nothing to choose; allowed: with udp");
	} else if (!json_is_false(json)) {
		wrong_kind(reading, json, where, "a namespace, false, or an object");
	}
	listener->in = in ? lab_namespace(reading->lab, in) : NULL;
	if (json_is_string(json) && !listener->in)
		problem_add(reading->problems, where, "%s", namespace_unknown(reading));
}

/* A key may be a slip in that of a verb; else the step has none. */
static void no_verb(const struct reading *reading, const json_t *json, const struct place *where)
{
	struct field names[64] = { { 0 } };
	const struct field *const tables[] = { names, step_fields, probe_fields, listen_fields, NULL };
	const char *list = "", *key;
	size_t count = 0, before = reading->problems->count;
	json_t *value;

	for (const struct verb *const *verb = verbs; *verb && count < 63; verb++) {
		names[count++].key = (*verb)->name;
		list = arena_printf(reading->arena, "%s%s%s", list, *list ? ", " : "", (*verb)->name);
	}
	json_object_foreach ((json_t *)json, key, value)
		if (!field_by_key(tables, key))
			key_unknown(reading, place_key(reading->arena, where, key), key, tables);
	if (reading->problems->count == before)
		problem_add(reading->problems, where, "has no verb; allowed: one of %s", list);
}

static const struct verb *find_verb(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	const struct verb *found = NULL;

	for (const struct verb *const *verb = verbs; *verb; verb++) {
		if (!json_object_get(json, (*verb)->name))
			continue;
		if (found) {
			problem_add(reading->problems,
				place_name(reading->arena, place_key(reading->arena, where, (*verb)->name)),
				"a second verb, beside \"%s\"; allowed: one a step", found->name);
			return NULL;
		}
		found = *verb;
	}
	if (!found)
		no_verb(reading, json, where);
	return found;
}

/* Whether the step expects no reply, and nothing else would do. */
static bool expects_silence(const struct step *step)
{
	for (size_t i = 0; i < step->expect_count; i++)
		if (step->expect[i].kind == EXPECT_WORD && !strcmp(step->expect[i].word, "no-reply"))
			return true;
	return false;
}

static void check_probe(const struct reading *reading, const struct step *step)
{
	const struct value *source = value_of(&step->values, "source"),
			   *mark = value_of(&step->values, "mark");
	int family = step->target.field ? step->target.address.family : AF_UNSPEC;

	if (source && family && source->address.family != family)
		problem_add(reading->problems, source->where,
			"of the other family; allowed: %s, as what is probed",
			family == AF_INET ? "IPv4" : "IPv6");
	check_mark(reading, mark);
}

/* What the verb and the step must agree on. */
static void check_step(const struct reading *reading, const struct step *step, bool said_in)
{
	const struct value *within = value_of(&step->values, "within");

	if (!step->in && !said_in && !step->verb->anywhere && !step->change)
		problem_add(reading->problems, step->where,
			"lacks \"in\"; allowed: without it only in a lab of one namespace");
	if (within && expects_silence(step))
		problem_add(reading->problems, within->where,
			"with \"no-reply\", which holds at once or never; allowed: \"timeout\"");
	if (step->verb->probe)
		check_probe(reading, step);
}

static void read_target(const struct reading *reading, struct step *step, const json_t *json, bool said_in)
{
	const char *key = step->verb->name;
	const struct place *where = place_key(reading->arena, step->where, key);
	struct field field = { .key = key, .type = step->verb->target };

	if (field.type == &type_arguments)
		exec_read(reading, step, json);
	else if (field.type && !value_read(reading, json_object_get(json, key), where,
				       arena_copy(reading->arena, &field, sizeof field), &step->target))
		step->target = (struct value) { 0 };
	else if (field.type == &type_query)
		query_read(reading, step->target.text, where, &step->query);
	if (!field.type)
		change_read(reading, step, json_object_get(json, key), said_in, where);
}

/* A program may take longer than a packet. */
static void default_timeout(const struct reading *reading, struct step *step)
{
	struct value *timeout = (struct value *)value_of(&step->values, "timeout");

	if (step->verb->timeout && timeout && !timeout->where)
		timeout->field->type->read(reading, timeout->field, step->verb->timeout, timeout);
}

static void read_inside(const struct reading *reading, struct step *step, const json_t *json)
{
	struct arena *arena = reading->arena;
	const struct place *where = step->where;
	const json_t *listen = step->verb->listens ? json_object_get(json, "listen") : NULL;

	expectations_read(reading, step, json_object_get(json, "expect"), place_key(arena, where, "expect"));
	read_packets(reading, step, json_object_get(json, "packets"), place_key(arena, where, "packets"));
	read_counters(reading, step, json_object_get(json, "counters"), place_key(arena, where, "counters"));
	read_listener(reading, step, listen, place_key(arena, where, "listen"));
}

void step_read(const struct reading *reading, const json_t *json, const struct place *where, size_t number)
{
	static const struct field none[] = { { 0 } };
	struct field verb_field[] = { { 0 }, { 0 } };
	const struct field *tables[] = { step_fields, verb_field, none, none, none, NULL };
	struct lab *lab = reading->lab;
	struct step step = { .number = number, .where = where };
	bool said_in = json_object_get(json, "in");

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object with a verb");
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
	default_timeout(reading, &step);
	if (value_text(&step.values, "in"))
		step.in = lab_namespace(lab, value_text(&step.values, "in"));
	else if (!said_in && lab->namespace_count == 1)
		step.in = lab->namespaces[0];
	step.todo = value_text(&step.values, "todo");
	read_target(reading, &step, json, said_in);
	read_inside(reading, &step, json);
	check_step(reading, &step, said_in);
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
		wrong_kind(reading, json, where, "an array of steps");
		return;
	}
	if (json_array_size(json) > LAB_STEPS) {
		problem_add(reading->problems, where, "has %zu steps; allowed: at most %d",
			json_array_size(json), LAB_STEPS);
		return;
	}
	json_array_foreach ((json_t *)json, i, element)
		step_read(reading, element, place_index(reading->arena, where, i), i + 1);
}
