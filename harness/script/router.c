/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A router on a wire is a namespace that forwards: each of its ports is the other end of a pair. */
#include "lab/router.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "script/script.h"

const char *script_router(struct arena *arena, const struct wire *wire)
{
	return arena_printf(arena, "+router%u", wire->router);
}

static const char *port_name(struct arena *arena, const struct link *end)
{
	return arena_printf(arena, "p%u", end->port);
}

static const char *mac_print(struct arena *arena, const uint8_t *mac)
{
	return arena_printf(
		arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* The two ends of a pair without ARP have one hardware address, which says nothing of the router's own. */
static void write_link_local(
	FILE *to, struct arena *arena, const struct link *end, const uint8_t *local, const char *does)
{
	const char *router = script_router(arena, end->wire), *port = port_name(arena, end);
	struct address address = { .family = AF_INET6, .length = 128 };

	memcpy(address.bytes, local, sizeof address.bytes);
	fprintf(to, "%s ip -n %s link set dev %s addrgenmode none\n", does, router, port);
	fprintf(to, "%s ip -n %s -6 address add %s/64 dev %s\n", does, router, address_print(arena, &address),
		port);
}

void script_router_port(FILE *to, const struct lab *lab, const struct link *end, const char *does)
{
	const char *before = strcmp(does, "build") ? "try " : "";
	const char *router = script_router(lab->arena, end->wire), *port = port_name(lab->arena, end);
	uint8_t hardware[6], local[16];

	router_identity(end->wire, end, hardware, local);
	fprintf(to, "%srouter %s\n", before, router);
	if (end->kind->ethernet)
		fprintf(to, "%swire_ethernet %s %s %s %s %s %s\n", before, end->in->name, end->name,
			mac_print(lab->arena, end->mac), router, port, mac_print(lab->arena, hardware));
	else
		fprintf(to, "%swire %s %s %s %s\n", before, end->in->name, end->name, router, port);
	if (!end->kind->ethernet && lab->uses_ipv6)
		write_link_local(to, lab->arena, end, local, does);
}

void script_router_mtu(FILE *to, struct arena *arena, const struct link *link, const char *does)
{
	const struct link *end = link->stands ? link->stands : link;

	if (end->wire && end->wire->kind->router)
		fprintf(to, "%s ip -n %s link set dev %s mtu %u up\n", does, script_router(arena, end->wire),
			port_name(arena, end), link_mtu(link));
}

/* Behind `ip`, with the port in place of the end that it faces. */
static const char *command_print(struct arena *arena, const struct router_entry *said)
{
	struct entry entry = said->entry;

	entry.values.at = arena_copy(arena, entry.values.at, entry.values.count * sizeof *entry.values.at);
	for (size_t i = 0; i < entry.values.count; i++)
		if (!strcmp(field_key(entry.values.at[i].field), "dev"))
			entry.values.at[i].text = port_name(arena, said->item.dev);
	return entry_print(arena, &entry);
}

static void write_ratelimit(
	FILE *to, struct arena *arena, const struct operation *operation, const char *does)
{
	enum { NANOSECONDS = 1000000 };
	uint64_t milliseconds = operation->ratelimit->number / NANOSECONDS;

	fprintf(to,
		"%s ip netns exec %s sysctl -qw net.ipv4.icmp_ratelimit=%" PRIu64
		" net.ipv6.icmp.ratelimit=%" PRIu64 "\n",
		does, script_router(arena, operation->wire), milliseconds, milliseconds);
}

void script_router_told(FILE *to, struct arena *arena, const struct operation *operation, const char *does)
{
	const struct router_entry *said = operation->of_router;

	if (!said)
		write_ratelimit(to, arena, operation, does);
	else
		fprintf(to, "%s%s ip -n %s %s\n", does, said->entry.command == COMMAND_STATE ? "_stands" : "",
			script_router(arena, operation->wire), command_print(arena, said));
}

static bool advertises(const struct content *content)
{
	for (size_t i = 0; content && i < content->statement_count; i++)
		if (content->statements[i]->router && content->statements[i]->router->advertisement_count)
			return true;
	return false;
}

const char *script_beyond_router(const struct lab *lab)
{
	bool found = advertises(lab->wiring);

	for (size_t i = 0; i < lab->step_count && !found; i++)
		found = advertises(lab->steps[i].change);
	return found ? "no command of ip has a router advertise itself" : NULL;
}
