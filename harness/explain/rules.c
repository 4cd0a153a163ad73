/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/rules.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

/* Attributes that the headers of older kernels lack: Linux 6.13 to 6.15. */
enum {
	RULE_DSCP = FRA_DPORT_RANGE + 1, /* of 6 bits */
	RULE_FLOW_LABEL,
	RULE_FLOW_LABEL_MASK,
	RULE_SPORT_MASK,
	RULE_DPORT_MASK,
	RULE_DSCP_MASK,
	RULE_KNOWN, /* what comes from here on is not known */
	RULE_MOST = RULE_KNOWN + 16,
};

static const struct nlattr *attribute(const struct nlmsghdr *rule, uint16_t type)
{
	return rtnl_attribute(rule, sizeof(struct fib_rule_hdr), type);
}

static uint32_t number(const struct nlmsghdr *rule, uint16_t type, uint32_t otherwise)
{
	return attribute_number(attribute(rule, type), otherwise);
}

uint32_t rule_priority(const struct nlmsghdr *rule)
{
	return number(rule, FRA_PRIORITY, 0);
}

struct error *rules_read(struct arena *arena, struct site_netns *in, uint8_t family, struct rules *out)
{
	struct fib_rule_hdr header = { .family = family };
	struct request request = { .type = RTM_GETRULE };

	*out = (struct rules) { .all = { .arena = arena } };
	body_header(&request.body, &header, sizeof header);
	return messages_dump(&out->all, in, &request);
}

static bool prefix_fits(
	const struct nlmsghdr *rule, uint16_t type, uint8_t length, const struct address *address)
{
	const struct fib_rule_hdr *header = rtnl_header(rule);
	struct address prefix = shown_address(header->family, attribute(rule, type));

	prefix.family = header->family;
	prefix.length = length;
	return prefix_contains(&prefix, address);
}

/* IPv6 without a source fits no prefix of sources (fib6_rule_match()). */
static bool addresses_fit(const struct nlmsghdr *rule, const struct asked *asked)
{
	const struct fib_rule_hdr *header = rtnl_header(rule);

	if (header->src_len && asked->family == AF_INET6 && !asked->has_from)
		return false;
	return prefix_fits(rule, FRA_SRC, header->src_len, &asked->from) &&
	       prefix_fits(rule, FRA_DST, header->dst_len, &asked->to);
}

/* IPv4 compares but four bits of the TOS unless the rule was given a whole DSCP. */
static bool tos_fits(const struct nlmsghdr *rule, const struct asked *asked)
{
	const struct fib_rule_hdr *header = rtnl_header(rule);
	uint32_t tos = asked->family == AF_INET ? asked->tos & IPTOS_TOS_MASK & ~3U : asked->tos & ~3U;

	if (attribute(rule, RULE_DSCP))
		return !((number(rule, RULE_DSCP, 0) ^ (asked->tos >> 2)) &
			 number(rule, RULE_DSCP_MASK, 0x3f));
	return !header->tos || header->tos == tos;
}

static bool name_fits(const char *name, bool detached, const char *device, const struct port_device *vrf)
{
	if (!name)
		return true;
	return !detached && ((device && !strcmp(name, device)) || (vrf && !strcmp(name, vrf->name)));
}

static bool devices_fit(const struct nlmsghdr *rule, const struct asked *asked)
{
	const struct fib_rule_hdr *header = rtnl_header(rule);

	if (number(rule, FRA_L3MDEV, 0) && !asked->vrf)
		return false;
	return name_fits(attribute_text(attribute(rule, FRA_IIFNAME)), header->flags & FIB_RULE_IIF_DETACHED,
		       asked->iif, asked->in ? asked->vrf : NULL) &&
	       name_fits(attribute_text(attribute(rule, FRA_OIFNAME)), header->flags & FIB_RULE_OIF_DETACHED,
		       asked->out ? asked->out->name : NULL, asked->in ? NULL : asked->vrf);
}

static bool port_fits(const struct nlmsghdr *rule, uint16_t type, uint16_t mask_type, uint16_t port)
{
	size_t size = 0;
	const struct fib_rule_port_range *range = attribute_data(attribute(rule, type), &size);
	uint32_t mask = number(rule, mask_type, 0);

	if (!range || size < sizeof *range)
		return true;
	return mask ? !((range->start ^ port) & mask) : port >= range->start && port <= range->end;
}

static bool user_fits(const struct nlmsghdr *rule, const struct asked *asked)
{
	size_t size = 0;
	const struct fib_rule_uid_range *users = attribute_data(attribute(rule, FRA_UID_RANGE), &size);

	return !users || size < sizeof *users || (asked->uid >= users->start && asked->uid <= users->end);
}

static bool fits(const struct nlmsghdr *rule, const struct asked *asked)
{
	const struct fib_rule_hdr *header = rtnl_header(rule);
	uint32_t mark = number(rule, FRA_FWMARK, 0), mask = number(rule, FRA_FWMASK, mark ? UINT32_MAX : 0);
	uint32_t protocol = number(rule, FRA_IP_PROTO, 0);
	bool fitting = addresses_fit(rule, asked) && tos_fits(rule, asked) && devices_fit(rule, asked) &&
		       user_fits(rule, asked) && !((mark ^ asked->mark) & mask) &&
		       !attribute(rule, FRA_TUN_ID) && (!protocol || protocol == asked->protocol) &&
		       port_fits(rule, FRA_SPORT_RANGE, RULE_SPORT_MASK, asked->sport) &&
		       port_fits(rule, FRA_DPORT_RANGE, RULE_DPORT_MASK, asked->dport);

	return header->flags & FIB_RULE_INVERT ? !fitting : fitting;
}

/* Whether nobody can say from outside if it fits. */
static bool is_obscure(const struct nlmsghdr *rule)
{
	const struct fib_rule_hdr *header = rtnl_header(rule);

	if (header->flags & FIB_RULE_FIND_SADDR || attribute(rule, RULE_FLOW_LABEL))
		return true;
	for (int type = RULE_KNOWN; type <= RULE_MOST; type++)
		if (attribute(rule, (uint16_t)type))
			return true;
	return false;
}

/* Where the rule that goes elsewhere leads to; behind itself where nothing is there. */
static size_t target_of(const struct rules *rules, size_t at)
{
	uint32_t target = number(rules->all.at[at], FRA_GOTO, 0);

	for (size_t i = at + 1; i < rules->all.count; i++)
		if (rule_priority(rules->all.at[i]) == target)
			return i;
	return at + 1;
}

/* The next rule from AT on that fits and does something with the packet; past the last: none. */
static size_t next(const struct rules *rules, const struct asked *asked, size_t at, bool *unsure)
{
	while (at < rules->all.count) {
		const struct nlmsghdr *rule = rules->all.at[at];
		const struct fib_rule_hdr *header = rtnl_header(rule);

		*unsure |= is_obscure(rule);
		if (!fits(rule, asked) || header->action == FR_ACT_NOP)
			at++;
		else if (header->action == FR_ACT_GOTO)
			at = target_of(rules, at);
		else
			return at;
	}
	return at;
}

static uint32_t table_of(const struct nlmsghdr *rule, const struct asked *asked)
{
	const struct fib_rule_hdr *header = rtnl_header(rule);

	if (number(rule, FRA_L3MDEV, 0))
		return asked->vrf ? asked->vrf->vrf_table : 0;
	return number(rule, FRA_TABLE, header->table);
}

/* errno of a rule that is the end itself; 0: it looks into a table. */
static int rule_number(const struct nlmsghdr *rule)
{
	const struct fib_rule_hdr *header = rtnl_header(rule);

	switch (header->action) {
	case FR_ACT_TO_TBL: return 0;
	case FR_ACT_UNREACHABLE: return ENETUNREACH;
	case FR_ACT_PROHIBIT: return EACCES;
	default: return EINVAL; /* a blackhole, and whatever the kernel does not know */
	}
}

/* Whether the rule takes back what its table found. */
static bool is_suppressed(const struct nlmsghdr *rule, const struct tables *tables, const struct way *way)
{
	uint32_t length = number(rule, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
	uint32_t group = number(rule, FRA_SUPPRESS_IFGROUP, UINT32_MAX);
	const struct port_device *device = tables_device(tables, NULL, way_device(way));

	if (length != UINT32_MAX && way->to.length <= length)
		return true;
	return group != UINT32_MAX && device && device->group == group;
}

struct ruling rules_decide(const struct rules *rules, const struct tables *tables, const struct asked *asked)
{
	struct ruling ruling = { 0 };

	for (size_t at = 0; (at = next(rules, asked, at, &ruling.unsure)) < rules->all.count; at++) {
		const struct nlmsghdr *rule = rules->all.at[at];
		int ends = rule_number(rule);
		const struct way *way = ends ? NULL : tables_find(tables, table_of(rule, asked), asked);

		if (!ends && (!way || way_number(way) == EAGAIN))
			continue;
		if (way && !way_number(way) && is_suppressed(rule, tables, way))
			continue;
		ruling.rule = rule;
		ruling.way = way;
		ruling.number = way ? way_number(way) : ends;
		return ruling;
	}
	ruling.number = ENETUNREACH;
	return ruling;
}

static const uint32_t own_tables[] = { RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT };

enum { OWN = sizeof own_tables / sizeof *own_tables };

bool rules_untouched(const struct rules *rules)
{
	static const struct asked nothing = { .family = AF_INET };
	static const uint32_t priorities[OWN] = { 0, 32766, 32767 };

	for (size_t i = 0; i < OWN; i++) {
		const struct nlmsghdr *rule = i < rules->all.count ? rules->all.at[i] : NULL;
		const struct fib_rule_hdr *header = rule ? rtnl_header(rule) : NULL;

		if (!rule || header->family != AF_INET || header->action != FR_ACT_TO_TBL ||
			header->src_len || header->dst_len || rule_priority(rule) != priorities[i] ||
			table_of(rule, &nothing) != own_tables[i] || !fits(rule, &nothing))
			return false;
	}
	return rules->all.count == OWN;
}

struct ruling rules_decide_merged(
	const struct rules *rules, const struct tables *tables, const struct asked *asked)
{
	struct ruling ruling = { .number = ENETUNREACH };
	const struct way *ways[OWN];
	size_t best;

	for (size_t i = 0; i < OWN; i++)
		ways[i] = tables_find(tables, own_tables[i], asked);
	best = ways[1] && (!ways[0] || ways[1]->to.length > ways[0]->to.length) ? 1 : 0;
	if (!ways[best] || way_number(ways[best]) == EAGAIN)
		best = 2;
	if (ways[best] && way_number(ways[best]) != EAGAIN) {
		ruling.rule = rules->all.at[best];
		ruling.way = ways[best];
		ruling.number = way_number(ways[best]);
	}
	return ruling;
}

const struct nlmsghdr *rules_leading_to(const struct rules *rules, const struct asked *asked, uint32_t table)
{
	const struct nlmsghdr *found = NULL;
	bool unsure = false;

	for (size_t at = 0; (at = next(rules, asked, at, &unsure)) < rules->all.count; at++) {
		const struct nlmsghdr *rule = rules->all.at[at];

		if (rule_number(rule))
			break;
		if (table_of(rule, asked) != table)
			continue;
		if (found)
			return NULL;
		found = rule;
	}
	return unsure ? NULL : found;
}

static bool has_mark(const uint32_t *marks, size_t count, uint32_t mark)
{
	for (size_t i = 0; i < count; i++)
		if (marks[i] == mark)
			return true;
	return false;
}

size_t rules_marks(const struct rules *rules, struct arena *arena, const uint32_t **out)
{
	uint32_t *marks = NULL;
	size_t count = 0;

	for (size_t i = 0; i < rules->all.count; i++) {
		uint32_t mark = number(rules->all.at[i], FRA_FWMARK, 0);

		if (mark && !has_mark(marks, count, mark))
			arena_append(arena, &marks, &count, &mark, sizeof mark);
	}
	*out = marks;
	return count;
}
