/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forwarder/protocol.h"

static json_t *namespaces_json(const struct site *site, const struct registration *registration)
{
	json_t *all = json_new_array();

	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		json_t *one = json_new_object();
		const char *name = site->lab->namespaces[i]->name;

		json_put(one, "name", "%s", name);
		if (registration->named)
			json_put(one, "netns", "%s.%s", registration->name, name);
		json_put(one, "path", "/proc/%d/fd/%d", getpid(), site->namespaces[i].fd);
		json_append_new(all, one);
	}
	return all;
}

static json_t *counters_json(const struct relay_counters *counters)
{
	json_t *all = json_new_object();

	json_put_number(all, "packets", (long long)counters->in_packets);
	json_put_number(all, "bytes", (long long)counters->in_bytes);
	json_put_number(all, "too_big", (long long)counters->too_big);
	json_put_number(all, "refused", (long long)counters->refused);
	return all;
}

/* What is said of the wire beyond its ends and its kind is what impairs it. */
static json_t *impairments_json(struct arena *arena, const struct wire *wire)
{
	json_t *all = json_new_object();

	for (size_t i = 0; i < wire->values.count; i++) {
		const struct value *value = &wire->values.at[i];

		if (value->field->type && strcmp(value->field->key, "note") != 0)
			json_put(all, field_key(value->field), "%s", value_print(arena, value));
	}
	return all;
}

static json_t *wire_json(const struct site *site, struct arena *arena, const struct wire *wire)
{
	json_t *one = json_new_object(), *ends = json_new_array(), *toward = json_new_object();

	for (size_t i = 0; i < wire->count; i++) {
		const struct link *link = wire->ends[i];
		const char *end = arena_printf(arena, "%s/%s", link->in->name, link->name);

		json_append_new(ends, json_string(end));
		if (site->relay && wire->kind->relay)
			json_put_new(toward, end, counters_json(relay_counters(site->relay, link->port)));
	}
	json_put_new(one, "ends", ends);
	json_put(one, "kind", "%s", wire->kind->name);
	json_put_new(one, "impairments", impairments_json(arena, wire));
	json_put_new(one, "toward", toward);
	return one;
}

/* Those of changes too: a wire is told with its first end. */
static json_t *wires_json(const struct site *site, struct arena *arena)
{
	json_t *all = json_new_array();

	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		const struct netns *in = site->lab->namespaces[i];

		for (size_t j = 0; j < in->link_count; j++)
			if (in->links[j]->wire && in->links[j]->end == 0)
				json_append_new(all, wire_json(site, arena, in->links[j]->wire));
	}
	return all;
}

json_t *listing_make(
	const struct site *site, const struct registration *registration, uint64_t since, const char *broken)
{
	uint64_t milliseconds = (loop_now() - since) / 1000000;
	struct arena *arena = arena_open();
	json_t *lab = json_new_object();

	json_put(lab, "name", "%s", registration->name);
	json_put(lab, "file", "%s", site->file);
	json_put_number(lab, "pid", getpid());
	json_put_new(lab, "uptime", json_real((double)milliseconds / 1000));
	if (broken)
		json_put(lab, "broken", "%s", broken);
	json_put_new(lab, "namespaces", namespaces_json(site, registration));
	json_put_new(lab, "wires", wires_json(site, arena));
	arena_close(arena);
	return lab;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void print_uptime(FILE *to, double seconds)
{
	unsigned long whole = seconds > 0 ? (unsigned long)seconds : 0;

	if (whole < 60)
		fprintf(to, "%lus", whole);
	else if (whole < 3600)
		fprintf(to, "%lum%02lus", whole / 60, whole % 60);
	else
		fprintf(to, "%luh%02lum", whole / 3600, whole / 60 % 60);
}

static void print_impairments(FILE *to, const json_t *wire)
{
	const char *key;
	json_t *value;

	json_object_foreach (json_object_get(wire, "impairments"), key, value)
		fprintf(to, ", %s %s", key, json_string_value(value));
}

static void print_counters(FILE *to, const json_t *wire)
{
	const char *end, *key;
	json_t *counters, *number;

	json_object_foreach (json_object_get(wire, "toward"), end, counters) {
		fprintf(to, "    to %s:", end);
		json_object_foreach (counters, key, number) {
			bool dropped = strcmp(key, "packets") != 0 && strcmp(key, "bytes") != 0;

			if (!dropped || json_integer_value(number))
				fprintf(to, " %" JSON_INTEGER_FORMAT " %s", json_integer_value(number), key);
		}
		putc('\n', to);
	}
}

static void print_wire(FILE *to, const json_t *wire)
{
	size_t i;
	json_t *end;

	fputs("  ", to);
	json_array_foreach (json_object_get(wire, "ends"), i, end)
		fprintf(to, "%s%s", i ? " - " : "", json_string_value(end));
	fprintf(to, " (%s", text_of(wire, "kind"));
	print_impairments(to, wire);
	fputs(")\n", to);
	print_counters(to, wire);
}

static void print_lab(FILE *to, const json_t *lab)
{
	size_t i;
	json_t *one;

	fprintf(to, "%s:", text_of(lab, "name"));
	if (json_object_get(lab, "pid")) { /* else its keeper does not answer */
		fputs(" up ", to);
		print_uptime(to, json_number_value(json_object_get(lab, "uptime")));
		fprintf(to, ", pid %" JSON_INTEGER_FORMAT ", %s",
			json_integer_value(json_object_get(lab, "pid")), text_of(lab, "file"));
	}
	putc('\n', to);
	if (*text_of(lab, "broken"))
		fprintf(to, "  broken: %s\n", text_of(lab, "broken"));
	json_array_foreach (json_object_get(lab, "namespaces"), i, one) {
		const char *netns = text_of(one, "netns");

		fprintf(to, "  %s: %s\n", text_of(one, "name"), *netns ? netns : text_of(one, "path"));
	}
	json_array_foreach (json_object_get(lab, "wires"), i, one)
		print_wire(to, one);
}

void listing_print(FILE *to, const json_t *labs)
{
	size_t i;
	json_t *lab;

	json_array_foreach ((json_t *)labs, i, lab)
		print_lab(to, lab);
}
