/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/judge/dump.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/rtnl_bytes.h"
#include "tests/judge/shown.h"

enum { LATE = 3, TICKS = 100 };

static const uint32_t forever = UINT32_MAX;

/* A kind of dump: its request, where the attributes begin, and which one tells of time. */
struct kind {
	const char *name;
	uint16_t type;
	uint8_t family;
	size_t header;	      /* of what is dumped */
	uint16_t times;	      /* the attribute with struct *_cacheinfo; 0: none */
	bool proxy, sorted;   /* only proxied neighbours; in no order */
	const char *shown[6]; /* what `ip -d` prints them with */
};

/* clang-format off */
static const struct kind kinds[] = {
	{ "address", RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), IFA_CACHEINFO, false, false, { "address" } },
	{ "route", RTM_GETROUTE, AF_INET, sizeof(struct rtmsg), RTA_CACHEINFO, false, false, { "-4", "route", "show", "table", "all" } },
	{ "-6 route", RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg), RTA_CACHEINFO, false, false, { "-6", "route", "show", "table", "all" } },
	{ "rule", RTM_GETRULE, AF_INET, sizeof(struct fib_rule_hdr), 0, false, false, { "-4", "rule" } },
	{ "-6 rule", RTM_GETRULE, AF_INET6, sizeof(struct fib_rule_hdr), 0, false, false, { "-6", "rule" } },
	{ "neighbour", RTM_GETNEIGH, AF_UNSPEC, sizeof(struct ndmsg), NDA_CACHEINFO, false, true, { "neighbour", "show", "nud", "all" } },
	{ "neighbour proxy", RTM_GETNEIGH, AF_UNSPEC, sizeof(struct ndmsg), NDA_CACHEINFO, true, true, { "neighbour", "show", "proxy" } },
	{ "nexthop", RTM_GETNEXTHOP, AF_UNSPEC, sizeof(struct nhmsg), 0, false, false, { "nexthop" } },
	{ "nexthop bucket", RTM_GETNEXTHOPBUCKET, AF_UNSPEC, sizeof(struct nhmsg), 0, false, false, { "nexthop", "bucket" } },
};
/* clang-format on */

/* One dumped object, without what is left out, and the seconds that its times have left. */
struct object_seen {
	size_t size;
	uint32_t seconds[2];
	unsigned char bytes[4096];
};

struct seen {
	const struct kind *kind;
	struct object_seen *at;
	size_t count;
};

static void forget(void *context)
{
	((struct seen *)context)->count = 0;
}

/* What the kernel says of a group that it joined by itself. */
static bool is_left_out(const struct kind *kind, const struct nlmsghdr *message)
{
	const struct ndmsg *neighbour = rtnl_header(message);
	const unsigned char *to;
	size_t size;

	to = attribute_data(rtnl_attribute(message, kind->header, NDA_DST), &size);
	if (kind->type != RTM_GETNEIGH || kind->proxy || neighbour->ndm_state != NUD_NOARP || !to)
		return false;
	return neighbour->ndm_family == AF_INET6 ? to[0] == 0xff : to[0] >= 224 && to[0] < 240;
}

static void take_times(const struct kind *kind, const struct nlattr *attribute, uint32_t seconds[2])
{
	size_t size;
	const void *data = attribute_data(attribute, &size);

	if (kind->type == RTM_GETADDR) {
		const struct ifa_cacheinfo *info = data;

		seconds[0] = info->ifa_prefered;
		seconds[1] = info->ifa_valid;
	} else if (kind->type == RTM_GETROUTE) {
		const struct rta_cacheinfo *info = data;

		seconds[0] = info->rta_expires ? (uint32_t)info->rta_expires / TICKS : forever;
		seconds[1] = info->rta_error;
	}
}

/* Zeroes the data of the attribute of TYPE in the nest. */
static void blank(const struct nlattr *nest, uint16_t type)
{
	size_t size;
	void *data = (void *)attribute_data(nested_attribute(nest, type), &size);

	if (data)
		memset(data, 0, size);
}

static void copy_attribute(
	const struct kind *kind, const struct nlattr *attribute, struct object_seen *object)
{
	struct nlattr *copy = (struct nlattr *)(object->bytes + object->size);
	uint16_t type = attribute_type(attribute);

	if (kind->times && type == kind->times) {
		take_times(kind, attribute, object->seconds);
		return;
	}
	/* How often the kernel has asked for a neighbour by now. */
	if (kind->type == RTM_GETNEIGH && type == NDA_PROBES)
		return;
	memcpy(copy, attribute, attribute->nla_len);
	object->size += aligned(attribute->nla_len);
	if (kind->type == RTM_GETNEXTHOP && type == NHA_RES_GROUP)
		blank(copy, NHA_RES_GROUP_UNBALANCED_TIME);
	if (kind->type == RTM_GETNEXTHOPBUCKET && type == NHA_RES_BUCKET)
		blank(copy, NHA_RES_BUCKET_IDLE_TIME);
}

static void see(void *context, const struct nlmsghdr *message)
{
	struct seen *seen = context;
	const unsigned char *at = rtnl_header(message),
			    *end = (const unsigned char *)message + message->nlmsg_len;
	struct object_seen *object;

	if (is_left_out(seen->kind, message))
		return;
	if (message->nlmsg_len > sizeof object->bytes)
		abort();
	seen->at = reallocarray(seen->at, seen->count + 1, sizeof *seen->at);
	if (!seen->at)
		memory_exhausted();
	object = &seen->at[seen->count++];
	memset(object, 0, sizeof *object);
	memcpy(object->bytes, at, seen->kind->header);
	object->size = aligned(seen->kind->header);
	for (at += aligned(seen->kind->header); at < end; at += aligned(((const struct nlattr *)at)->nla_len))
		copy_attribute(seen->kind, (const struct nlattr *)at, object);
}

static int by_bytes(const void *left, const void *right)
{
	const struct object_seen *a = left, *b = right;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->size);
}

/* fe80::/64 and ff00::/8, which each device has, in the order in which they got ready. */
static bool is_link_wide(const struct object_seen *object)
{
	const struct rtmsg *route = (const struct rtmsg *)object->bytes;
	struct bytes bytes = { (const char *)object->bytes, object->size };
	const struct nlattr *attribute;
	const unsigned char *to = NULL;
	size_t size;

	bytes = behind(bytes, aligned(sizeof *route));
	while (!to && (attribute = next_attribute(&bytes)))
		if (attribute_type(attribute) == RTA_DST)
			to = attribute_data(attribute, &size);
	return to &&
	       ((to[0] == 0xfe && route->rtm_dst_len == 64) || (to[0] == 0xff && route->rtm_dst_len == 8));
}

/* Puts those in order, and leaves the others where they are. */
static void order_link_wide(struct seen *seen)
{
	for (size_t i = 0; i < seen->count; i++)
		for (size_t j = i; j && is_link_wide(&seen->at[j]) && is_link_wide(&seen->at[j - 1]) &&
				   by_bytes(&seen->at[j], &seen->at[j - 1]) < 0;
			j--) {
			struct object_seen object = seen->at[j];

			seen->at[j] = seen->at[j - 1];
			seen->at[j - 1] = object;
		}
}

static void look(struct stand *stand, int which, const struct kind *kind, struct seen *seen)
{
	struct request request = { .type = kind->type };
	struct ndmsg neighbour = { .ndm_flags = NTF_PROXY };
	unsigned char header[REQUEST_HEADER] = { kind->family };
	struct error *error;

	*seen = (struct seen) { .kind = kind };
	body_header(&request.body, header, kind->header);
	if (kind->proxy)
		body_header(&request.body, &neighbour, sizeof neighbour);
	error = rtnl_dump(stand_rtnl(stand, which), &request, forget, see, seen);
	if (error) {
		fprintf(stderr, "judge: dumping %s: %s\n", kind->name, error->text);
		exit(2);
	}
	if (kind->sorted && seen->count)
		qsort(seen->at, seen->count, sizeof *seen->at, by_bytes);
	if (kind->type == RTM_GETROUTE && kind->family == AF_INET6)
		order_link_wide(seen);
}

static bool seconds_near(uint32_t a, uint32_t b)
{
	return a == b || (a != forever && b != forever && (a > b ? a - b : b - a) <= LATE);
}

static bool same(const struct seen *a, const struct seen *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (by_bytes(&a->at[i], &b->at[i]) ||
			!seconds_near(a->at[i].seconds[0], b->at[i].seconds[0]) ||
			!seconds_near(a->at[i].seconds[1], b->at[i].seconds[1]))
			return false;
	return true;
}

const char *dump_compare(struct stand *stand)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct seen seen[2];
		bool equal;

		look(stand, 0, &kinds[i], &seen[0]);
		look(stand, 1, &kinds[i], &seen[1]);
		equal = same(&seen[0], &seen[1]);
		free(seen[0].at);
		free(seen[1].at);
		if (!equal)
			return kinds[i].name;
	}
	return NULL;
}

static char *show(struct stand *stand, int which, const char *const *words, bool json)
{
	const char *arguments[16] = { "ip", json ? "-j" : "-o", "-d" };
	size_t count = 3;
	int status;

	for (size_t i = 0; i < 6 && words[i]; i++)
		arguments[count++] = words[i];
	return stand_run(stand, which, arguments, false, &status);
}

const char *dump_compare_ip(struct stand *stand)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char *texts[2], *normals[2];
		bool equal;

		for (int j = 0; j < 2; j++) {
			texts[j] = show(stand, j, kinds[i].shown, true);
			normals[j] = shown_normal(texts[j]);
		}
		equal = !strcmp(normals[0], normals[1]);
		for (int j = 0; j < 2; j++) {
			free(texts[j]);
			free(normals[j]);
		}
		if (!equal)
			return kinds[i].name;
	}
	return NULL;
}

void dump_show(struct stand *stand, const char *name)
{
	const struct kind *kind = kinds;
	char *one, *other;

	while (strcmp(kind->name, name) != 0)
		kind++;
	one = show(stand, 0, kind->shown, false);
	other = show(stand, 1, kind->shown, false);
	shown_missing(stdout, one, other, "ip    ");
	shown_missing(stdout, other, one, "tunlab");
	free(one);
	free(other);
}
