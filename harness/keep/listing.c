/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forwarder/protocol.h"
#include "keep/listing_router.h"
#include "kernel/link_statistics.h"
#include "run/impair.h"

/* A lab being listed. */
struct listing {
	const struct site *site;
	struct arena *arena;
	struct link_statistics *devices; /* by the namespace's index */
	bool *asked;			 /* likewise: whether these are known */
};

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

/* A namespace that does not answer any more has nothing to tell. */
static uint64_t dropped_by(struct listing *listing, const struct link *link)
{
	const size_t at = link->in->index;

	if (!listing->asked[at])
		error_free(link_statistics_read(
			listing->arena, listing->site->namespaces[at].rtnl, &listing->devices[at]));
	listing->asked[at] = true;
	return link_dropped(&listing->devices[at], link->name);
}

/* What the device has sent, and what of it never came to the relay or went no further. */
static json_t *sent_json(struct listing *listing, const struct link *link)
{
	const struct relay_counters *counters = relay_counters(listing->site->relay, link->port);
	json_t *all = json_new_object();

	json_put_number(all, "packets", (long long)counters->out_packets);
	json_put_number(all, "bytes", (long long)counters->out_bytes);
	json_put_number(all, "tx_dropped", (long long)dropped_by(listing, link));
	json_put_number(all, "no_wire", (long long)counters->no_wire);
	json_put_number(all, "unread", (long long)counters->unread);
	return all;
}

static json_t *counters_json(const struct relay_counters *counters)
{
	const char *refusal = counters->refused ? error_name((int)counters->last_refusal) : NULL;
	json_t *all = json_new_object();

	json_put_number(all, "packets", (long long)counters->in_packets);
	json_put_number(all, "bytes", (long long)counters->in_bytes);
	for (const struct relay_drop *drop = relay_drops; drop->name; drop++)
		json_put_number(all, drop->name, (long long)relay_dropped(counters, drop));
	if (refusal)
		json_put(all, "last_refusal", "%s", refusal);
	json_put_number(all, "duplicated", (long long)counters->duplicated);
	json_put_number(all, "corrupted", (long long)counters->corrupted);
	json_put_number(all, "late", (long long)counters->late);
	return all;
}

/* What impairs packets to an end now. */
static json_t *impairments_json(const struct site *site, struct arena *arena, const struct link *end)
{
	const struct values values = impaired_now(site, arena, end, loop_now());
	json_t *all = json_new_object();

	values_put(all, arena, &values);
	return all;
}

/* What is the same toward all ends is said once, of the wire. */
static json_t *common_json(const json_t *impairments)
{
	const json_t *first = json_array_get(impairments, 0), *other;
	json_t *common = json_new_object(), *value;
	const char *key;
	size_t i;

	json_object_foreach ((json_t *)first, key, value) {
		bool same = true;

		json_array_foreach ((json_t *)impairments, i, other)
			same &= json_equal(json_object_get(other, key), value);
		if (same)
			json_put_new(common, key, json_copy(value));
	}
	return common;
}

/* What is not. */
static void put_own(json_t *end, const json_t *impairments, const json_t *common)
{
	json_t *own = json_new_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)impairments, key, value)
		if (!json_object_get(common, key))
			json_put_new(own, key, json_copy(value));
	if (json_object_size(own))
		json_put_new(end, "impairments", own);
	else
		json_decref(own);
}

static json_t *wire_json(struct listing *listing, const struct wire *wire)
{
	json_t *one = json_new_object(), *ends = json_new_array(), *toward = json_new_object(),
	       *from = json_new_object(), *impairments = json_new_array(), *common;
	const struct site *site = listing->site;
	json_t *router = router_json(site, listing->arena, wire);

	for (size_t i = 0; i < wire->count; i++)
		json_append_new(impairments, impairments_json(site, listing->arena, wire->ends[i]));
	common = common_json(impairments);
	for (size_t i = 0; i < wire->count; i++) {
		const struct link *link = wire->ends[i];
		const char *end = link_path(listing->arena, link);
		json_t *counters;

		json_append_new(ends, json_string(end));
		if (!site->relay || !wire->kind->relay)
			continue;
		counters = counters_json(relay_counters(site->relay, link->port));
		put_own(counters, json_array_get(impairments, i), common);
		json_put_new(toward, end, counters);
		json_put_new(from, end, sent_json(listing, link));
	}
	json_put_new(one, "ends", ends);
	json_put(one, "kind", "%s", wire->kind->name);
	json_put_new(one, "impairments", common);
	json_put_new(one, "toward", toward);
	json_put_new(one, "from", from);
	if (router)
		json_put_new(one, "router", router);
	json_decref(impairments);
	return one;
}

/* Those of changes too: a wire is told with its first end. */
static json_t *wires_json(const struct site *site, struct arena *arena)
{
	const size_t count = site->lab->namespace_count;
	struct listing listing = { site, arena, arena_take(arena, count * sizeof *listing.devices),
		arena_take(arena, count * sizeof *listing.asked) };
	json_t *all = json_new_array();

	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		const struct netns *in = site->lab->namespaces[i];

		for (size_t j = 0; j < in->link_count; j++)
			if (in->links[j]->wire && in->links[j]->end == 0)
				json_append_new(all, wire_json(&listing, in->links[j]->wire));
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

/* Of an object the values: its keys are those of the lab, but the first goes without saying. */
static void print_value(FILE *to, const json_t *value)
{
	const char *key, *quote;
	json_t *inner;

	if (json_is_integer(value))
		fprintf(to, " %" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_string(value))
		fprintf(to, " %s", json_string_value(value));
	json_object_foreach ((json_t *)value, key, inner) {
		quote = strcmp(key, "filter") ? "" : "\"";
		if (strcmp(key, "percent") != 0)
			fprintf(to, " %s", key);
		if (*quote)
			fprintf(to, " \"%s\"", json_string_value(inner));
		else
			print_value(to, inner);
	}
}

static void print_impairments(FILE *to, const json_t *of, const char *between)
{
	const char *key;
	json_t *value;

	json_object_foreach (json_object_get(of, "impairments"), key, value) {
		fprintf(to, "%s%s", between, key);
		print_value(to, value);
	}
}

static bool is_amount(const char *key)
{
	return !strcmp(key, "packets") || !strcmp(key, "bytes");
}

/* What is counted beside packets and bytes is told where there was any. */
static void print_numbers(FILE *to, const json_t *counters)
{
	const char *key;
	json_t *number;

	json_object_foreach ((json_t *)counters, key, number)
		if (json_is_integer(number) && (is_amount(key) || json_integer_value(number)))
			fprintf(to, " %" JSON_INTEGER_FORMAT " %s", json_integer_value(number), key);
}

static bool has_dropped(const json_t *sent)
{
	const char *key;
	json_t *number;

	json_object_foreach ((json_t *)sent, key, number)
		if (!is_amount(key) && json_integer_value(number))
			return true;
	return false;
}

/* What an end has sent is told where some of it did not go on. */
static void print_counters(FILE *to, const json_t *wire)
{
	const char *end;
	json_t *counters;

	json_object_foreach (json_object_get(wire, "toward"), end, counters) {
		fprintf(to, "    to %s:", end);
		print_numbers(to, counters);
		print_impairments(to, counters, ", ");
		putc('\n', to);
	}
	json_object_foreach (json_object_get(wire, "from"), end, counters) {
		if (!has_dropped(counters))
			continue;
		fprintf(to, "    from %s:", end);
		print_numbers(to, counters);
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
	print_impairments(to, wire, ", ");
	fputs(")\n", to);
	print_counters(to, wire);
	listing_print_router(to, json_object_get(wire, "router"));
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
