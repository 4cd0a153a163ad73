/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The round trip of each lab that is named: what ip shows of it as it was built (before its steps), put back
 * in place of its addresses, neighbours, nexthops, routes and rules, builds what ip shows alike. Four times:
 * the lines of `ip ... show` and `ip -d ... show`, the elements of `ip -j ... show` and `ip -d -j ... show`.
 * What is compared is `ip -d -j`; shown.h says what of it is left out, and why.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plan/plan.h"
#include "tests/judge/inside.h"
#include "tests/judge/shown.h"
#include "tests/unit/tap.h"

enum form { LINES, LINES_OF_DETAILS, ELEMENTS, ELEMENTS_OF_DETAILS, FORMS };

static const char *const form_names[] = { "ip ... show", "ip -d ... show", "ip -j ... show",
	"ip -d -j ... show" };
_Static_assert(sizeof form_names / sizeof *form_names == FORMS, "a name for each form");

enum family { BOTH, FOUR, SIX, FAMILIES };

/* What is shown of a namespace. What is shown of IPv6 alone does not say so itself. */
static const struct {
	const char *key;
	enum family family;
	const char *command;
} commands[] = {
	{ "addresses", BOTH, "address show" },
	{ "neighbours", BOTH, "neighbour show" },
	{ "neighbours", BOTH, "neighbour show proxy" },
	{ "nexthops", BOTH, "nexthop show" },
	{ "routes", FOUR, "route show table all" },
	{ "routes", SIX, "route show table all" },
	{ "rules", FOUR, "rule show" },
	{ "rules", SIX, "rule show" },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

/* The path of a file with those lines of the commands that are of the family, or of one of them alone, as
 * `ip -batch` reads it; to be closed. */
static int write_batch(enum family family, size_t only, char path[64])
{
	int fd = memfd_create("batch", 0);

	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].family == family && (only == COMMANDS || only == i))
			dprintf(fd, "%s\n", commands[i].command);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

/* Runs commands of one family, all or one, by one process: each costs as much as what it shows. */
static char *run_batch(
	struct site *site, const struct netns *in, enum form form, enum family family, size_t only)
{
	static const char *const options[] = { [FOUR] = "-4", [SIX] = "-6" };
	const char *arguments[8] = { "ip" };
	size_t count = 1;
	char path[64], *text;
	int status, fd = write_batch(family, only, path);

	if (form == LINES_OF_DETAILS || form == ELEMENTS_OF_DETAILS)
		arguments[count++] = "-d";
	if (form == ELEMENTS || form == ELEMENTS_OF_DETAILS)
		arguments[count++] = "-j";
	else if (!strcmp(commands[only].key, "addresses"))
		arguments[count++] = "-o"; /* else no line has the address and its device */
	if (family != BOTH)
		arguments[count++] = options[family];
	arguments[count++] = "-batch";
	arguments[count++] = path;
	text = run_inside(site, in, arguments, false, &status);
	close(fd);
	return text;
}

/* What each command shows, in TEXTS, to be freed. */
static void show_lines(struct site *site, const struct netns *in, enum form form, char *texts[COMMANDS])
{
	for (size_t i = 0; i < COMMANDS; i++)
		texts[i] = run_batch(site, in, form, commands[i].family, i);
}

/* The same of elements, where one array after another can be told. */
static void show_elements(struct site *site, const struct netns *in, enum form form, char *texts[COMMANDS])
{
	for (enum family family = 0; family < FAMILIES; family++) {
		char *all = run_batch(site, in, form, family, COMMANDS), *at = all;

		for (size_t i = 0; i < COMMANDS; i++) {
			json_error_t end = { 0 };

			if (commands[i].family != family)
				continue;
			json_decref(json_loads(at, JSON_DISABLE_EOF_CHECK, &end));
			texts[i] = strndup(at, (size_t)end.position);
			if (!texts[i])
				memory_exhausted();
			at += end.position;
		}
		free(all);
	}
}

static void free_texts(char *texts[COMMANDS])
{
	for (size_t i = 0; i < COMMANDS; i++)
		free(texts[i]);
}

/* Writes a line and those behind it that go on it, such as "nexthop ...", but for what is shown of a next hop
 * that "nhid" names. Returns the end. */
static const char *write_line(FILE *to, const char *line)
{
	const char *end = line + strcspn(line, "\n");

	fwrite(line, 1, (size_t)(end - line), to);
	while (*end && strchr("\t ", end[1])) {
		size_t length = 1 + strcspn(end + 1, "\n");

		if (strncmp(end + 1, "\tnh_info", 8) != 0)
			fwrite(end, 1, length, to);
		end += length;
	}
	return end;
}

static json_t *lines_of(const char *text, bool six)
{
	json_t *list = json_array();

	while (*text) {
		char *line = NULL;
		size_t size = 0;
		FILE *to = open_memstream(&line, &size);

		if (!to)
			memory_exhausted();
		fputs(six ? "-6 " : "", to);
		text = write_line(to, text);
		text += *text == '\n';
		fclose(to);
		json_array_append_new(list, json_string(line));
		free(line);
	}
	return list;
}

/*
 * Of `ip -o address`, which prints "2: tun0    inet 10.0.0.1/24 scope global tun0\       valid_lft forever
 * ...", what `ip address` prints below the line of the link. IPv6 names no device there: it is said behind.
 */
static json_t *address_lines_of(const char *text)
{
	json_t *list = json_array();
	int length, rest;

	for (; *text; text += length + 1) {
		const char *at, *end;
		char name[16];

		length = (int)strcspn(text, "\n");
		if (sscanf(text, "%*d: %15s %n", name, &rest) != 1)
			abort();
		at = text + rest;
		end = memchr(at, '\\', (size_t)(length - rest));
		json_array_append_new(list,
			json_sprintf("%.*s\n%.*s%s%s", (int)(end - at), at, (int)(text + length - end - 1),
				end + 1, strncmp(at, "inet6", 5) ? "" : " dev ",
				strncmp(at, "inet6", 5) ? "" : name));
	}
	return list;
}

static json_t *elements_of(const char *text, bool six)
{
	json_t *list = json_loads(text, 0, NULL), *element;
	size_t i;

	json_array_foreach (list, i, element) {
		json_object_del(element, "nh_info");
		if (six)
			json_object_set_new(element, "family", json_string("inet6"));
	}
	return list ? list : json_array();
}

/* What the lab takes away stays away: nothing that stands says so. */
static bool takes_away(const json_t *entry)
{
	const char *text = json_string_value(json_is_object(entry) ? json_object_get(entry, "op") : entry);

	while (text && (!strncmp(text, "-4 ", 3) || !strncmp(text, "-6 ", 3)))
		text += 3;
	return text && (!strncmp(text, "del", 3) || !strncmp(text, "flush", 5));
}

static bool same_value(const json_t *a, const json_t *b, const char *key)
{
	const json_t *one = json_object_get(a, key), *other = json_object_get(b, key);

	return one && other ? json_equal(one, other) : one == other;
}

/* Whether an IPv4 route before element INDEX has its key: it was appended, which a statement cannot say. What
 * the kernel made of addresses stands by itself. */
static bool was_appended(const json_t *elements, size_t index)
{
	static const char *const key[] = { "dst", "tos", "metric", "table" };
	const json_t *element = json_array_get(elements, index);
	const char *maker = json_string_value(json_object_get(element, "protocol"));

	for (size_t i = 0; i < index && maker && strcmp(maker, "kernel") != 0; i++) {
		size_t equal = 0;

		while (equal < 4 && same_value(json_array_get(elements, i), element, key[equal]))
			equal++;
		if (equal == 4)
			return true;
	}
	return false;
}

/* Says of the routes in LIST that were appended that they are. DETAILS: the same routes. */
static void append_again(const char *details, json_t *list)
{
	json_t *elements = json_loads(details, 0, NULL), *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		if (!was_appended(elements, i))
			continue;
		if (json_is_object(entry))
			json_object_set_new(entry, "op", json_string("append"));
		else
			json_array_set_new(list, i, json_sprintf("append %s", json_string_value(entry)));
	}
	json_decref(elements);
}

/* A gateway must be reachable by a route that stands before: those without one come first. */
static json_t *without_gateway_first(json_t *list)
{
	json_t *first = json_array(), *then = json_array(), *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		bool gateway = json_is_object(entry) ? json_object_get(entry, "gateway") != NULL
						     : strstr(json_string_value(entry), " via ") != NULL;

		json_array_append(gateway ? then : first, entry);
	}
	json_array_extend(first, then);
	json_decref(then);
	json_decref(list);
	return first;
}

/* What a command shows, as entries of a lab. */
static json_t *entries_of(size_t command, enum form form, const char *text, const char *details)
{
	const char *key = commands[command].key;
	bool six = commands[command].family == SIX;
	json_t *list = form == ELEMENTS || form == ELEMENTS_OF_DETAILS ? elements_of(text, six)
		       : !strcmp(key, "addresses")		       ? address_lines_of(text)
								       : lines_of(text, six);

	if (!strcmp(key, "routes") && !six)
		append_again(details, list);
	return strcmp(key, "routes") ? list : without_gateway_first(list);
}

/* Puts what is shown in the namespace in place of what the lab says of it. DETAILS: as ELEMENTS_OF_DETAILS.
 */
static void put_back(struct site *site, const struct netns *in, enum form form, char *const details[COMMANDS],
	json_t *described)
{
	char *texts[COMMANDS] = { NULL };
	json_t *before = json_copy(described), *entry;
	size_t i;

	if (form == LINES || form == LINES_OF_DETAILS)
		show_lines(site, in, form, texts);
	else
		show_elements(site, in, form, texts);
	for (size_t command = 0; command < COMMANDS; command++)
		json_object_set_new(described, commands[command].key, json_array());
	for (size_t command = 0; command < COMMANDS; command++) {
		json_t *list = entries_of(command, form, texts[command], details[command]);

		json_array_extend(json_object_get(described, commands[command].key), list);
		json_decref(list);
	}
	for (size_t command = 0; command < COMMANDS; command++) {
		json_array_foreach (json_object_get(before, commands[command].key), i, entry)
			if (takes_away(entry))
				json_array_append(json_object_get(described, commands[command].key), entry);
		json_object_del(before, commands[command].key);
	}
	json_decref(before);
	free_texts(texts);
}

/* What is compared: of every namespace, what every command shows. */
static char *all_shown(struct site *site)
{
	char *all = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&all, &size);

	if (!to)
		memory_exhausted();
	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		const struct netns *in = site->lab->namespaces[i];
		char *texts[COMMANDS] = { NULL };

		show_elements(site, in, ELEMENTS_OF_DETAILS, texts);
		for (size_t command = 0; command < COMMANDS; command++) {
			char *normal = shown_normal(texts[command]);

			fprintf(to, "%s: %s%s\n%s", in->name, commands[command].family == SIX ? "IPv6 " : "",
				commands[command].key, normal);
			free(normal);
		}
		free_texts(texts);
	}
	fclose(to);
	return all;
}

struct trip {
	const char *file;
	json_t *json; /* without steps */
	struct loop *loop;
	char *expected;
	json_t *back[FORMS];
};

/* Makes the lab stand; NULL: WRONG says why not, and SKIP whether this machine lacks something. */
static struct site *stand(
	struct trip *trip, json_t *json, struct lab **lab, char wrong[TOLD_SIZE], bool *skip)
{
	struct site *site = NULL;
	struct error *error;

	*skip = false;
	*lab = lab_of_json(json, wrong);
	if (!*lab)
		return NULL;
	error = site_open(*lab, trip->loop, -1, &site);
	if (!error)
		error = site_apply(site, plan_lab((*lab)->arena, *lab));
	if (!error)
		return site;
	snprintf(wrong, TOLD_SIZE, "%s", error->text);
	*skip = error->skip;
	error_free(error);
	error_free(site_close(site));
	lab_close(*lab);
	return NULL;
}

static void fall(struct site *site, struct lab *lab)
{
	must(site_close(site), "taking down a lab");
	lab_close(lab);
}

static void put_all_back(struct trip *trip, struct site *site, const struct netns *in)
{
	char *details[COMMANDS] = { NULL };

	show_elements(site, in, ELEMENTS_OF_DETAILS, details);
	for (enum form form = 0; form < FORMS; form++)
		put_back(site, in, form, details,
			json_object_get(json_object_get(trip->back[form], "namespaces"), in->name));
	free_texts(details);
}

static bool go(struct trip *trip)
{
	char wrong[TOLD_SIZE] = "";
	bool skip;
	struct lab *lab;
	struct site *site = stand(trip, json_deep_copy(trip->json), &lab, wrong, &skip);

	if (!site && skip) {
		tap_skip("%s: %s", trip->file, wrong);
		return false;
	}
	tap_ok(site != NULL, "%s: built", trip->file);
	if (!site) {
		printf("# %s\n", wrong);
		return false;
	}
	trip->expected = all_shown(site);
	for (enum form form = 0; form < FORMS; form++)
		trip->back[form] = json_deep_copy(trip->json);
	for (size_t i = 0; i < lab->namespace_count; i++)
		put_all_back(trip, site, lab->namespaces[i]);
	fall(site, lab);
	return true;
}

static void print_wrong(const char *text)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		printf("# %.*s\n", (int)strcspn(text, "\n"), text);
}

static void come_back(struct trip *trip, enum form form)
{
	char wrong[TOLD_SIZE] = "", *seen;
	bool skip;
	struct lab *lab;
	struct site *site = stand(trip, trip->back[form], &lab, wrong, &skip);

	if (!site) {
		tap_ok(false, "%s: put back by `%s`", trip->file, form_names[form]);
		print_wrong(wrong);
		return;
	}
	seen = all_shown(site);
	if (!tap_ok(!strcmp(seen, trip->expected), "%s: put back by `%s`", trip->file, form_names[form])) {
		shown_missing(stdout, trip->expected, seen, "before");
		shown_missing(stdout, seen, trip->expected, "after ");
	}
	free(seen);
	fall(site, lab);
}

static void travel(const char *file)
{
	struct trip trip = { .file = file, .json = json_load_file(file, 0, NULL) };

	if (!tap_ok(trip.json != NULL, "%s is JSON", file))
		return;
	json_object_del(trip.json, "steps");
	must(loop_open(&trip.loop), "opening the loop");
	if (go(&trip))
		for (enum form form = 0; form < FORMS; form++)
			come_back(&trip, form);
	loop_close(trip.loop);
	free(trip.expected);
	json_decref(trip.json);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		travel(argv[i]);
	return tap_done();
}
