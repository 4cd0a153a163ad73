/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps: each is one line that calls a probe, behind lines that listen, capture and count. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/icmp.h"
#include "script/script.h"

/* The errno that a socket gets for an ICMP error (ip(7); icmp_err_convert[] and icmpv6_err_convert()). */
static const struct {
	const char *icmp;
	int number4, number6;
} errnos[] = {
	{ "net-unreachable", ENETUNREACH, 0 },
	{ "host-unreachable", EHOSTUNREACH, 0 },
	{ "prot-unreachable", ENOPROTOOPT, 0 },
	{ "port-unreachable", ECONNREFUSED, ECONNREFUSED },
	{ "frag-needed", EMSGSIZE, 0 },
	{ "net-prohibited", ENETUNREACH, 0 },
	{ "host-prohibited", EHOSTUNREACH, 0 },
	{ "admin-prohibited", EHOSTUNREACH, EACCES },
	{ "time-exceeded", EHOSTUNREACH, EHOSTUNREACH },
	{ "parameter-problem", EPROTO, EPROTO },
	{ "no-route", 0, ENETUNREACH },
	{ "addr-unreachable", 0, EHOSTUNREACH },
	{ "policy-fail", 0, EACCES },
	{ "reject-route", 0, EACCES },
	{ "packet-too-big", 0, EMSGSIZE },
};

static bool is(const struct step *step, const char *verb)
{
	return !strcmp(step->verb->name, verb);
}

static uint64_t number(const struct step *step, const char *key, uint64_t otherwise)
{
	return value_number(&step->values, key, otherwise);
}

static const char *seconds(struct arena *arena, uint64_t nanoseconds)
{
	return arena_printf(arena, "%.9g", (double)nanoseconds / 1e9);
}

/* nc counts in whole seconds. */
static uint64_t whole_seconds(uint64_t nanoseconds)
{
	uint64_t whole = (nanoseconds + 999999999) / 1000000000;

	return whole ? whole : 1;
}

static uint64_t timeout_of(const struct step *step)
{
	return number(step, "timeout", 1000000000);
}

/* Several words for one expectation: blanks in it are commas. */
static const char *joined(struct arena *arena, const char *text)
{
	char *copy = (char *)arena_printf(arena, "%s", text);

	for (char *at = copy; *at; at++)
		if (*at == ' ')
			*at = ',';
	return copy;
}

static const char *icmp_words(
	struct arena *arena, const struct step *step, const struct expectation *expected)
{
	bool six = step->target.address.family == AF_INET6;

	if (is(step, "ping") || is(step, "trace"))
		return expected->from.family ? arena_printf(arena, "%s@%s", expected->word,
						       address_print(arena, &expected->from))
					     : expected->word;
	if (is(step, "udp"))
		return "unreachable";
	for (size_t i = 0; i < sizeof errnos / sizeof *errnos; i++) {
		int error = six ? errnos[i].number6 : errnos[i].number4;

		if (!strcmp(errnos[i].icmp, expected->word) && error)
			return error == ECONNREFUSED ? "refused" : error_name(error);
	}
	return expected->word;
}

/* The hops with commas between them. */
static const char *path_words(struct arena *arena, const json_t *list)
{
	const char *text = "path=";
	size_t i;
	json_t *hop;

	json_array_foreach (list, i, hop)
		text = arena_printf(
			arena, "%s,%s", text, json_is_string(hop) ? json_string_value(hop) : "null");
	return text;
}

static const char *values_words(
	struct arena *arena, const struct step *step, const struct expectation *expected)
{
	if (is(step, "trace"))
		return path_words(arena, expected->json);
	if (json_object_get(expected->json, "peer"))
		return arena_printf(
			arena, "peer=%s", json_string_value(json_object_get(expected->json, "peer")));
	return "found";
}

static const char *expected_words(struct arena *arena, const struct step *step)
{
	const char *text = "";

	for (size_t i = 0; i < step->expect_count; i++) {
		const struct expectation *expected = &step->expect[i];
		const char *word = expected->word;

		switch (expected->kind) {
		case EXPECT_WORD:
			if (is(step, "udp") && !strcmp(word, "refused"))
				word = "unreachable";
			else if (!strcmp(word, "no-reply")) /* newer kernels tell it a veth's sender */
				word = "no-reply ENOBUFS";
			break;
		case EXPECT_ICMP: word = icmp_words(arena, step, expected); break;
		case EXPECT_ERRNO:
			/* A message takes the place of its errno, which ip does not tell then. */
			if (expected->message)
				word = joined(arena, arena_printf(arena, "message=%s", expected->message));
			else if (expected->number == EXDEV)
				word = "EINVAL";
			else if (is(step, "change"))
				word = arena_printf(arena, "%s told", word);
			else if (is(step, "udp")) /* at once, or by ICMP, of which nc does not tell */
				word = arena_printf(arena, "%s unreachable", word);
			break;
		case EXPECT_VALUES: word = values_words(arena, step, expected); break;
		}
		text = arena_printf(arena, "%s%s%s", text, *text ? " " : "", word);
	}
	return text;
}

/* Whom a probe needs as its user. */
static void write_user(FILE *to, const struct step *step)
{
	const struct value *uid = value_of(&step->values, "uid");

	if (uid && !is(step, "route"))
		fprintf(to,
			"as='setpriv --reuid=%" PRIu64
			" --clear-groups --inh-caps=+net_raw --ambient-caps=+net_raw'\n",
			uid->number);
}

static void write_options_of_ping(FILE *to, struct arena *arena, const struct step *step)
{
	const struct address *source = value_address(&step->values, "source");
	const char *dev = value_text(&step->values, "dev");
	const struct value *mark = value_of(&step->values, "mark"), *tos = value_of(&step->values, "tos");

	if (source)
		fprintf(to, " -I %s", address_print(arena, source));
	if (dev)
		fprintf(to, " -I %s", dev);
	if (mark)
		fprintf(to, " -m %u", mark->first);
	if (tos)
		fprintf(to, " -Q %" PRIu64, tos->number);
	fprintf(to, " -W %s", seconds(arena, timeout_of(step)));
}

static void write_ping(FILE *to, struct arena *arena, const struct step *step)
{
	uint64_t count = number(step, "count", 1);

	fprintf(to, "probe_ping %s %s -c %" PRIu64, step->in->name, value_print(arena, &step->target), count);
	if (count > 1)
		fprintf(to, " -i %s", seconds(arena, number(step, "interval", 10000000)));
	if (number(step, "size", 56) != 56)
		fprintf(to, " -s %" PRIu64, number(step, "size", 56));
	if (value_said(&step->values, "ttl"))
		fprintf(to, " -t %" PRIu64, number(step, "ttl", 64));
	fprintf(to, " -M %s", value_said(&step->values, "df") ? "do" : "dont");
	write_options_of_ping(to, arena, step);
}

static void write_trace(FILE *to, struct arena *arena, const struct step *step)
{
	fprintf(to, "probe_trace %s %s %" PRIu64 " %" PRIu64, step->in->name,
		value_print(arena, &step->target), number(step, "hops", 30), number(step, "silent", 3));
	write_options_of_ping(to, arena, step);
}

static uint64_t payload(const struct step *step)
{
	return is(step, "tcp") ? number(step, "bytes", 1000) : number(step, "size", 64);
}

static void write_listener(FILE *to, struct arena *arena, const struct step *step)
{
	const struct listener *listener = &step->listener;
	const struct address *asked = &step->target.address,
			     *address = listener->address.family ? &listener->address : asked;
	uint16_t port = listener->port ? listener->port : step->target.port;
	const char *in;

	if (!step->verb->listens || listener->kind == LISTEN_NOT)
		return;
	in = listener->in ? listener->in->name
			  : arena_printf(arena, "\"$(owner %s)\"", address_print(arena, asked));
	fprintf(to, "listen %s %s %s %u %" PRIu64 "\n", step->verb->name, in, address_print(arena, address),
		port, payload(step));
}

static void write_socket(FILE *to, struct arena *arena, const struct step *step)
{
	const struct address *source = value_address(&step->values, "source");
	const struct value *tos = value_of(&step->values, "tos");

	fprintf(to, "probe_%s %s %s %u %" PRIu64 " %" PRIu64, step->verb->name, step->in->name,
		address_print(arena, &step->target.address), step->target.port, payload(step),
		whole_seconds(timeout_of(step)));
	if (source)
		fprintf(to, " -s %s", address_print(arena, source));
	if (tos)
		fprintf(to, " -T 0x%" PRIx64, tos->number);
}

/* Tables that ip knows by name. */
static bool is_known(const char *table)
{
	return !strcmp(table, "main") || !strcmp(table, "local") || !strcmp(table, "default");
}

/* Names of the lab's tables, which ip does not know, as their numbers. */
static void name_tables(const struct lab *lab, json_t *json)
{
	const char *key;
	json_t *value;
	uint64_t number;
	size_t i;

	json_array_foreach (json, i, value)
		name_tables(lab, value);
	json_object_foreach (json, key, value) {
		if (!strcmp(key, "table") && json_is_string(value) && !is_known(json_string_value(value)) &&
			lab_table(lab, json_string_value(value), &number))
			json_put(json, key, "%llu", (unsigned long long)number);
		else
			name_tables(lab, value);
	}
}

/* Of the table that was asked for ip says nothing. */
static void drop_tables(json_t *list)
{
	size_t i;
	json_t *route;

	json_array_foreach (list, i, route)
		json_object_del(route, "table");
}

/* What is wanted, as a word: JSON. */
static const char *wanted(const struct lab *lab, const struct step *step, const char *otherwise)
{
	const json_t *json = step->expect_count ? step->expect[0].json : NULL;
	json_t *copy = json && step->expect[0].kind == EXPECT_VALUES ? json_deep_copy(json) : NULL;
	const char *word;
	char *text;

	if (!copy)
		return otherwise;
	name_tables(lab, copy);
	if (is(step, "show") && !strcmp(step->query.object->name, "route"))
		drop_tables(copy);
	text = json_dumps(copy, JSON_COMPACT);
	if (!text)
		memory_exhausted();
	word = shell_word(lab->arena, arena_printf(lab->arena, "%s", text));
	free(text);
	json_decref(copy);
	return word;
}

static void write_route(FILE *to, const struct lab *lab, const struct step *step)
{
	static const struct {
		const char *key, *word;
	} words[] = { { "source", "from" }, { "iif", "iif" }, { "oif", "oif" }, { "dev", "oif" },
		{ "mark", "mark" }, { "tos", "tos" }, { "uid", "uid" }, { "ipproto", "ipproto" },
		{ "sport", "sport" }, { "dport", "dport" } };

	fprintf(to, "probe_route %s %s %s", step->in->name, wanted(lab, step, "'{}'"),
		value_print(lab->arena, &step->target));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const struct value *value = value_of(&step->values, words[i].key);

		if (value && !strcmp(words[i].key, "tos"))
			fprintf(to, " tos 0x%" PRIx64, value->number);
		else if (value)
			fprintf(to, " %s %s", words[i].word, value_print(lab->arena, value));
	}
}

static void write_show(FILE *to, const struct lab *lab, const struct step *step)
{
	const struct query *query = &step->query;
	const char *family = query->family == AF_INET6 ? "-6 " : query->family == AF_INET ? "-4 " : "";

	fprintf(to, "probe_show %s %s %s%s show", step->in->name, wanted(lab, step, "'[{}]'"), family,
		query->object->name);
	for (size_t i = 0; i < query->values.count; i++) {
		const struct value *value = &query->values.at[i];

		if (value->field->word && *value->field->word)
			fprintf(to, " %s", value->field->word);
		if (!value->field->type->bare)
			fprintf(to, " %s", value_print(lab->arena, value));
	}
}

static void write_verb(FILE *to, const struct lab *lab, const struct step *step)
{
	if (is(step, "ping"))
		write_ping(to, lab->arena, step);
	else if (is(step, "trace"))
		write_trace(to, lab->arena, step);
	else if (is(step, "route"))
		write_route(to, lab, step);
	else if (is(step, "show"))
		write_show(to, lab, step);
	else if (is(step, "wait"))
		fprintf(to, "pause %s", seconds(lab->arena, step->target.number));
	else if (step->change)
		fputs("changed", to);
	else if (step->exec)
		script_exec(to, lab->arena, step, timeout_of(step));
	else
		write_socket(to, lab->arena, step);
}

static const char *most(struct arena *arena, uint64_t number)
{
	return arena_printf(arena, "%" PRIu64, number > 999999999 ? 999999999 : number);
}

static void write_packets(FILE *to, struct arena *arena, const struct packets *packets)
{
	static const char *const directions[] = { "", "in", "out", "inout" };

	if (packets->wire)
		fprintf(to, "# not checked: packets at the relay's side of %s/%s\n", packets->at->in->name,
			packets->at->name);
	else
		fprintf(to, "capture %s %s %s %s %s %s\n", packets->at->in->name, packets->at->name,
			directions[packets->direction & 3], most(arena, packets->count.least),
			most(arena, packets->count.most),
			shell_word(arena, packets->filter ? packets->filter : ""));
}

static void write_counter(FILE *to, struct arena *arena, const struct counter *counter)
{
	if (!strncmp(counter->name, "wire:", 5) || !strncmp(counter->name, "router:", 7))
		fprintf(to, "# not checked: %s, which the relay counts\n", counter->name);
	else
		fprintf(to, "count %s %s %s %s\n", counter->in->name, shell_word(arena, counter->name),
			most(arena, counter->count.least), most(arena, counter->count.most));
}

void script_step(FILE *to, const struct lab *lab, const struct step *step)
{
	struct arena *arena = lab->arena;
	const char *name = shell_word(arena, step->name), *reason = script_beyond_step(arena, step);
	const struct value *within = value_of(&step->values, "within");

	if (reason) {
		fprintf(to, "unsaid %s %s\n", name, shell_word(arena, reason));
		return;
	}
	for (size_t i = 0; i < step->packets_count; i++)
		write_packets(to, arena, &step->packets[i]);
	for (size_t i = 0; i < step->counters_count; i++)
		write_counter(to, arena, &step->counters[i]);
	if (step->todo)
		fprintf(to, "todo=%s\n", shell_word(arena, arena_printf(arena, " # TODO %s", step->todo)));
	if (within)
		fprintf(to, "patience=%" PRIu64 "\n", whole_seconds(within->number));
	write_user(to, step);
	write_listener(to, arena, step);
	if (step->change)
		script_change(to, lab, step->change);
	fprintf(to, "step %s %s ", name, shell_word(arena, expected_words(arena, step)));
	write_verb(to, lab, step);
	putc('\n', to);
}
