/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

/* Headers older than Linux 5.14 do not have it. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* Of the thread: /proc/self is the process, whose first thread may be elsewhere. */
static const char own_namespace[] = "/proc/thread-self/ns/net";

/* What to do where the kernel refuses a namespace (unshare(2), setns(2), open(2)); "" where nothing can be
 * advised. */
static const char *remedy(int number)
{
	switch (number) {
	case EPERM:
		return " (run tunlab as root, or inside `unshare -Urn`; some distributions withhold "
		       "capabilities there: "
		       "see the sysctl kernel.apparmor_restrict_unprivileged_userns)";
	case ENOSPC: return " (the limit on namespaces is reached: raise the sysctl user.max_net_namespaces)";
	case EMFILE: return " (too few file descriptors: raise the limit, as with `ulimit -n 65536`)";
	case ENOENT: return " (/proc is not mounted: mount -t proc proc /proc)";
	case EINVAL: return " (the kernel may be built without network namespaces, CONFIG_NET_NS)";
	default: return "";
	}
}

static struct error *unable(int number, const char *what)
{
	return error_new(STATUS_UNABLE, number, "cannot %s%s", what, remedy(number));
}

struct error *netns_self(int *fd)
{
	*fd = open(own_namespace, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? unable(errno, "open the network namespace") : NULL;
}

struct error *netns_new(int *fd)
{
	*fd = -1;
	if (unshare(CLONE_NEWNET))
		return unable(errno, "make a network namespace");
	return netns_self(fd);
}

struct error *netns_enter(int fd)
{
	return setns(fd, CLONE_NEWNET) ? unable(errno, "enter a network namespace") : NULL;
}

/* A socket of any family is of the namespace that it was made in; one of AF_UNIX costs least. */
static struct error *own_cookie(uint64_t *cookie)
{
	socklen_t size = sizeof *cookie;
	int number = 0, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return unable(errno, "open a socket");
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size))
		number = errno;
	close(fd);
	return number ? error_new(STATUS_UNABLE, number,
				"cannot tell a network namespace from another (Linux 5.14 is the first that "
				"can)")
		      : NULL;
}

struct error *netns_cookie(int fd, uint64_t *cookie)
{
	int home = -1;
	struct error *error = netns_self(&home), *back;

	*cookie = 0;
	if (error)
		return error;
	error = netns_enter(fd);
	if (!error) {
		error = own_cookie(cookie);
		back = netns_enter(home);
		if (back) {
			error_free(error);
			error = back;
		}
	}
	close(home);
	return error;
}
