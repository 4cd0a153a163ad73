/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/judge/stand.h"

#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft.h"
#include "kernel/packet.h"
#include "kernel/rtnl_encode.h"
#include "plan/plan.h"
#include "tests/judge/inside.h"
#include "tests/judge/object.h"

const char *const stand_devices[STAND_DEVICES] = { "tun0", "tap0", "v0", "br0" };

struct stand {
	struct loop *loop;
	struct lab *lab;
	struct site *sites[2];
};

static struct site *build(struct stand *stand)
{
	struct site *site;

	must(site_open(stand->lab, stand->loop, -1, &site), "opening a lab");
	must(site_apply(site, plan_lab(stand->lab->arena, stand->lab)), "building a lab");
	return site;
}

struct stand *stand_open(const char *file)
{
	struct stand *stand = calloc(1, sizeof *stand);

	if (!stand)
		memory_exhausted();
	must(loop_open(&stand->loop), "opening the loop");
	if (lab_open(file, filter_wrong, nft_wrong, &stand->lab))
		exit(2);
	for (int i = 0; i < 2; i++)
		stand->sites[i] = build(stand);
	return stand;
}

void stand_close(struct stand *stand)
{
	for (int i = 0; i < 2; i++)
		must(site_close(stand->sites[i]), "taking down a lab");
	lab_close(stand->lab);
	loop_close(stand->loop);
	free(stand);
}

struct rtnl *stand_rtnl(struct stand *stand, int which)
{
	return stand->sites[which]->namespaces[0].rtnl;
}

char *stand_run(struct stand *stand, int which, const char *const *arguments, bool errors, int *status)
{
	struct site *site = stand->sites[which];

	return run_inside(site, site->lab->namespaces[0], arguments, errors, status);
}

/* What was told by the kernel: "RTNETLINK answers: File exists", or with status 2 also "Error: Nexthop has
 * invalid gateway.", to the end of its line; NULL: nothing was. */
static char *kernels_word(int status, char *told)
{
	static const char *const begins[] = { "RTNETLINK answers: ", "Error: " };

	for (char *line = told; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		for (int i = 0; i < (status == 2 ? 2 : 1); i++)
			if (!strncmp(line, begins[i], strlen(begins[i]))) {
				line += strlen(begins[i]);
				line[strcspn(line, "\n")] = 0;
				strip_end(line);
				return line;
			}
	return status == 2 ? told : NULL;
}

static void judge_ip(int status, char *told, struct verdict *verdict)
{
	char *word = status ? kernels_word(status, told) : NULL;

	verdict->class = !status ? ACCEPTED : word ? REFUSED_BY_KERNEL : REFUSED_ITSELF;
	snprintf(verdict->text, sizeof verdict->text, "%s", word ? word : told);
	strip_end(verdict->text);
}

void stand_ip(struct stand *stand, const char *family, const char *object, const char *line,
	struct verdict *verdict)
{
	const char *arguments[128] = { "ip" };
	char *copy = strdup(line), *at = copy, *told;
	size_t count = 1;
	int status;

	if (!copy)
		memory_exhausted();
	if (*family)
		arguments[count++] = family;
	arguments[count++] = object;
	for (char *word; (word = strsep(&at, " ")) && count < 127;)
		if (*word)
			arguments[count++] = word;
	told = stand_run(stand, 0, arguments, true, &status);
	judge_ip(status, told, verdict);
	free(told);
	free(copy);
}

/* A lab whose one step changes the namespace as the entry says; NULL: it is wrong, which is told. The entry
 * is given up. */
static struct lab *read_change(struct stand *stand, const char *key, json_t *entry, char told[TOLD_SIZE])
{
	json_t *lab = json_deep_copy(stand->lab->json),
	       *host = json_object_get(json_object_get(lab, "namespaces"), "host");

	json_object_del(host, "addresses");
	json_object_del(host, "nexthops");
	json_object_del(host, "sysctls");
	json_object_set_new(
		lab, "steps", json_pack("[{s:s, s:{s:[o]}}]", "in", "host", "change", key, entry));
	return lab_of_json(lab, told);
}

static void judge_error(struct error *error, struct verdict *verdict)
{
	verdict->class = error ? REFUSED_BY_KERNEL : ACCEPTED;
	if (error)
		snprintf(verdict->text, sizeof verdict->text, "%s",
			error->message ? error->message : strerror(error->number));
	strip_end(verdict->text);
	error_free(error);
}

static const struct entry *entry_of(const struct lab *lab)
{
	return &lab->steps[0].change->entries[0];
}

/* The request as it would be sent; NULL where a device that it names is not there. */
static struct nlmsghdr *encoded(struct stand *stand, const struct lab *lab)
{
	struct site_netns *there = &stand->sites[1]->namespaces[0];
	struct nlmsghdr *message = NULL;

	error_free(rtnl_encode(
		there->rtnl, entry_request(lab->arena, entry_of(lab)), &there->resolver, &message));
	return message;
}

static bool same_request(struct stand *stand, const struct lab *one, const struct lab *two)
{
	struct nlmsghdr *a = encoded(stand, one), *b = encoded(stand, two);
	bool same = a && b ? a->nlmsg_len == b->nlmsg_len && !memcmp(a, b, a->nlmsg_len) : a == b;

	free(a);
	free(b);
	return same;
}

/* The entry of LAB as an object, in a lab; NULL: it cannot be read back. */
static struct lab *as_object(
	struct stand *stand, const char *key, const struct lab *lab, char other[TOLD_SIZE])
{
	json_t *json = entry_json(lab->arena, entry_of(lab));
	char *text = json_dumps(json, JSON_COMPACT);
	struct lab *read = read_change(stand, key, json, other);

	if (read && entry_of(lab)->command != COMMAND_FLUSH && !same_request(stand, lab, read))
		snprintf(other, TOLD_SIZE, "another request: %s", text);
	free(text);
	return read;
}

/* What is wrong with a line is wrong with the object that says the same. */
static void refuse_object(struct stand *stand, const char *key, const char *line, char other[TOLD_SIZE])
{
	json_t *json = object_of_line(key, line);
	char *text = json_dumps(json, JSON_COMPACT), told[TOLD_SIZE];
	struct lab *lab = json ? read_change(stand, key, json, told) : NULL;

	if (lab)
		snprintf(other, TOLD_SIZE, "is read: %s", text);
	lab_close(lab);
	free(text);
}

void stand_tunlab(struct stand *stand, const char *key, const char *line, bool object,
	struct verdict *verdict, char other[TOLD_SIZE])
{
	struct lab *lab, *made = NULL, *applied;

	*verdict = (struct verdict) { .class = REFUSED_ITSELF };
	*other = 0;
	lab = read_change(stand, key, json_string(line), verdict->text);
	if (lab) {
		made = as_object(stand, key, lab, other);
		applied = object && made ? made : lab;
		judge_error(site_apply(stand->sites[1],
				    plan_change(applied->arena, applied, applied->steps[0].change)),
			verdict);
	} else {
		refuse_object(stand, key, line, other);
	}
	lab_close(made);
	lab_close(lab);
}
