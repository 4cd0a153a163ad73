/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

socklen_t endpoint_make(union endpoint *out, const struct address *address, uint16_t port)
{
	memset(out, 0, sizeof *out);
	if (address->family == AF_INET6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		memcpy(&out->v6.sin6_addr, address->bytes, sizeof out->v6.sin6_addr);
		return sizeof out->v6;
	}
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = htons(port);
	memcpy(&out->v4.sin_addr, address->bytes, sizeof out->v4.sin_addr);
	return sizeof out->v4;
}

struct address endpoint_address(const union endpoint *endpoint, uint16_t *port)
{
	struct address address = { 0 };

	if (endpoint->any.sa_family == AF_INET) {
		address = (struct address) { .family = AF_INET, .length = 32 };
		memcpy(address.bytes, &endpoint->v4.sin_addr, 4);
	} else if (endpoint->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&endpoint->v6.sin6_addr)) {
		address = (struct address) { .family = AF_INET, .length = 32 };
		memcpy(address.bytes, &endpoint->v6.sin6_addr.s6_addr[12], 4);
	} else if (endpoint->any.sa_family == AF_INET6) {
		address = (struct address) { .family = AF_INET6, .length = 128 };
		memcpy(address.bytes, &endpoint->v6.sin6_addr, 16);
	}
	if (port) /* at the same place for both families */
		*port = ntohs(endpoint->v4.sin_port);
	return address;
}

static bool needs_scope(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address) ||
	       IN6_IS_ADDR_MC_NODELOCAL(address);
}

socklen_t probe_endpoint(
	struct attempt *attempt, const struct address *address, uint16_t port, union endpoint *out)
{
	socklen_t length = endpoint_make(out, address, port);
	const char *device = value_text(&attempt->step->values, "dev");

	if (address->family == AF_INET6 && device && needs_scope(&out->v6.sin6_addr))
		out->v6.sin6_scope_id = rtnl_index(site_of(attempt->site, attempt->step->in)->rtnl, device);
	return length;
}

int probe_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) ? errno : 0;
}

/* Sets what the step says of its socket: 0, or the errno of what *WHAT names. */
static int prepare(const struct values *values, int family, int fd, const char **what)
{
	const struct value *mark = value_of(values, "mark"), *tos = value_of(values, "tos");
	const char *device = value_text(values, "dev");
	bool six = family == AF_INET6;
	int number;

	*what = six ? "IPV6_RECVERR" : "IP_RECVERR";
	number = six ? probe_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1)
		     : probe_option(fd, IPPROTO_IP, IP_RECVERR, 1);
	if (!number) {
		*what = "SO_BROADCAST";
		number = probe_option(fd, SOL_SOCKET, SO_BROADCAST, 1);
	}
	if (!number && mark) {
		*what = "SO_MARK";
		number = probe_option(fd, SOL_SOCKET, SO_MARK, (int)mark->first);
	}
	if (!number && tos) {
		*what = six ? "IPV6_TCLASS" : "IP_TOS";
		number = six ? probe_option(fd, IPPROTO_IPV6, IPV6_TCLASS, (int)tos->number)
			     : probe_option(fd, IPPROTO_IP, IP_TOS, (int)tos->number);
	}
	if (!number && device) {
		*what = "SO_BINDTODEVICE";
		if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1))
			number = errno;
	}
	return number;
}

/* A socket is its opener's: by that uid rules choose (uidrange), and nft's "meta skuid", which fchown would
 * not change. Returns 0 or errno. */
static int open_socket(
	const struct value *uid, int family, int type, int protocol, int *fd, const char **what)
{
	uid_t own = geteuid();
	int number;

	if (uid) {
		*what = "setfsuid";
		setfsuid((uid_t)uid->number);
		if ((uid_t)setfsuid((uid_t)-1) != (uid_t)uid->number) /* it has no other way to say so */
			return EINVAL;
	}
	*what = "socket";
	*fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	number = *fd < 0 ? errno : 0;
	if (uid)
		setfsuid(own);
	return number;
}

static bool exhausted(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOMEM || number == ENOBUFS;
}

int probe_socket(struct attempt *attempt, int family, int type, int protocol, int *fd, const char **what,
	struct error **error)
{
	int number;

	*fd = -1;
	*error = site_enter(attempt->site, attempt->step->in);
	if (*error)
		return -1;
	number = open_socket(value_of(&attempt->step->values, "uid"), family, type, protocol, fd, what);
	*error = site_leave(attempt->site);
	if (!*error && exhausted(number))
		*error = error_new(STATUS_UNABLE, number, "socket");
	if (!*error && !number)
		number = prepare(&attempt->step->values, family, *fd, what);
	if ((*error || number) && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return *error ? -1 : number;
}

int probe_bind(struct attempt *attempt, int fd)
{
	const struct address *source = value_address(&attempt->step->values, "source");
	union endpoint from;
	socklen_t length;

	if (!source)
		return 0;
	length = probe_endpoint(attempt, source, 0, &from);
	return bind(fd, &from.any, length) ? errno : 0;
}

void probe_note(struct attempt *attempt, int fd)
{
	union endpoint own = { .storage = { 0 } };
	socklen_t length = sizeof own;

	if (!getsockname(fd, &own.any, &length))
		endpoint_address(&own, &attempt->local);
}

void probe_close(struct attempt *attempt, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	loop_remove(attempt->site->loop, watch);
	close(watch->fd);
	watch->fd = -1;
}

void probe_fail(struct attempt *attempt, struct error *error)
{
	if (!error)
		return;
	if (attempt->site->failed)
		error_free(error);
	else
		attempt->site->failed = error;
	loop_end(attempt->site->loop);
}

const char *errno_print(struct arena *arena, const char *what, int number)
{
	const char *name = error_name(number);

	return name ? arena_printf(arena, "%s: %s (%s)", what, name, strerror(number))
		    : arena_printf(arena, "%s: error %d", what, number);
}

const char *duration_print(struct arena *arena, uint64_t nanoseconds)
{
	if (nanoseconds >= 1000000000)
		return arena_printf(arena, "%.4gs", (double)nanoseconds / 1e9);
	return arena_printf(arena, "%.3gms", (double)nanoseconds / 1e6);
}
