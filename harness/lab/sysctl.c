/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/sysctl.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "lab/lab.h"

enum { NAME_MOST = 128, VALUE_MOST = 512, PREFIX = 4 /* "net." */ };

static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

static bool brackets_close(const char *name)
{
	for (name = strchr(name, '['); name; name = strchr(name, '[')) {
		name += name[1] == '!' ? 2 : 1; /* a ] that comes first is meant by itself */
		name = *name ? strchr(name + 1, ']') : NULL;
		if (!name)
			return false;
	}
	return true;
}

const char *sysctl_name_wrong(const char *name)
{
	if (*name == '-')
		return "begins with the - of sysctl.d(5), by which errors are overlooked: here none is, and "
		       "a "
		       "name with the value null is what no glob sets";
	if (strncmp(name, "net.", PREFIX) != 0 && strncmp(name, "net/", PREFIX) != 0)
		return "not below net.";
	if (strlen(name) > NAME_MOST)
		return "longer than any sysctl's name";
	if (strstr(name, "..") || strstr(name, "//") || strchr("./", name[strlen(name) - 1]))
		return "a name with an empty part";
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-/@:*?[]!", *c))
			return "a name with a character that no sysctl has";
	if (!brackets_close(name))
		return "a glob in which a [ has no ]";
	return NULL;
}

/* In a name whose first separator is a dot, dots and slashes are interchanged. */
static const char *path_of(struct arena *arena, const char *name)
{
	char *path = arena_printf(arena, "%s", name + PREFIX);

	for (char *c = path; name[PREFIX - 1] == '.' && *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

static bool path_matches(const char *glob, const char *path)
{
	return fnmatch(glob, path, FNM_PATHNAME | FNM_PERIOD) == 0;
}

/* net.ipv4.ip_forward is another name of net.ipv4.conf.all.forwarding. */
static const char *other_name(const char *path)
{
	return strcmp(path, "ipv4/ip_forward") ? path : "ipv4/conf/all/forwarding";
}

static bool sysctl_matches(const struct sysctl *glob, const struct sysctl *spoken_of)
{
	return glob->glob && !spoken_of->glob &&
	       (path_matches(glob->path, spoken_of->path) ||
		       path_matches(glob->path, other_name(spoken_of->path)));
}

bool sysctl_is_forwarding(const struct sysctl *sysctl)
{
	const char *last = strrchr(sysctl->path, '/');

	last = last ? last + 1 : sysctl->path;
	return strstr(last, "forward") || (sysctl->glob && path_matches(last, "forwarding")) ||
	       (sysctl->glob && path_matches(last, "ip_forward"));
}

/* Whether the part of a path, which ends with a slash or with the path, is WORD, or a pattern that means it.
 */
static bool part_is(const char *part, const char *word)
{
	char pattern[NAME_MOST + 1];

	snprintf(pattern, sizeof pattern, "%.*s", (int)strcspn(part, "/"), part);
	return path_matches(pattern, word);
}

bool sysctl_is_ipv6(const struct sysctl *sysctl)
{
	return part_is(sysctl->path, "ipv6");
}

const char *sysctl_device(struct arena *arena, const struct sysctl *sysctl)
{
	const char *kind = strchr(sysctl->path, '/'), *device;

	if (!kind || (!part_is(sysctl->path, "ipv4") && !part_is(sysctl->path, "ipv6")))
		return NULL;
	kind++;
	device = strchr(kind, '/');
	if (!device || (strncmp(kind, "conf/", 5) != 0 && strncmp(kind, "neigh/", 6) != 0) ||
		!strchr(device + 1, '/'))
		return NULL;
	return arena_copy(arena, device + 1, strcspn(device + 1, "/"));
}

static const char *value_of_sysctl(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	const char *value;

	if (!json_is_string(json) && !json_is_integer(json)) {
		wrong_kind(reading, json, where, "a string or an integer");
		return "";
	}
	value = json_is_string(json)
			? json_string_value(json)
			: arena_printf(reading->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
	if (strlen(value) > VALUE_MOST || strpbrk(value, "\r\n"))
		problem_add(reading->problems, where, "not one line; allowed: a line of at most %d bytes",
			VALUE_MOST);
	return value;
}

static void read_one(const struct reading *reading, struct content *content, const char *name,
	const json_t *json, const struct place *where)
{
	const char *wrong = sysctl_name_wrong(name);
	struct sysctl sysctl = { .where = where, .name = name };

	if (wrong) {
		problem_add(reading->problems, place_name(reading->arena, where),
			"%s; allowed: the sysctls of a network namespace, such as net.ipv4.ip_forward",
			wrong);
		return;
	}
	sysctl.path = path_of(reading->arena, name);
	sysctl.glob = is_pattern(name);
	if (!json_is_null(json))
		sysctl.value = value_of_sysctl(reading, json, where);
	sysctl.matched = sysctl.glob;
	if (!sysctl.value && sysctl.glob)
		problem_add(reading->problems, where,
			"keeps globs off a name, and this is a glob; allowed: a string or an integer");
	arena_append(reading->arena, &content->sysctls, &content->sysctl_count, &sysctl, sizeof sysctl);
}

static void leave_alone(struct arena *arena, struct sysctl *glob, struct sysctl *named)
{
	const char *path = path_matches(glob->path, named->path) ? named->path : other_name(named->path);

	if (!sysctl_matches(glob, named))
		return;
	named->matched = true;
	arena_append(arena, &glob->but, &glob->but_count, &path, sizeof path);
	if (!glob->before && named < glob && sysctl_is_forwarding(named) == sysctl_is_forwarding(glob))
		glob->before = named;
}

static void match_globs(const struct reading *reading, struct content *content)
{
	for (size_t i = 0; i < content->sysctl_count; i++)
		for (size_t j = 0; content->sysctls[i].glob && j < content->sysctl_count; j++)
			leave_alone(reading->arena, &content->sysctls[i], &content->sysctls[j]);
	for (size_t i = 0; i < content->sysctl_count; i++)
		if (!content->sysctls[i].value && !content->sysctls[i].matched)
			problem_add(reading->problems, content->sysctls[i].where,
				"keeps globs off the name, and none here matches it; allowed: a string or an "
				"integer");
}

/* Every name is compared with every glob, so there may not be too many. */
void sysctls_read(
	const struct reading *reading, struct content *content, const json_t *json, const struct place *where)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		wrong_kind(reading, json, where, "an object: name → value");
	if (json_object_size(json) > LAB_SYSCTLS_EACH) {
		problem_add(reading->problems, where, "has %zu names; allowed: at most %d",
			json_object_size(json), LAB_SYSCTLS_EACH);
		return;
	}
	json_object_foreach ((json_t *)json, name, value)
		read_one(reading, content, name, value, place_key(reading->arena, where, name));
	match_globs(reading, content);
}

/* In quotes for a shell, whatever it is. */
static const char *quoted(struct arena *arena, const char *text)
{
	const char *out = "'";

	while (*text) {
		size_t length = strcspn(text, "'");

		out = arena_printf(arena, "%s%.*s%s", out, (int)length, text, text[length] ? "'\\''" : "");
		text += length + (text[length] != '\0');
	}
	return arena_printf(arena, "%s'", out);
}

/* What globs leave alone, as a command of the loop over them. */
static const char *but_print(struct arena *arena, const struct sysctl *glob)
{
	const char *text = "";

	for (size_t i = 0; i < glob->but_count; i++)
		text = arena_printf(arena, "%s%s/proc/sys/net/%s", text, i ? "|" : "", glob->but[i]);
	return *text ? arena_printf(arena, "case $f in %s) continue;; esac; ", text) : "";
}

const char *sysctl_print(struct arena *arena, const char *in, const struct sysctl *sysctl)
{
	if (!sysctl->glob)
		return arena_printf(arena, "ip netns exec %s sysctl -qw %s", in,
			quoted(arena, arena_printf(arena, "%s=%s", sysctl->name, sysctl->value)));
	return arena_printf(arena,
		"ip netns exec %s sh -c 'for f in /proc/sys/net/%s; do %s[ -d \"$f\" ] || "
		"printf \"%%s\\n\" \"$0\" >\"$f\" || exit; done' %s",
		in, sysctl->path, but_print(arena, sysctl), quoted(arena, sysctl->value));
}
