/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what a request would make stands already: a dump compared with the request, piece by piece. */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/rtnl_bytes.h"
#include "kernel/rtnl_encode.h"

static bool attributes_hold(const struct attributes *tree, struct bytes wanted, struct bytes seen);
static bool nest_holds(const struct attributes *tree, struct bytes wanted, struct bytes seen);

static bool body_holds(const struct body *body, struct bytes wanted, struct bytes seen)
{
	size_t size = aligned(body->size);

	return seen.size >= size && !memcmp(wanted.at, seen.at, body->size) &&
	       attributes_hold(&body->attributes, behind(wanted, size), behind(seen, size));
}

/* The kernel notes in a next hop's flags what became of it (RTNH_F_LINKDOWN, ...); only RTNH_F_ONLINK is
 * asked for. */
static bool hop_holds(const struct body *body, const struct rtnexthop *wanted, const struct rtnexthop *seen)
{
	const size_t size = sizeof *wanted;
	struct bytes wanted_bytes = { (const char *)wanted + size, wanted->rtnh_len - size };
	struct bytes seen_bytes = { (const char *)seen + size, seen->rtnh_len - size };

	return wanted->rtnh_hops == seen->rtnh_hops &&
	       (!wanted->rtnh_ifindex || wanted->rtnh_ifindex == seen->rtnh_ifindex) &&
	       !((wanted->rtnh_flags ^ seen->rtnh_flags) & RTNH_F_ONLINK) &&
	       nest_holds(&body->attributes, wanted_bytes, seen_bytes);
}

/* Takes the next hop from the front of BYTES; NULL: there is none (any more). */
static const struct rtnexthop *next_hop(struct bytes *bytes)
{
	const struct rtnexthop *hop = (const struct rtnexthop *)bytes->at;

	if (bytes->size < sizeof *hop || hop->rtnh_len < sizeof *hop || hop->rtnh_len > bytes->size)
		return NULL;
	*bytes = behind(*bytes, aligned(hop->rtnh_len));
	return hop;
}

/* The same next hops, as many, in whatever order. */
static bool hops_hold(const struct attribute *tree, struct bytes wanted, struct bytes seen)
{
	const struct rtnexthop *hop, *other;
	size_t count = 0;

	for (struct bytes rest = seen; next_hop(&rest);)
		count++;
	if (count != tree->count)
		return false;
	for (size_t i = 0; i < tree->count; i++) {
		struct bytes rest = seen;

		hop = next_hop(&wanted);
		do {
			other = next_hop(&rest);
		} while (other && !hop_holds(&tree->bodies[i], hop, other));
		if (!other)
			return false;
	}
	return true;
}

static bool bits_hold(const struct bits *bits, struct bytes seen)
{
	uint32_t there;

	if (seen.size != sizeof there)
		return false;
	memcpy(&there, seen.at, sizeof there);
	return (there & bits->mask) == (bits->stands & bits->mask);
}

static bool attribute_holds(const struct attribute *tree, struct bytes wanted, struct bytes seen)
{
	switch (tree->kind) {
	case ATTRIBUTE_BYTES:
	case ATTRIBUTE_DEVICE:
	case ATTRIBUTE_NAMESPACE: return wanted.size == seen.size && !memcmp(wanted.at, seen.at, wanted.size);
	case ATTRIBUTE_BITS: return bits_hold(&tree->bits, seen);
	case ATTRIBUTE_NEST: return nest_holds(&tree->nest, wanted, seen);
	case ATTRIBUTE_BODY: return body_holds(tree->bodies, wanted, seen);
	case ATTRIBUTE_BODIES: return hops_hold(tree, wanted, seen);
	}
	return false;
}

static bool is_zero(struct bytes bytes)
{
	while (bytes.size > 0 && !*bytes.at)
		bytes = behind(bytes, 1);
	return !bytes.size;
}

/*
 * Whether one of the attributes in SEEN has WANTED's type and holds what it says. The kernel leaves out of
 * its dumps what is zero, such as the priority of its first rule.
 */
static bool found(const struct attribute *tree, const struct nlattr *wanted, struct bytes seen)
{
	const struct nlattr *attribute;
	bool absent = true;

	while ((attribute = next_attribute(&seen))) {
		if (mnl_attr_get_type(attribute) != tree->type)
			continue;
		if (attribute_holds(tree, inside(wanted), inside(attribute)))
			return true;
		absent = false;
	}
	if (absent && tree->kind == ATTRIBUTE_NEST)
		return attributes_hold(&tree->nest, inside(wanted), (struct bytes) { "", 0 });
	return absent && tree->kind == ATTRIBUTE_BYTES && tree->size && is_zero(inside(wanted));
}

/* Whether each attribute of WANTED, which was encoded from TREE, has its like in SEEN. */
static bool attributes_hold(const struct attributes *tree, struct bytes wanted, struct bytes seen)
{
	for (size_t i = 0; i < tree->count; i++)
		if (!found(&tree->at[i], next_attribute(&wanted), seen))
			return false;
	return true;
}

/* The same, and nothing else in SEEN. */
static bool nest_holds(const struct attributes *tree, struct bytes wanted, struct bytes seen)
{
	const struct nlattr *attribute;

	if (!attributes_hold(tree, wanted, seen))
		return false;
	while ((attribute = next_attribute(&seen)))
		if (!attribute_in(wanted, mnl_attr_get_type(attribute)) && !is_zero(inside(attribute)))
			return false;
	return true;
}

/* Whether what decides stands in SEEN without having been asked for. */
static bool more_stands(const struct object *object, struct bytes wanted, struct bytes seen)
{
	if (object->pointer && attribute_in(wanted, object->pointer))
		return false;
	for (const uint16_t *type = object->decisive; type && *type; type++) {
		const struct nlattr *attribute = attribute_in(seen, *type);

		if (attribute && !attribute_in(wanted, *type) && !is_zero(inside(attribute)))
			return true;
	}
	return false;
}

struct search {
	const struct request *request;
	const struct nlmsghdr *wanted;
	const struct object *object;
	bool stands;
};

static void begin(void *context)
{
	struct search *search = context;

	search->stands = false;
}

static void compare(void *context, const struct nlmsghdr *message)
{
	struct search *search = context;
	const struct body *body = &search->request->body;
	struct bytes wanted = payload(search->wanted), seen = payload(message);
	size_t header = aligned(body->size);

	if (search->stands || message->nlmsg_type != search->request->type || seen.size < header)
		return;
	if (!search->object->same(wanted.at, seen.at))
		return;
	wanted = behind(wanted, header);
	seen = behind(seen, header);
	search->stands = attributes_hold(&body->attributes, wanted, seen) &&
			 !more_stands(search->object, wanted, seen);
}

/*
 * A dump's header may say little under strict checking: the family, which every header begins with, and of
 * neighbours whether proxies are meant, which are not dumped otherwise.
 */
static struct request dump_request(const struct request *request, uint16_t get_type)
{
	struct request dump = { .type = get_type, .body = { .size = request->body.size } };
	struct ndmsg neighbour;

	dump.body.header[0] = request->body.header[0];
	if (get_type == RTM_GETNEIGH) {
		memcpy(&neighbour, request->body.header, sizeof neighbour);
		neighbour = (struct ndmsg) { .ndm_family = neighbour.ndm_family,
			.ndm_flags = neighbour.ndm_flags & NTF_PROXY };
		memcpy(dump.body.header, &neighbour, sizeof neighbour);
	}
	return dump;
}

/* The request without what no dump has. */
static struct request without(const struct request *request, uint16_t fleeting, struct attribute *room)
{
	struct request lasting = *request;

	lasting.body.attributes = (struct attributes) { .at = room };
	for (size_t i = 0; i < request->body.attributes.count; i++)
		if (!fleeting || request->body.attributes.at[i].type != fleeting)
			room[lasting.body.attributes.count++] = request->body.attributes.at[i];
	return lasting;
}

struct error *rtnl_stands(struct rtnl *rtnl, const struct request *request, const struct object *object,
	const struct resolver *resolver, bool *stands)
{
	struct request dump = dump_request(request, object->get_type), lasting;
	struct search search = { .request = &lasting, .object = object };
	struct attribute *room = calloc(request->body.attributes.count + 1, sizeof *room);
	struct nlmsghdr *wanted = NULL;
	struct error *error;

	if (!room)
		memory_exhausted();
	lasting = without(request, object->fleeting, room);
	error = rtnl_encode(rtnl, &lasting, resolver, &wanted);
	*stands = false;
	if (!error) {
		search.wanted = wanted;
		error = rtnl_dump(rtnl, &dump, begin, compare, &search);
	}
	free(wanted);
	free(room);
	if (!error)
		*stands = search.stands;
	return error;
}
