/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only the whole lab can tell: whether the devices exist that entries, sysctls, links and steps name. */
#include <fnmatch.h>
#include <string.h>
#include <sys/socket.h>

#include "forwarder/protocol.h"
#include "lab/lab.h"

static void no_device(
	const struct reading *reading, const struct netns *in, const char *name, const struct place *where)
{
	enum { LISTED = 12 };
	bool inside = where->column || where->at_key; /* the name is but a part of what is quoted */
	const char *list = "";

	for (size_t i = 0; i < in->link_count && i < LISTED; i++)
		list = arena_printf(reading->arena, "%s%s%s", list, i ? ", " : "", in->links[i]->name);
	problem_add(reading->problems, where, "%s%sno device of that name in %s; allowed: %s%s",
		inside ? name : "", inside ? ": " : "", in->name, list,
		in->link_count > LISTED ? ", ..." : "");
}

static bool names_device(const struct value *value)
{
	return value->field->type == &type_device || value->field->type == &type_device_name;
}

static void check_values(const struct reading *reading, const struct netns *in, const struct values *values,
	const struct place *where)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];

		if (value->field->group)
			check_values(reading, in, &value->group, where);
		else if (names_device(value) && !namespace_link(in, value->text))
			no_device(reading, in, value->text, value->where ? value->where : where);
	}
}

static bool means_device(const struct netns *in, const char *pattern)
{
	if (!fnmatch(pattern, "all", 0) || !fnmatch(pattern, "default", 0))
		return true;
	for (size_t i = 0; i < in->link_count; i++)
		if (!fnmatch(pattern, in->links[i]->name, 0))
			return true;
	return false;
}

static void check_sysctl(const struct reading *reading, const struct netns *in, const struct sysctl *sysctl)
{
	const char *device = sysctl_device(reading->arena, sysctl);

	if (device && !means_device(in, device))
		no_device(reading, in, device, place_name(reading->arena, sysctl->where));
}

/* The link that the value names, as seen from IN; NULL: there is none, which was said. */
static struct link *find_link(
	const struct reading *reading, const struct netns *in, const struct value *value)
{
	const char *slash = strchr(value->text, '/'), *name = slash ? slash + 1 : value->text;
	struct link *found = lab_link(reading->lab, in, value->text);

	if (slash)
		in = lab_namespace(
			reading->lab, arena_copy(reading->arena, value->text, (size_t)(slash - value->text)));
	if (!in)
		problem_add(reading->problems, value->where, "%s", namespace_unknown(reading));
	else if (!found)
		no_device(reading, in, name, value->where);
	return found;
}

static void check_master(const struct reading *reading, const struct link *link, const struct value *value)
{
	const struct link *master = find_link(reading, link->in, value);

	if (master && (master == link || master == link->stands))
		problem_add(reading->problems, value->where, "is its own master; allowed: another device");
	else if (master && master->in != link->in)
		problem_add(reading->problems, value->where,
			"stands in another namespace; allowed: a device of %s", link->in->name);
}

static bool is_ipv6(const struct value *value)
{
	const struct type *type = value->field->type;

	return (type == &type_ipv6 || type == &type_either) && value->address.family == AF_INET6;
}

static void check_link(const struct reading *reading, struct link *link)
{
	const struct value *master = value_of(&link->values, "master"),
			   *lower = value_of(&link->values, "link");

	if (master && *master->text)
		check_master(reading, link, master);
	if (lower)
		link->lower = find_link(reading, link->in, lower);
	if (lower && link->lower == link)
		problem_add(reading->problems, lower->where, "stands on itself; allowed: another device");
	if (link->lower == link)
		link->lower = NULL;
	reading->lab->uses_ipv6 |= value_said(&link->values, "addrgenmode");
	for (size_t i = 0; i < link->own.count; i++) {
		reading->lab->uses_ipv6 |= is_ipv6(&link->own.at[i]);
		if (link->own.at[i].field->attribute && names_device(&link->own.at[i]) &&
			!namespace_link(link->in, link->own.at[i].text))
			no_device(reading, link->in, link->own.at[i].text, link->own.at[i].where);
	}
}

/* An address that every namespace has without anybody's doing: unspecified, loopback, multicast. */
static bool is_everywhere(const struct address *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return !address->length || address->bytes[0] == 0xff ||
	       !memcmp(address->bytes, loopback, sizeof loopback);
}

/*
 * What is shown of a namespace has the address and routes of lo, routes of multicast, and the kernel's own
 * rules: pasted into a lab, they don't make it one that uses IPv6.
 */
static bool uses_ipv6(const struct entry *entry)
{
	static const char *const keys[] = { "local", "address", "dst", "src", "from", "gateway" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys && entry->family == AF_INET6; i++) {
		const struct address *address = value_address(&entry->values, keys[i]);

		if (address && !is_everywhere(address))
			return true;
	}
	return entry->family == AF_INET6 && value_said(&entry->values, "nexthops");
}

static void check_content(const struct reading *reading, const struct content *content)
{
	for (size_t i = 0; i < content->inner_count; i++)
		check_content(reading, content->inner[i]);
	for (size_t i = 0; i < content->link_count; i++)
		check_link(reading, content->links[i]);
	for (size_t i = 0; i < content->sysctl_count; i++) {
		check_sysctl(reading, content->in, &content->sysctls[i]);
		reading->lab->uses_ipv6 |= sysctl_is_ipv6(&content->sysctls[i]);
	}
	for (size_t i = 0; i < content->entry_count; i++) {
		const struct entry *entry = &content->entries[i];

		if (!entry->detached)
			check_values(reading, content->in, &entry->values, entry->where);
		reading->lab->uses_ipv6 |= uses_ipv6(entry);
	}
}

static void number_port(struct lab *lab, struct link *link)
{
	if (link->numbered || !link->wire || !link->wire->kind->relay)
		return;
	link->numbered = true;
	link->port = lab->port_count++;
}

/* Each end that the relay carries has a number, the same in every plan of the lab, and for as long as it
 * stands. */
static void number_ports(const struct reading *reading)
{
	struct lab *lab = reading->lab;

	for (size_t i = 0; i < lab->namespace_count; i++) {
		const struct netns *in = lab->namespaces[i];

		for (size_t j = 0; j < in->link_count; j++)
			number_port(lab, in->links[j]);
	}
	if (lab->port_count > RELAY_PORTS)
		problem_add(reading->problems, NULL,
			"has %u ends of wires that the relay carries; allowed: at most %d", lab->port_count,
			RELAY_PORTS);
	if (lab->router_count > RELAY_ROUTERS)
		problem_add(reading->problems, NULL, "has %u routers; allowed: at most %d", lab->router_count,
			RELAY_ROUTERS);
}

static bool counts_ipv6(const struct step *step)
{
	static const char *const groups[] = { "Ip6", "Icmp6", "Udp6", "UdpLite6" };

	for (size_t i = 0; i < step->counters_count; i++)
		for (size_t j = 0; j < sizeof groups / sizeof *groups; j++)
			if (!strncmp(step->counters[i].name, groups[j], strlen(groups[j])))
				return true;
	return false;
}

void steps_check(const struct reading *reading)
{
	struct lab *lab = reading->lab;
	size_t links = 0;

	for (size_t i = 0; i < lab->namespace_count; i++)
		links += lab->namespaces[i]->link_count;
	for (size_t i = 0; i < lab->step_count; i++) {
		const struct step *step = &lab->steps[i];

		lab->uses_ipv6 |= counts_ipv6(step);
		if (step->change)
			check_content(reading, step->change);
		if (step->in)
			check_values(reading, step->in, &step->values, step->where);
		if (step->in)
			check_values(reading, step->in, &step->query.values, step->where);
		lab->uses_ipv6 |= step->query.family == AF_INET6;
		if (step->verb->target == &type_address || step->verb->target == &type_endpoint)
			lab->uses_ipv6 |= step->target.address.family == AF_INET6;
	}
	links_rank(reading);
	number_ports(reading);
	if (links > LAB_LINKS)
		problem_add(
			reading->problems, NULL, "has %zu devices; allowed: at most %d", links, LAB_LINKS);
}

void lab_check(const struct reading *reading)
{
	const struct lab *lab = reading->lab;

	for (size_t i = 0; i < lab->namespace_count; i++)
		if (lab->namespaces[i]->content)
			check_content(reading, lab->namespaces[i]->content);
	steps_check(reading);
}
