/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/enclosure.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/pidns.h"
#include "run/shown.h"

/* Addresses of one namespace. */
struct own_addresses {
	struct arena *arena;
	struct address *at;
	size_t count;
};

static void begin(void *context)
{
	((struct own_addresses *)context)->count = 0;
}

/* 127.0.0.0/8, ::1: everybody's own. */
static bool is_loopback(const struct address *address)
{
	static const uint8_t one[16] = { [15] = 1 };

	return address->family == AF_INET ? address->bytes[0] == 127
					  : !memcmp(address->bytes, one, sizeof one);
}

/* It means nothing without its link. */
static bool is_link_local(const struct address *address, uint8_t scope)
{
	return scope == RT_SCOPE_LINK || (address->family == AF_INET6 && address->bytes[0] == 0xfe &&
						 (address->bytes[1] & 0xc0) == 0x80);
}

static void add(void *context, const struct nlmsghdr *message)
{
	struct own_addresses *own = context;
	const struct ifaddrmsg *header = rtnl_header(message);
	const struct nlattr *local = rtnl_attribute(message, sizeof *header, IFA_LOCAL);
	struct address address = shown_address(
		header->ifa_family, local ? local : rtnl_attribute(message, sizeof *header, IFA_ADDRESS));

	if (address.family && !is_loopback(&address) && !is_link_local(&address, header->ifa_scope))
		arena_append(own->arena, &own->at, &own->count, &address, sizeof address);
}

static struct error *write_hosts(FILE *to, struct site *site, struct arena *arena)
{
	const struct ifaddrmsg header = { .ifa_family = AF_UNSPEC };
	struct request request = { .type = RTM_GETADDR };
	struct error *error = NULL;

	body_header(&request.body, &header, sizeof header);
	for (size_t i = 0; !error && i < site->lab->namespace_count; i++) {
		struct own_addresses own = { .arena = arena };

		error = rtnl_dump(site->namespaces[i].rtnl, &request, begin, add, &own);
		for (size_t j = 0; !error && j < own.count; j++) {
			address_write(to, &own.at[j]);
			fprintf(to, " %s\n", site->lab->namespaces[i]->name);
		}
	}
	return error;
}

static struct error *write_names(FILE *to, struct site *site, struct arena *arena)
{
	(void)arena;
	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		const char *name = site->lab->namespaces[i]->name;

		fprintf(to, "%s %d\n", name, site->namespaces[i].fd);
		if (site->name)
			fprintf(to, "%s.%s %d\n", site->name, name, site->namespaces[i].fd);
	}
	return NULL;
}

static struct error *written(struct error *(*write)(FILE *to, struct site *site, struct arena *arena),
	struct site *site, struct arena *arena, const char **out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct error *error;

	if (!to)
		memory_exhausted();
	error = write(to, site, arena);
	if (fclose(to))
		memory_exhausted();
	*out = arena_copy(arena, text, size);
	free(text);
	return error;
}

static int compare(const void *left, const void *right)
{
	int first = *(const int *)left, second = *(const int *)right;

	return (first > second) - (first < second);
}

static struct error *open_pidns(struct site *site, struct arena *arena)
{
	size_t count = site->lab->namespace_count;
	int *kept = arena_take(arena, count * sizeof *kept);

	for (size_t i = 0; i < count; i++)
		kept[i] = site->namespaces[i].fd;
	qsort(kept, count, sizeof *kept, compare);
	return pidns_open(kept, count, &site->pidns);
}

struct error *site_enclosure(
	struct site *site, const struct netns *in, struct arena *arena, struct enclosure *out)
{
	struct error *error = site->pidns ? NULL : open_pidns(site, arena);

	if (!error)
		error = written(write_hosts, site, arena, &out->hosts);
	if (!error)
		error = written(write_names, site, arena, &out->names);
	if (error)
		return error;
	out->netns = site_of(site, in)->fd;
	out->pidns = pidns_descriptor(site->pidns);
	return NULL;
}
