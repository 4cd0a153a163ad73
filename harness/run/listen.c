/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other side of a probe: who owns the address that it asks for, and a socket that listens there. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "run/probe.h"
#include "run/router.h"

/* Of linux/in6.h, which netinet/in.h does not go with. */
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif
#ifndef IPV6_RECVORIGDSTADDR
#define IPV6_RECVORIGDSTADDR 74
#endif

/* Looks for an address among a namespace's. */
struct search {
	const struct address *address;
	bool found;
	uint32_t device; /* its index */
};

static void search_begin(void *context)
{
	((struct search *)context)->found = false;
}

/* Of an address with a peer, IFA_LOCAL is one's own and IFA_ADDRESS the peer; without, IPv6 has IFA_ADDRESS
 * only. */
static void search_one(void *context, const struct nlmsghdr *message)
{
	struct search *search = context;
	const struct ifaddrmsg *header = rtnl_header(message);
	const struct nlattr *own = rtnl_attribute(message, sizeof *header, IFA_LOCAL);
	const void *bytes;
	size_t size;

	if (!own)
		own = rtnl_attribute(message, sizeof *header, IFA_ADDRESS);
	bytes = attribute_data(own, &size);
	if (!bytes || header->ifa_family != search->address->family ||
		size != family_size(search->address->family) ||
		memcmp(bytes, search->address->bytes, size) != 0)
		return;
	search->found = true;
	search->device = header->ifa_index;
}

static struct error *search_in(const struct site_netns *in, struct search *search)
{
	struct ifaddrmsg header = { .ifa_family = search->address->family };
	struct request request = { .type = RTM_GETADDR };

	body_header(&request.body, &header, sizeof header);
	return rtnl_dump(in->rtnl, &request, search_begin, search_one, search);
}

/* Every namespace has its own loopback addresses; a probe means those where it is. */
static bool is_loopback(const struct address *address)
{
	static const unsigned char one[16] = { [15] = 1 };

	return address->family == AF_INET ? address->bytes[0] == 127
					  : !memcmp(address->bytes, one, sizeof one);
}

/* Finds the only namespace that owns ADDRESS, and the device there; none where it is a router's of the relay.
 * Else *WRONG says who does. */
static struct error *owner_find(struct attempt *attempt, const struct address *address,
	const struct netns **in, uint32_t *device, const char **wrong)
{
	struct site *site = attempt->site;
	const struct netns *owner = NULL;
	const char *text = address_print(attempt->arena, address), *owners = "";
	static const char hint[] = "say where to listen: \"listen\": \"NAMESPACE\"";
	size_t count = 0;

	*device = 0;
	*in = attempt->step->in;
	if (is_loopback(address))
		return NULL;
	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		struct search search = { .address = address };
		struct error *error = search_in(&site->namespaces[i], &search);

		if (error)
			return error;
		if (!search.found)
			continue;
		owner = site->lab->namespaces[i];
		*device = search.device;
		owners = arena_printf(attempt->arena, "%s%s%s", owners, count++ ? ", " : "", owner->name);
	}
	*in = owner;
	if (!owner && router_owner(site, address))
		return NULL; /* nobody listens there, and the router says so */
	if (!owner)
		*wrong = arena_printf(attempt->arena, "no namespace owns %s; %s", text, hint);
	else if (count > 1)
		*wrong = arena_printf(
			attempt->arena, "several namespaces own %s (%s); %s", text, owners, hint);
	return NULL;
}

/* Sets the listener up: 0, or the errno of what *WHAT names. */
static int prepare(const struct listener *listener, int family, int type, int fd, const char **what)
{
	bool six = family == AF_INET6;
	int level = six ? IPPROTO_IPV6 : IPPROTO_IP, number;

	*what = "IP_FREEBIND";
	number = probe_option(fd, level, six ? IPV6_FREEBIND : IP_FREEBIND, 1);
	if (!number && listener->transparent) {
		*what = "IP_TRANSPARENT";
		number = probe_option(fd, level, six ? IPV6_TRANSPARENT : IP_TRANSPARENT, 1);
	}
	if (!number && listener->transparent && type == SOCK_DGRAM) {
		*what = "IP_RECVORIGDSTADDR";
		number = probe_option(fd, level, six ? IPV6_RECVORIGDSTADDR : IP_RECVORIGDSTADDR, 1);
	}
	if (!number && listener->answering) {
		*what = "IP_PKTINFO";
		number = probe_option(fd, level, six ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
	}
	if (!number && listener->mark) {
		*what = "SO_MARK";
		number = probe_option(fd, SOL_SOCKET, SO_MARK, (int)listener->mark);
	}
	/* Connections of an earlier attempt may linger; answers may come from the same port. */
	if (!number && (type == SOCK_STREAM || listener->transparent)) {
		*what = "SO_REUSEADDR";
		number = probe_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	}
	return number;
}

static int serve(const struct listener *listener, const union endpoint *at, socklen_t length, int type,
	int fd, const char **what)
{
	int number = prepare(listener, at->any.sa_family, type, fd, what);

	if (!number) {
		*what = "bind";
		number = bind(fd, &at->any, length) ? errno : 0;
	}
	if (!number && type == SOCK_STREAM) {
		*what = "listen";
		number = listen(fd, 8) ? errno : 0;
	}
	return number;
}

static struct error *socket_in(struct attempt *attempt, const struct netns *in, int family, int type, int *fd)
{
	struct error *error = site_enter(attempt->site, in);
	int number;

	if (error)
		return error;
	*fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	number = *fd < 0 ? errno : 0;
	error = site_leave(attempt->site);
	if (!error && number)
		error = error_new(STATUS_UNABLE, number, "socket");
	return error;
}

/* Where to listen. */
struct spot {
	const struct netns *in;
	const struct address *address;
	uint16_t port;
	uint32_t device; /* the owner's, 0: unknown */
};

/* Opens the socket at the spot; *FD stays open only if all went well. */
static struct error *listen_at(
	struct attempt *attempt, const struct spot *spot, int type, int *fd, const char **wrong)
{
	struct arena *arena = attempt->arena;
	union endpoint at;
	socklen_t length = endpoint_make(&at, spot->address, spot->port);
	struct error *error = socket_in(attempt, spot->in, spot->address->family, type, fd);
	const char *what;
	int number;

	if (spot->address->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&at.v6.sin6_addr))
		at.v6.sin6_scope_id = spot->device;
	if (!error) {
		number = serve(&attempt->step->listener, &at, length, type, *fd, &what);
		if (!number)
			return NULL;
		what = arena_printf(arena, "listener at %s port %u in %s: %s",
			address_print(arena, spot->address), spot->port, spot->in->name, what);
		*wrong = errno_print(arena, what, number);
	}
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return error;
}

/* The device of the address where the step says only the namespace: a link-local one needs it. */
static struct error *find_device(struct attempt *attempt, struct spot *spot)
{
	struct search search = { .address = spot->address };
	struct error *error = search_in(site_of(attempt->site, spot->in), &search);

	spot->device = search.found ? search.device : 0;
	return error;
}

static bool is_link_local(const struct address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

struct error *probe_listen(
	struct attempt *attempt, int type, int *fd, const struct netns **in, const char **wrong)
{
	const struct listener *listener = &attempt->step->listener;
	const struct value *target = &attempt->step->target;
	struct spot spot = {
		.in = listener->in,
		.address = listener->address.family ? &listener->address : &target->address,
		.port = listener->port ? listener->port : target->port,
	};
	struct error *error = NULL;

	*fd = -1;
	*wrong = NULL;
	if (listener->kind == LISTEN_NOT)
		return NULL;
	if (!spot.in)
		error = owner_find(attempt, &target->address, &spot.in, &spot.device, wrong);
	else if (is_link_local(spot.address))
		error = find_device(attempt, &spot);
	if (in)
		*in = spot.in;
	if (error || *wrong || !spot.in)
		return error;
	return listen_at(attempt, &spot, type, fd, wrong);
}
