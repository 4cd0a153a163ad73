/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/require.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel/kind.h"
#include "kernel/netns.h"
#include "kernel/nft.h"
#include "kernel/sysctl.h"

/* A namespace to try things in; made when first needed. */
struct place_to_try {
	const struct site *site;
	int fd;
	struct rtnl *rtnl;
};

static struct error *lacks(const char *what, int number)
{
	struct error *error = error_new(STATUS_UNABLE, number, "%s", what);

	error->skip = true;
	return error;
}

static struct error *require_kernel(const struct place_to_try *try, const struct requirement *requirement)
{
	struct utsname kernel;

	if (uname(&kernel))
		return error_new(STATUS_UNABLE, errno, "uname");
	if (requirement_holds(requirement, kernel.release))
		return NULL;
	return lacks(arena_printf(try->site->arena, "this one is %s", kernel.release), 0);
}

static struct error *require_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno == EAFNOSUPPORT ? lacks("this kernel has none", errno)
					     : error_new(STATUS_UNABLE, errno, "socket");
	close(fd);
	return NULL;
}

static struct error *go_there(struct place_to_try *try)
{
	struct error *error;

	if (try->rtnl)
		return NULL;
	error = netns_new(&try->fd);
	return error ? error : rtnl_open(&try->rtnl);
}

/* The driver of TUN and TAP may be missing, and its file. */
static bool is_missing(int number)
{
	return number == ENOENT || number == ENODEV || number == ENXIO;
}

static struct error *require_link(struct place_to_try *try, const struct link_kind *kind)
{
	struct error *error = go_there(try);

	if (error)
		return error;
	error = kind_try(try->site->arena, try->rtnl, kind);
	if (error && kind->made == LINK_BY_TUN && is_missing(error->number))
		error->skip = true;
	return error;
}

static struct error *require_nft(struct place_to_try *try)
{
	static const struct ruleset ruleset = { .text = "table ip tunlab\n" };
	struct ruleset_wrong wrong;
	struct error *error = go_there(try);

	return error ? error : nft_apply(try->site->arena, &ruleset, &wrong);
}

static struct error *require_sysctl(struct place_to_try *try, const char *name)
{
	struct error *error = go_there(try);
	char value[4096];

	if (!error)
		error = sysctl_read(try->fd, name, value, sizeof value);
	if (error && error->number == ENOENT)
		error->skip = true;
	return error;
}

static struct error *require_one(struct place_to_try *try, const struct requirement *requirement)
{
	switch (requirement->kind) {
	case REQUIRES_IPV6: return require_ipv6();
	case REQUIRES_KERNEL: return require_kernel(try, requirement);
	case REQUIRES_LINK: return require_link(try, requirement->link);
	case REQUIRES_NFT: return require_nft(try);
	case REQUIRES_SYSCTL: return require_sysctl(try, requirement->sysctl);
	}
	return NULL;
}

static struct error *leave(struct place_to_try *try, struct error *error)
{
	struct error *back = NULL;

	rtnl_close(try->rtnl);
	if (try->fd >= 0) {
		close(try->fd);
		back = netns_enter(try->site->home);
	}
	if (!error)
		return back;
	error_free(back);
	return error;
}

struct error *require_all(const struct site *site)
{
	const struct lab *lab = site->lab;
	struct place_to_try try = { .site = site, .fd = -1 };
	struct error *error = NULL;

	for (size_t i = 0; i < lab->requirement_count && !error; i++) {
		const struct requirement *requirement = &lab->requirements[i];

		error = require_one(&try, requirement);
		if (error)
			error = error_wrap(error, "%s: the lab requires %s",
				place_print(site->arena, &lab->text, requirement->where), requirement->text);
	}
	return leave(&try, error);
}
